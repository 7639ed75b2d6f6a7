"""A condition is met, is not met, or cannot be told: three answers, and no guess."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from unified_checkout.model.predicate import Predicate
from unified_checkout.model.query import CreatedRange, ListSessions
from unified_checkout.model.session import Customer, Session
from unified_checkout.model.statuses import PaymentStatus, SessionKind, SessionMode, SessionStatus

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

ANSWERS: list[tuple[str, Any, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "status",
        ["open", "complete"],
        {"status": SessionStatus.COMPLETE},
        {"status": SessionStatus.UNKNOWN},
        {"status": None},
    ),
    (
        "payment_status",
        "paid",
        {"payment_status": PaymentStatus.PAID},
        {"payment_status": PaymentStatus.UNPAID},
        {"payment_status": None},
    ),
    ("mode", "setup", {"mode": SessionMode.SETUP}, {"mode": SessionMode.ORDER}, {"mode": None}),
    (
        "kind",
        "renewal",
        {"kind": SessionKind.RENEWAL},
        {"kind": SessionKind.CHECKOUT},
        {"kind": None},
    ),
    ("currency", "USD", {"currency": "usd"}, {"currency": "usdc"}, {"currency": None}),
    (
        "customer",
        "c1",
        {"customer": Customer(id="c1")},
        {"customer": Customer(id="c2")},
        {"customer": None},
    ),
    (
        "customer",
        "c1",
        {"customer": Customer(id="c1")},
        {"customer": Customer(id="C1")},
        {"customer": Customer(email="a@example.com")},
    ),
    ("customer_account", "a1", {"customer_account": "a1"}, {"customer_account": "a2"}, {}),
    (
        "email",
        "a@example.com",
        {"customer": Customer(email="a@example.com")},
        {"customer": Customer(email="A@example.com")},
        {"customer": Customer(id="c1"), "customer_email": "a@example.com"},
    ),
    (
        "payment_intent",
        "p2",
        {"payment_intents": ("p1", "p2")},
        {"payment_intents": ("p1", "p3")},
        {"payment_intents": ()},
    ),
    ("payment_link", "l1", {"payment_link": "l1"}, {"payment_link": "l2"}, {}),
    ("subscription", "s1", {"subscription": "s1"}, {"subscription": "s2"}, {}),
    ("client_reference_id", "1", {"client_reference_id": "1"}, {"client_reference_id": "01"}, {}),
    ("livemode", True, {"livemode": True}, {"livemode": False}, {}),
    ("livemode", False, {"livemode": False}, {"livemode": True}, {}),
    ("has_disputes", True, {"disputed": True}, {"disputed": False}, {"disputed": None}),
    ("has_disputes", False, {"disputed": False}, {"disputed": True}, {"disputed": None}),
]


def session(**fields: Any) -> Session:
    return Session(account="a", provider="p", id="1", created=NOON, raw_bytes=b"{}", **fields)


def condition(field: str, value: Any) -> Predicate:
    query = ListSessions.model_validate({"kind": "any", field: value})
    (predicate,) = query.predicates(kind=True)
    return predicate


@pytest.mark.parametrize(("field", "value", "bears", "bears_another", "silent"), ANSWERS)
def test_a_session_bears_the_value_or_another_or_does_not_say(
    field: str,
    value: Any,
    bears: dict[str, Any],
    bears_another: dict[str, Any],
    silent: dict[str, Any],
) -> None:
    asked = condition(field, value)
    answers = [asked.matches(session(**one)) for one in (bears, bears_another, silent)]
    assert answers == [True, False, None]


def test_an_email_is_the_buyer_s_and_not_told_of_nobody() -> None:
    assert condition("email", "a@example.com").matches(session(customer=None)) is None


@pytest.mark.parametrize("field", ["status", "payment_status", "mode"])
def test_of_a_word_null_is_unknown(field: str) -> None:
    other = "open" if field == "status" else "unpaid" if field == "payment_status" else "setup"
    assert condition(field, "unknown").matches(session(**{field: None})) is True
    assert condition(field, [other, "unknown"]).matches(session(**{field: None})) is True
    assert condition(field, other).matches(session(**{field: None})) is None


@pytest.mark.parametrize("field", ["kind"])
def test_of_other_fields_null_is_not_told(field: str) -> None:
    assert condition(field, "unknown").matches(session(**{field: None})) is None


@pytest.mark.parametrize(("field", "value", "bears", "bears_another", "silent"), ANSWERS)
def test_of_many_sessions_it_is_known_at_once_whether_all_of_them_meet_it(
    field: str,
    value: Any,
    bears: dict[str, Any],
    bears_another: dict[str, Any],
    silent: dict[str, Any],
) -> None:
    whether = condition(field, value).test_of_all()
    one, other, mute = (session(**fields) for fields in (bears, bears_another, silent))
    each_tells = field != "payment_intent"
    assert whether([one, one]) is each_tells
    assert not whether([one, other])
    assert not whether([mute, one])


@pytest.mark.parametrize("bound", CreatedRange.model_fields)
def test_of_many_times_the_outermost_decides(bound: str) -> None:
    early, late = (attrs.evolve(session(), created=NOON.replace(hour=hour)) for hour in (11, 13))
    lower = bound.startswith("g")
    whether = condition("created", {bound: NOON}).test_of_all()
    assert whether([late, late]) is lower
    assert whether([early, early]) is not lower
    assert not whether([early, late])
    assert not whether([late, early])
    assert whether([session()]) is bound.endswith("e")


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("created", {"gte": NOON}, "created >= 2026-01-31T12:00:00Z"),
        ("created", {"lt": NOON}, "created < 2026-01-31T12:00:00Z"),
        ("status", "open", "status = open"),
        ("status", ["open", "complete"], "status in (open, complete)"),
        ("email", "a@example.com", "email = (given)"),
        ("customer", "C1", "customer = C1"),
        ("livemode", True, "livemode = true"),
        ("has_disputes", False, "has_disputes = false"),
    ],
)
def test_it_is_shown_without_an_address(field: str, value: Any, shown: str) -> None:
    asked = condition(field, value)
    assert (str(asked), repr(asked)) == (shown, f"Predicate({shown})")


@pytest.mark.parametrize("bound", CreatedRange.model_fields)
def test_a_time_of_creation_is_always_told(bound: str) -> None:
    early, late = (NOON.replace(hour=hour) for hour in (11, 13))
    lower = bound.startswith("g")
    assert condition("created", {bound: early}).matches(session()) is lower
    assert condition("created", {bound: late}).matches(session()) is not lower
    assert condition("created", {bound: NOON}).matches(session()) is bound.endswith("e")


def test_every_condition_of_a_query_is_answered_here() -> None:
    no_conditions = {"last", "expand", "accounts", "limit", "page_size", "provider_options"}
    answered = {field for field, *_ in ANSWERS} | {"created"}
    assert answered == set(ListSessions.model_fields) - no_conditions
