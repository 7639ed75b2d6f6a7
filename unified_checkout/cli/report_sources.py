"""Where the sessions of a report come from: the providers, or a store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from unified_checkout.cli.ending import ExitCode, report, say
from unified_checkout.report.stored import Cure

if TYPE_CHECKING:
    from unified_checkout.cli.options import OnError
    from unified_checkout.client import Sessions
    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.engine.plan import Plan
    from unified_checkout.model.query import ListSessions
    from unified_checkout.report.covered import Covered
    from unified_checkout.report.spans import Span
    from unified_checkout.report.stored import Stored
    from unified_checkout.report.table import SessionTable

_FOR_FIGURES = {
    *("status", "payment_status", "mode", "currency", "currency_exponent", "customer"),
    *("customer_email", "client_reference_id", "amount_total", "amount_refunded"),
    "amount_disputed",
}
"""The fields of a session that figures are made of."""

_ASKED_OF_A_STORE = {"created", "last", "accounts"}


class Source(Protocol):
    """What a report says of where its sessions come from."""

    @property
    def without_open(self) -> set[str]:
        """The accounts whose lists never show an open session."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """How far the sessions can be relied on, as plain data."""
        ...

    def told(self) -> str:
        """The same as a line."""
        ...

    def covered(self) -> list[Covered]:
        """The same, account by account."""
        ...

    def end(self) -> None:
        """Say the same on standard error.

        Raises:
            typer.Exit: if something is lacking.
        """


@attrs.frozen
class Providers:
    """The providers' own lists."""

    coverage: Coverage

    @property
    def without_open(self) -> set[str]:
        """See :class:`Source`."""
        return self.coverage.without_open

    def to_dict(self) -> dict[str, Any]:
        """See :class:`Source`."""
        return {"coverage": self.coverage.to_dict()}

    def told(self) -> str:
        """See :class:`Source`."""
        return f"coverage: {self.coverage}"

    def covered(self) -> list[Covered]:
        """See :class:`Source`."""
        from unified_checkout.report.covered import Covered

        whole: dict[str, Covered] = {}
        for one in self.coverage.accounts:
            told = Covered(
                account=one.account,
                provider=one.provider,
                complete=one.complete,
                since=one.covers_from,
                until=one.covers_to if one.complete else None,
                reason=one.reason,
            )
            other = whole.get(one.account)
            whole[one.account] = told if other is None else other.joined(told)
        return list(whole.values())

    def end(self) -> None:
        """See :class:`Source`."""
        report(self.coverage)


_ADVICE = {
    Cure.NONE: "what is earlier is not in the provider's list",
    Cure.LATER: "a later sync tells the rest, which was not settled yet when it was read",
    Cure.EARLIER: "to go further back, run: unified-checkout sync --since TIME",
    Cure.SYNC: "run: unified-checkout sync",
}


@attrs.define
class FromStore:
    """A store, and the spans that it ought to hold."""

    stored: Stored
    needed: Collection[Span] = ()

    @property
    def without_open(self) -> set[str]:
        """See :class:`Source`."""
        return self.stored.without_open

    def to_dict(self) -> dict[str, Any]:
        """See :class:`Source`."""
        return {"store": self.stored.to_dict(self.needed)}

    def told(self) -> str:
        """See :class:`Source`."""
        lacking = self.stored.lacks(self.needed)
        if lacking:
            cures = self.stored.cures(self.needed)
            advice = [said for cure, said in _ADVICE.items() if cure in cures]
            return f"store: INCOMPLETE | {'; '.join([' | '.join(lacking), *advice])}"
        return f"store: complete for {', '.join(one.account for one in self.stored.accounts)}"

    def covered(self) -> list[Covered]:
        """See :class:`Source`."""
        return self.stored.covered(self.needed)

    def end(self) -> None:
        """See :class:`Source`."""
        import typer

        say(self.told())
        if self.stored.lacks(self.needed):
            raise typer.Exit(ExitCode.INCOMPLETE)


def ask(
    sessions: Sessions,
    questions: Sequence[ListSessions],
    table: SessionTable,
    *,
    on_error: OnError,
) -> Providers:
    """Fill a table with what the providers answer to each question; no session answers two."""
    from unified_checkout.engine.coverage import Coverage

    plans = [
        sessions.explain(one) for question in questions for one in _telling(sessions, question)
    ]
    answers = [_add(sessions, plan, table, on_error) for plan in plans]
    return Providers(Coverage(tuple(one for answer in answers for one in answer.accounts)))


def _add(sessions: Sessions, plan: Plan, table: SessionTable, on_error: OnError) -> Coverage:
    """Fill a table with one answer, as far as the budget goes, and say what it covers."""
    from unified_checkout.cli.sessions import within_budget
    from unified_checkout.cli.terminal import reading

    answer = sessions.list(plan, on_error=on_error.value)
    with reading(within_budget(answer), output_waits=True) as read:
        table.add(read)
    return answer.coverage


def _telling(sessions: Sessions, question: ListSessions) -> list[ListSessions]:
    """The same question, each account asked to tell what figures need and it tells when asked."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for account in sessions.explain(question).accounts:
        wanted = [
            untold.expand
            for field, untold in account.untold.items()
            if field in _FOR_FIGURES and untold.expand is not None
        ]
        expand = tuple(dict.fromkeys((*question.expand, *wanted)))
        groups.setdefault(expand, []).append(account.account)
    return [
        question.model_copy(update={"accounts": tuple(names), "expand": expand})
        for expand, names in groups.items()
    ]


def take(place: str, query: ListSessions, table: SessionTable) -> FromStore:
    """Fill a table with a store's sessions.

    Raises:
        UnusableStore: if there is no store.
        InvalidQuery: for a condition that only providers are asked.
    """
    from unified_checkout.errors import InvalidQuery
    from unified_checkout.report.stored import read_store
    from unified_checkout.store import Store

    for name in sorted(query.model_fields_set - _ASKED_OF_A_STORE):
        raise InvalidQuery(f"{name}: a store is not asked this; say --live")
    with Store.open(place, for_reading=True) as store:
        return FromStore(read_store(table, store, query.accounts or ()))
