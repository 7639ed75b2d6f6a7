"""A signal whose handler raises, in the middle of requests, over and over again."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest
from asking import expected, names
from clients.setting import NOW, impatient
from house import THREE
from transport.loopback import Loopback, Talk, answer
from transport.remains import eventually, nothing_left, request_threads
from transport.setting import account, sending

from unified_checkout import Client, ClientClosed, ConnectionFailed, RequestTimeout
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Latency
from unified_checkout.transport import threads

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals")


class TooLong(Exception):
    """What a worker raises when its time is up."""


@contextmanager
def time_limits(raised: Callable[[], BaseException]) -> Iterator[Callable[[float], None]]:
    """Gives a function that lets this thread be interrupted in so many seconds; 0 for never."""

    def interrupt(number: int, frame: Any) -> NoReturn:
        raise raised()

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds) and None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempted(action: Callable[[], object], limit: Callable[[float], Any], seconds: float) -> bool:
    """Whether an action was interrupted. Garbage is collected elsewhere: what interrupts that is
    lost, whoever's garbage it is."""
    gc.disable()
    try:
        try:
            limit(seconds)
            action()
        finally:
            limit(0)
    except TooLong:
        return True
    finally:
        gc.enable()
    return False


def test_no_slot_is_lost() -> None:
    """Interrupted at moments that are spread over the whole length of a request."""
    with (
        Loopback(lambda talk: talk.say(answer())) as server,
        nothing_left(),
        time_limits(TooLong) as limit,
        Client([account(server.url)]) as client,
    ):
        interrupted = 0
        for number in range(1500):
            seconds = 0.00002 * (number % 100 + 1)
            interrupted += attempted(client.sessions.page, limit, seconds)
        assert interrupted > 100
        assert client.sessions.page().sessions == ()


@pytest.mark.parametrize("raised", [TooLong, TimeoutError, KeyboardInterrupt, OSError])
def test_what_the_handler_raises_is_what_comes_out(raised: type[BaseException]) -> None:
    """And not a failure of the network, though sockets raise the like."""
    asked = threading.Event()

    def script(talk: Talk) -> None:
        if talk.number == 1 and talk.connection == 1:
            asked.set()
            talk.wait_for_end()
        talk.say(answer())

    def raise_when_asked() -> None:
        assert asked.wait(timeout=60)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)

    with (
        Loopback(script) as server,
        nothing_left(),
        time_limits(lambda: raised("time is up")),
        Client([account(server.url)]) as client,
    ):
        other = threading.Thread(target=raise_when_asked)
        other.start()
        with pytest.raises(raised, match="time is up"):
            client.sessions.page()
        other.join()
        assert client.sessions.page().sessions == ()
        assert server.connections == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_rows_are_not_lost_either() -> None:
    """Python itself complains when it is interrupted while it starts a thread."""
    with (
        Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox,
        nothing_left(),
        time_limits(TooLong) as limit,
        Client(impatient(sandbox)) as client,
    ):
        held = {name: sandbox.truth(name) for name in ("flex", "leanrails", "stripe")}
        whole = expected(held, {})
        for number in range(40):
            sessions = client.sessions.list(page_size=10)
            taken: list[tuple[str, str]] = []

            def take(sessions: Any = sessions, taken: Any = taken) -> None:
                for session in sessions:
                    taken.append((session.account, session.id))

            attempted(take, limit, 0.0008 * (number + 1))
            rest = client.sessions.list(page_size=10, cursor=sessions.cursor)
            assert taken + names(list(rest)) == whole
            del sessions, rest, take


@pytest.mark.parametrize("python_says", [KeyError, RuntimeError])
def test_what_interrupts_the_start_of_a_thread_comes_out(python_says: type[Exception]) -> None:
    """Python's own tidying up fails then, and hides it."""

    class Interrupted(threading.Thread):
        def start(self) -> None:
            try:
                raise TooLong
            except TooLong:
                raise python_says  # noqa: B904

    with pytest.raises(TooLong):
        threads.start(Interrupted())


def test_a_thread_that_cannot_be_started_is_said() -> None:
    thread = threading.Thread()
    thread.start()
    with pytest.raises(RuntimeError, match="only be started once"):
        threads.start(thread)


def test_requests_of_other_threads_are_given_up() -> None:
    """The main thread waits for three accounts, and stops waiting."""
    with Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox, nothing_left():
        for name in ("flex", "leanrails", "stripe"):
            sandbox.misbehave(name, Latency(seconds=600, times=None))
        with time_limits(TooLong) as limit, Client(impatient(sandbox)) as client:
            assert attempted(lambda: list(client.sessions.list()), limit, 0.2)
            assert eventually(lambda: request_threads() == [])


def test_leaving_a_listing_early_leaves_nothing() -> None:
    with (
        Sandbox(sessions=60, seed=5, now=NOW, providers=THREE) as sandbox,
        nothing_left(),
        Client(impatient(sandbox)) as client,
    ):
        sessions = client.sessions.list(page_size=5)
        next(sessions)
        for name in ("flex", "leanrails", "stripe"):
            sandbox.misbehave(name, Latency(seconds=600, times=None))
        for _ in range(4):
            next(sessions)
        del sessions
        assert eventually(lambda: request_threads() == [])


def test_closing_ends_a_request_that_waits_for_its_answer() -> None:
    asked = threading.Event()

    def script(talk: Talk) -> None:
        asked.set()
        talk.wait_for_end()

    with (
        Loopback(script) as server,
        nothing_left(),
        sending("Client", server.url) as sender,
        ThreadPoolExecutor(1) as threads,
    ):
        waiting = threads.submit(sender.send)
        assert asked.wait(timeout=60)
        sender.close()
        assert isinstance(waiting.exception(timeout=20), ClientClosed)
        assert eventually(lambda: server.open_connections == 0)


@pytest.mark.parametrize("error", [ConnectionFailed, RequestTimeout])
def test_failures_take_no_slots(error: type[Exception]) -> None:
    def script(talk: Talk) -> None:
        if error is ConnectionFailed:
            talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1")
            talk.close()
        else:
            talk.wait_for_end()

    timeout = 0.005 if error is RequestTimeout else 20
    with Loopback(script) as server, nothing_left():
        with sending("Client", server.url, timeout=timeout) as sender:
            for _ in range(100):
                with pytest.raises(error):
                    sender.send()
        assert eventually(lambda: server.open_connections == 0)
