"""``Bench``: what an adapter and the imitation of its provider say of a list, and of a query."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from random import Random
from typing import Any

import attrs
import pytest

from unified_checkout.adapters import (
    Adapter,
    Compiled,
    NotYetListed,
    Place,
    ProviderPage,
    Pushdown,
    Request,
    Stream,
)
from unified_checkout.engine.advance import nothing_yet
from unified_checkout.engine.events import Answered, Demand, Event, Woke
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.plan import compiled_by
from unified_checkout.engine.planner import Manner, Planner
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.surroundings import Surroundings
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.sandbox import Facts, Page
from unified_checkout.testing.conformance.specimens import NOW
from unified_checkout.testing.conformance.talk import Clock, Talk, as_response
from unified_checkout.testing.conformance.ways import Way, floor_of, span_of

ACCOUNT = "shop"
NOW_MOMENT = Clock().moment
EVERYTHING = ListSessions(kind="any")


@attrs.frozen(kw_only=True)
class Bench(Talk):
    """One account's adapter, and the imitation that answers it."""

    # Reading lists.

    def compile(self, query: ListSessions) -> Compiled:
        """A query in the provider's dialect, with a verdict on every condition."""
        return compiled_by(self.adapter, query)

    def whole(self) -> Compiled:
        """The list without any condition, or the lists that make it up."""
        compiled = self.compile(EVERYTHING)
        if not compiled.streams:
            pytest.fail("a query without conditions must compile to at least one stream")
        return compiled

    def page(self, compiled: Compiled, stream: Stream, place: Place) -> ProviderPage:
        """One page of one stream."""
        request = self.adapter.page_request(compiled, stream, place)
        try:
            return self.adapter.parse_page(self.success(request), place)
        except NotYetListed as error:
            return nothing_yet(place, error)

    def first_requests(self) -> Iterator[Request]:
        """The requests for the first page of each list and window that makes up the whole."""
        compiled = self.whole()
        for stream in compiled.streams:
            for place in self.way(compiled, stream).beginnings(Place(size=compiled.page_size)):
                yield self.adapter.page_request(compiled, stream, place)

    def first_request(self) -> Request:
        """The first of these requests."""
        return next(self.first_requests())

    def way(self, compiled: Compiled, stream: Stream) -> Way:
        """The way through a stream."""
        truth = self.truth()
        oldest = min((facts.created for facts in truth), default=NOW - 1)
        floor = floor_of(compiled.reach, NOW, oldest)
        return Way(
            compiled=compiled,
            stream=stream,
            ask=lambda place: self.page(compiled, stream, place),
            span=span_of(compiled, floor, NOW),
            sessions=len(truth),
        )

    def pages(
        self,
        compiled: Compiled,
        stream: Stream,
        *,
        start: Place | None = None,
        sizes: Iterable[int] | None = None,
    ) -> Iterator[ProviderPage]:
        """Page after page until the list ends, by the rules that the engine goes by."""
        sizes = repeat(compiled.page_size) if sizes is None else sizes
        return self.way(compiled, stream).pages(start or Place(), sizes)

    def stream_ids(self, compiled: Compiled, stream: Stream, **how: Any) -> list[str]:
        """The ids of a stream, in the order read."""
        pages = self.pages(compiled, stream, **how)
        return [session.id for page in pages for session in page.sessions]

    def ids(self, compiled: Compiled, **how: Any) -> list[str]:
        """The ids of all streams, one after the other."""
        streams = compiled.streams
        return [id for one in streams for id in self.stream_ids(compiled, one, **how)]

    def pushed_ids(self, compiled: Compiled) -> set[str]:
        """The ids of everything that the provider returns for a compiled query."""
        return set(self.ids(compiled))

    def listed(self, query: ListSessions | None = None) -> list[Session]:
        """What the provider lists for a query, as the adapter reads it, without the engine."""
        compiled = self.compile(query or EVERYTHING)
        pages = chain.from_iterable(self.pages(compiled, one) for one in compiled.streams)
        return [session for page in pages for session in page.sessions]

    def promised(self) -> list[Facts]:
        """What the provider holds and must list: what is neither too old for that nor too young."""
        reach = self.whole().reach
        floor, ceiling = floor_of(reach, NOW, 0), NOW - reach.settles.total_seconds()
        return [facts for facts in self.truth() if floor <= facts.created <= ceiling]

    def single(self, id: str) -> Session:
        """One session, asked for by its id."""
        return self.adapter.parse_session(self.success(self.adapter.get_request(id)))

    # Asking the engine.

    def answer(
        self, query: ListSessions, before_request: Callable[[int], object] | None = None
    ) -> list[Session]:
        """The whole answer, as the engine gives it.

        Args:
            query: what to ask.
            before_request: called with the number of each request, from 1, before it is answered.
        """
        self.imitation.on_request(before_request)
        machine = self.planner().listing(query, Manner())
        try:
            return list(self._run(machine))
        finally:
            self.imitation.on_request(None)

    def planner(self) -> Planner:
        """The engine's planner for this one account."""
        state = AccountState(Pace(math.inf), RetryPolicy(max_attempts=1))
        surroundings = Surroundings(
            adapters={ACCOUNT: self.adapter},
            states={ACCOUNT: state},
            runtime=Runtime(now=lambda: NOW_MOMENT, random=Random(0)),  # noqa: S311
        )
        return Planner(surroundings)

    def _run(self, machine: ListMachine) -> Iterator[Session]:
        """The driver of a world without waiting: requests are answered in the order sent."""
        now = 0.0
        arrivals: list[Event] = [Demand()]
        while arrivals:
            step = machine.step(arrivals.pop(0), now)
            arrivals += [
                Answered(send.id, self.send(send.request, token=send.token))
                for send in step.requests
            ]
            if step.wake is not None:
                now = max(now, step.wake)
                arrivals.append(Woke())
            if step.sessions is not None:
                yield from step.sessions
                arrivals.append(Demand())

    # Rows as the provider sends them.

    def rows(self) -> list[dict[str, Any]]:
        """The first page's rows that are sessions, as the provider sends them, decoded."""
        rows = self._first_page().rows
        return [json.loads(row) for row in rows if self.read_bytes([row])]

    def read(self, *rows: Mapping[str, Any]) -> list[Session]:
        """The sessions of a page of these rows, as the adapter reads them."""
        return self.read_bytes([json.dumps(row, ensure_ascii=False).encode() for row in rows])

    def read_bytes(self, rows: Sequence[bytes]) -> list[Session]:
        """The same for rows that are JSON already."""
        ids = tuple(str(index) for index in range(len(rows)))
        page = attrs.evolve(self._first_page(), ids=ids, rows=tuple(rows), more=False)
        sent = self.provider.envelope(page)
        headers = self.provider.headers(self.signed(self.first_request()))
        response = as_response(attrs.evolve(sent, headers={**headers, **sent.headers}))
        return self.adapter.parse_page(response, Place()).sessions

    def _first_page(self) -> Page:
        """The first page with a row, or else the first."""
        pages = map(self._page_sent, self.first_requests())
        first = next(pages)
        return first if first.rows else next((page for page in pages if page.rows), first)

    def _page_sent(self, request: Request) -> Page:
        other: Request | None = request
        while other is not None:
            answer = self.provider.answer(self.signed(other, token=self.token()))
            if isinstance(answer, Page):
                return answer
            other = self.adapter.instead(other, self.adapter.parse_error(as_response(answer)))
        return pytest.fail(
            "the sandbox's read() must answer the list request with a Page, not with an Answer"
        )


def answerable(adapter: Adapter[Any], query: ListSessions) -> bool:
    """Whether a provider can answer every condition of a query."""
    verdicts = compiled_by(adapter, query).verdicts
    return all(verdict.pushdown is not Pushdown.UNANSWERABLE for verdict in verdicts)
