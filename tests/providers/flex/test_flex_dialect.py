"""Flex's dialect: what is asked of Flex for each question."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import (
    Compiled,
    Direction,
    EndOfList,
    Order,
    Place,
    Pushdown,
    Response,
    Window,
)
from unified_checkout.errors import InvalidQuery
from unified_checkout.model.query import ListSessions
from unified_checkout_flex import FlexAdapter
from unified_checkout_flex.adapter import FlexOptions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ADAPTER = FlexAdapter("hsa", FlexOptions())


def ask(**fields: Any) -> Compiled:
    return ADAPTER.compile(ListSessions.model_validate(fields))


def options(**given: Any) -> Compiled:
    return ask(provider_options={"flex": given})


def sent(compiled: Compiled, place: Place | None = None) -> list[tuple[str, str]]:
    (stream,) = compiled.streams
    return list(ADAPTER.page_request(compiled, stream, place or Place()).parameters)


def verdict(compiled: Compiled) -> Pushdown:
    (only,) = compiled.verdicts
    return only.pushdown


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("payment_intent", "fpi_1", "fpi_1"),
        ("client_reference_id", "A-1", "A-1"),
        ("has_disputes", True, "true"),
        ("status", "open", "open"),
        ("status", "canceled", "canceled"),
        ("status", "expired", "expired"),
    ],
)
def test_a_condition_that_flex_knows_is_pushed(field: str, value: Any, text: str) -> None:
    compiled = ask(**{field: value})
    assert verdict(compiled) is Pushdown.EXACT
    assert sent(compiled) == [(field, text), ("limit", "100")]


@pytest.mark.parametrize(
    ("field", "asked"),
    [("customer", ("expand_customer", "true")), ("subscription", ("expand", "subscription"))],
)
def test_what_a_list_hides_is_expanded_where_a_condition_is_on_it(
    field: str, asked: tuple[str, str]
) -> None:
    compiled = ask(**{field: "id_1"})
    assert verdict(compiled) is Pushdown.EXACT
    assert sent(compiled) == [(field, "id_1"), asked, ("limit", "100")]
    assert compiled.expanded == (field,)


def test_complete_is_the_union_of_paid_and_complete_the_earlier_first() -> None:
    compiled = ask(status="complete", payment_intent="fpi_1")
    assert [verdict.pushdown for verdict in compiled.verdicts] == [Pushdown.EXACT, Pushdown.EXACT]
    assert [stream.name for stream in compiled.streams] == ["status=paid", "status=complete"]
    assert [stream.parameters for stream in compiled.streams] == [
        (("status", "paid"), ("payment_intent", "fpi_1")),
        (("status", "complete"), ("payment_intent", "fpi_1")),
    ]


def test_an_address_is_pushed_and_the_buyer_expanded_to_check_it() -> None:
    compiled = ask(email="ada@example.com")
    assert verdict(compiled) is Pushdown.INEXACT
    assert sent(compiled) == [
        ("email", "ada@example.com"),
        ("expand_customer", "true"),
        ("limit", "100"),
    ]
    assert "ada" not in compiled.verdicts[0].note


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "payment"),
        ("currency", "usd"),
        ("livemode", True),
        ("customer_account", "acct_1"),
        ("payment_link", "plink_1"),
        ("has_disputes", False),
        ("status", ["open", "complete"]),
        ("status", "unknown"),
    ],
)
def test_a_condition_that_flex_does_not_know_is_applied_here(field: str, value: Any) -> None:
    compiled = ask(**{field: value})
    assert verdict(compiled) is Pushdown.UNSUPPORTED
    assert sent(compiled) == [("limit", "100")]


def test_a_payment_status_cannot_be_known() -> None:
    compiled = ask(payment_status="paid")
    assert verdict(compiled) is Pushdown.UNANSWERABLE
    assert "no payment status" in compiled.verdicts[0].note


@pytest.mark.parametrize(
    ("operator", "moment", "value", "pushdown"),
    [
        ("gt", "2026-01-01T00:00:10Z", "2026-01-01T00:00:10Z", Pushdown.INEXACT),
        ("gte", "2026-01-01T00:00:10Z", "2026-01-01T00:00:10Z", Pushdown.EXACT),
        ("lt", "2026-01-01T00:00:10Z", "2026-01-01T00:00:10Z", Pushdown.EXACT),
        ("lte", "2026-01-01T00:00:10Z", "2026-01-01T00:00:11Z", Pushdown.INEXACT),
        ("gt", "2026-01-01T00:00:10.5Z", "2026-01-01T00:00:10Z", Pushdown.INEXACT),
        ("gte", "2026-01-01T00:00:10.5Z", "2026-01-01T00:00:10Z", Pushdown.INEXACT),
        ("lt", "2026-01-01T00:00:10.5Z", "2026-01-01T00:00:11Z", Pushdown.INEXACT),
        ("lte", "2026-01-01T00:00:10.5Z", "2026-01-01T00:00:11Z", Pushdown.INEXACT),
        ("gte", "2026-01-01T01:00:10+01:00", "2026-01-01T00:00:10Z", Pushdown.EXACT),
        ("lte", "9999-12-31T23:59:59.5Z", "9999-12-31T23:59:59Z", Pushdown.INEXACT),
    ],
)
def test_bounds_are_iso_8601_in_whole_seconds_rounded_outward(
    operator: str, moment: str, value: str, pushdown: Pushdown
) -> None:
    compiled = ask(created={operator: moment})
    assert verdict(compiled) is pushdown
    assert sent(compiled)[0] == (f"created[{operator}]", value)


COMPARISONS = {
    "created[gt]": datetime.__gt__,
    "created[gte]": datetime.__ge__,
    "created[lt]": datetime.__lt__,
    "created[lte]": datetime.__le__,
}
MOMENT = st.integers(0, 8_000_000).map(lambda micros: EPOCH + timedelta(microseconds=micros))
WHOLE = st.integers(0, 8).map(lambda seconds: EPOCH + timedelta(seconds=seconds))


@settings(deadline=None)
@given(
    operator=st.sampled_from(["gt", "gte", "lt", "lte"]),
    bound=MOMENT | WHOLE,
    created=MOMENT | WHOLE,
    as_text=st.booleans(),
)
def test_what_is_pushed_returns_every_match_however_fine_flex_compares(
    operator: str, bound: datetime, created: datetime, as_text: bool
) -> None:
    """Flex may keep microseconds and send whole seconds: the server compares the former."""
    compiled = ask(created={operator: bound})
    shown = f'"{created.isoformat()}"' if as_text else str(int(created.timestamp()))
    body = f'{{"checkout_session": {{"checkout_session_id": "fcs_1", "created_at": {shown}}}}}'
    session = ADAPTER.parse_session(Response(status=200, body=body.encode()))
    matches = compiled.verdicts[0].predicate.matches(session)
    ((name, value), _) = sent(compiled)
    returned = COMPARISONS[name](created, datetime.fromisoformat(value))
    assert returned or not matches
    if verdict(compiled) is Pushdown.EXACT:
        assert returned == matches


def test_a_window_replaces_the_looser_bound() -> None:
    compiled = ask(created={"gt": "1970-01-01T00:00:10Z", "lte": "1970-01-01T00:00:20Z"})
    assert compiled.reach.windowed
    inside = sent(compiled, Place(window=Window(12, 15)))
    assert sorted(inside) == [
        ("created[gte]", "1970-01-01T00:00:12Z"),
        ("created[lt]", "1970-01-01T00:00:15Z"),
        ("limit", "100"),
    ]
    outside = sent(compiled, Place(window=Window(5, 25)))
    assert sorted(outside) == [
        ("created[gt]", "1970-01-01T00:00:10Z"),
        ("created[lte]", "1970-01-01T00:00:21Z"),
        ("limit", "100"),
    ]


def test_expansions_go_where_flex_wants_them() -> None:
    compiled = ask(expand=["customer", "payment_intent", "invoice"], email="ada@example.com")
    assert sent(compiled)[1:-1] == [
        ("expand_customer", "true"),
        ("expand_payment_intent", "true"),
        ("expand", "invoice"),
    ]


def test_every_parameter_is_an_option_too() -> None:
    compiled = options(
        limit=20,
        interval=30,
        expand="invoice,subscription",
        expand_customer=False,
        expand_payment_intent=True,
        has_disputes=False,
    )
    assert compiled.page_size == 20
    assert not compiled.reach.windowed
    assert sent(compiled, Place(size=20)) == [
        ("expand_customer", "false"),
        ("expand_payment_intent", "true"),
        ("has_disputes", "false"),
        ("expand", "invoice,subscription"),
        ("interval", "30"),
        ("limit", "20"),
    ]
    assert ("expand", "invoice,customer") in sent(options(expand=["invoice", "customer"]))
    spaced = sent(options(expand="customer, payment_method"))
    assert ("expand", "customer,payment_method") in spaced


@pytest.mark.parametrize("word", ["open", "paid", "complete", "not yet invented"])
def test_a_status_of_flexs_own_is_sent_as_it_is(word: str) -> None:
    assert sent(options(status=word)) == [("status", word), ("limit", "100")]


def test_nothing_is_sent_that_was_not_asked() -> None:
    assert sent(ask()) == [("limit", "100")]
    assert ADAPTER.page_request(ask(), ask().streams[0], Place()).headers == {}


def test_an_offset_is_for_the_first_page_alone() -> None:
    compiled = options(offset=40)
    assert sent(compiled) == [("limit", "100"), ("offset", "40")]
    onward = sent(compiled, Place(cursor="fcs_9"))
    assert onward == [("limit", "100"), ("starting_after", "fcs_9")]
    assert not compiled.reach.windowed


@pytest.mark.parametrize(
    ("cursor", "direction"),
    [("starting_after", Direction.FORWARD), ("ending_before", Direction.BACKWARD)],
)
def test_a_place_to_begin_at_is_an_option(cursor: str, direction: Direction) -> None:
    compiled = options(**{cursor: "fcs_9"})
    assert (compiled.start, compiled.direction) == ("fcs_9", direction)
    assert not compiled.reach.windowed
    place = Place(cursor="fcs_9", direction=direction)
    assert sent(compiled, place)[-1] == (cursor, "fcs_9")


def test_with_an_interval_the_time_of_creation_is_checked_here() -> None:
    compiled = ask(created={"gte": "2026-01-01"}, provider_options={"flex": {"interval": 30}})
    assert verdict(compiled) is Pushdown.UNSUPPORTED
    assert sent(compiled) == [("interval", "30"), ("limit", "100")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"limit": 101}, "provider_options.flex.limit: input should be less than or equal to 100"),
        ({"offset": -1}, "provider_options.flex.offset: input should be greater than or equal"),
        ({"interval": "30"}, "provider_options.flex.interval: input should be a valid integer"),
        ({"interval": 2**31}, "provider_options.flex.interval: input should be less than"),
        ({"expand": 7}, "provider_options.flex.expand: input should be a valid tuple"),
        ({"expand": "a,,b"}, "provider_options.flex.expand.1: string should have at least 1"),
        ({"expand": "a, ,b"}, "provider_options.flex.expand.1: string should have at least 1"),
        ({"status": ""}, "provider_options.flex.status: string should have at least 1"),
        ({"expand_customer": "yes"}, "flex.expand_customer: input should be a valid boolean"),
        ({"has_disputes": 1}, "flex.has_disputes: input should be a valid boolean"),
        ({"starting_after": "a", "ending_before": "b"}, "starting_after and ending_before exclude"),
        ({"starting_after": "a", "offset": 0}, "starting_after and offset exclude each other"),
        ({"ending_before": "a", "offset": 3}, "ending_before and offset exclude each other"),
        ({"created": 3}, "no such option 'created'; allowed: ending_before, expand, "),
    ],
)
def test_an_option_that_is_wrong_is_named(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        options(**fields)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("query", "option", "said"),
    [
        ({"has_disputes": True}, {"has_disputes": False}, "has_disputes and provider_options.flex"),
        ({"expand": "customer"}, {"expand_customer": False}, "expand names customer"),
        ({"status": "complete"}, {"offset": 3}, "the union of two"),
        ({"status": "complete"}, {"status": "paid"}, "status and provider_options.flex.status are"),
        (
            {"email": "ada@example.com"},
            {"expand_customer": False},
            "email is checked on the expanded customer, .*leave one of them out",
        ),
    ],
)
def test_what_contradicts_the_query_is_refused(
    query: dict[str, Any], option: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidQuery, match=said):
        ask(**query, provider_options={"flex": option})


def test_the_plan_is_plain_data_about_a_list_without_an_end_signal() -> None:
    compiled = ask(status="complete", created={"gte": "2026-01-01"}, page_size=30)
    assert pickle.loads(pickle.dumps(compiled)) == compiled
    assert compiled.order is Order.NEWEST_FIRST
    assert compiled.end_of_list is EndOfList.EMPTY_PAGE
    assert compiled.page_size == 30
    assert {stream.path for stream in compiled.streams} == {"/v1/checkout/sessions"}


def test_a_single_session_is_asked_for_by_its_encoded_id() -> None:
    assert ADAPTER.get_request("fcs_/1").path == "/v1/checkout/sessions/fcs_%2F1"
    with pytest.raises(InvalidQuery):
        ADAPTER.get_request("")
