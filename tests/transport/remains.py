"""What is left behind: threads, tasks and open files of this process."""

from __future__ import annotations

import gc
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from unified_checkout.transport.network import LOOKUP_THREAD
from unified_checkout.transport.threaded import REQUEST_THREAD

_OPEN = Path("/proc/self/fd")


def request_threads() -> list[threading.Thread]:
    """The threads that send a request for somebody, or look for the way.

    Where a signal's handler interrupts the start of a thread, Python may end the thread at once
    and go on listing it; such a one does nothing and holds nothing open.
    """
    ours = (REQUEST_THREAD, LOOKUP_THREAD)
    return [one for one in threading.enumerate() if one.name in ours and one.is_alive()]


def open_sockets() -> set[str]:
    """The sockets of this process, as the system names them; none where it does not tell."""
    if not _OPEN.exists():
        return set()
    found = set()
    for one in _OPEN.iterdir():
        try:
            found.add(os.readlink(one))
        except OSError:  # it was closed meanwhile
            continue
    return {name for name in found if name.startswith("socket:")}


def eventually(holds: Callable[[], bool], *, seconds: float = 20) -> bool:
    """Whether something holds, or comes to hold while others do their part."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.001)
    return True


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fail if what is done within leaves a thread or a socket, or is found unclosed by chance."""
    gc.collect()
    before = open_sockets()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        yield
        gc.collect()
    assert eventually(lambda: request_threads() == [])
    assert eventually(lambda: open_sockets() <= before)
