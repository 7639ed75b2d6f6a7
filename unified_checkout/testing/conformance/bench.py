"""``Bench``: an adapter and the imitation of its provider, talking in memory."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, repeat
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import attrs
import pytest
from pydantic import SecretStr

from unified_checkout.adapters import (
    Adapter,
    Compiled,
    Credentials,
    Place,
    ProviderPage,
    Pushdown,
    Request,
    Response,
    Stream,
)
from unified_checkout.engine.events import Answered, Deliver, Demand, Event, Fail, Send, Wait, Woke
from unified_checkout.engine.machine import ListMachine, Surroundings
from unified_checkout.engine.plan import compiled_by
from unified_checkout.engine.planner import Planner
from unified_checkout.engine.policy import AccountState, RetryPolicy
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received
from unified_checkout.sandbox.imitation import Imitation
from unified_checkout.testing.conformance.specimens import NOW

ACCOUNT = "shop"
NOW_MOMENT = datetime.fromtimestamp(NOW, UTC)
EVERYTHING = ListSessions(kind="any")


@attrs.frozen(kw_only=True)
class Bench:
    """One account's adapter, and the imitation that answers it."""

    adapter: Adapter[Any]
    imitation: Imitation

    @property
    def provider(self) -> ProviderSandbox:
        """The imitation itself."""
        return self.imitation.provider

    def truth(self) -> list[Facts]:
        """What the provider holds, newest first."""
        return self.imitation.truth()

    # Talking.

    def send(self, request: Request, api_key: str | None = None) -> Response:
        """Sign a request, put it on the wire, take it off there, and answer it."""
        return _response(self._handled(self._signed(request, api_key)))

    def unsigned(self, request: Request) -> Response:
        """The answer to a request that nobody signed."""
        return _response(self._handled(_received(request)))

    def credentials(self, api_key: str | None = None) -> Credentials:
        """The key that the imitation accepts, or another one."""
        return Credentials(SecretStr(api_key or self.provider.api_key))

    def success(self, request: Request) -> Response:
        """The answer to a request that must succeed, or to what the adapter asks instead."""
        *_, response = self.attempts(request)
        if not 200 <= response.status < 300:
            pytest.fail(
                f"the sandbox refuses GET {request.path} {list(request.parameters)} "
                f"with {response.status}: {response.body[:300]!r}"
            )
        return response

    def attempts(self, request: Request) -> Iterator[Response]:
        """The answers to a request, and to what the adapter asks instead of one that fails."""
        other: Request | None = request
        while other is not None:
            response = self.send(other)
            yield response
            if 200 <= response.status < 300:
                return
            other = self.adapter.instead(other, self.adapter.parse_error(response))

    def _signed(self, request: Request, api_key: str | None = None) -> Received:
        return _received(self.adapter.sign(request, self.credentials(api_key)))

    def _handled(self, request: Received) -> Answer:
        answer = self.imitation.handle(request)
        if self.imitation.error is not None:
            raise self.imitation.error
        return answer

    # Reading lists.

    def compile(self, query: ListSessions) -> Compiled:
        """A query in the provider's dialect, with a verdict on every condition."""
        return compiled_by(self.adapter, query)

    def page(self, compiled: Compiled, stream: Stream, place: Place) -> ProviderPage:
        """One page of one stream."""
        request = self.adapter.page_request(compiled, stream, place)
        return self.adapter.parse_page(self.success(request), place)

    def walk(
        self,
        compiled: Compiled,
        stream: Stream,
        *,
        start: Place | None = None,
        sizes: Iterable[int] = repeat(100),
    ) -> Iterator[ProviderPage]:
        """Page after page until the list ends, by the rules that the engine goes by."""
        place = start or Place()
        for number, size in zip(range(len(self.truth()) + 2), sizes, strict=False):
            place = attrs.evolve(place, size=min(size, compiled.page_size))
            page = self.page(compiled, stream, place)
            yield page
            if page.more is False or not page.sessions:
                return
            if page.next is None:
                pytest.fail(f"page {number} names no place to continue from, and does not end")
            if page.next == place.cursor:
                pytest.fail(f"page {number} leads to itself: next is {page.next!r} again")
            place = attrs.evolve(place, cursor=page.next)
        pytest.fail("the list does not end: more pages than there are sessions")

    def stream_ids(self, compiled: Compiled, stream: Stream, **walking: Any) -> list[str]:
        """The ids of a stream, in the order read."""
        pages = self.walk(compiled, stream, **walking)
        return [session.id for page in pages for session in page.sessions]

    def pushed_ids(self, compiled: Compiled) -> set[str]:
        """The ids of everything that the provider returns for a compiled query."""
        return set(chain.from_iterable(self.stream_ids(compiled, one) for one in compiled.streams))

    def listed(self, query: ListSessions | None = None) -> list[Session]:
        """What the provider lists for a query, as the adapter reads it, without the engine."""
        compiled = self.compile(query or EVERYTHING)
        pages = chain.from_iterable(self.walk(compiled, one) for one in compiled.streams)
        return [session for page in pages for session in page.sessions]

    def single(self, id: str) -> Session:
        """One session, asked for by its id."""
        return self.adapter.parse_session(self.success(self.adapter.get_request(id)))

    def facts(self, id: str) -> Facts:
        """What the provider holds under an id."""
        row = self.provider.shelf.row(id)
        if row is None:
            pytest.fail(f"the provider holds no session {id!r}: the adapter made that id up")
        return row.facts

    def whole(self) -> tuple[Compiled, Stream]:
        """The list without any condition."""
        compiled = self.compile(EVERYTHING)
        if len(compiled.streams) != 1:
            pytest.fail("a query without conditions must compile to exactly one stream")
        return compiled, compiled.streams[0]

    def answer(
        self, query: ListSessions, before_request: Callable[[int], object] | None = None
    ) -> list[Session]:
        """The whole answer, as the engine gives it.

        Args:
            query: what to ask.
            before_request: called with the number of each request, from 1, before it is answered.
        """
        self.imitation.on_request(before_request)
        machine = self.planner().listing(query, NOW_MOMENT, cursor=None, on_error="raise")
        try:
            return list(self._run(machine))
        finally:
            self.imitation.on_request(None)

    def answer_all(self) -> list[Session]:
        """Every session, as the engine gives it."""
        return self.answer(EVERYTHING)

    def planner(self) -> Planner:
        """The engine's planner for this one account."""
        state = AccountState(math.inf, RetryPolicy(max_attempts=1))
        surroundings = Surroundings(
            adapters={ACCOUNT: self.adapter},
            states={ACCOUNT: state},
            random=Random(0),  # noqa: S311
        )
        return Planner(surroundings)

    def _run(self, machine: ListMachine) -> Iterator[Session]:
        """The driver of a world without waiting: requests are answered in the order sent."""
        now = 0.0
        arrivals: list[Event] = [Demand()]
        while arrivals:
            for action in machine.step(arrivals.pop(0), now):
                match action:
                    case Send(id, _, request):
                        arrivals.append(Answered(id, self.send(request)))
                    case Wait(until):
                        now = max(now, until)
                        arrivals.append(Woke())
                    case Deliver(sessions):
                        yield from sessions
                        arrivals.append(Demand())
                    case Fail(error):
                        raise error

    # Rows as the provider sends them.

    def rows(self) -> list[dict[str, Any]]:
        """The first page's rows as the provider sends them, decoded."""
        return [json.loads(row) for row in self._first_page().rows]

    def read(self, *rows: Mapping[str, Any]) -> list[Session]:
        """The sessions of a page of these rows, as the adapter reads them."""
        return self.read_bytes([json.dumps(row, ensure_ascii=False).encode() for row in rows])

    def read_bytes(self, rows: Sequence[bytes]) -> list[Session]:
        """The same for rows that are JSON already."""
        ids = tuple(str(index) for index in range(len(rows)))
        page = attrs.evolve(self._first_page(), ids=ids, rows=tuple(rows), more=False)
        response = _response(self.provider.envelope(page))
        return self.adapter.parse_page(response, Place()).sessions

    def _first_page(self) -> Page:
        compiled, stream = self.whole()
        place = Place(size=compiled.page_size)
        request = self.adapter.page_request(compiled, stream, place)
        other: Request | None = request
        while other is not None:
            answer = self.provider.answer(self._signed(other))
            if isinstance(answer, Page):
                return answer
            other = self.adapter.instead(other, self.adapter.parse_error(_response(answer)))
        return pytest.fail(
            "the sandbox's read() must answer the list request with a Page, not with an Answer"
        )


def _received(request: Request) -> Received:
    """A request as a server sees it, its encoding undone."""
    return Received(
        path=unquote(request.path),
        parameters=tuple(parse_qsl(urlencode(request.parameters), keep_blank_values=True)),
        headers={name.lower(): value for name, value in request.headers.items()},
    )


def answerable(adapter: Adapter[Any], query: ListSessions) -> bool:
    """Whether a provider can answer every condition of a query."""
    verdicts = compiled_by(adapter, query).verdicts
    return all(verdict.pushdown is not Pushdown.UNANSWERABLE for verdict in verdicts)


def _response(answer: Answer) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(status=answer.status, headers=headers, body=answer.body)
