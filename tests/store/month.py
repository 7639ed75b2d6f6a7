"""A month of a shop at one provider, synced now and then, with everything that may go wrong.

Time is virtual and nothing goes over a network: the provider's imitation is asked in this process.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pkgutil import resolve_name
from random import Random
from urllib.parse import parse_qsl

import attrs
import httpx

from unified_checkout import Account, Client
from unified_checkout.adapters import load
from unified_checkout.engine.runtime import Runtime, running
from unified_checkout.sandbox import Facts, faults
from unified_checkout.sandbox.exchange import Received
from unified_checkout.sandbox.imitation import Imitation
from unified_checkout.sandbox.invention import Invention
from unified_checkout.store import Manner, Patience, Store, SyncRun, Written, sync

START = 1_790_000_000
HOUR = 3600
RUNS = 24
ALL_DUE = Manner(
    patience=Patience(horizon=timedelta(days=200), settled=timedelta(0)), slice_rows=11
)
_CHANGES = (
    {"status": "complete", "payment_status": "unpaid"},
    {"status": "complete", "payment_status": "paid"},
    {"status": "expired", "payment_status": "unpaid"},
    {"status": "complete", "payment_status": "paid", "amount_refunded": 100},
    {"status": "complete", "payment_status": "paid", "disputed": True},
)


class Killed(BaseException):
    """The process ends here."""


@attrs.define(eq=False)
class Month(httpx.BaseTransport):
    """One account at one provider, from an empty shop on."""

    provider: str
    seed: int
    now: float = START
    requests: int = 0
    kill_at: int | None = None
    ahead: float = 0
    """Seconds that the clock in the provider's answers is ahead."""
    random: Random = attrs.field(init=False)
    imitation: Imitation = attrs.field(init=False)
    invention: Invention = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.random = Random(f"{self.provider} {self.seed}")
        kind = resolve_name(load(self.provider).sandbox or "")
        self.imitation = Imitation(provider=kind(clock=lambda: self.now))
        self.invention = Invention(
            seed=self.seed, provider=self.provider, now=START, currencies=kind.currencies
        )
        self.imitation.hold(self.invention.history(15))

    @property
    def client(self) -> Client:
        account = Account(
            name="shop",
            provider=self.provider,
            api_key=self.imitation.provider.api_key,
            base_url="http://127.0.0.1:9",
            requests_per_second=math.inf,
            max_attempts=1,
            **load(self.provider).options_type.examples(),
        )
        return Client([account], transport=self)

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
        """A session begins, changes or vanishes."""
        held = self.imitation.truth()
        chance = self.random.random()
        if chance < 0.4 or not held:
            self.imitation.hold([self.invention.fact(int(self.now))])
        elif chance < 0.95:
            change: dict[str, object] = dict(self.random.choice(_CHANGES))
            self.imitation.change(self.random.choice(held).id, change)
        else:
            self.imitation.vanish(self.random.choice(held).id)

    def live(self, store: Store) -> SyncRun:
        """Sync now and then for a month, and once more when nothing goes wrong any more."""
        for _ in range(RUNS):
            self.now += self.random.choice((1, 1, 1, 7, 90)) * HOUR
            for _ in range(self.random.randrange(6)):
                self.something_happens()
            if self.random.random() < 0.2:
                continue
            self.go_wrong()
            with self.client as client, self.in_its_time(), suppress(Killed):
                sync(client, store, manner=attrs.evolve(ALL_DUE, told=self.perhaps_killed))
            self.imitation.behave()
            self.kill_at = None
        self.now += 90 * HOUR
        calm = Random()
        calm.random = lambda: 1.0  # type: ignore[method-assign]
        self.random = calm
        with self.client as client, self.in_its_time():
            return sync(client, store, manner=ALL_DUE)

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
