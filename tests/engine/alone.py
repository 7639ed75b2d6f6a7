"""One account of a provider made by hand, without a machine: its scope, and readers of its lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from random import Random
from typing import Any

import attrs
from engine.handmade import NOW, Handmade, HandmadeAdapter, rows
from engine.world import World
from simulation.rows import moment

from unified_checkout.adapters import Direction, Response
from unified_checkout.engine.events import Answered, Failed
from unified_checkout.engine.exchange import Access
from unified_checkout.engine.pages import PageReader
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.position import AccountPosition, Frontier, StreamPosition
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.runtime import Observer, Runtime
from unified_checkout.engine.scope import Scope, Stretch
from unified_checkout.engine.shown import Shown
from unified_checkout.engine.tally import Tally
from unified_checkout.errors import ProviderError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

SECOND = int(NOW)
TOP = StreamPosition()


def shop(**style: Any) -> Handmade:
    """Seven sessions, one second apart, s-0 being the newest; three fit on a page."""
    return Handmade(rows=rows(*(NOW - age for age in range(7))), page_size=3, **style)


def at(age: float) -> datetime:
    """So many seconds ago."""
    return moment(NOW - age)


def after(number: int, **more: Any) -> StreamPosition:
    """The place after a session, by its id."""
    return StreamPosition(cursor=f"s-{number}", created=at(number), **more)


def page(cursor: str | None, *skip: int, **more: Any) -> StreamPosition:
    """The place that leads to a page, but for these sessions of it."""
    return StreamPosition(cursor=cursor, skip=frozenset(f"s-{number}" for number in skip), **more)


def since(age: float) -> ListSessions:
    """The question for what was created no longer ago."""
    return ListSessions.model_validate({"created": {"gte": at(age)}})


class Watching(Observer):
    """Writes down what it is told of pages."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def page(self, account: str, rows: int, matching: int) -> None:
        self.told.append((account, rows, matching))

    def arrived(self, account: str, sessions: Sequence[Session]) -> None:
        self.told.append((account, *(one.id for one in sessions)))


def plan_of(shop: Handmade, query: ListSessions | None = None) -> AccountPlan:
    """What is asked of the provider's account."""
    [account] = World(shop).planner().plan(query or ListSessions()).accounts
    return account


def access_to(
    shop: Handmade,
    *observers: Observer,
) -> Access:
    """How to ask it, by a clock that stands still."""
    return Access(
        adapter=HandmadeAdapter("north", shop),
        state=AccountState(Pace(inf), RetryPolicy()),
        runtime=Runtime(
            now=lambda: moment(NOW),
            monotonic=lambda: NOW,
            random=Random(0),
            waits=False,
            observers=observers,
        ),
        effort=Tally(),
    )


def scope_of(
    shop: Handmade,
    query: ListSessions | None = None,
    *,
    observers: tuple[Observer, ...] = (),
    direction: Direction = Direction.FORWARD,
    start: Frontier | None = None,
    ceiling: float = NOW,
    **known: Any,
) -> Scope:
    """What is known of the account before anything was read, and this."""
    plan, access, tally = plan_of(shop, query), access_to(shop, *observers), Tally()
    return Scope(
        plan=plan,
        access=attrs.evolve(access, effort=tally),
        tally=tally,
        residual=Residual(plan.compiled.verdicts, access.runtime, tally, ()),
        direction=direction,
        ceiling=moment(ceiling),
        start=start,
        **known,
    )


def reading_of(
    shop: Handmade,
    query: ListSessions | None = None,
    *,
    start: AccountPosition | None = None,
    direction: Direction = Direction.FORWARD,
    accounts: int = 1,
    thrifty: bool = False,
) -> AccountReading:
    """Its reading, before anything was asked."""
    return AccountReading(
        plan_of(shop, query),
        access_to(shop),
        direction=direction,
        ceiling=moment(NOW),
        start=start or AccountPosition(),
        accounts=accounts,
        thrifty=thrifty,
    )


def event_of(answer: Response | ProviderError) -> Answered | Failed:
    """What came of a request, as its reader is told."""
    return Failed(1, answer) if isinstance(answer, ProviderError) else Answered(1, answer)


class Alone:
    """One page reader of the account's first list, and what it is answered.

    Args:
        shop: answers it.
        stretch: what to read, but for the stream.
        known: as for a scope.
    """

    def __init__(
        self,
        shop: Handmade,
        stretch: Mapping[str, Any] | None = None,
        *,
        shown: Shown | None = None,
        **known: Any,
    ) -> None:
        self.shop = shop
        self.scope = scope_of(shop, **known)
        stream = self.scope.plan.compiled.streams[0]
        self.reader = PageReader(self.scope, Stretch(stream=stream, **(stretch or {})), shown)

    def asks(self, size: int = 10) -> dict[str, str]:
        """What it asks for next: the parameters, but for the list, or the path of a session."""
        request = self.reader.next_exchange(size).request
        parameters = dict(request.parameters)
        parameters.pop("list", None)
        return parameters or {"path": request.path}

    def read(self, pages: int = 1, size: int = 10) -> Alone:
        """Let so many of its requests be answered."""
        for _ in range(pages):
            request = self.reader.next_exchange(size).start(NOW)
            self.take_in(self.shop.serve(request, NOW, None))
        return self

    def take_in(self, answer: Response | ProviderError) -> None:
        """Let its request be answered so."""
        self.reader.next_exchange(10)
        self.reader.receive(event_of(answer), NOW)

    @property
    def ready(self) -> str:
        """The ids of what is ready."""
        return " ".join(one.id for one in self.reader.ready)

    def place(self, used: int, **fed: bool) -> StreamPosition | None:
        """Where its list goes on after the first sessions; None if time alone tells."""
        return next(iter(self.reader.places(used, **fed)), None)


class Lone:
    """One account's reading, and what it is answered; as for :func:`reading_of`."""

    def __init__(self, shop: Handmade, query: ListSessions | None = None, **known: Any) -> None:
        self.shop = shop
        self.reading = reading_of(shop, query, **known)

    def read(self, requests: int = 1, *, took: float = 0.0) -> Lone:
        """Let so many of its requests be answered, one after the other."""
        for _ in range(requests):
            reader = self.reading.wanted(None, now=True)[0]
            exchange = reader.next_exchange(self.reading.page_size(None))
            answer = self.shop.serve(exchange.start(NOW), NOW, None)
            self.reading.receive(reader, event_of(answer), NOW + took)
        return self

    @property
    def ready(self) -> str:
        """The ids of what is ready."""
        return " ".join(one.id for one in self.reading.ready)
