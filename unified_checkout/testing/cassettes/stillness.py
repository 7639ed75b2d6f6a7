"""What must stand still, so that a replay asks exactly what was asked while recording."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

import attrs

from unified_checkout.engine.runtime import Runtime
from unified_checkout.model.predicate import Predicate
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.transport.http import AsyncHttpSender, HttpSender
from unified_checkout.transport.threaded import REQUEST_THREAD

Patch = tuple[Any, str, Callable[..., Any]]
"""What to replace: where, which attribute, by what."""


def still(moment: datetime, *, replaying: bool) -> Runtime:
    """The runtime while recording, and while replaying, where nobody is waited for.

    The clock shows one moment, so that a query such as the last 30 days asks for the same bounds.
    A list is read page after page, since how it is split depends on how fast answers come. What
    is compared is compared with substitutes, since that is what the sessions hold.
    """
    return Runtime(
        now=lambda: moment,
        workers=lambda requests_per_second, latency: 1,
        waits=not replaying,
        compared=_scrubbed,
    )


def _scrubbed(predicate: Predicate) -> Predicate:
    if not isinstance(predicate.value, str):
        return predicate
    value = Scrubber().value((predicate.field,), predicate.value)
    return attrs.evolve(predicate, value=value)


def without_keys(strays: Collection[threading.Thread]) -> tuple[Patch, ...]:
    """What is not sent needs no key and no way to the provider; what strays send does."""
    really_ready = HttpSender.make_ready

    def ready(sender: HttpSender) -> None:
        if threading.current_thread() in strays:
            really_ready(sender)

    async def ready_async(sender: AsyncHttpSender) -> None:
        pass

    return (
        (HttpSender, really_ready.__name__, ready),
        (AsyncHttpSender, AsyncHttpSender.make_ready.__name__, ready_async),
    )


def request_threads() -> set[threading.Thread]:
    """The threads that are sending a request for some client, or are about to."""
    return {thread for thread in threading.enumerate() if thread.name == REQUEST_THREAD}


@contextmanager
def network_blocked(note: Callable[[str], None]) -> Iterator[None]:
    """Let every connection over the Internet protocol fail, those to this machine too.

    Args:
        note: is told of each in words, since the code under test may cope with the failure; but
            not of what a client does that was abandoned before.
    """
    strays = request_threads()
    pair = socket.socketpair
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def unguarded_pair(*arguments: Any) -> tuple[socket.socket, socket.socket]:
        with patch.object(socket.socket, "connect", connect):
            return pair(*arguments)  # which some systems make of a connection to themselves

    def guarded(really_connect: Callable[[socket.socket, Any], Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family not in (socket.AF_INET, socket.AF_INET6):
                return really_connect(self, address)
            if threading.current_thread() not in strays:
                note(f"a replay stays offline, but something connects to {address!r}")
            raise ConnectionRefusedError(f"a replay of a cassette stays offline: {address!r}")

        return connect

    with (
        patch.object(socket.socket, "connect", guarded(connect)),
        patch.object(socket.socket, "connect_ex", guarded(connect_ex)),
        patch.object(socket, "socketpair", unguarded_pair),
    ):
        yield
