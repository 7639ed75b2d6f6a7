"""The kit: addresses that a provider names lead to the provider alone."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.adapters import Response, kit
from unified_checkout.adapters.kit import Link

HOME = "https://api.example.com"
PROXY = "http://127.0.0.1:8000/example"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PARAMETERS = st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple)
SEGMENTS = st.text("abc019-_%7E.~:@", min_size=1, max_size=6).filter(
    lambda one: one.replace("%2E", ".") not in (".", "..")
)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


def link(address: str, *homes: str, beside: str = "") -> Link:
    return Link.of(address, homes or (HOME,), field="next", beside=beside)


@given(path=PATHS, parameters=PARAMETERS, home=st.sampled_from([HOME, PROXY, ""]))
def test_an_address_of_its_own_becomes_path_and_parameters(
    path: str, parameters: tuple[tuple[str, str], ...], home: str
) -> None:
    query = urlencode(parameters)
    found = link(f"{home}{path}{'?' if query else ''}{query}", PROXY, HOME)
    assert found == Link(path, parameters)
    assert Link.at(found.place) == found


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://API.Example.com/v1/x", "/v1/x"),
        ("http://api.example.com:80/v1/x", "/v1/x"),
        ("https://api.example.com:443/v1/x", "/v1/x"),
        ("//api.example.com/v1/x", "/v1/x"),
        ("https://api.example.com", "/"),
        ("/v1/x#part", "/v1/x"),
        ("https://api.example.com/v1/é", "/v1/%C3%A9"),
    ],
)
def test_the_host_is_what_counts(address: str, path: str) -> None:
    assert link(address) == Link(path)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("?page=2", Link("/v1/things", (("page", "2"),))),
        ("others?page=2", Link("/v1/others", (("page", "2"),))),
        ("/v2/things", Link("/v2/things")),
    ],
)
def test_a_relative_address_lies_beside_the_request(address: str, found: Link) -> None:
    assert link(address, beside="/v1/things") == found


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/v1/x",
        "https://api.example.com.evil.test/v1/x",
        "https://evil.test/api.example.com",
        "//evil.test/v1/x",
        "https://api.example.com:8443/v1/x",
        "http://localhost:8000/example/x",
        "http://127.0.0.1:8001/example/x",
    ],
)
def test_another_host_is_refused(address: str) -> None:
    with pytest.raises(kit.FieldError, match="an address of another host") as caught:
        link(address, PROXY, HOME)
    assert caught.value.field == "next"
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://user@api.example.com/v1/x",
        "https://api.example.com@evil.test/v1/x",
        "https://api.example.com\\@evil.test/v1/x",
        "https:/v1/x",
        "https:///v1/x",
        "ftp://api.example.com/v1/x",
        "javascript:alert(1)",
        "https://api.example.com:port/v1/x",
        "https://[::1/v1/x",
        "https://api.example.com/v1/x y",
        "https://api.example.com/v1/x\n",
        "https://api.example.com/v1/x?cursor=%FF",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(kit.FieldError, match="not an address"):
        link(address)


@pytest.mark.parametrize(
    "address", ["?page=2", "things", f"{HOME}/v1/../admin", f"{HOME}/v1/%2e%2E/admin"]
)
def test_an_address_without_a_plain_path_is_refused(address: str) -> None:
    with pytest.raises(kit.FieldError, match="without a plain path"):
        link(address)


@given(st.text(max_size=30).map(lambda text: f"https://{text}") | st.text(max_size=30))
def test_whatever_is_sent_leads_below_the_provider_or_nowhere(address: str) -> None:
    try:
        found = link(address, beside="/v1/things")
    except kit.FieldError:
        return
    assert found.path.startswith("/")
    assert found.path.isascii()
    assert not {"?", "#"} & set(found.path)


def test_a_link_tells_a_parameter() -> None:
    found = link("/v1/things?from=tr_1&limit=50")
    assert (found.value("from"), found.value("sort")) == ("tr_1", None)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("", None),
        ('<https://a.test/?p=2>; rel="next"', "https://a.test/?p=2"),
        ("<a>; rel=next", "a"),
        ('<a>;rel="prev next"', "a"),
        ('<a>; REL="NEXT"', "a"),
        ('<a>; rel="last", <b,c>; title="x, <y>; rel=next"; rel=next', "b,c"),
        (', <a>; rel="first" ,, <b>; rel="next",', "b"),
        ('<a>; rel=first; rel="next"', None),
        ('<a>; rel="nextish"', None),
        ('<a>; rel="next"; anchor="#part"', None),
        ("<a>; next", None),
        ("<a>", None),
    ],
)
def test_the_link_header_is_read_as_it_is_specified(header: str, address: str | None) -> None:
    assert kit.link_header(Response(status=200, headers={"link": header})) == address


@pytest.mark.parametrize("header", ["next", "<a", "a>; rel=next", '<a>; rel="next', "<a> rel=next"])
def test_a_link_header_that_cannot_be_read_is_not_the_end_of_the_list(header: str) -> None:
    with pytest.raises(kit.FieldError, match="not a Link header"):
        kit.link_header(Response(status=200, headers={"link": header}))


@given(
    st.lists(
        st.tuples(st.text("ab/?=&,;:", max_size=6), st.sampled_from(["next", "prev", "first"])),
        max_size=4,
    )
)
def test_any_links_are_told_apart(links: list[tuple[str, str]]) -> None:
    header = ", ".join(f'<{address}>; rel="{relation}"' for address, relation in links)
    response = Response(status=200, headers={"link": header})
    for relation in ("next", "prev", "first"):
        named = [address for address, one in links if one == relation]
        assert kit.link_header(response, relation) == (named[0] if named else None)
