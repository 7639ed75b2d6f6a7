"""Flex's dialect, as its documentation has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.conftest import Begin, Talk

NOW = 1_795_000_000


@pytest.fixture
def flex(begin: Begin) -> Talk:
    return begin("flex")


def problem(talk: Talk, *asked: tuple[str, str]) -> Any:
    answer = talk.ask(list(asked))
    assert answer.status == 422
    return answer.json["detail"][0]


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


FILTERS: list[tuple[str, Callable[[Facts], object]]] = [
    ("client_reference_id", lambda facts: facts.client_reference_id),
    ("customer", lambda facts: facts.customer_id),
    ("email", lambda facts: facts.email),
    ("status", lambda facts: facts.status),
    ("subscription", lambda facts: facts.subscription),
]


@pytest.mark.parametrize(("name", "get"), FILTERS)
def test_a_filter_returns_precisely_what_matches(
    flex: Talk, name: str, get: Callable[[Facts], object]
) -> None:
    values = {get(facts) for facts in flex.truth} - {None}
    assert values
    for value in values:
        wanted = [facts.id for facts in flex.truth if get(facts) == value]
        assert flex.ask({name: value, "limit": 100}).ids == wanted[:100]


def test_either_payment_intent_of_a_split_cart(begin: Begin) -> None:
    facts = Facts(serial="split", created=NOW, status="paid", payment_intents=("pi_1", "pi_2"))
    flex = begin("flex", [facts])
    assert flex.ask({"payment_intent": "pi_2"}).rows[0]["payment_intents"] == ["pi_1", "pi_2"]
    assert flex.ask({"payment_intent": "pi_3"}).ids == []


def test_bounds_compare_exactly(flex: Talk) -> None:
    middle = flex.truth[60].created
    below = [facts.id for facts in flex.truth if facts.created < middle]
    upto = [facts.id for facts in flex.truth if facts.created <= middle]
    assert flex.ask({"created[lt]": iso(middle), "limit": 100}).ids == below
    assert flex.ask({"created[lte]": iso(middle), "limit": 100}).ids == upto
    assert flex.ask({"created[lt]": iso(middle + 0.5), "limit": 100}).ids == upto
    above = flex.ask({"created[gte]": iso(middle + 0.5), "limit": 100}).ids
    assert above == [facts.id for facts in flex.truth if facts.created > middle]


def test_a_bound_may_carry_an_offset(flex: Talk) -> None:
    moment = datetime.fromtimestamp(flex.truth[60].created, timezone(timedelta(hours=5)))
    assert (
        flex.ask({"created[gt]": moment.isoformat()}).ids
        == flex.ask({"created[gt]": iso(moment.timestamp())}).ids
    )


@pytest.mark.parametrize(
    "value",
    [
        "1795000000",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00 01:00",
        "2026-13-01T00:00:00Z",
    ],
)
def test_a_bound_that_is_no_time(flex: Talk, value: str) -> None:
    assert problem(flex, ("created[gte]", value))["loc"] == ["query", "created[gte]"]


def test_the_interval_is_days_back_from_now(flex: Talk) -> None:
    wanted = [facts.id for facts in flex.truth if facts.created >= NOW - 3 * 86_400]
    assert flex.ask({"interval": 3, "limit": 100}).ids == wanted
    assert flex.ask({"interval": 0}).ids == []


def test_disputes(flex: Talk) -> None:
    disputed = [facts.id for facts in flex.truth if facts.disputed]
    assert disputed
    assert flex.ask({"has_disputes": "true", "limit": 100}).ids == disputed
    assert len(flex.ask({"has_disputes": "false", "limit": 100}).ids) == 100


def test_an_offset_counts_the_sessions_that_match(flex: Talk) -> None:
    wanted = [facts.id for facts in flex.truth if facts.status == "complete"]
    assert flex.ask({"status": "complete", "offset": 3, "limit": 4}).ids == wanted[3:7]


def test_an_offset_beside_a_cursor(flex: Talk) -> None:
    assert problem(flex, ("offset", "1"), ("starting_after", flex.truth[0].id))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "101"),
        ("offset", "-1"),
        ("interval", "soon"),
        ("status", "done"),
        ("email", "nobody"),
        ("has_disputes", "True"),
        ("expand_customer", "1"),
        ("expand", "customer,colour"),
        ("payment_link", "plink_1"),
        ("customer_details[email]", "a@example.com"),
    ],
)
def test_a_parameter_that_is_refused(flex: Talk, name: str, value: str) -> None:
    assert problem(flex, (name, value))["loc"] == ["query", name]


def test_a_cursor_that_names_no_session(flex: Talk) -> None:
    answer = flex.ask({"starting_after": "fcs_nothing"})
    assert answer.status == 404
    assert answer.json["detail"][0]["type"] == "checkout_session_not_found"


def test_there_is_no_end_signal(flex: Talk) -> None:
    assert list(flex.ask({"limit": 1}).json) == ["checkout_sessions"]


def test_a_basic_key_is_refused(flex: Talk) -> None:
    answer = flex.ask(authorization="Basic Zm9vOg==")
    assert (answer.status, answer.json) == (401, {"detail": "Not authenticated"})


ON_DEMAND = {"customer", "payment_intent", "subscription", "split_cart"}


def test_a_list_names_related_objects_only_on_demand(flex: Talk) -> None:
    assert not ON_DEMAND & set(flex.ask().rows[0])
    row = flex.ask({"expand_customer": "true"}).rows[0]
    assert ON_DEMAND & set(row) == {"customer"}
    row = flex.ask({"expand": "customer,subscription"}).rows[0]
    assert ON_DEMAND & set(row) == {"customer", "subscription"}
    assert set(flex.one(flex.truth[0].id).json["checkout_session"]) >= ON_DEMAND


def test_an_expanded_customer(begin: Begin) -> None:
    buyer = Customer(id="cus_1", name="Ada B. Sample", email="ada@example.com")
    facts = Facts(serial="a", created=NOW, status="complete", customer=buyer)
    flex = begin("flex", [facts])
    customer = flex.ask({"expand_customer": "true"}).rows[0]["customer"]
    assert (customer["customer_id"], customer["email"]) == ("cus_1", "ada@example.com")
    assert (customer["first_name"], customer["last_name"]) == ("Ada", "B. Sample")
    assert isinstance(customer["created_at"], str)
    assert flex.one(flex.truth[0].id).json["checkout_session"]["customer"] == "cus_1"


def test_expanded_payment_intents(begin: Begin) -> None:
    facts = Facts(serial="a", created=NOW, status="paid", payment_intents=("pi_1", "pi_2"))
    row = begin("flex", [facts]).ask({"expand_payment_intent": "true"}).rows[0]
    assert row["payment_intent"]["payment_intent_id"] == "pi_1"
    assert [intent["payment_intent_id"] for intent in row["payment_intents"]] == ["pi_1", "pi_2"]


def test_the_shape_of_a_row(flex: Talk) -> None:
    rows = flex.ask({"limit": 100}).rows
    for row, facts in zip(rows, flex.truth, strict=False):
        assert row["created_at"] == facts.created
        assert row["test_mode"] is not facts.livemode
        assert not {"currency", "payment_status", "object", "url", "livemode", "id"} & set(row)
    assert any(row["total_details"] == {} for row in rows)
    assert any(row["amount_received"] is None for row in rows)
    assert any("amount_disputed" not in row for row in rows)
    assert any(row["disputes"] and row["amount_disputed"] for row in rows)
    assert any(row["refunds"] for row in rows)
    assert {row["test_mode"] for row in rows} == {True, False}
    assert {row["status"] for row in rows} == {"open", "paid", "complete", "canceled", "expired"}
