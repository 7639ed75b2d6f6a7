"""What a process that was forked must not share with its parent.

A child inherits open connections, locks that a thread of the parent held, and the state of random
numbers. Whoever owns some says here how to get others.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

Owner = TypeVar("Owner")

_owners: dict[int, tuple[weakref.ref[Any], Callable[[Any], None]]] = {}
_renewing = threading.RLock()
_process = os.getpid()


def in_children(owner: Owner, renew: Callable[[Owner], None]) -> None:
    """Call ``renew`` with the owner, while it lives, in every process that is forked from here."""
    number = id(owner)
    _owners[number] = weakref.ref(owner, lambda _: _owners.pop(number, None)), renew


def check() -> None:
    """Renew what was inherited, if this process was forked since.

    That happens as it is forked, unless it was forked behind the interpreter's back, as some
    servers do; so whoever uses what cannot be shared asks for it first.
    """
    global _process
    if os.getpid() == _process:
        return
    with _renewing:
        if os.getpid() != _process:
            for living, renew in list(_owners.values()):
                owner = living()
                if owner is not None:
                    renew(owner)
            _process = os.getpid()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=check)
