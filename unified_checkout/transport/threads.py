"""Starting threads, though a signal's handler may interrupt it."""

from __future__ import annotations

from threading import Thread


def start(thread: Thread) -> None:
    """Start a thread. Python gives back a lock once too often where it is interrupted at that."""
    try:
        thread.start()
    except RuntimeError as error:
        raise (error.__context__ or error) from None
