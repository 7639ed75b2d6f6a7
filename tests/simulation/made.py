"""Small things made by hand, for tests of single parts of the engine."""

from __future__ import annotations

from collections.abc import Iterable

from simulation.rows import moment
from unified_checkout.model.session import Session


def session(id: str, created: float, account: str = "north") -> Session:
    """A session that has only what the engine looks at."""
    return Session(
        account=account, provider="simulated", id=id, created=moment(created), raw_bytes=b"{}"
    )


def sessions(created: Iterable[float], account: str = "north") -> list[Session]:
    """Sessions created at these moments, named after their places."""
    return [session(f"{account}-{index}", at, account) for index, at in enumerate(created)]
