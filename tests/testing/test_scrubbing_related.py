"""Below the objects that a session is related to, nothing of a person is recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import Request, Response
from unified_checkout.testing.cassettes import substitutes, tape
from unified_checkout.testing.cassettes.checking import leaks
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.substitutes import SUBSTITUTE


@pytest.fixture(autouse=True, scope="module")
def quick_substitutes() -> Iterator[None]:
    """Substitutes without the work that makes guessing costly."""

    def token(original: str, key: str) -> str:
        return sha256(f"{key} {original}".encode("utf-8", "surrogatepass")).hexdigest()[:12]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(substitutes, "_token", token)
        yield


few = settings(max_examples=60, deadline=None)


def of(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


given_names = of(r"(Quirin|Zebedi|Ottok|Wilhelmin)[a-z]{3,6}")
words = of(r"[a-z]{4,8}")
PLANTED = st.one_of(
    given_names,
    st.builds("{} {}".format, given_names, given_names),
    st.builds("{}.{}@{}.example".format, given_names, given_names, words),
    of(r"\+49[1-9][0-9]{8,10}"),
    of(r"\(202\) 555-[0-9]{4}"),
    st.builds(
        "{} {}".format, of(r"[1-9][0-9]{1,3}"), of(r"(Planted|Zephyr) (Lane|Street) [0-9]{3}")
    ),
    of(r"DE[1-9][0-9]{8}"),
    of(r"GB[1-9][0-9]{8}"),
    of(r"DE[0-9]{2} [0-9]{4} [0-9]{4} [0-9]{4}"),
    of(r"DE[0-9]{20}"),
    of(r"203\.0\.113\.[1-9][0-9]"),
    of(r"2001:db8:[1-9][a-f0-9]{3}::[1-9][0-9]"),
    st.builds("please ring at {}'s, {}".format, given_names, words),
    of(r"19[3-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|2[0-8])"),
    of(r"pi_[A-Za-z0-9]{16}_secret_[A-Za-z0-9]{16}"),
    of(r"https://pay\.example\.net/c/pay/[A-Za-z]{8}#[A-Za-z0-9]{20}"),
    of(r"https://files\.example\.net/invoices/[A-Z][a-z]{7}\.pdf\?s=[A-Za-z0-9]{20}"),
)
"""Data of a person whose look gives it away, or fits no field that is kept."""
SHORT = of(r"[1-9][0-9]{3}") | of(r"[A-Z][a-z0-9]{4}[A-Z][0-9]{2}[a-z]{6}")
"""The last digits of an account, and the fingerprint of a card."""

KNOWN_NAMES = """
    payer_name verified_name account_holder_name billing_name iban_last4 bank_last4 card_last4 last4
    ssn_last_4 routing_number account_number sort_code tax_id vat_number id_number value custom
    verified_email receipt_email payer_email phone buyer_phone line1 city state postal_code
    client_ip ip_address user_agent fingerprint number note comment description message memo
    statement_descriptor nickname label reason_text dob birth_date hosted_invoice_url receipt_url
    invoice_pdf url href next_action client_secret token signature seller_message
    """
KNOWN = st.sampled_from(KNOWN_NAMES.split())
UNKNOWN = of(r"[a-z]{3,8}_zz") | of(r"[a-z]{3,6}[A-Z][a-z]{3,6}Zz")
CLOSED_NAMES = st.sampled_from(
    ["status", "type", "brand", "object", "currency", "locale", "reason"]
)

KEPT: dict[str, Any] = {
    "id": "pi_3OiNwyFSWsx9XJSo0w8qo62h",
    "object": "payment_intent",
    "status": "requires_capture",
    "type": "us_bank_account",
    "created": 1_707_599_920,
    "trial_end": "2026-04-30T06:43:20Z",
    "period_start": "2026-04-30",
    "amount": 1250,
    "unit_amount_decimal": "1250.5",
    "net_amount": "12.50",
    "currency": "usd",
    "presentment_currency": "EUR",
    "country": "DE",
    "brand": "visa",
    "funding": "debit",
    "cvc_check": "pass",
    "capture_method": "automatic",
    "payment_method_types": ["card", "link"],
    "preferred_locales": ["en-US", "de"],
    "latest_charge": "ch_3OiNwyFSWsx9XJSo0w8qo62h",
    "customer": "cus_jenny7",
    "livemode": False,
    "canceled_at": None,
    "exp_month": 12,
    "quantity": 3,
    "error_code": "card_declined",
    "version": "2026-09-30.endive",
}
"""Of closed sets, ids, times and numbers: what must remain."""


BODIES: dict[str, Callable[[Any], Any]] = {
    "list": lambda tree: {"object": "list", "data": [session(tree)], "has_more": False},
    "rows": lambda tree: {"checkout_sessions": [session(tree)]},
    "single": lambda tree: session(tree),
    "wrapped": lambda tree: {"checkout_session": session(tree)},
    "error": lambda tree: {"error": {"code": "card_declined", "payment_intent": tree}},
}


def around(leaf: st.SearchStrategy[Any], names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """A leaf somewhere in objects and lists, in fields of the names given."""
    inside = st.dictionaries(names, leaf, min_size=1, max_size=2)
    return st.recursive(
        inside,
        lambda inner: st.dictionaries(names, inner | st.lists(inner, max_size=2), max_size=2),
        max_leaves=4,
    )


class Planting:
    """Draws what is planted, and remembers it."""

    def __init__(self) -> None:
        self.planted: list[str] = []

    def __call__(self, text: str) -> str:
        self.planted.append(text)
        return text


@st.composite
def related(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    """An expanded object, and what was planted in it."""
    planting = Planting()
    planted = PLANTED.map(planting)
    short = (PLANTED | SHORT).map(planting)
    lists = st.lists(planted, min_size=1, max_size=2)
    tree = {
        **draw(around(short | st.lists(short, max_size=2), KNOWN | UNKNOWN)),
        **draw(st.dictionaries(CLOSED_NAMES.map("{}_zz_type".format), planted, max_size=1)),
        "card": draw(st.dictionaries(CLOSED_NAMES, planted | lists, max_size=2)),
        "deeper": {"data": [draw(around(short, KNOWN | UNKNOWN))], "object": "list"},
        "kept": KEPT,
    }
    return tree, [text for text in planting.planted if text in json.dumps(tree)]


def session(tree: Any) -> dict[str, Any]:
    return {
        "id": "cs_test_a1ylb5VTpsBJYlXh5fhdmYrQOm4nq03G",
        "created": 1_707_599_920,
        "status": "complete",
        "payment_intent": tree,
        "payments": [tree],
    }


def recorded(scrubber: Scrubber, response: Response, request: Request) -> tape.Recording:
    """A recording as a cassette makes it."""
    asked = tape.Asked.of("us", "stripe", scrubber.request(request))
    reply = tape.Reply.of(scrubber.response(response))
    return tape.Recording(
        version=1,
        recorded_from="provider",
        recorded_at=datetime(2026, 11, 20, tzinfo=UTC),
        exchanges=(tape.Exchange(request=asked, response=reply),),
    )


def remains(text: str, planted: str) -> bool:
    """Whether a file holds a text, in whatever encoding, as a whole word."""
    forms = {planted, quote(planted), quote(planted, safe=""), quote_plus(planted)}
    forms.add(json.dumps(planted)[1:-1])
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) for form in forms)


@given(related(), st.sampled_from(sorted(BODIES)))
@few
def test_what_is_planted_below_a_related_object_is_not_recorded(
    sent: tuple[dict[str, Any], list[str]], body: str
) -> None:
    tree, planted = sent
    response = Response(status=200, body=json.dumps(BODIES[body](tree)).encode())
    request = Request(path="/v1/checkout/sessions")
    recording = recorded(Scrubber.of("stripe"), response, request)
    text = tape.written(recording)
    assert [one for one in planted if remains(text, one)] == []
    assert leaks(text, recording) == []
    [exchange] = recording.exchanges
    assert exchange.response is not None
    assert json.dumps(KEPT, sort_keys=True) in json.dumps(json.loads(exchange.response.body))


@given(sent=related())
@few
def test_what_an_older_recording_holds_is_found(sent: tuple[dict[str, Any], list[str]]) -> None:
    tree, planted = sent
    body = json.dumps(BODIES["list"](tree))
    asked = tape.Asked.of("us", "stripe", Request(path="/v1/checkout/sessions"))
    exchange = tape.Exchange(request=asked, response=tape.Reply(status=200, body=body))
    recording = tape.Recording(1, "provider", datetime(2026, 11, 20, tzinfo=UTC), (exchange,))
    found = leaks(tape.written(recording), recording)
    assert bool(found) == bool(planted)
    assert not any(remains(line, text) for line in found for text in planted)


@given(PLANTED, UNKNOWN | KNOWN)
@few
def test_what_is_planted_around_a_body_is_not_recorded(planted: str, name: str) -> None:
    request = Request(
        path=f"/v1/customers/{quote(planted, safe='')}/sessions",
        parameters=((name, planted), ("metadata[wish]", planted)),
        headers={f"X-{name}": planted},
    )
    response = Response(
        status=402,
        headers={f"x-{name}": planted, "x-note": f"for {planted}"},
        body=f"We cannot find {planted} any more".encode(),
    )
    recording = recorded(Scrubber.of("stripe"), response, request)
    text = tape.written(recording)
    assert not remains(text, planted)
    assert leaks(text, recording) == []


@given(PLANTED, st.sampled_from(["message", "param", "detail", "code", "doc_url", "input"]))
@few
def test_what_is_planted_in_an_error_is_not_recorded(planted: str, name: str) -> None:
    for error in ({name: planted}, {name: f"No such buyer: {planted}"}, [{"msg": planted}]):
        for body in ({"error": error}, {"detail": error}, error):
            response = Response(status=400, body=json.dumps(body).encode())
            recording = recorded(Scrubber.of("stripe"), response, Request(path="/"))
            assert not remains(tape.written(recording), planted)


@given(PLANTED, st.sampled_from(["success_url", "cancel_url", "return_url"]))
@few
def test_what_is_planted_in_a_session_s_own_urls_is_not_recorded(planted: str, name: str) -> None:
    place = quote(planted, safe="")
    url = f"https://shop.example.com/thanks/{place}/x?to={place}&{place}=1&{place}#{place}"
    scrubbed = Scrubber.of("stripe").body(json.dumps({**session(None), name: url}).encode())
    assert not remains(scrubbed.decode(), planted)
    assert "https://shop.example.com/thanks/" in scrubbed.decode()


@given(PLANTED)
@few
def test_what_is_planted_as_a_name_is_not_recorded(planted: str) -> None:
    tree = {"by_buyer": {f"{planted} ": {"amount": 1}}, "metadata": {f"{planted}!": 1}}
    scrubbed = Scrubber.of("stripe").body(json.dumps(session(tree)).encode())
    assert not remains(scrubbed.decode(), planted)


@pytest.mark.parametrize(
    "personal",
    [
        {"buyer_phone": 4_917_012_345_678},
        {"phones": [4_917_012_345_678]},
        {"iban_last4": 4729},
        {"card_last4": 4729},
        {"routing_number": 110_000_472},
        {"dob": {"day": 17, "month": 11, "year": 1947}},
        {"date_of_birth": [17, 11, 1947]},
        {"birth_year": 1947},
        {"id_number": 472_914_721},
        {"latitude": 52.472914},
        {"postal_code": 47_291},
        {"custom_fields": [{"label": "Age", "numeric": {"value": 472_914}}]},
        {"metadata": {"age": 47, "tags": [4729]}},
    ],
    ids=lambda personal: next(iter(personal)),
)
def test_a_number_that_is_personal_by_its_name_is_not_recorded(personal: dict[str, Any]) -> None:
    tree = {"id": "pi_1", "deeper": [personal], **personal}
    scrubbed = json.loads(Scrubber.of("stripe").body(json.dumps(session(tree)).encode()))
    numbers = list(numbers_in(scrubbed["payment_intent"]))
    assert numbers == []
    texts = [one for one in strings_in(scrubbed["payment_intent"]) if one != "pi_1"]
    assert texts
    assert all(SUBSTITUTE.fullmatch(text) for text in texts)


@pytest.mark.parametrize(
    "personal",
    [
        {"dob_date": "1947-11-17T06:00:00Z"},
        {"dob_at": "1947-11-17T06:00:00Z"},
        {"dobTimestamp": -698_000_000},
        {"birth_created": "1947-11-17T06:00:00Z"},
        {"passport_id": "C01X00T47"},
        {"passports": [{"id": "C01X00T47"}]},
        {"passport": {"id": "C01X00T47", "expires_at": "2031-11-17T06:00:00Z"}},
        {"ssn_id": "472914721"},
        {"driving_licence_id": "ZZ47B2914"},
        {"license_code": "AB4729"},
        {"iban_id": "x4729"},
        {"iban_version": "4729"},
        {"passwd_id": "a1b2"},
        {"password_type": "letmein"},
        {"holder_nif_id": "47291472Z"},
        {"cpf_code": "A4729"},
        {"owner_cnpj_total": 47_291_472},
    ],
    ids=lambda personal: next(iter(personal)),
)
def test_what_is_personal_by_a_word_of_its_name_is_not_recorded(personal: dict[str, Any]) -> None:
    tree = {"id": "pi_1", "deeper": [personal], **personal}
    scrubber = Scrubber.of("stripe")
    scrubbed = json.loads(scrubber.body(json.dumps(session(tree)).encode()))["payment_intent"]
    assert list(numbers_in(scrubbed)) == []
    texts = [one for one in strings_in(scrubbed) if one != "pi_1"]
    assert texts
    assert all(SUBSTITUTE.fullmatch(text) for text in texts)


def numbers_in(tree: Any) -> Any:
    if isinstance(tree, dict | list):
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from numbers_in(inner)
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield tree


def strings_in(tree: Any) -> Any:
    if isinstance(tree, dict | list):
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from strings_in(inner)
    elif isinstance(tree, str):
        yield tree


def test_a_list_of_objects_is_looked_through_for_a_provider_s_own_fields() -> None:
    tree = {"tax_ids": {"object": "list", "data": [{"type": "eu_vat", "value": 123_456_789}]}}
    scrubbed = json.loads(Scrubber.of("stripe").body(json.dumps(session(tree)).encode()))
    [tax_id] = scrubbed["payment_intent"]["tax_ids"]["data"]
    assert tax_id["type"] == "eu_vat"
    assert SUBSTITUTE.fullmatch(tax_id["value"])


def test_what_an_adapter_says_is_nobody_s_is_kept() -> None:
    scrubber = Scrubber({"attributes": None, "attributes.phase": None})
    tree = {"data": [{"id": "1", "attributes": {"phase": "Paid at last", "ref": "AP-1"}}]}
    assert json.loads(scrubber.body(json.dumps(tree).encode())) == tree


def test_a_path_is_kept_where_one_belongs() -> None:
    tree = {"line_items": {"url": "/v1/sessions/cs_test_a1ylb5VTpsBJYlXh5f/line_items", "x": "/j"}}
    scrubbed = json.loads(Scrubber().body(json.dumps(session(tree)).encode()))["payment_intent"]
    assert scrubbed["line_items"]["url"] == tree["line_items"]["url"]
    assert SUBSTITUTE.fullmatch(scrubbed["line_items"]["x"])


def test_the_way_to_the_next_page_is_kept() -> None:
    links = {
        "links": {"next": "https://api.example.net/v1/orders?page%5Bnumber%5D=2&sort=-createdAt"},
        "meta": {"cursors": {"after": "dW5kZWZpbmVkOjQwMTM3MDk2MzU="}},
        "next": "/v1/orders?after=dW5k7mVk",
    }
    assert json.loads(Scrubber().body(json.dumps(links).encode())) == links
    header = '<https://api.example.net/v1/orders?cursor=ab12&limit=5>; rel="next"'
    kept = Scrubber().response(Response(status=200, headers={"link": header})).headers
    assert kept == {"link": header}


@given(PLANTED, st.sampled_from(["filter", "q", "email", "customer", "note"]))
@few
def test_what_is_planted_in_what_a_request_carries_is_not_recorded(planted: str, name: str) -> None:
    sent = {name: planted, "deeper": [{name: {"x": planted}}], "limit": 5}
    bodies = {
        "application/json": json.dumps(sent),
        "application/x-www-form-urlencoded": f"{name}={quote_plus(planted)}&limit=5",
        "text/plain": planted,
    }
    for kind, body in bodies.items():
        request = Request(
            path="/search", method="POST", headers={"Content-Type": kind}, body=body.encode()
        )
        recording = recorded(Scrubber(), Response(status=200), request)
        text = tape.written(recording)
        assert not remains(text, planted)
        assert leaks(text, recording) == []
        assert ("limit" in text) == (kind != "text/plain")


@pytest.mark.parametrize(
    "body",
    [
        '{"id": "1", "name": "Quirina", "name": null}',
        '{"id": "1", "x": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"id": "1", "x": ' + "1" * 5000 + "}",
        "Dear Quirina",
    ],
)
def test_a_body_that_hides_something_is_found(body: str) -> None:
    asked = tape.Asked.of("us", "stripe", Request(path="/"))
    exchange = tape.Exchange(request=asked, response=tape.Reply(status=200, body=body))
    recording = tape.Recording(1, "provider", datetime(2026, 11, 20, tzinfo=UTC), (exchange,))
    assert leaks(tape.written(recording), recording) == ["exchange 1: the body is not a substitute"]
