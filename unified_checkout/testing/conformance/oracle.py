"""What a condition means, in plain Python, on the facts themselves."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.statuses import SessionStatus
from unified_checkout.sandbox import Facts

STATUSES = {
    "open": SessionStatus.OPEN,
    "paid": SessionStatus.COMPLETE,
    "complete": SessionStatus.COMPLETE,
    "canceled": SessionStatus.CANCELED,
    "expired": SessionStatus.EXPIRED,
    "failed": SessionStatus.FAILED,
}
"""The statuses of facts in the common language, earlier states first."""

_COMPARISONS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.IN: lambda have, wanted: have in wanted,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}
_VALUES: dict[str, Callable[[Facts], Any]] = {
    "created": lambda facts: datetime.fromtimestamp(facts.created, UTC),
    "status": lambda facts: status(facts),
    "customer": operator.attrgetter("customer_id"),
    "email": operator.attrgetter("email"),
    "has_disputes": operator.attrgetter("disputed"),
}


def status(facts: Facts) -> SessionStatus | None:
    """The status of facts in the common language."""
    return None if facts.status is None else STATUSES[facts.status]


def matches(predicate: Predicate, facts: Facts) -> bool:
    """Whether facts meet a condition."""
    if predicate.field == "payment_intent":
        return predicate.value in facts.payment_intents
    have = _VALUES.get(predicate.field, operator.attrgetter(predicate.field))(facts)
    return have is not None and _COMPARISONS[predicate.operator](have, predicate.value)


def matching(predicates: Iterable[Predicate], truth: Iterable[Facts]) -> set[str]:
    """The ids of the facts that meet every condition."""
    conditions = tuple(predicates)
    return {facts.id for facts in truth if all(matches(one, facts) for one in conditions)}
