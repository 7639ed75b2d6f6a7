"""What goes into the engine, and what comes out of it.

Times are seconds of any monotonic clock; the engine has none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import attrs

from unified_checkout.adapters import Request, Response
from unified_checkout.errors import ProviderError, UnifiedCheckoutError
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


@attrs.frozen
class Wait:
    """Nothing to do before ``until`` but to await answers."""

    until: float


@attrs.frozen
class Deliver:
    """Hand out these sessions; the next ``Demand`` asks for more."""

    sessions: list[Session]


@attrs.frozen
class Finish:
    """The answer is whole."""


@attrs.frozen
class Fail:
    """The answer cannot be completed: raise this."""

    error: UnifiedCheckoutError


Action = Send | Wait | Deliver | Finish | Fail


@attrs.frozen(kw_only=True)
class Todo:
    """What the actions of one step come to, for a driver."""

    sends: list[Send]
    wake: float | None
    """When to report ``Woke`` if nothing has arrived by then; None to await answers."""
    delivered: list[Session] | None
    finished: bool

    @classmethod
    def of(cls, actions: Iterable[Action]) -> Self:
        """Sort the actions of a step.

        Raises:
            UnifiedCheckoutError: what a ``Fail`` among them says.
        """
        sends: list[Send] = []
        wake: float | None = None
        delivered: list[Session] | None = None
        finished = False
        for action in actions:
            match action:
                case Send():
                    sends.append(action)
                case Wait(until):
                    wake = until
                case Deliver(sessions):
                    delivered = sessions
                case Finish():
                    finished = True
                case Fail(error):
                    raise error
        return cls(sends=sends, wake=wake, delivered=delivered, finished=finished)

    def is_only_to_send(self) -> bool:
        """Whether one request is all there is to do."""
        return len(self.sends) == 1 and self.wake is None and self.delivered is None
