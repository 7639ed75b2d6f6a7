"""``Runtime``: what the engine is given from outside, all of it in one place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

import attrs

from unified_checkout import clocks, forks

if TYPE_CHECKING:
    from unified_checkout.adapters import Request, Response
    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.errors import ProviderError
    from unified_checkout.model.predicate import Predicate
    from unified_checkout.model.session import Session

MOST_WORKERS = 8


class Observer:
    """Is told what happens while sessions are read. A subclass overrides what it cares for.

    Nothing that it is given holds a key; a request's parameters may name a person.
    """

    def opened(self, addresses: Mapping[str, str]) -> None:
        """A client was made, for accounts that are asked at these addresses."""

    def sent(self, account: str, request: Request, attempt: int) -> None:
        """A request is sent, for the first time or again."""

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        """A request was answered, whatever the status, or failed, after so many seconds."""

    def given_up(self, account: str, request: Request, seconds: float) -> None:
        """Nobody waits any more for the answer of a request that was sent so many seconds ago.

        So it is at a deadline, where a task is cancelled, and where a listing is left early.
        """

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        """A failure may pass: the request is sent again after so many seconds."""

    def waiting(self, account: str, seconds: float, reason: str) -> None:
        """A request is held back for so many seconds, and why: told once, as that begins.

        It may be held back again when they are over. A wait that ``retried`` told is not told anew.
        """

    def waited(self, account: str, seconds: float) -> None:
        """A request was held back so long, by the account's rate or after a failure."""

    def page(self, account: str, rows: int, matching: int) -> None:
        """A page was read, and so many of its rows match."""

    def arrived(self, account: str, sessions: Sequence[Session]) -> None:
        """Sessions of the answer arrived just now; they are handed out now or later."""

    def finished(self, coverage: Coverage) -> None:
        """A reading came to its end, or failed."""


def _as_it_is(predicate: Predicate) -> Predicate:
    return predicate


def workers(requests_per_second: float, latency: float) -> int:
    """How many requests under way at once use up a rate, if each takes ``latency`` seconds.

    >>> workers(100, 0.06), workers(25, 0.06), workers(1, 0.06), workers(math.inf, 0.06)
    (6, 2, 1, 8)
    """
    return max(1, math.ceil(min(MOST_WORKERS, requests_per_second * latency)))


@attrs.frozen(kw_only=True)
class Runtime:
    """The clocks, the chance and the manners that a reading goes by, and who watches it."""

    now: Callable[[], datetime] = clocks.utc_now
    """The time of day: aware, in UTC."""
    monotonic: Callable[[], float] = clocks.now
    """Seconds of a clock that never goes back."""
    random: Random = attrs.field(factory=Random)
    workers: Callable[[float, float], int] = workers
    """How many requests of an account are under way at once, by its rate and its latency."""
    waits: bool = True
    """Whether rates and delays are kept to; a replay waits for nobody."""
    compared: Callable[[Predicate], Predicate] = _as_it_is
    """What a session is compared with, for a condition."""
    observers: tuple[Observer, ...] = ()

    def watched_by(self, observers: Sequence[Observer]) -> Runtime:
        """The same, where these are told, too."""
        return attrs.evolve(self, observers=(*self.observers, *observers))


_ambient = Runtime()


def ambient() -> Runtime:
    """The runtime of all clients that were given none of their own."""
    return _ambient


forks.in_children(_ambient.random, Random.seed)


@contextmanager
def running(runtime: Runtime) -> Iterator[None]:
    """Let another runtime be the ambient one."""
    global _ambient
    before, _ambient = _ambient, runtime
    try:
        yield
    finally:
        _ambient = before
