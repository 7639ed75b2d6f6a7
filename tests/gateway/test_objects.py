"""What is handed out is Stripe's object, to any reader, and claims nothing that nobody said."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stripe
from gateway.asking import asking
from gateway.sdk import SDK
from gateway.serving import NOW, Running
from gateway.typed import complaints
from house import PROVIDERS
from hypothesis import given
from hypothesis import strategies as st
from published import NEWEST, Published

from unified_checkout import Client, PaymentStatus, Session, SessionMode, SessionStatus
from unified_checkout.gateway.description import description
from unified_checkout.gateway.wire import NEVER_NULL, Sight, shown
from unified_checkout.sandbox import Sandbox, faults

TYPES: dict[str, type | tuple[type, ...]] = {
    "id": str, "object": str, "automatic_tax": dict, "created": int, "custom_fields": list,
    "custom_text": dict, "expires_at": int, "livemode": bool, "mode": str,
    "payment_method_types": list, "payment_status": str, "shipping_options": list,
}  # fmt: skip
"""The twelve that Go and .NET read without asking whether they are null."""
UNITS = {"jpy": 0, "isk": 2, "ugx": 2, "kwd": 3, "bhd": 3}
"""Stripe's, where ISO 4217 or somebody else may have others."""


SILENT = {"flex", "gocardless"}
"""Providers whose lists never say that a checkout is paid: no order of theirs is shipped."""


def no_fraction(text: str) -> float:
    raise AssertionError(f"{text} has a fraction, on which Go and .NET fail")


def strict(body: bytes) -> Any:
    return json.loads(body, parse_float=no_fraction)


_PAGES: dict[str, str] = {}


def pages(sandbox: Sandbox, **sight: Any) -> dict[str, Any]:
    """A page of each account, and one of all."""
    key = repr(sight)
    if key not in _PAGES:
        _PAGES[key] = json.dumps(read_pages(sandbox, **sight))
    held: dict[str, Any] = json.loads(_PAGES[key])
    return held


def read_pages(sandbox: Sandbox, **sight: Any) -> dict[str, Any]:
    found = {}
    with asking(sandbox.accounts, **sight) as ask:
        for token in [*(one.name for one in sandbox.accounts), "all"]:
            found[token] = strict(ask.get(token=token, limit=100).body)
    return found


def test_typed_readers_find_what_they_expect(sandbox: Sandbox) -> None:
    page_of = stripe.ListObject[stripe.checkout.Session]
    for token, page in pages(sandbox).items():
        assert list(page)[:4] == ["object", "url", "has_more", "data"]
        assert page["data"]
        assert list(complaints(page_of, page, token)) == []
        for one in page["data"]:
            for field, kind in TYPES.items():
                assert type(one[field]) is kind, field
            assert {"account", "provider", "id", "assumed"} <= set(one["unified_checkout"])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"created": None}, ".created: no int"),
        ({"created": 5.0}, ".created: no int"),
        ({"created": -1}, ".created: no moment"),
        ({"expires_at": 5_000_000_000}, ".expires_at: no moment"),
        ({"livemode": None}, ".livemode: no bool"),
        ({"amount_total": True}, ".amount_total: no int"),
        ({"payment_status": None}, ".payment_status: no str"),
        ({"metadata": {"a": 1}}, ".metadata.a: no str"),
        ({"customer": 5}, ".customer: no"),
        ({"custom_fields": None}, ".custom_fields: no list"),
        ({"automatic_tax": {"enabled": None}}, ".automatic_tax.enabled: no bool"),
        ({"total_details": {"amount_tax": "1"}}, ".total_details.amount_tax: no int"),
        ({"customer": None, "url": None, "novel": 1.5}, None),
    ],
)
def test_what_a_typed_reader_fails_on(changed: dict[str, Any], told: str | None) -> None:
    found = "; ".join(complaints(stripe.checkout.Session, {**as_json(made()), **changed}))
    assert found.startswith(told) if told else not found


def test_the_types_of_stripes_package_allow_every_object(sandbox: Sandbox) -> None:
    folder = os.environ.get("UNIFIED_CHECKOUT_STRIPE_TYPES")
    if folder is None:
        pytest.skip("UNIFIED_CHECKOUT_STRIPE_TYPES is not set")
    published = Published(Path(folder), NEWEST)
    for token, page in pages(sandbox).items():
        page.pop("unified_checkout")
        for one in page["data"]:
            told = one.pop("unified_checkout")
            if told["provider"] == "stripe":  # an older version has other keys besides
                for name in one.keys() - published.keys():
                    del one[name]
            assert published.complaints("session", one) == [], token
        assert published.complaints("page", page) == [], token


def test_our_own_description_allows_every_object(sandbox: Sandbox) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = {"$ref": "#/components/schemas/list", **description()}
    judge = jsonschema.Draft202012Validator(schema)
    for page in pages(sandbox).values():
        assert list(judge.iter_errors(page)) == []


def test_amounts_are_in_stripes_minor_units(sandbox: Sandbox) -> None:
    currencies = set()
    with Client(sandbox.accounts) as client:
        known = {(one.account, one.id): one for one in client.sessions.list()}
    for one in pages(sandbox)["all"]["data"]:
        told = one["unified_checkout"]
        total = known[told["account"], told["id"]].total
        if total is None:
            assert one["amount_total"] is None
            continue
        exact = total.amount * 10 ** UNITS.get(total.currency, 2)
        assert one["amount_total"] == (exact if exact == int(exact) else None)
        assert one["currency"] == total.currency
        currencies.add(total.currency)
    assert currencies & set(UNITS)


@given(
    st.sampled_from(["jpy", "isk", "ugx", "kwd", "usd"]),
    st.integers(-(10**9), 10**9),
    st.integers(0, 4),
)
def test_an_amount_is_exact_or_not_told(currency: str, amount: int, exponent: int) -> None:
    session = made(currency=currency, currency_exponent=exponent, amount_total=amount)
    told = as_json(session)["amount_total"]
    exact = Decimal(amount).scaleb(UNITS.get(currency, 2) - exponent)
    assert told == (int(exact) if exact == exact.to_integral_value() else None)


EMAIL: dict[str, Any] = {"customer_details[email]": "a@example.com"}


def expand(path: str) -> dict[str, Any]:
    return {"expand[]": path}


def made(**fields: Any) -> Session:
    given: dict[str, Any] = {
        "account": "us",
        "provider": "acme",
        "id": "1",
        "created": datetime(2026, 11, 20, tzinfo=UTC),
        "raw_bytes": b"{}",
    }
    return Session(**given | fields)


def as_json(session: Session, **sight: Any) -> dict[str, Any]:
    told: dict[str, Any] = strict(shown(session, session.id, Sight(**sight), livemode=True))
    return told


@given(
    st.none() | st.sampled_from(PaymentStatus),
    st.none() | st.sampled_from(SessionStatus),
    st.none() | st.sampled_from(SessionMode),
)
def test_nothing_is_shown_as_paid_that_nobody_says_is_paid(
    payment_status: PaymentStatus | None, status: SessionStatus | None, mode: SessionMode | None
) -> None:
    one = as_json(made(payment_status=payment_status, status=status, mode=mode))
    settled = payment_status in (PaymentStatus.PAID, PaymentStatus.NO_PAYMENT_REQUIRED)
    assert (one["payment_status"] != "unpaid") is settled
    assert ("payment_status" in one["unified_checkout"]["assumed"]) is (
        payment_status in (None, PaymentStatus.UNKNOWN)
    )
    assert one["status"] in ("open", "complete", "expired", None)
    assert one["mode"] in ("payment", "subscription", "setup")


def test_what_is_filled_is_said() -> None:
    one = as_json(made())
    assert one["unified_checkout"]["assumed"] == [
        "payment_status",
        "mode",
        "expires_at",
        "livemode",
    ]
    assert one["expires_at"] == one["created"] + 86_400
    assert one["livemode"] is True
    several = as_json(made(payment_intents=("pi_1", "pi_2")))
    assert several["payment_intent"] is None
    assert several["unified_checkout"]["payment_intents"] == ["pi_1", "pi_2"]


def test_null_is_filled_in_stripes_own_object_as_what_is_absent_is() -> None:
    """The adapter refuses an object without an id or a moment, and lets the other nulls through."""
    with (
        Sandbox(sessions=3, seed=3, now=NOW, providers=["stripe"]) as sandbox,
        asking(sandbox.accounts) as ask,
    ):
        for field in NEVER_NULL:
            sandbox.misbehave(
                "stripe", faults.MalformedRow(row=0, field=field, value=None, times=None)
            )
            answer = ask.get(token="stripe", limit=3)
            sandbox.behave("stripe")
            if field in ("id", "created"):
                assert answer.status == 502
                continue
            one = strict(answer.body)["data"][0]
            assert type(one[field]) is TYPES[field], field
            assert field in one["unified_checkout"]["assumed"]
            assert field != "payment_status" or one[field] == "unpaid"
            assert list(complaints(stripe.checkout.Session, one)) == []


def test_a_token_sees_no_buyer_and_no_page_unless_it_may(sandbox: Sandbox) -> None:
    held = {
        facts.customer.email
        for name in PROVIDERS
        for facts in sandbox.truth(name)
        if facts.customer is not None and facts.customer.email
    }
    blind, seeing = pages(sandbox, buyers=False, pages=False), pages(sandbox)
    written = json.dumps(blind)
    assert held
    assert [email for email in held if email in written] == []
    assert any(email in json.dumps(seeing) for email in held)
    for page in blind.values():
        for one in page["data"]:
            assert one["url"] is one["client_secret"] is None
            assert one["customer_details"] is one["customer_email"] is None
    assert any(one["url"] for one in seeing["all"]["data"])
    with asking(sandbox.accounts, buyers=False) as ask:
        for answer in (
            ask.get(token="stripe", **EMAIL),
            ask.get(token="stripe", **expand("data.customer")),
        ):
            assert (answer.status, answer.json["error"]["code"]) == (403, "token_without_buyers")


def test_what_is_expanded(sandbox: Sandbox) -> None:
    with asking(sandbox.accounts) as ask:
        [first] = ask.get(token="stripe", limit=1).ids
        for parameters in ({"expand[]": "line_items"}, {"expand[0]": "line_items"}):
            assert ask.session(first, "stripe", **parameters).json["line_items"]["data"]
        page = ask.get(token="stripe", limit=3, **expand("data.line_items")).json
        assert all("line_items" in one for one in page["data"])
        merged = ask.get(limit=100).json["data"]
        id = next(one["id"] for one in merged if one["unified_checkout"]["account"] == "stripe")
        refused = ask.get(token="leanrails", **expand("data.line_items"))
        assert refused.status == 400
        assert "leanrails" in refused.json["error"]["message"]
        assert ask.session(id, **expand("line_items")).status == 200
        told = ask.get(token="flex", limit=100, **expand("data.customer")).json["data"]
        assert any(one["customer"]["object"] == "customer" for one in told if one["customer"])


@pytest.mark.parametrize("path", ["line_items", "payment_intent"])
@pytest.mark.parametrize("may", [True, False])
def test_typed_readers_find_what_they_expect_in_what_is_expanded(
    sandbox: Sandbox, path: str, may: bool
) -> None:
    with asking(sandbox.accounts, pages=may) as ask:
        page = strict(ask.get(token="stripe", limit=100, **expand(f"data.{path}")).body)
    assert any(isinstance(one[path], dict) for one in page["data"])
    assert list(complaints(stripe.ListObject[stripe.checkout.Session], page)) == []


def test_below_a_session_pages_are_hidden_and_the_addresses_of_lists_are_not() -> None:
    page = "https://pay.example.com/bearer"
    lines = {"object": "list", "url": "/v1/checkout/sessions/1/line_items", "data": []}
    shows = {"mobile_auth_url": page, "qr_code": {"image_url_png": page}, "expires_at": 5}
    intent = {
        "id": "pi_1",
        "next_action": {
            "type": "x",
            "voucher": {"hosted_voucher_url": page, "pdf": page},
            "shows": shows,
        },
        "latest_charge": {"receipt_url": page, "refunds": {**lines, "data": [{"url": page}]}},
        "client_secret": "pi_1_secret",
        "invoice": {"hosted_invoice_url": page, "invoice_pdf": page},
        "forged": {"object": "list", "url": page},
        "description": page,
    }
    held = {"payment_intent": intent, "line_items": lines, "url": page}
    session = made(provider="stripe", raw_bytes=json.dumps(held).encode())
    expanded = ("payment_intent", "line_items")
    seen = as_json(session, pages=True, expanded=expanded)
    assert (seen["payment_intent"], seen["line_items"]) == (intent, lines)
    one = as_json(session, expanded=expanded)
    assert one["line_items"] == lines
    assert one["payment_intent"].pop("description") == page
    assert page not in json.dumps(one["payment_intent"])
    assert "pi_1_secret" not in json.dumps(one)
    assert one["payment_intent"]["latest_charge"]["refunds"]["url"] == lines["url"]
    assert one["payment_intent"]["next_action"]["shows"]["expires_at"] == 5


@pytest.mark.parametrize("account", PROVIDERS)
def test_a_program_written_for_stripe_ships_no_unpaid_order(
    sandbox: Sandbox, sdk: SDK, account: str
) -> None:
    """List, paginate, retrieve, and fulfil on ``payment_status``, as Stripe's guide says."""
    sessions = sdk(account).v1.checkout.sessions
    shipped: list[str] = []
    for listed in sessions.list({"limit": 10, "status": "complete"}).auto_paging_iter():
        if account == "paypal" and len(shipped) > 3:
            break
        session = sessions.retrieve(listed.id)
        if session.payment_status != "unpaid":
            shipped.append(session.id)
    truth = {facts.id: facts for facts in sandbox.truth(account)}
    unpaid = [
        id for id in shipped if truth[id].payment_status not in ("paid", "no_payment_required")
    ]
    assert unpaid == []
    assert bool(shipped) is (account not in SILENT)


def test_the_time_stands_still_in_the_sandbox(gateway: Running, sdk: SDK) -> None:
    newest = sdk("all").v1.checkout.sessions.list({"limit": 1}).data[0]
    assert newest.created <= NOW
