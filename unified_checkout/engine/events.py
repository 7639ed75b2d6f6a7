"""What goes into the engine, and what comes out of it.

Times are seconds of any monotonic clock; the engine has none of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs
from pydantic import SecretStr

from unified_checkout.adapters import Request, Response
from unified_checkout.errors import ProviderError
from unified_checkout.model.session import Session


@attrs.frozen
class Demand:
    """Somebody wants more sessions, or the single answer."""


@attrs.frozen
class Answered:
    """A request was answered, whatever the status."""

    id: int
    response: Response


@attrs.frozen
class Failed:
    """A request got no whole answer."""

    id: int
    error: ProviderError


@attrs.frozen
class Woke:
    """A wait is over."""


Event = Demand | Answered | Failed | Woke


@attrs.frozen
class Send:
    """Send this request of this account, and report the answer under ``id``."""

    id: int
    account: str
    request: Request
    token: SecretStr | None = None
    """What to sign it with beside the key, where the provider hands out tokens."""


@attrs.frozen(kw_only=True)
class Step:
    """What is to be done now."""

    requests: tuple[Send, ...] = ()
    """What to send."""
    wake: float | None = None
    """When to report ``Woke`` if nothing has arrived by then; None to await answers."""
    sessions: list[Session] | None = None
    """What to hand out; the next ``Demand`` asks for more."""
    finished: bool = False
    """Whether the answer is whole, or ends here."""

    def is_only_to_send(self) -> bool:
        """Whether one request is all there is to do."""
        return len(self.requests) == 1 and self.wake is None and self.sessions is None


class Machine(Protocol):
    """What a driver runs."""

    @property
    def clock(self) -> Callable[[], float]:
        """The clock to go by."""
        ...

    @property
    def needs(self) -> Sequence[str]:
        """The accounts that must be ready before anything is sent."""
        ...

    def begin(self, now: float) -> float:
        """Let the time begin that it may take, and say when it ends; infinity if it does not.

        The first step does so, too, where nothing had to be waited for before.
        """
        ...

    def step(self, event: Event, now: float) -> Step:
        """Take in an event and say what to do next.

        Args:
            event: what happened; the first is ``Demand``, and so is the one after sessions.
            now: what ``clock`` shows.

        Raises:
            UnifiedCheckoutError: if the answer cannot be completed.
        """
        ...

    def give_up(self, now: float) -> None:
        """Note that nobody waits any more for what was sent and not answered: the run is over."""
        ...
