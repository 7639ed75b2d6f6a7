"""Stripe's dialect: what is asked of Stripe for each question."""

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
    Order,
    Place,
    Pushdown,
    Response,
    Window,
)
from unified_checkout.config import Account
from unified_checkout.errors import ConfigurationError, InvalidQuery
from unified_checkout.model.query import ListSessions
from unified_checkout_stripe import StripeAdapter
from unified_checkout_stripe.adapter import StripeOptions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ADAPTER = StripeAdapter("us", StripeOptions())


def ask(adapter: StripeAdapter = ADAPTER, /, **fields: Any) -> Compiled:
    return adapter.compile(ListSessions.model_validate(fields))


def options(**given: Any) -> Compiled:
    return ask(provider_options={"stripe": given})


def sent(compiled: Compiled, place: Place | None = None) -> list[tuple[str, str]]:
    (stream,) = compiled.streams
    return list(ADAPTER.page_request(compiled, stream, place or Place()).parameters)


def verdict(compiled: Compiled) -> Pushdown:
    (only,) = compiled.verdicts
    return only.pushdown


@pytest.mark.parametrize(
    ("field", "value", "parameter", "pushdown"),
    [
        ("customer", "cus_1", "customer", Pushdown.EXACT),
        ("customer_account", "acct_1", "customer_account", Pushdown.EXACT),
        ("email", "a@example.com", "customer_details[email]", Pushdown.INEXACT),
        ("payment_intent", "pi_1", "payment_intent", Pushdown.EXACT),
        ("payment_link", "plink_1", "payment_link", Pushdown.EXACT),
        ("subscription", "sub_1", "subscription", Pushdown.EXACT),
        ("status", "open", "status", Pushdown.EXACT),
        ("status", "complete", "status", Pushdown.EXACT),
        ("status", "expired", "status", Pushdown.EXACT),
    ],
)
def test_a_condition_that_stripe_knows_is_pushed(
    field: str, value: str, parameter: str, pushdown: Pushdown
) -> None:
    compiled = ask(**{field: value})
    assert verdict(compiled) is pushdown
    assert sent(compiled) == [(parameter, value), ("limit", "100")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payment_status", "paid"),
        ("mode", "setup"),
        ("currency", "eur"),
        ("client_reference_id", "A-1"),
        ("livemode", False),
        ("status", ["open", "expired"]),
        ("status", "unknown"),
    ],
)
def test_a_condition_that_stripe_does_not_know_is_applied_here(field: str, value: Any) -> None:
    compiled = ask(**{field: value})
    assert verdict(compiled) is Pushdown.UNSUPPORTED
    assert sent(compiled) == [("limit", "100")]


def test_disputes_cannot_be_known() -> None:
    assert verdict(ask(has_disputes=True)) is Pushdown.UNANSWERABLE


def test_no_session_of_stripe_is_ever_canceled() -> None:
    compiled = ask(status="canceled", customer="cus_1")
    assert compiled.streams == ()
    assert compiled.verdicts[0].pushdown is Pushdown.EXACT
    assert "no session" in compiled.verdicts[0].note


def test_a_state_that_stripe_lacks_narrows_a_choice_to_the_other() -> None:
    assert sent(ask(status=["canceled", "open"]))[0] == ("status", "open")


@pytest.mark.parametrize("version", ["2019-12-03", "2025-09-30.clover", "2026-09-30.endive"])
def test_customer_account_is_sent_whatever_the_version(version: str) -> None:
    """That an older version refuses it is not proven, so Stripe is asked."""
    adapter = StripeAdapter("us", StripeOptions(api_version=version))
    compiled = ask(adapter, customer_account="acct_1")
    assert verdict(compiled) is Pushdown.EXACT
    assert sent(compiled)[0] == ("customer_account", "acct_1")


@pytest.mark.parametrize(
    ("operator", "moment", "parameter", "pushdown"),
    [
        ("gt", "2026-01-01T00:00:10Z", ("created[gt]", "1767225610"), Pushdown.EXACT),
        ("gte", "2026-01-01T00:00:10Z", ("created[gte]", "1767225610"), Pushdown.EXACT),
        ("lt", "2026-01-01T00:00:10Z", ("created[lt]", "1767225610"), Pushdown.EXACT),
        ("lte", "2026-01-01T00:00:10Z", ("created[lte]", "1767225610"), Pushdown.EXACT),
        ("gt", "2026-01-01T00:00:10.5Z", ("created[gt]", "1767225610"), Pushdown.INEXACT),
        ("gte", "2026-01-01T00:00:10.5Z", ("created[gte]", "1767225610"), Pushdown.INEXACT),
        ("lt", "2026-01-01T00:00:10.5Z", ("created[lt]", "1767225611"), Pushdown.INEXACT),
        ("lte", "2026-01-01T00:00:10.5Z", ("created[lte]", "1767225611"), Pushdown.INEXACT),
    ],
)
def test_bounds_are_whole_seconds_rounded_outward(
    operator: str, moment: str, parameter: tuple[str, str], pushdown: Pushdown
) -> None:
    compiled = ask(created={operator: moment})
    assert verdict(compiled) is pushdown
    assert sent(compiled)[0] == parameter


@pytest.mark.parametrize(
    ("operator", "moment", "parameter"),
    [
        ("gt", "1969-12-31T23:59:59Z", ("created[gte]", "0")),
        ("gt", "1969-12-31T23:59:59.5Z", ("created[gte]", "0")),
        ("gte", "0001-01-01", ("created[gte]", "0")),
        ("lt", "1969-12-31T23:59:59Z", ("created[lt]", "0")),
        ("lte", "1969-12-31T23:59:58.5Z", ("created[lt]", "0")),
        ("lte", "0001-01-01", ("created[lt]", "0")),
    ],
)
def test_a_bound_before_1970_is_one_at_1970(
    operator: str, moment: str, parameter: tuple[str, str]
) -> None:
    compiled = ask(created={operator: moment})
    assert verdict(compiled) is Pushdown.EXACT
    assert sent(compiled)[0] == parameter


COMPARISONS = {
    "created[gt]": int.__gt__,
    "created[gte]": int.__ge__,
    "created[lt]": int.__lt__,
    "created[lte]": int.__le__,
}
BOUND = st.integers(-3_000_000, 8_000_000).map(
    lambda micros: EPOCH + timedelta(microseconds=micros)
)
WHOLE = st.integers(-3, 8).map(lambda seconds: EPOCH + timedelta(seconds=seconds))


@settings(deadline=None)
@given(
    operator=st.sampled_from(["gt", "gte", "lt", "lte"]),
    bound=BOUND | WHOLE,
    second=st.integers(0, 9),
)
def test_what_is_pushed_returns_every_match_and_an_exact_one_nothing_else(
    operator: str, bound: datetime, second: int
) -> None:
    compiled = ask(created={operator: bound})
    body = b'{"id": "cs_1", "created": %d}' % second
    session = ADAPTER.parse_session(Response(status=200, body=body))
    matches = compiled.verdicts[0].predicate.matches(session)
    ((name, value), _) = sent(compiled)
    returned = COMPARISONS[name](second, int(value))
    assert returned or not matches
    if verdict(compiled) is Pushdown.EXACT:
        assert returned == matches


def test_a_window_replaces_the_looser_bound() -> None:
    compiled = ask(created={"gte": "1970-01-01T00:00:10Z", "lt": "1970-01-01T00:00:20Z"})
    assert compiled.reach.windowed
    inside = sent(compiled, Place(window=Window(12, 15)))
    assert sorted(inside) == [("created[gte]", "12"), ("created[lt]", "15"), ("limit", "100")]
    outside = sent(compiled, Place(window=Window(5, 25)))
    assert sorted(outside) == [("created[gte]", "10"), ("created[lt]", "20"), ("limit", "100")]


def test_every_page_repeats_the_filters() -> None:
    compiled = ask(status="open", expand=["line_items"])
    filters = [("status", "open"), ("expand[]", "data.line_items")]
    assert sent(compiled, Place(size=3)) == [*filters, ("limit", "3")]
    onward = Place(cursor="cs_9")
    assert sent(compiled, onward) == [*filters, ("limit", "100"), ("starting_after", "cs_9")]
    back = Place(cursor="cs_9", direction=Direction.BACKWARD)
    assert sent(compiled, back) == [*filters, ("limit", "100"), ("ending_before", "cs_9")]


def test_expansions_are_repeated_under_data_and_never_twice() -> None:
    compiled = ask(
        expand=["line_items", "data.customer"],
        provider_options={"stripe": {"expand": ["data.line_items", "payment_intent"]}},
    )
    assert sent(compiled)[:-1] == [
        ("expand[]", "data.line_items"),
        ("expand[]", "data.customer"),
        ("expand[]", "data.payment_intent"),
    ]


def test_the_exact_second_is_an_option() -> None:
    compiled = options(created=1767225610)
    assert sent(compiled) == [("created", "1767225610"), ("limit", "100")]
    assert not compiled.reach.windowed


@pytest.mark.parametrize(
    ("cursor", "direction"),
    [("starting_after", Direction.FORWARD), ("ending_before", Direction.BACKWARD)],
)
def test_a_place_to_begin_at_is_an_option(cursor: str, direction: Direction) -> None:
    compiled = options(**{cursor: "cs_9"})
    assert (compiled.start, compiled.direction) == ("cs_9", direction)
    assert not compiled.reach.windowed


def test_the_page_size_comes_from_the_query_or_the_option() -> None:
    assert ask(page_size=30).page_size == 30
    assert options(limit=20).page_size == 20


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limit": 0}, "provider_options.stripe.limit: input should be greater than or equal to 1"),
        ({"limit": 101}, "provider_options.stripe.limit: input should be less than or equal to"),
        ({"limit": "10"}, "provider_options.stripe.limit: input should be a valid integer"),
        ({"limit": True}, "provider_options.stripe.limit: input should be a valid integer"),
        ({"created": "now"}, "provider_options.stripe.created: input should be a valid integer"),
        ({"created": -1}, "provider_options.stripe.created: input should be greater than or"),
        (
            {"created": 253_402_300_800},
            "stripe.created: input should be less than or equal to 2534",
        ),
        ({"expand": "customer"}, "provider_options.stripe.expand: input should be a valid tuple"),
        ({"expand": [""]}, "provider_options.stripe.expand.0: string should have at least 1"),
        ({"starting_after": ""}, "provider_options.stripe.starting_after: string should have at"),
        ({"starting_after": "a", "ending_before": "b"}, "exclude each other; give one"),
        ({"offset": 3}, "no such option 'offset'; allowed: created, ending_before, expand, limit"),
    ],
)
def test_an_option_that_is_wrong_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        options(**given)
    assert said in str(caught.value)


def test_two_ways_to_bound_the_time_of_creation_are_refused() -> None:
    with pytest.raises(InvalidQuery, match=r"created and provider_options\.stripe\.created"):
        ask(created={"gte": "2026-01-01"}, provider_options={"stripe": {"created": 1}})


def test_the_version_and_the_connected_account_go_into_headers() -> None:
    adapter = StripeAdapter(
        "us", StripeOptions(api_version="2024-06-20", connected_account="acct_7")
    )
    headers = {"Stripe-Version": "2024-06-20", "Stripe-Account": "acct_7"}
    compiled = ask(adapter)
    assert adapter.page_request(compiled, compiled.streams[0], Place()).headers == headers
    assert adapter.get_request("cs_1").headers == headers
    assert ADAPTER.get_request("cs_1").headers == {"Stripe-Version": "2026-09-30.endive"}


def test_the_context_goes_into_a_header_of_its_own() -> None:
    adapter = StripeAdapter("us", StripeOptions(api_version="2024-06-20", context="acct_1/acct_2"))
    headers = {"Stripe-Version": "2024-06-20", "Stripe-Context": "acct_1/acct_2"}
    compiled = ask(adapter)
    assert adapter.page_request(compiled, compiled.streams[0], Place()).headers == headers
    assert adapter.get_request("cs_1").headers == headers


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"connected_account": "acct_1", "context": "acct_2"}, "context exclude each other; give"),
        ({"context": ""}, "context: write an id such as acct_"),
        ({"context": "acct_1\n"}, "context: write an id such as acct_"),
        ({"api_version": "yesterday"}, "api_version: write a version such as 2026-09-30.endive"),
    ],
)
def test_an_option_that_is_wrong_is_refused_with_its_account(
    wrong: dict[str, str], said: str
) -> None:
    fields = {"name": "us", "provider": "stripe", "api_key": "sk_test_obviously_fake", **wrong}
    with pytest.raises(ConfigurationError, match=f"account 'us': .*{said}"):
        Account.model_validate(fields).adapter()


def test_the_plan_is_plain_data_about_a_list_that_is_newest_first() -> None:
    compiled = ask(status="open", created={"gte": "2026-01-01"}, email="a@example.com")
    assert pickle.loads(pickle.dumps(compiled)) == compiled
    assert compiled.order is Order.NEWEST_FIRST
    assert compiled.streams[0].path == "/v1/checkout/sessions"
