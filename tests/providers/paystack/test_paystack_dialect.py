"""Paystack's dialect: what is asked of Paystack for each question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import (
    Compiled,
    Order,
    Paging,
    Place,
    Pushdown,
    Window,
)
from unified_checkout.errors import InvalidQuery
from unified_checkout.model.query import ListSessions
from unified_checkout_paystack import PaystackAdapter
from unified_checkout_paystack.adapter import PaystackOptions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ADAPTER = PaystackAdapter("shop", PaystackOptions())
BY_NUMBER = PaystackAdapter("shop", PaystackOptions(use_cursor=False))
TRIED = PaystackAdapter("shop", PaystackOptions(reversed_filter=True))


def ask(adapter: PaystackAdapter = ADAPTER, **fields: Any) -> Compiled:
    return adapter.compile(ListSessions.model_validate({"kind": "any", **fields}))


def options(adapter: PaystackAdapter = ADAPTER, **given: Any) -> Compiled:
    return ask(adapter, provider_options={"paystack": given})


def sent(
    compiled: Compiled, place: Place | None = None, adapter: PaystackAdapter = ADAPTER
) -> list[tuple[str, str]]:
    (stream,) = compiled.streams
    place = place or Place(cursor=compiled.start, size=compiled.page_size)
    return list(adapter.page_request(compiled, stream, place).parameters)


def verdict(compiled: Compiled) -> Pushdown:
    (only,) = compiled.verdicts
    return only.pushdown


def test_a_list_is_asked_for_by_cursor_and_in_no_order() -> None:
    compiled = ask()
    assert sent(compiled) == [("use_cursor", "true"), ("perPage", "200")]
    assert compiled.order is Order.UNDOCUMENTED
    assert compiled.paging is Paging.TOKEN
    assert compiled.in_pieces
    assert sent(compiled, Place(cursor="dW5kZWZpbmVkOjc=", size=9)) == [
        ("use_cursor", "true"),
        ("perPage", "9"),
        ("next", "dW5kZWZpbmVkOjc="),
    ]


def test_pages_are_counted_off_where_the_account_says_so() -> None:
    compiled = ask(BY_NUMBER)
    assert compiled.paging is Paging.OFFSET
    assert sent(compiled, adapter=BY_NUMBER) == [("perPage", "200")]
    assert sent(compiled, Place(cursor="page:3x50", size=9), BY_NUMBER) == [
        ("perPage", "50"),
        ("page", "3"),
    ]
    cursor = Place(cursor="dW5kZWZpbmVkOjc=", size=9)
    assert ("use_cursor", "true") in sent(compiled, cursor, BY_NUMBER)


@pytest.mark.parametrize(
    ("adapter", "given", "parameters"),
    [
        (BY_NUMBER, {"page": 4}, [("perPage", "200"), ("page", "4")]),
        (BY_NUMBER, {"page": 4, "perPage": 7}, [("perPage", "7"), ("page", "4")]),
        (
            ADAPTER,
            {"next": "abc="},
            [("use_cursor", "true"), ("perPage", "200"), ("next", "abc=")],
        ),
        (
            ADAPTER,
            {"previous": "abc="},
            [("use_cursor", "true"), ("perPage", "200"), ("previous", "abc=")],
        ),
        (ADAPTER, {"perPage": 1000}, [("use_cursor", "true"), ("perPage", "1000")]),
    ],
)
def test_where_to_begin(
    adapter: PaystackAdapter, given: dict[str, Any], parameters: list[tuple[str, str]]
) -> None:
    compiled = options(adapter, **given)
    assert sent(compiled, adapter=adapter) == parameters
    assert compiled.reach.windowed is (compiled.start is None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 250_000),
        ("channel", "card"),
        ("customer_code", "CUS_example0001"),
        ("settlement", 7),
        ("source", "checkout"),
        ("split_code", "SPL_1"),
        ("status", "success"),
        ("subaccount_code", "ACCT_1"),
        ("terminal_id", "t_1"),
        ("terminalid", "t_1"),
        ("virtual_account_number", "0123456789"),
    ],
)
def test_a_parameter_of_paystacks_own_is_on_every_page(name: str, value: Any) -> None:
    compiled = options(**{name: value})
    for place in (Place(), Place(cursor="abc="), Place(window=Window(10, 20))):
        assert (name, str(value)) in sent(compiled, place)


@pytest.mark.parametrize(
    "given",
    [
        {"page": 0},
        {"perPage": 0},
        {"perPage": 1001},
        {"amount": -1},
        {"status": ""},
        {"page": 2, "next": "abc="},
        {"next": "abc=", "previous": "abc="},
        {"per_page": 7},
        {"use_cursor": True},
    ],
    ids=str,
)
def test_an_option_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidQuery, match=r"provider_options\.paystack"):
        options(**given)


def test_the_number_of_a_page_is_refused_where_pages_have_none() -> None:
    with pytest.raises(InvalidQuery, match="option use_cursor is false"):
        options(page=2)


def test_two_conditions_on_the_status_are_refused() -> None:
    with pytest.raises(InvalidQuery, match="are two; give one"):
        ask(status="complete", provider_options={"paystack": {"status": "success"}})


@pytest.mark.parametrize(
    ("operator", "moment", "parameter", "value"),
    [
        ("gt", "2026-01-01T00:00:10Z", "from", "2026-01-01T00:00:10.000Z"),
        ("gte", "2026-01-01T00:00:10Z", "from", "2026-01-01T00:00:09.000Z"),
        ("lt", "2026-01-01T00:00:10Z", "to", "2026-01-01T00:00:10.000Z"),
        ("lte", "2026-01-01T00:00:10Z", "to", "2026-01-01T00:00:11.000Z"),
        ("gt", "2026-01-01T00:00:10.5Z", "from", "2026-01-01T00:00:10.000Z"),
        ("gte", "2026-01-01T00:00:10.5Z", "from", "2026-01-01T00:00:09.000Z"),
        ("lt", "2026-01-01T00:00:10.5Z", "to", "2026-01-01T00:00:11.000Z"),
        ("lte", "2026-01-01T00:00:10.5Z", "to", "2026-01-01T00:00:11.000Z"),
    ],
)
def test_bounds_are_full_times_rounded_outward(
    operator: str, moment: str, parameter: str, value: str
) -> None:
    compiled = ask(created={operator: moment})
    assert verdict(compiled) is Pushdown.INEXACT
    assert (parameter, value) in sent(compiled)


MOMENT = st.integers(0, 8_000_000).map(lambda micros: EPOCH + timedelta(microseconds=micros))


@settings(deadline=None)
@given(
    operator=st.sampled_from(["gt", "gte", "lt", "lte"]),
    bound=MOMENT,
    created=MOMENT,
    included=st.booleans(),
)
def test_what_is_pushed_returns_every_match_whether_or_not_bounds_are_included(
    operator: str, bound: datetime, created: datetime, included: bool
) -> None:
    shown = created.replace(microsecond=0)
    query = ListSessions.model_validate({"created": {operator: bound}, "kind": "any"})
    (predicate,) = query.predicates()
    compare = {"gt": shown > bound, "gte": shown >= bound}
    compare |= {"lt": shown < bound, "lte": shown <= bound}
    (name, text) = next(one for one in sent(ADAPTER.compile(query)) if one[0] in ("from", "to"))
    at = datetime.fromisoformat(text)
    kept = created > at if name == "from" else created < at
    assert not compare[operator] or kept or (included and created == at)
    assert predicate.field == "created"


def test_a_window_is_asked_for_with_a_second_more() -> None:
    compiled = ask(created={"gte": "1970-01-01T00:00:05Z"})
    asked = dict(sent(compiled, Place(window=Window(10, 20))))
    assert (asked["from"], asked["to"]) == ("1970-01-01T00:00:09.000Z", "1970-01-01T00:00:20.000Z")
    asked = dict(sent(compiled, Place(window=Window(3, 20))))
    assert asked["from"] == "1970-01-01T00:00:04.000Z"


@pytest.mark.parametrize("status", ["open", "complete", "unknown", ["complete", "failed"]])
def test_a_status_that_cannot_be_asked_for_is_applied_here(status: Any) -> None:
    compiled = ask(status=status)
    assert verdict(compiled) is Pushdown.UNSUPPORTED
    assert "status" not in dict(sent(compiled))


@pytest.mark.parametrize("status", ["failed", ["failed", "canceled"]])
def test_failed_is_asked_for_and_checked(status: Any) -> None:
    compiled = ask(status=status)
    assert verdict(compiled) is Pushdown.INEXACT
    assert dict(sent(compiled))["status"] == "failed"


@pytest.mark.parametrize("status", ["expired", "canceled", ["expired", "canceled"]])
def test_nothing_is_ever_expired_or_canceled(status: Any) -> None:
    compiled = ask(status=status)
    assert (verdict(compiled), compiled.streams) == (Pushdown.EXACT, ())


def test_complete_is_a_union_where_reversed_is_known_to_be_accepted() -> None:
    compiled = ask(TRIED, status="complete")
    assert verdict(compiled) is Pushdown.EXACT
    assert [stream.name for stream in compiled.streams] == ["status=success", "status=reversed"]
    assert verdict(ask(TRIED, status=["complete", "open"])) is Pushdown.UNSUPPORTED


@pytest.mark.parametrize("id", ["0", "180000001", str(2**64 - 1)])
def test_a_customer_is_asked_for_by_id_and_checked(id: str) -> None:
    compiled = ask(customer=id)
    assert verdict(compiled) is Pushdown.INEXACT
    assert dict(sent(compiled))["customer"] == id


@pytest.mark.parametrize("id", ["cus_1", "007", "1.0", "\u0661", "-1"])
def test_what_is_no_number_is_no_customer(id: str) -> None:
    assert ask(customer=id).streams == ()


def test_a_customers_code_is_refused_with_the_way_to_ask_for_it() -> None:
    with pytest.raises(InvalidQuery, match=r"provider_options\.paystack\.customer_code"):
        ask(customer="CUS_example0001")


@pytest.mark.parametrize(
    ("fields", "pushdown"),
    [
        ({"email": "ada@example.com"}, Pushdown.UNSUPPORTED),
        ({"client_reference_id": "ord-1"}, Pushdown.UNSUPPORTED),
        ({"currency": "ngn"}, Pushdown.UNSUPPORTED),
        ({"livemode": True}, Pushdown.UNSUPPORTED),
        ({"mode": "payment"}, Pushdown.UNSUPPORTED),
        ({"payment_status": "paid"}, Pushdown.UNSUPPORTED),
        ({"kind": "checkout"}, Pushdown.UNSUPPORTED),
        ({"kind": ["renewal", "unknown"]}, Pushdown.UNSUPPORTED),
        ({"customer_account": "a"}, Pushdown.UNANSWERABLE),
        ({"payment_intent": "a"}, Pushdown.UNANSWERABLE),
        ({"payment_link": "a"}, Pushdown.UNANSWERABLE),
        ({"subscription": "a"}, Pushdown.UNANSWERABLE),
        ({"has_disputes": True}, Pushdown.UNANSWERABLE),
    ],
    ids=str,
)
def test_what_cannot_be_asked_for(fields: dict[str, Any], pushdown: Pushdown) -> None:
    compiled = ask(**fields)
    assert verdict(compiled) is pushdown
    assert sent(compiled) == [("use_cursor", "true"), ("perPage", "200")]


def test_no_transaction_is_an_invoice() -> None:
    compiled = ask(kind="invoice")
    assert (verdict(compiled), compiled.streams) == (Pushdown.EXACT, ())


@pytest.mark.parametrize(
    ("kind", "told"),
    [("checkout", True), (["checkout", "renewal"], True), (["checkout", "unknown"], False),
     ("any", False)],
)  # fmt: skip
def test_what_no_row_says_of_itself_is_noted_where_it_is_left_out(kind: Any, told: bool) -> None:
    assert any("unknown" in note for note in ask(kind=kind).notes) is told


@pytest.mark.parametrize("size", [None, 7, 1000])
def test_a_page_holds_two_hundred_at_the_most(size: int | None) -> None:
    assert ask(page_size=size).page_size == min(size or 200, 200)
