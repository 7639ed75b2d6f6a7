"""A program ends when it is through, whatever its client was still looking for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest
from transport.remains import nothing_left, request_threads

from unified_checkout.transport.network import LOOKUP_THREAD
from unified_checkout.transport.threads import in_daemon

PROGRAM = """
import asyncio, socket, threading
from unified_checkout import Account, AsyncClient, RequestTimeout
from unified_checkout.config.keys import KeySource

really = socket.getaddrinfo

def never(*arguments, **options):
    if options.get("flags"):
        return really(*arguments, **options)
    threading.Event().wait()

async def ask(error, limit, **changes):
    options = {"name": "us", "provider": "stripe", "base_url": "https://api.example.com"}
    async with AsyncClient([Account(**{**options, **changes})]) as client:
        try:
            await asyncio.wait_for(client.sessions.page(), limit)
        except error:
            print("ended")
"""
KEY = """
asyncio.run(ask(TimeoutError, 0.2, api_key=KeySource(never)))
"""
NAME = """
socket.getaddrinfo = never
changes = {"api_key": "sk_test_obviously_fake", "timeout": 0.2, "max_attempts": 1}
asyncio.run(ask(RequestTimeout, None, **changes))
"""


@pytest.mark.parametrize("what", [KEY, NAME], ids=["a key", "a name"])
def test_nothing_keeps_a_program_from_ending(what: str) -> None:
    command = [sys.executable, "-c", PROGRAM + what]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("ended\n", "", 0)


def test_what_is_found_too_late_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a task that waits no more, nor an event loop that is closed."""
    disturbed: list[object] = []
    monkeypatch.setattr(threading, "excepthook", disturbed.append)
    released = threading.Event()

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: disturbed.append(_))
        soon = threading.Event()
        for event in (soon, released):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(in_daemon(event.wait, LOOKUP_THREAD), 0.01)
        soon.set()
        while len(request_threads()) > 1:
            await asyncio.sleep(0)

    with nothing_left():
        asyncio.run(main())
        released.set()
    assert disturbed == []
