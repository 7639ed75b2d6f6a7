"""Listings: what is iterated, and what it tells of itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from itertools import chain
from operator import length_hint
from threading import Lock
from typing import Self

from unified_checkout.client.bound import Bound
from unified_checkout.client.exports import AsyncExports, Exports
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.cursor import encode_cursor
from unified_checkout.engine.machine import ListMachine
from unified_checkout.engine.plan import Plan
from unified_checkout.engine.planner import OnError
from unified_checkout.engine.position import Position
from unified_checkout.errors import (
    AlreadyRead,
    BudgetSpent,
    IncompleteAnswer,
    InvalidCursor,
    InvalidRequest,
    ListingInUse,
    NotFound,
    PagingError,
    PlaceExpired,
    ProviderError,
)
from unified_checkout.model.session import Session
from unified_checkout.transport import (
    AsyncDriver,
    ThreadedDriver,
)

_REFUSALS = (InvalidRequest, NotFound, PagingError, PlaceExpired)


class Reading:
    """What is read for a listing, how much of it was taken, and how it ended.

    It knows nothing of the listing, so that reading ends where nobody holds the listing any more.
    """

    def __init__(self, machine: ListMachine, on_error: OnError) -> None:
        self.machine = machine
        self.batch: list[Session] = []
        self.failure: BaseException | None = None
        self.is_over = False
        """Whether it was read to its end."""
        self.untaken = iter(self.batch)
        self._on_error = on_error
        self._wholly = Lock()
        self._before: Position | InvalidCursor | PagingError | None = None
        """The place, or why there is none, from before what is being taken as a whole."""

    @property
    def left(self) -> list[Session]:
        """The batch's sessions that were not taken."""
        return self.batch[len(self.batch) - length_hint(self.untaken) :]

    @property
    def coverage(self) -> Coverage:
        """What was read so far, and what that proves."""
        return self.machine.coverage(self.left)

    @property
    def cursor(self) -> str:
        """Leads to the sessions after the last one that was taken.

        Raises:
            InvalidCursor: if it ends before a place.
            PagingError: if no place in it can be named.
        """
        return encode_cursor(self._position())

    @property
    def onward(self) -> str | None:
        """The same where that gets anybody further than the budget did; else None."""
        try:
            position = self._position()
        except (InvalidCursor, PagingError):
            return None
        stays = self.machine.stopped and self.machine.began_at(position)
        return None if stays else encode_cursor(position)

    def _position(self) -> Position:
        if isinstance(self._before, Exception):
            raise self._before
        if self._before is not None:
            return self._before
        if not self.machine.forward:
            raise InvalidCursor("a listing that reads towards newer sessions has no cursor")
        return self.machine.position(self.machine.taken(self.batch, len(self.left)))

    def taking(self, batch: list[Session]) -> Iterator[Session]:
        """The batch's sessions; how many were taken can be told without counting each."""
        self.batch, self.untaken = batch, iter(batch)
        return self.untaken

    @contextmanager
    def remembering_failure(self) -> Iterator[None]:
        """A listing that was broken off is not an empty one when it is iterated once more."""
        try:
            yield
        except GeneratorExit:
            self.failure = GeneratorExit()  # without the frames, which hold all this
            raise
        except BaseException as error:
            self.failure = error
            raise

    @contextmanager
    def as_a_whole(self) -> Iterator[None]:
        """What is taken within counts as taken only if all goes well: nobody has a part of it.

        Where it fails, the listing is broken off, and its cursor leads to where this began.

        Raises:
            ListingInUse: if it is being taken as a whole already.
            IncompleteAnswer: if it was broken off.
            AlreadyRead: if it was read to its end.
        """
        if not self._wholly.acquire(blocking=False):
            raise ListingInUse()
        try:
            self.check_unread()
            batch, left = self.batch, len(self.left)
            try:
                self._before = self._position()
            except (InvalidCursor, PagingError) as error:
                self._before = error
            try:
                yield
            except BaseException as error:
                if self.batch is not batch or len(self.left) != left:
                    self.failure = self.failure or error
                    raise
                self._before = None
                raise
            self._before = None
        finally:
            self._wholly.release()

    def end(self) -> None:
        """Note that nothing more comes: the answer's end, unless a budget was used up before.

        Raises:
            BudgetSpent: if it was, and failures are raised.
        """
        if self.machine.stopped and self._on_error == "raise":
            machine = self.machine
            raise BudgetSpent(machine.stopped, self.coverage, self.onward, machine.enough)
        self.is_over = True

    def check_unbroken(self) -> None:
        """Make sure that it was not broken off.

        Raises:
            IncompleteAnswer: if it was.
        """
        if self.failure is not None:
            raise IncompleteAnswer(
                "this listing was broken off; go on from its cursor with another", self.coverage
            ) from self.failure

    def check_unread(self) -> None:
        """Make sure that something is left to be read, so that no loop is silently empty.

        Raises:
            IncompleteAnswer: if it was broken off.
            AlreadyRead: if it was read to its end.
        """
        self.check_unbroken()
        if self.is_over:
            raise AlreadyRead()

    def batches(self, driver: ThreadedDriver) -> Iterator[Iterator[Session]]:
        """The sessions as they are read."""
        with self.remembering_failure():
            if not self.machine.forward:
                yield self.taking(all_of(self.machine, driver)[::-1])
            else:
                for batch in driver.run(self.machine):
                    yield self.taking(batch)
            self.end()

    async def batches_async(self, driver: AsyncDriver) -> AsyncGenerator[Iterator[Session], None]:
        """The sessions as they are read."""
        with self.remembering_failure():
            if not self.machine.forward:
                yield self.taking((await all_of_async(self.machine, driver))[::-1])
            else:
                async with aclosing(driver.run(self.machine)) as batches:
                    async for batch in batches:
                        yield self.taking(batch)
            self.end()


class Answer(Bound):
    """What a running listing can tell of itself, whichever way it is iterated."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def plan(self) -> Plan:
        """What is asked of each account."""
        return self._reading.machine.plan

    @property
    def coverage(self) -> Coverage:
        """What was read so far; after the last session, what that proves."""
        return self._reading.coverage

    @property
    def cursor(self) -> str:
        """Leads to the sessions after the last one that was taken, those beyond a limit too.

        Raises:
            InvalidCursor: for a listing that ends before a place, which has no such cursor.
            PagingError: if a list is not in order, so that a place in it cannot be named.
        """
        return self._reading.cursor

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.coverage!r})"


def continuation(answer: Answer) -> str | None:
    """Where an answer goes on that is incomplete, or beyond which there may be more.

    None where no place can be named, and where a budget was used up before it got anywhere.
    """
    coverage = answer.coverage
    whole = coverage.complete and coverage.more is False
    return None if whole else answer._reading.onward


def budget_told(answer: Answer) -> tuple[str, str]:
    """What a budget stopped an answer at, and what to allow to get further; both in words.

    Empty where no budget did.
    """
    machine = answer._reading.machine
    return (machine.stopped, machine.enough) if machine.stopped else ("", "")


def is_refused(answer: Answer) -> bool:
    """Whether a provider did not take what it was asked, a place in its list perhaps."""
    failures = answer._reading.machine.failures
    return any(isinstance(one, _REFUSALS) for one in failures)


class SessionList(Answer, Exports):
    """The sessions that answer a query, newest first. Iterating reads pages as needed.

    It is read once: a second loop goes on where the first one stopped, and raises ``AlreadyRead``
    where that was the end. ``list(...)`` keeps what is needed again.
    """

    def __init__(
        self, machine: ListMachine, driver: ThreadedDriver, on_error: OnError = "raise"
    ) -> None:
        super().__init__(Reading(machine, on_error))
        self._batches = _Batches(self._reading, driver)
        self._sessions = chain.from_iterable(_Lasting(self._batches, self._reading))

    def __iter__(self) -> Iterator[Session]:
        self._reading.check_unread()
        return self._sessions

    def __next__(self) -> Session:
        self._reading.check_unbroken()
        return next(self._sessions)


HandedOver = tuple[Session, Callable[[], Session]]
"""A session, and what is called when whoever asked has it."""


def handed_over(answer: SessionList) -> Iterator[HandedOver]:
    """The sessions of a listing that nobody began to read; each counts as taken only when called so.

    What interrupts whoever passes them on then leaves the cursor right behind the last one passed on.
    """
    answer._reading.check_unread()
    for untaken in answer._batches:
        for session in answer._reading.left:
            yield session, untaken.__next__


class _Batches:
    """The batches of a reading; asked by two threads at once, it says so."""

    def __init__(self, reading: Reading, driver: ThreadedDriver) -> None:
        self._batches = reading.batches(driver)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Iterator[Session]:
        try:
            return next(self._batches)
        except ValueError as error:
            if "already executing" not in str(error):
                raise
            raise ListingInUse() from None


class _Lasting:
    """Batches for a chain, which is at its end, for whoever iterates it, once they let it down."""

    def __init__(self, batches: _Batches, reading: Reading) -> None:
        self._batches = batches
        self._reading = reading

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Iterator[Session]:
        try:
            return next(self._batches)
        except StopIteration:
            raise
        except BaseException as error:  # noqa: BLE001  (raised again as it is)
            return _Failure(error, self._reading)


class _Failure:
    """What a chain gets instead of a batch: it raises, and once more where it is asked again."""

    def __init__(self, error: BaseException, reading: Reading) -> None:
        self._error = error
        self._reading = reading
        self._was_told = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Session:
        if self._was_told:
            self._reading.check_unbroken()
        self._was_told = True
        raise self._error


class AsyncSessionList(Answer, AsyncExports):
    """The sessions that answer a query, newest first. Iterating reads pages as needed.

    It is read once, as :class:`SessionList` is.
    """

    def __init__(
        self, machine: ListMachine, driver: AsyncDriver, on_error: OnError = "raise"
    ) -> None:
        super().__init__(Reading(machine, on_error))
        self._sessions = _AsyncSessions(self._reading, driver)

    def __aiter__(self) -> AsyncIterator[Session]:
        self._reading.check_unread()
        return self._sessions

    async def __anext__(self) -> Session:
        self._reading.check_unbroken()
        return await anext(self._sessions)


class _AsyncSessions:
    """The sessions of a reading; asked by two tasks at once, it says so."""

    def __init__(self, reading: Reading, driver: AsyncDriver) -> None:
        self._reading = reading
        self._batches = reading.batches_async(driver)
        self._in_use = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Session:
        for session in self._reading.untaken:
            return session
        if self._in_use:
            raise ListingInUse()
        self._in_use = True
        try:
            async for batch in self._batches:
                for session in batch:
                    return session
        finally:
            self._in_use = False
        self._reading.check_unbroken()
        raise StopAsyncIteration


def all_of(machine: ListMachine, driver: ThreadedDriver) -> list[Session]:
    """All that a machine delivers, in reading order."""
    sessions: list[Session] = []
    with _attached_on_failure(sessions, machine):
        for batch in driver.run(machine):
            sessions += batch
    return sessions


async def all_of_async(machine: ListMachine, driver: AsyncDriver) -> list[Session]:
    """All that a machine delivers, in reading order."""
    sessions: list[Session] = []
    with _attached_on_failure(sessions, machine):
        async with aclosing(driver.run(machine)) as batches:
            async for batch in batches:
                sessions += batch
    return sessions


@contextmanager
def _attached_on_failure(sessions: list[Session], machine: ListMachine) -> Iterator[None]:
    """Nobody was handed these sessions yet, so a failure has to carry them."""
    try:
        yield
    except ProviderError as error:
        if machine.forward:
            error.sessions = (*sessions, *error.sessions)
        else:
            error.sessions = (*error.sessions, *reversed(sessions))
        raise
