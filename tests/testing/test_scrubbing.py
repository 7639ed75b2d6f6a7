"""Scrubbing: nothing planted survives, ids do, equal stays equal and distinct distinct."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from house import PROVIDERS
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import Request, Response, Sensitive, load
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.substitutes import KEY_VARIABLE, SUBSTITUTE, substitute

KEY = "sk_test_obviously_fake_key_in_use"
SCRUBBER = Scrubber({"delivery.region": Sensitive.TEXT, "page": Sensitive.PAGE}, {KEY})

words = st.text(min_size=1, max_size=12)
local = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._+'-]{0,10}", fullmatch=True)
domain = st.from_regex(r"[a-z0-9]{1,8}(-[a-z]{1,4})?\.[a-z]{2,6}", fullmatch=True)
emails = st.builds("{}@{}".format, local, domain)
keys = st.from_regex(
    r"(f?sk|rk|pk)_(test|live)_[A-Za-z0-9]{8,20}|whsec_[A-Za-z0-9]{8,20}", fullmatch=True
)
client_secrets = st.from_regex(r"cs_test_[A-Za-z0-9]{8}_secret_[A-Za-z0-9]{8,20}", fullmatch=True)
ids = st.from_regex(
    r"(cs_test_a1|cs_live_b1|cs_|fcs_|cus_|plink_|pi_|sub_|acct_|shr_|req_)[A-Za-z0-9]{14,40}7",
    fullmatch=True,
)
sensitive_names = st.sampled_from(
    ["email", "name", "firstName", "phone", "line1", "postal_code", "metadata", "client_secret"]
)
names = sensitive_names | st.sampled_from(
    [
        "id",
        "url",
        "page",
        "status",
        "data",
        "success_url",
        "address",
        "country",
        "delivery",
        "region",
    ]
)
fragments = emails | keys | words | ids
texts = st.lists(fragments, max_size=4).map("".join) | st.builds(
    "https://shop.example.com/{}?{}={}#{}".format, ids, names, words.map(quote_plus), words
)
trees: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | words, inner, max_size=4),
    max_leaves=12,
)
few = settings(max_examples=60, deadline=None)


def body_of(tree: Any) -> bytes:
    return SCRUBBER.body(json.dumps(tree).encode())


def holds(text: str, planted: str) -> bool:
    """Whether a text holds something, in whatever encoding it may have travelled."""
    forms = {planted, quote(planted), quote(planted, safe=""), quote_plus(planted)}
    return any(form in text for form in forms)


@given(st.sampled_from(Sensitive), st.lists(words | emails, max_size=6))
@few
def test_equal_stays_equal_and_distinct_stays_distinct(
    kind: Sensitive, originals: list[str]
) -> None:
    substitutes = [substitute(kind, original) for original in originals]
    assert len(set(substitutes)) == len(set(originals))
    assert substitutes == [substitute(kind, original) for original in originals]


@given(st.sampled_from(Sensitive), words)
@few
def test_a_substitute_is_recognized_and_is_its_own_substitute(
    kind: Sensitive, original: str
) -> None:
    stands_in = substitute(kind, original)
    assert SUBSTITUTE.fullmatch(stands_in)
    assert {substitute(other, stands_in) for other in Sensitive} == {stands_in}


@given(emails)
@example("o'buyer+tag@example.org")
@few
def test_an_address_has_one_substitute_wherever_it_stands(email: str) -> None:
    scrubbed = json.loads(
        body_of(
            {
                "customer": {"email": email},
                "metadata": {"contact": email},
                "reference": email,
                "success_url": f"https://shop.example.com/?buyer={quote_plus(email)}",
            }
        )
    )
    expected = substitute(Sensitive.EMAIL, email)
    assert scrubbed["customer"]["email"] == expected
    assert scrubbed["metadata"]["contact"] == expected
    assert scrubbed["reference"] == expected
    assert scrubbed["success_url"].endswith(quote(expected))
    [(_, parameter)] = SCRUBBER.request(
        Request(path="/", parameters=(("customer[email]", email),))
    ).parameters
    assert parameter == expected


@given(trees)
@example("a@b@c.d")
@example({"page": "https://pay.example.net/c/1#x", "address": "1 Sample Street"})
@few
def test_scrubbing_twice_is_scrubbing_once(tree: Any) -> None:
    once = body_of(tree)
    assert SCRUBBER.body(once) == once


@given(emails | keys | client_secrets | st.just(KEY), texts, texts, st.lists(names, max_size=3))
@few
def test_what_gives_itself_away_survives_nowhere(
    planted: str, before: str, after: str, place: list[str]
) -> None:
    tree: Any = [f"{before} {planted} {after}", {f"{planted}": 1}]
    for name in place:
        tree = {name: tree}
    assert planted not in body_of(tree).decode()
    for text in (
        SCRUBBER.text(f"https://a.example/{quote(planted)}?q={quote(planted)}#{planted}"),
        SCRUBBER.text(f"https://{quote(planted)}:x@a.example/"),
        str(SCRUBBER.request(Request(path=f"/v1/{quote(planted)}", headers={"X-Note": planted}))),
        str(SCRUBBER.request(Request(path="/", parameters=(("any", planted),))).parameters),
        str(SCRUBBER.response(Response(status=200, headers={"x-note": planted})).headers),
        SCRUBBER.body(f"No such buyer: {planted}".encode()).decode(),
    ):
        assert not holds(text, planted)


@pytest.mark.parametrize(
    "planted",
    ["SK_LIVE_0123456789", "Rk_Test_0123456789", "BEARER 0123456789", "basic c2tfMTIzOg=="],
)
def test_a_credential_survives_in_no_letter_case(planted: str) -> None:
    assert planted not in SCRUBBER.text(f"refused: {planted} is wrong")


@given(
    st.from_regex(r"[A-Z][a-z]{4,9} [A-Z][a-z]{6,12}", fullmatch=True),
    sensitive_names,
    st.lists(names, max_size=2),
)
@few
def test_a_sensitive_field_keeps_nothing_wherever_it_stands(
    planted: str, name: str, around: list[str]
) -> None:
    tree: Any = {name: [planted, {"deeper": planted}, planted.swapcase()]}
    for outer in around:
        tree = {outer: [tree]}
    text = body_of(tree).decode()
    assert planted not in text
    assert planted.swapcase() not in text


@given(
    st.from_regex(r"[A-Z][a-z]{4,9}[A-Z][a-z]{6,12}", fullmatch=True),
    st.sampled_from(["?{}", "?a={}", "?a=1&b={}", "#{}", "?a=b#x={}", "?name={}", "?url={}"]),
)
@few
def test_a_url_keeps_nothing_of_what_it_carries(planted: str, place: str) -> None:
    text = SCRUBBER.text(f"go to https://shop.example.com/thanks{place.format(planted)} now")
    assert planted not in text
    assert text.startswith("go to https://shop.example.com/thanks")


@given(ids, st.sampled_from(["id", "customer", "payment_link", "starting_after", "next", "value"]))
@few
def test_ids_are_left_alone(id: str, name: str) -> None:
    assert json.loads(body_of({"data": [{name: id}, id]})) == {"data": [{name: id}, id]}
    request = Request(path=f"/v1/things/{id}", parameters=((name, id),))
    assert SCRUBBER.request(request).path == request.path
    assert SCRUBBER.request(request).parameters == request.parameters


def test_what_is_not_text_and_what_is_missing_stay_apart() -> None:
    tree = {"name": None, "phone": "", "phone_collection": True, "amount": 0, "email": ""}
    assert json.loads(body_of(tree)) == tree


def test_a_country_is_kept_and_the_rest_of_an_address_is_not() -> None:
    address = {"line1": "1 Sample Street", "state": "CA", "country": "US"}
    scrubbed = json.loads(body_of({"address": address}))["address"]
    assert scrubbed["country"] == "US"
    assert SUBSTITUTE.fullmatch(scrubbed["line1"])
    assert SUBSTITUTE.fullmatch(scrubbed["state"])


def test_a_number_in_a_sensitive_field_does_not_survive() -> None:
    scrubbed = json.loads(body_of({"phone": 12025550123, "metadata": {"age": 41}}))
    assert SUBSTITUTE.fullmatch(scrubbed["phone"])
    assert SUBSTITUTE.fullmatch(scrubbed["metadata"]["age"])


def test_a_provider_s_own_fields_are_those_it_lists() -> None:
    tree = {"delivery": {"region": "Exampleshire"}, "region": "eu-1", "page": "https://p.example/1"}
    scrubbed = json.loads(body_of(tree))
    assert SUBSTITUTE.fullmatch(scrubbed["delivery"]["region"])
    assert scrubbed["region"] == "eu-1"
    assert SUBSTITUTE.fullmatch(scrubbed["page"])


def test_a_path_in_a_field_for_pages_is_no_page() -> None:
    assert json.loads(body_of({"url": "/v1/things"})) == {"url": "/v1/things"}


@pytest.mark.parametrize("address", ["a/b=c@example.org", "jenny@[192.0.2.1]", "用户@例子.公司"])
def test_an_unusual_address_is_one_too(address: str) -> None:
    expected = substitute(Sensitive.EMAIL, address)
    assert json.loads(body_of({"reference": address})) == {"reference": expected}


def test_a_quoted_address_in_a_sentence_is_found() -> None:
    expected = substitute(Sensitive.EMAIL, "jenny@example.org")
    assert SCRUBBER.text("No such buyer: 'jenny@example.org'.") == f"No such buyer: '{expected}'."


def test_a_template_in_a_url_is_kept() -> None:
    url = "https://shop.example.com/thanks?session_id={CHECKOUT_SESSION_ID}"
    assert SCRUBBER.text(url) == url


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"Internal Server Error", "Internal Server Error"),
        (b"<html>Dear Jenny</html>", "<html>not kept</html>"),
        (b'{"name": "Jenny', "(not kept)"),
        (b'\xef\xbb\xbf{"name": "Jenny"}', "(not kept)"),
        (b'[{"name": "Jenny"},', "(not kept)"),
        (b"Jenny " * 40, "(not kept)"),
        (b"", ""),
    ],
)
def test_of_a_body_that_is_no_json_only_a_remark_is_kept(body: bytes, kept: str) -> None:
    assert SCRUBBER.body(body).decode() == kept


def test_the_order_in_which_a_provider_names_fields_does_not_show() -> None:
    assert body_of({"b": 1, "a": {"d": 2, "c": 3}}) == body_of({"a": {"c": 3, "d": 2}, "b": 1})


def test_headers_of_the_connection_are_left_out() -> None:
    headers = {
        "set-cookie": "a=b",
        "server": "x",
        "date": "Fri, 20 Nov 2026 00:00:00 GMT",
        "retry-after": "3",
        "request-id": "req_1",
    }
    kept = SCRUBBER.response(Response(status=429, headers=headers)).headers
    assert kept == {"retry-after": "3", "request-id": "req_1"}


def test_a_date_is_kept_beside_a_moment_to_come_back_at() -> None:
    headers = {
        "date": "Fri, 20 Nov 2026 00:00:00 GMT",
        "retry-after": "Fri, 20 Nov 2026 00:00:02 GMT",
    }
    assert SCRUBBER.response(Response(status=429, headers=headers)).headers == headers


def test_a_key_in_the_environment_changes_every_substitute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = substitute(Sensitive.EMAIL, "jenny@example.org")
    found = {plain}
    for key in ("kept in a safe place", os.fsdecode(b"any bytes \xff"), os.fsdecode(b"\xfe")):
        monkeypatch.setenv(KEY_VARIABLE, key)
        found.add(substitute(Sensitive.EMAIL, "jenny@example.org"))
    assert len(found) == 4
    assert substitute(Sensitive.EMAIL, plain) == plain


def test_a_substitute_never_changes_from_one_release_to_the_next() -> None:
    assert substitute(Sensitive.EMAIL, "jenny@example.org") == "person-ac3246d1e73d@example.com"


def test_long_text_is_read_in_a_moment() -> None:
    text = "x" * 300_000
    assert SCRUBBER.text(text) == text


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_word_that_tells_of_nobody_does_so_in_its_own_place_only(provider: str) -> None:
    told = {path for path, kind in load(provider).sensitive.items() if kind is None}
    for word in {path.rpartition(".")[2] for path in told}:
        buyer = "Jenny Rosen"
        for below in (
            {word: buyer},
            {word: [buyer]},
            {word: {"name": buyer}},
            {word: {word: buyer}},
        ):
            session = {"id": "x_1", "payment_source": {"card": below}, "parcel": below}
            for answer in (session, {"data": [session]}, {"data": session}, {"parcels": [session]}):
                assert buyer not in repr(Scrubber.of(provider).tree(answer)), (word, answer)
