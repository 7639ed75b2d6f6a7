"""PayPal's parameters, as they come out of the questions that need them."""

from __future__ import annotations

from typing import Any

import pytest
from house import adapter_of
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout import InvalidQuery, ListSessions
from unified_checkout.adapters import Compiled, KeyKind, Place, Pushdown, Window
from unified_checkout_paypal import PayPalAdapter, dialect
from unified_checkout_paypal.adapter import PayPalOptions

ADAPTER = adapter_of("paypal")
ALWAYS = {
    "balance_affecting_records_only": "Y",
    "fields": "transaction_info,payer_info",
}


def at(base_url: str) -> PayPalAdapter:
    return PayPalAdapter("shop", PayPalOptions(client_id="app", base_url=base_url))


def compiled(**fields: Any) -> Compiled:
    return ADAPTER.compile(ListSessions.model_validate({"kind": "any", **fields}))


def sent(**fields: Any) -> dict[str, str]:
    """What the one stream asks for beside what is always asked for."""
    (stream,) = compiled(**fields).streams
    found = dict(stream.parameters)
    assert len(found) == len(stream.parameters)
    return {name: value for name, value in found.items() if ALWAYS.get(name) != value}


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        ({}, {}),
        ({"status": "failed"}, {"transaction_status": "D"}),
        ({"status": "complete"}, {}),
        ({"status": ("complete", "failed")}, {}),
        ({"status": ("failed", "unknown")}, {}),
        ({"payment_status": "paid"}, {"transaction_status": "S"}),
        ({"payment_status": "unpaid"}, {}),
        ({"status": "failed", "payment_status": "unpaid"}, {"transaction_status": "D"}),
        ({"status": "complete", "payment_status": "paid"}, {"transaction_status": "S"}),
        ({"mode": "subscription"}, {"transaction_type": "T0002"}),
        ({"mode": ("payment", "subscription")}, {}),
        ({"mode": ("setup", "subscription")}, {"transaction_type": "T0002"}),
        ({"currency": "usd"}, {"transaction_currency": "USD"}),
        ({"currency": ("usd", "eur")}, {}),
        ({"payment_intent": "1" * 17}, {"transaction_id": "1" * 17}),
        ({"payment_intent": "1" * 19}, {"transaction_id": "1" * 19}),
        ({"payment_intent": "1" * 16}, {}),
        ({"payment_intent": "1" * 20}, {}),
        ({"created": "2026-01"}, {}),
        ({"customer": "c", "email": "a@example.com", "subscription": "s"}, {}),
        (
            {"provider_options": {"paypal": {"transaction_amount": "500 TO 1005"}}},
            {"transaction_amount": "[500 TO 1005]"},
        ),
        ({"provider_options": {"paypal": {"fields": "all"}}}, {"fields": "all"}),
        (
            {"provider_options": {"paypal": {"fields": ["cart_info", "payer_info"]}}},
            {"fields": "transaction_info,payer_info,cart_info"},
        ),
        (
            {"provider_options": {"paypal": {"transaction_status": "F"}}},
            {"transaction_status": "F"},
        ),
    ],
    ids=str,
)
def test_what_is_sent(fields: dict[str, Any], parameters: dict[str, str]) -> None:
    assert sent(**fields) == parameters


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "open"},
        {"status": ("expired", "canceled")},
        {"status": "failed", "payment_status": "paid"},
        {"payment_status": "no_payment_required"},
        {"mode": ("setup", "order", "off_session")},
        {"kind": "invoice"},
    ],
    ids=str,
)
def test_what_no_entry_can_be_is_not_asked_for(fields: dict[str, Any]) -> None:
    assert compiled(**fields).streams == ()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "failed", "provider_options": {"paypal": {"transaction_status": "S"}}}, "two"),
        ({"mode": "payment", "provider_options": {"paypal": {"transaction_type": "T0006"}}}, "two"),
        ({"provider_options": {"paypal": {"fields": "secrets"}}}, "no such block 'secrets'"),
        ({"provider_options": {"paypal": {"transaction_amount": "5 to 9"}}}, "transaction_amount"),
        ({"provider_options": {"paypal": {"page_size": 501}}}, "page_size"),
        ({"provider_options": {"paypal": {"page": 2}}}, "no such option 'page'"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        compiled(**fields)


@pytest.mark.parametrize(
    ("address", "asked", "pushdown", "lists"),
    [
        ("https://api-m.paypal.com", True, Pushdown.UNSUPPORTED, 1),
        ("https://api-m.paypal.com", False, Pushdown.EXACT, 0),
        ("https://api-m.sandbox.paypal.com", True, Pushdown.EXACT, 0),
        ("https://api-m.sandbox.paypal.com", False, Pushdown.UNSUPPORTED, 1),
        ("https://api.sandbox.paypal.com/v1", False, Pushdown.UNSUPPORTED, 1),
        ("https://paypal.com.example.com", True, Pushdown.UNANSWERABLE, 1),
        ("http://127.0.0.1:8000", False, Pushdown.UNANSWERABLE, 1),
    ],
)
def test_the_address_tells_live_from_test(
    address: str, asked: bool, pushdown: Pushdown, lists: int
) -> None:
    found = at(address).compile(ListSessions(livemode=asked, kind="any"))
    assert ([one.pushdown for one in found.verdicts], len(found.streams)) == ([pushdown], lists)


def test_no_key_of_paypals_own_tells_test_from_live() -> None:
    assert PayPalAdapter.key_kind("EJ" + "x4" * 39) is KeyKind.UNKNOWN


@given(since=st.integers(0, 2_000_000_000), length=st.integers(1, 31 * 86_400))
def test_both_ends_of_a_window_are_included_and_no_second_is_in_two(
    since: int, length: int
) -> None:
    (stream,) = compiled().streams
    ends = []
    for first in (since, since + length):
        place = Place(window=Window(first, first + length), size=9)
        asked = dict(dialect.parameters(stream, place))
        ends.append((asked["start_date"], asked["end_date"]))
    assert ends[0][0] <= ends[0][1] < ends[1][0]


@given(size=st.integers(1, 500), pages=st.integers(1, 40), shrinking=st.booleans())
def test_pages_lead_to_the_last_one_whatever_total_pages_counts_from(
    size: int, pages: int, shrinking: bool
) -> None:
    (stream,) = compiled().streams
    place, asked = Place(size=size), []
    for _ in range(pages + 1):
        # Once begun, a window is read in pages of one size, whatever is asked for then.
        sent = dict(dialect.parameters(stream, place))
        asked.append((int(sent["page"]), int(sent["page_size"])))
        told = pages - asked[-1][0] + 1 if shrinking else pages
        following = dialect.following(place, told)
        if following is None:
            break
        place = Place(cursor=following, size=1)
    assert asked == [(number, size) for number in range(1, pages + 1)]


def test_entries_that_move_no_balance_are_an_option_of_the_account() -> None:
    options = PayPalOptions(client_id="app", balance_affecting_records_only="N")
    (stream,) = PayPalAdapter("shop", options).compile(ListSessions()).streams
    assert ("balance_affecting_records_only", "N") in stream.parameters


def test_what_is_never_shown_is_said() -> None:
    assert compiled().excludes == ("checkouts that nobody paid",)
    usual = ADAPTER.compile(ListSessions()).excludes
    assert len(usual) == 2
    assert "kind=unknown" in usual[1]
