"""Starting threads, though a signal's handler may interrupt it."""

from __future__ import annotations

from threading import Thread


def start(thread: Thread) -> None:
    """Start a thread. Where Python is interrupted at that, it gives back a lock once too often, or
    forgets a thread that has gone its way already; what interrupted it is raised all the same."""
    try:
        thread.start()
    except (KeyError, RuntimeError) as error:
        raise (error.__context__ or error) from None
