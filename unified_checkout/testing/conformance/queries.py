"""Random queries about sessions that exist, and some about none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import PaymentStatus, SessionKind, SessionMode, SessionStatus
from unified_checkout.sandbox import Facts

OFFSETS = [
    timedelta(seconds=seconds, microseconds=microseconds)
    for seconds in (-1, 0, 1)
    for microseconds in (0, 1, 500_000, 999_999)
]
"""How far a bound lies from a session's whole second."""

Fields = dict[str, st.SearchStrategy[Any]]


def moments(truth: Sequence[Facts]) -> st.SearchStrategy[datetime]:
    """Moments at and around the times of creation, fractions of seconds among them."""
    seconds = sorted({facts.created for facts in truth})
    return st.builds(
        lambda second, offset: datetime.fromtimestamp(second, UTC) + offset,
        st.sampled_from(seconds),
        st.sampled_from(OFFSETS),
    )


def queries(
    truth: Sequence[Facts], unanswerable: Collection[str] = ()
) -> st.SearchStrategy[ListSessions]:
    """Up to three conditions, on any fields but those that a provider cannot answer.

    With more of them, next to no session would match.
    """
    fields = {name: values for name, values in _fields(truth).items() if name not in unanswerable}
    names = st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)
    chosen = names.map(lambda found: st.fixed_dictionaries({name: fields[name] for name in found}))
    return chosen.flatmap(lambda fields: fields).map(ListSessions.model_validate)


def _fields(truth: Sequence[Facts]) -> Fields:
    return {
        "created": _ranges(truth),
        "status": _choice(list(SessionStatus)),
        "payment_status": _choice(list(PaymentStatus)),
        "mode": _choice(list(SessionMode)),
        "kind": _choice(list(SessionKind)),
        "currency": _choice(sorted({facts.currency for facts in truth if facts.currency}), "xxx"),
        "customer": _one_of(truth, lambda facts: [facts.customer_id]),
        "customer_account": _one_of(truth, lambda facts: [facts.customer_account]),
        "email": _one_of(truth, _addresses, "nobody@example.com"),
        "payment_intent": _one_of(truth, lambda facts: facts.payment_intents),
        "payment_link": _one_of(truth, lambda facts: [facts.payment_link]),
        "subscription": _one_of(truth, lambda facts: [facts.subscription]),
        "client_reference_id": _one_of(truth, lambda facts: [facts.client_reference_id]),
        "livemode": st.booleans(),
        "has_disputes": st.booleans(),
    }


def _ranges(truth: Sequence[Facts]) -> st.SearchStrategy[dict[str, datetime]]:
    moment = moments(truth)
    lower, upper = st.sampled_from(["gt", "gte"]), st.sampled_from(["lt", "lte"])
    return st.one_of(
        st.builds(lambda name, at: {name: at}, lower, moment),
        st.builds(lambda name, at: {name: at}, upper, moment),
        st.builds(_range, lower, upper, moment, moment),
    )


def _range(lower: str, upper: str, one: datetime, other: datetime) -> dict[str, datetime]:
    if one == other:
        return {"gte": one, "lte": one}
    return {lower: min(one, other), upper: max(one, other)}


def _choice(words: Sequence[str], *others: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([*words, *others]), min_size=1, max_size=3, unique=True)


def _one_of(
    truth: Sequence[Facts],
    values: Callable[[Facts], Collection[str | None]],
    absent: str = "absent",
) -> st.SearchStrategy[str]:
    known = {value for facts in truth for value in values(facts) if value}
    return st.sampled_from([*sorted(known), absent])


def _addresses(facts: Facts) -> list[str | None]:
    """The buyer's own address, in another case too, and the prefilled one."""
    return [facts.email, facts.email and facts.email.swapcase(), facts.customer_email]
