"""A month of a shop at one provider, synced now and then, with everything that may go wrong.

Time is virtual and nothing goes over a network: the provider's imitation is asked in this process.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pkgutil import resolve_name
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import attrs
import httpx

from unified_checkout import Account, BudgetSpent, Client
from unified_checkout.adapters import load
from unified_checkout.engine.runtime import Runtime, running
from unified_checkout.sandbox import Facts, faults
from unified_checkout.sandbox.exchange import Received
from unified_checkout.sandbox.imitation import Imitation
from unified_checkout.sandbox.invention import Invention
from unified_checkout.sandbox.provider import Key, Row, Shelf
from unified_checkout.store import Manner, Patience, Store, SyncRun, Written, sync

START = 1_790_000_000
HOUR = 3600
DAY = 86_400
RUNS = 4
ALLOWED = (1, 2, 3, 5, 8, 20)
"""Requests of a run."""
MOST = 100
"""So many runs are enough."""
MANNER = Manner(slice_rows=13, patience=Patience(missed=timedelta(days=30)))
"""Sessions are read again when they are by default: most of what may change once a day. Only what
was missed is asked for again for longer, since there may be days between two runs here."""


class Killed(BaseException):
    """The process ends here."""


class LeavingOut(Shelf):
    """Its list leaves out some sessions, which are there all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.unlisted: set[str] = set()

    def after(self, key: Key | None) -> Iterator[Row]:
        return (row for row in super().after(key) if row.facts.id not in self.unlisted)

    def before(self, key: Key) -> Iterator[Row]:
        return (row for row in super().before(key) if row.facts.id not in self.unlisted)


@attrs.define(eq=False)
class Month(httpx.BaseTransport):
    """One account at one provider, from an empty shop on."""

    provider: str
    seed: int
    account: str = "shop"
    now: float = START
    requests: int = 0
    kill_at: int | None = None
    ahead: float = 0
    """Seconds that the clock in the provider's answers is ahead."""
    random: Random = attrs.field(init=False)
    hiding: Random = attrs.field(init=False)
    thrift: Random = attrs.field(init=False)
    imitation: Imitation = attrs.field(init=False)
    shelf: LeavingOut = attrs.field(init=False, factory=LeavingOut)
    horizon: float = attrs.field(init=False)
    """Seconds for which a session that has ended may still change."""
    client: Client = attrs.field(init=False)
    lag: float = attrs.field(init=False)
    """Seconds after its creation in which a session may still be missing from the list."""
    invention: Invention = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.random = Random(f"{self.provider} {self.seed}")
        self.hiding = Random(f"{self.provider} {self.seed} hidden")
        self.thrift = Random(f"{self.provider} {self.seed} budgets")
        kind = resolve_name(load(self.provider).sandbox or "")
        self.imitation = Imitation(provider=kind(clock=lambda: self.now))
        self.imitation.provider.shelf = self.shelf
        self.invention = Invention(
            seed=self.seed, provider=self.provider, now=START, currencies=kind.currencies
        )
        self.imitation.hold(self.invention.history(7))
        adapter = load(self.provider)
        self.horizon = Patience().horizon_of(adapter.changes_for).total_seconds()
        self.client = self.fresh_client()
        [plan] = self.client.sessions.explain(kind="any").accounts
        self.lag = max(300, 0.9 * plan.compiled.reach.settles.total_seconds())

    def fresh_client(self) -> Client:
        """What a new process asks with."""
        asked = Account(
            name=self.account,
            provider=self.provider,
            api_key=self.imitation.provider.api_key,
            base_url="http://127.0.0.1:9",
            requests_per_second=math.inf,
            max_attempts=1,
            **load(self.provider).options_type.examples(),
        )
        return Client([asked], transport=self)

    @contextmanager
    def in_its_time(self) -> Iterator[None]:
        """Let the clocks be the month's."""
        runtime = Runtime(
            now=lambda: datetime.fromtimestamp(self.now, UTC),
            monotonic=lambda: self.now,
            waits=False,
        )
        with running(runtime):
            yield

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self.now += 0.25
        if self.requests == self.kill_at:
            raise Killed
        if self.random.random() < 0.1:
            self.something_happens()
        query = request.url.query.decode()
        answer = self.imitation.handle(
            Received(
                method=request.method,
                path=request.url.path,
                parameters=tuple(parse_qsl(query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=request.content,
            )
        )
        if self.imitation.error is not None:
            raise self.imitation.error
        date = {"date": formatdate(self.now + self.ahead, usegmt=True)}
        headers = {**date, **answer.headers}
        return httpx.Response(answer.status, headers=headers, content=answer.body)

    def something_happens(self) -> None:
        """A session begins, changes or vanishes, as one of its age and state may."""
        held = [one for one in self.imitation.truth() if self.may_change(one)]
        chance = self.random.random()
        if chance < 0.4 or not held:
            late = self.random.random() * self.lag
            self.imitation.hold([self.invention.fact(int(self.now - late))])
            return
        one = self.random.choice(held)
        if chance > 0.95:
            self.imitation.vanish(one.id)
        elif following := self.next_of(one):
            self.imitation.change(one.id, dict(self.random.choice(following)))

    def may_change(self, one: Facts) -> bool:
        """Whether a provider may still do something to a session."""
        young = one.created > self.now - self.horizon
        return young or one.status == "open"

    @staticmethod
    def next_of(one: Facts) -> Sequence[Mapping[str, object]]:
        """What may become of a session."""
        if one.status == "open":
            ended = {"expires_at": one.expires_at}
            return (
                {"status": "complete", "payment_status": "unpaid", **ended},
                {"status": "complete", "payment_status": "paid", **ended},
                {"status": "expired", "payment_status": "unpaid", **ended},
            )
        if one.status in ("expired", "canceled", "failed"):
            return ()
        if one.payment_status == "unpaid":
            return ({"status": "complete", "payment_status": "paid"},)
        refunded = (one.amount_refunded or 0) + 100
        return ({"amount_refunded": refunded}, {"disputed": not one.disputed})

    def live(self, store: Store, *, thrifty: bool = False) -> SyncRun:
        """Sync now and then for a month, and once more when nothing goes wrong any more.

        Args:
            store: where the sessions go.
            thrifty: whether runs have small budgets.
        """
        for _ in range(RUNS):
            self.now += self.random.choice((1, 1, 7, 30, 90)) * HOUR
            for _ in range(self.random.randrange(8)):
                self.something_happens()
            if self.random.random() < 0.15:
                continue
            self.go_wrong()
            missed = self.hide_one(store)
            allowed = self.thrift.choice((None, *ALLOWED)) if thrifty else None
            try:
                with suppress(BudgetSpent):
                    self.sync(store, max_requests=allowed, told=self.perhaps_killed)
            except Killed:
                self.client.close()
                self.client = self.fresh_client()
            for one in missed:
                self.shelf.add(one.told, one.facts)
            self.shelf.unlisted.clear()
            self.imitation.behave()
            self.kill_at = None
        self.now += 25 * HOUR
        self.random.random = lambda: 1.0  # type: ignore[method-assign]
        return self.sync_in_parts(store, anew=True)[-1] if thrifty else self.sync(store)

    def hide_one(self, store: Store) -> list[Row]:
        """Let the provider, or its list alone, not tell for a while of a session that is stored.

        One that was never stored may be missing for the provider's lag alone, and where no session
        can be asked for by itself nothing is known to have vanished.
        """
        if not load(self.provider).reads_by_id or self.hiding.random() < 0.5:
            return []
        told = store.query(f"SELECT id FROM sessions WHERE account = '{self.account}'")
        stored = set(told.column(0).to_pylist())
        held = [one for one in self.facts() if one.id in stored]
        missed: list[Row] = []
        for one in self.hiding.sample(held, min(1, len(held))):
            if self.hiding.random() < 0.5:
                self.shelf.unlisted.add(one.id)
            else:
                missed += filter(None, [self.shelf.row(one.id)])
                self.shelf.remove(one.id)
        return missed

    def sync(
        self,
        store: Store,
        *,
        recheck: timedelta | None = None,
        max_requests: int | None = None,
        **manner: Any,
    ) -> SyncRun:
        """Bring the store up to date, in the month's time, with no more requests than allowed."""
        before = self.requests
        with self.in_its_time():
            try:
                return sync(
                    self.client,
                    store,
                    recheck=recheck,
                    max_requests=max_requests,
                    manner=attrs.evolve(MANNER, **manner),
                )
            finally:
                assert max_requests is None or self.requests - before <= max_requests

    def sync_in_parts(self, store: Store, *, anew: bool = False, **manner: Any) -> list[SyncRun]:
        """Runs with small budgets until one is complete.

        One that got nowhere is told what to allow, and allowed that.

        Args:
            store: where the sessions go.
            anew: whether the last one is to have begun anew, and not to go on with what was left.
            manner: how it reads.
        """
        runs: list[SyncRun] = []
        told = 0
        for _ in range(MOST):
            allowed, told = max(told, self.thrift.choice(ALLOWED)), 0
            try:
                runs.append(self.sync(store, max_requests=allowed, **manner))
            except BudgetSpent as error:
                told = int(str(error).split("allow max_requests=")[1].split()[0])
            if told:
                assert told > allowed
            elif runs[-1].complete:
                if not (anew and runs[-1].went_on):
                    return runs
            else:
                assert runs[-1].stopped == f"stopped at max_requests={allowed}"
        raise AssertionError(runs[-1])

    def go_wrong(self) -> None:
        """Let the provider fail, or the process be killed, in a while."""
        chance = self.random.random()
        if chance < 0.3:
            healthy = [faults.Fault(times=self.random.randrange(1, 4))]
            failing = faults.Status(self.random.choice((401, 500)), times=2)
            self.imitation.misbehave([*healthy, failing])
        elif chance < 0.5:
            self.kill_at = self.requests + self.random.randrange(1, 4)

    def perhaps_killed(self, written: Written) -> None:
        """The process may end between two slices, too."""
        if self.random.random() < 0.05:
            raise Killed

    def facts(self) -> list[Facts]:
        """What the provider holds."""
        return self.imitation.truth()
