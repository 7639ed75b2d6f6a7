"""``Question``: a query, and how it is cut into tasks."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

import attrs

from unified_checkout.client import Client
from unified_checkout.client.pacing import counted_together
from unified_checkout.config import Account
from unified_checkout.engine.plan import AccountPlan, Plan
from unified_checkout.engine.seconds import after, moment_of
from unified_checkout.errors import InvalidQuery
from unified_checkout.model.predicate import LOWER_BOUNDS, UPPER_BOUNDS
from unified_checkout.model.query import ListSessions
from unified_checkout.tasks.task import Manner, Task

UNDECLARED = timedelta(days=30)
"""How long a session may change where no adapter declares it; as a store has it."""
OVERLAP = timedelta(minutes=10)
"""What was created so long before is read again in any case, since it may have come late."""


@attrs.frozen(kw_only=True)
class Question:
    """A query, and into how many tasks it is cut.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from unified_checkout.sandbox import Sandbox
    >>> with TemporaryDirectory() as folder, Sandbox(sessions=40, seed=1) as sandbox:
    ...     config = Path(folder, "checkout.toml")
    ...     _ = config.write_text(sandbox.config_toml())
    ...     question = Question(query=ListSessions(accounts="stripe"), manner=Manner(config=config))
    ...     [task] = question.tasks()
    ...     sum(batch.num_rows for batch in task.batches())
    40
    """

    query: ListSessions
    manner: Manner = attrs.field(factory=Manner)
    parts: int = 1
    """How many spans of time each account is read in, where its provider can be asked for them.

    A provider's rate is a bound that no number of tasks moves: each gets its part of it, and the
    fullest span decides how long all take. One is best, unless what comes after is slow.
    """

    def __attrs_post_init__(self) -> None:
        if self.query.limit is not None:
            raise InvalidQuery(
                "limit: tasks read side by side, so none knows which sessions are the newest of all; "
                "leave it out"
            )
        if self.parts < 1:
            raise InvalidQuery("parts: a number from 1 on")

    def plan(self) -> Plan:
        """The plan of the whole question, its upper bound frozen now. Sends nothing.

        Raises:
            ConfigurationError: if an account is not configured, or wrong.
            UnsupportedPredicate: if an account cannot answer.
        """
        with Client(self.accounts()) as client:
            plan = client.sessions.explain(self.query)
        for account in plan.accounts:
            if (error := account.unsupported_predicate()) is not None:
                raise error
        return plan

    def tasks(self, plan: Plan | None = None) -> list[Task]:
        """The tasks that give the whole answer together, each session once.

        One for each account and span of time. Accounts that a provider counts together, by the
        address they are asked from, are one task, so that they keep to their rate.

        Args:
            plan: what ``plan`` gave, perhaps restricted; None for one that is made now.

        Raises:
            InvalidQuery: if an account is to be read in several spans and nothing bounds the first.
        """
        plan = plan or self.plan()
        accounts = {one.name: one for one in self.accounts()}
        return [
            task
            for group in _together(plan, accounts)
            for task in self._cut(attrs.evolve(plan, accounts=group), accounts)
        ]

    def tasks_again(
        self, since: datetime | None, until: datetime, horizon: timedelta | None = None
    ) -> list[Task]:
        """The tasks that read what began, or may have changed, from one moment to another.

        A session may change until its account's horizon, so all that was created within that long
        before ``since`` is read again: what comes twice has to be merged by account and id.

        Args:
            since: up to where was read before: aware, a whole second; None for all that began
                before ``until``.
            until: up to where to read now, excluded; likewise.
            horizon: how long after its creation a session may change; None as the adapters declare.

        Raises:
            InvalidQuery: for a moment without a time zone or within a second.
        """
        plan = self.plan()
        accounts = {one.name: one for one in self.accounts()}
        made = []
        for group in _together(plan, accounts):
            long = [horizon or changes_for(accounts[one.account]) for one in group]
            back = timedelta(seconds=math.ceil(max(*long, OVERLAP).total_seconds()))
            part = attrs.evolve(plan, accounts=group)
            part = part.within(None if since is None else since - back, until)
            made += self._cut(part, accounts)
        return made

    def _cut(self, plan: Plan, accounts: Mapping[str, Account]) -> list[Task]:
        """The tasks of accounts that are read together."""
        group = plan.accounts
        leased = all(accounts[one.account].share_rate is not False for one in group)
        spans = self._spans(plan)
        return [
            Task(
                plan=plan if since is until is None else plan.within(since, until),
                manner=self.manner,
                rate_share=1.0 if leased else 1.0 / len(spans),
            )
            for since, until in spans
        ]

    def accounts(self) -> list[Account]:
        """The accounts that are asked, as they are configured.

        Raises:
            ConfigurationError: if one of them is not configured, or wrong.
        """
        return self.manner.accounts(self.query.accounts)

    def _spans(self, plan: Plan) -> list[tuple[datetime | None, datetime | None]]:
        """Spans of equal length that adjoin; the outer ones have no outer ends."""
        if self.parts == 1 or not all(map(_by_creation, plan.accounts)):
            return [(None, None)]
        since, until = _bounds(plan)
        if since is None:
            raise InvalidQuery(
                "an account is read in several spans of time only where created, or last, says "
                "from when on"
            )
        length = (until - since) / self.parts
        inner = {since + round(length * number) for number in range(1, self.parts)}
        ends = [None, *(end for end in sorted(inner) if since < end < until), None]
        return list(pairwise(map(moment_of, ends)))


def changes_for(account: Account) -> timedelta:
    """How long after its creation a session of this account may still change."""
    declared = account.adapter().changes_for
    return UNDECLARED if declared is None else declared


def _together(plan: Plan, accounts: Mapping[str, Account]) -> Iterator[tuple[AccountPlan, ...]]:
    """The plan's accounts in its order, those together that have a rate in common."""
    groups: dict[tuple[Hashable, ...], list[AccountPlan]] = {}
    for one in plan.accounts:
        account = accounts[one.account]
        groups.setdefault(counted_together(account, account.adapter()), []).append(one)
    yield from map(tuple, groups.values())


def _by_creation(account: AccountPlan) -> bool:
    """Whether its list can be asked for in spans of creation time."""
    reach = account.compiled.reach
    return account.compiled.divisible and reach.by == "created"


def _bounds(plan: Plan) -> tuple[int | None, int]:
    """Where the plan's span begins and ends, in Unix seconds."""
    first = plan.accounts[0]
    lower = [int(one.timestamp()) for one in first.bounds_of_creation(LOWER_BOUNDS)]
    upper = [after(one) for one in first.bounds_of_creation(UPPER_BOUNDS)]
    span = plan.span
    if span is not None:
        lower += [] if span.since is None else [span.since]
        upper += [] if span.until is None else [span.until]
    return max(lower, default=None), min([*upper, after(plan.ceiling)])
