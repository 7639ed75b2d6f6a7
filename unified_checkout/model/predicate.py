"""``Predicate``: one condition of a query, with its one meaning on every provider."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import attrs

from unified_checkout.model.session import Session
from unified_checkout.printing import OneLine

Test = Callable[[Session], "bool | None"]


class Operator(StrEnum):
    """How a predicate compares."""

    EQ = "="
    IN = "in"
    GT = ">"
    GTE = ">="
    LT = "<"
    LTE = "<="


LOWER_BOUNDS = (Operator.GT, Operator.GTE)
UPPER_BOUNDS = (Operator.LT, Operator.LTE)

_ORDERINGS = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


def _customer_id(session: Session) -> str | None:
    return session.customer.id if session.customer else None


def _email(session: Session) -> str | None:
    return session.customer.email if session.customer else None


_VALUES: dict[str, Callable[[Session], Any]] = {
    "created": operator.attrgetter("created"),
    "status": operator.attrgetter("status"),
    "payment_status": operator.attrgetter("payment_status"),
    "mode": operator.attrgetter("mode"),
    "kind": operator.attrgetter("kind"),
    "customer": _customer_id,
    "customer_account": operator.attrgetter("customer_account"),
    "email": _email,
    "payment_link": operator.attrgetter("payment_link"),
    "subscription": operator.attrgetter("subscription"),
    "client_reference_id": operator.attrgetter("client_reference_id"),
    "currency": operator.attrgetter("currency"),
    "livemode": operator.attrgetter("livemode"),
    "has_disputes": operator.attrgetter("disputed"),
}


_WORDS = ("status", "payment_status", "mode")
"""Fields in which null, too, is a word that nobody knows: ``unknown`` finds it."""


@attrs.frozen(repr=False)
class Predicate(OneLine):
    """One condition: a field of the query, an operator and a value.

    Printed, it shows no e-mail address.
    """

    field: str
    operator: Operator
    value: Any

    def matches(self, session: Session) -> bool | None:
        """Whether a session meets the condition; None where the session does not say."""
        return self.test()(session)

    def test(self) -> Test:
        """The condition as a function, for use on many sessions."""
        value = self.value
        if self.field == "payment_intent":
            return lambda session: (
                value in session.payment_intents if session.payment_intents else None
            )
        get = _VALUES[self.field]
        if self.operator in _ORDERINGS:
            compare = _ORDERINGS[self.operator]
            return lambda session: compare(get(session), value)
        if self.operator is Operator.IN:
            value = frozenset(value)
            null_fits = self.field in _WORDS and "unknown" in value
            silent = True if null_fits else None
            return lambda session: silent if (have := get(session)) is None else have in value
        return lambda session: None if (have := get(session)) is None else have == value

    def test_of_all(self) -> Callable[[Sequence[Session]], bool]:
        """The condition on many sessions at once: whether each of them is known to meet it."""
        get = _VALUES.get(self.field)
        if get is None:
            return lambda sessions: False
        if self.operator in _ORDERINGS:
            compare, value = _ORDERINGS[self.operator], self.value
            extreme = min if self.operator in LOWER_BOUNDS else max
            return lambda sessions: compare(extreme(map(get, sessions)), value)
        allowed = frozenset(self.value if self.operator is Operator.IN else (self.value,))
        return lambda sessions: allowed.issuperset(map(get, sessions))

    def __repr__(self) -> str:
        return f"Predicate({self})"

    def __str__(self) -> str:
        if self.operator is Operator.IN:
            words = [str(word) for word in self.value]
            if len(words) == 1:
                return f"{self.field} = {words[0]}"
            return f"{self.field} in ({', '.join(words)})"
        if self.field == "created":
            return f"created {self.operator} {self.value.isoformat().replace('+00:00', 'Z')}"
        if self.field == "email":
            return "email = (given)"
        value = str(self.value).lower() if isinstance(self.value, bool) else self.value
        return f"{self.field} {self.operator} {value}"
