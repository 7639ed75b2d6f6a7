"""What may go wrong between here and a provider, and when it does."""

from __future__ import annotations

from enum import Enum
from random import Random

import attrs

from unified_checkout.errors import (
    AuthenticationError,
    ConnectionFailed,
    InvalidRequest,
    MalformedPage,
    NotFound,
    PagingError,
    PermissionDenied,
    PlaceExpired,
    ProviderError,
    RateLimited,
    RequestTimeout,
    ServerError,
    UnexpectedRedirect,
    UnreadableBody,
)


class Nature(Enum):
    """What becomes of a request that meets a fault."""

    TRANSIENT = "the same request may succeed later"
    TERMINAL = "the same request would fail again"
    DECEIT = "the answer looks well and cannot be relied on"
    EXPIRY = "the place asked for is gone, the list is not"


@attrs.frozen
class Fault:
    """One way to fail."""

    name: str
    nature: Nature
    error: type[ProviderError]
    """What it is to be told as."""
    status: int = 200
    retry_after: float | None = None


THROTTLED = Fault("throttled", Nature.TRANSIENT, RateLimited, 429)
THROTTLED_BRIEFLY = Fault("throttled for 7 s", Nature.TRANSIENT, RateLimited, 429, 7.0)
SERVER_ERROR = Fault("server error", Nature.TRANSIENT, ServerError, 503)
RESET = Fault("connection reset", Nature.TRANSIENT, ConnectionFailed)
TIMEOUT = Fault("time-out", Nature.TRANSIENT, RequestTimeout)
TRUNCATED = Fault("truncated body", Nature.TRANSIENT, UnreadableBody)
HTML = Fault("HTML from a proxy", Nature.TRANSIENT, UnreadableBody)

THROTTLED_FOR_LONG = Fault("throttled for an hour", Nature.TERMINAL, RateLimited, 429, 3600.0)
UNAUTHORIZED = Fault("unauthorized", Nature.TERMINAL, AuthenticationError, 401)
FORBIDDEN = Fault("forbidden", Nature.TERMINAL, PermissionDenied, 403)
MISSING = Fault("not found", Nature.TERMINAL, NotFound, 404)
REFUSED = Fault("refused", Nature.TERMINAL, InvalidRequest, 400)
REDIRECTED = Fault("redirected", Nature.TERMINAL, UnexpectedRedirect, 302)
MALFORMED = Fault("malformed page", Nature.TERMINAL, MalformedPage)

STUCK = Fault("the first page again", Nature.DECEIT, PagingError)
OVERLAP = Fault("sessions of the page before again", Nature.DECEIT, PagingError)
REPEATED = Fault("a session twice in a page", Nature.DECEIT, PagingError)
EMPTY_MORE = Fault("has_more with empty data", Nature.DECEIT, PagingError)
NO_PLACE = Fault("has_more and no place to continue", Nature.DECEIT, PagingError)

TWINS = Fault("two rows with one id", Nature.DECEIT, MalformedPage)
"""Only of a provider that has twins."""

EXPIRED = Fault("place expired", Nature.EXPIRY, PlaceExpired, 410)
"""Only where places expire."""

TRANSIENT = (THROTTLED, THROTTLED_BRIEFLY, SERVER_ERROR, RESET, TIMEOUT, TRUNCATED, HTML)
TERMINAL = (
    THROTTLED_FOR_LONG,
    UNAUTHORIZED,
    FORBIDDEN,
    MISSING,
    REFUSED,
    REDIRECTED,
    MALFORMED,
)
DECEIT = (STUCK, OVERLAP, REPEATED, EMPTY_MORE, NO_PLACE)


@attrs.define
class Weather:
    """When an account's requests meet faults; ``number`` counts its requests from 1."""

    transient: float = 0.0
    """The probability that a request fails in passing."""
    deceit: float = 0.0
    """The probability that an answer lies."""
    terminal_at: int | None = None
    """The request that fails for good."""
    down_from: int | None = None
    """The request from which on all fail."""
    expiry: float = 0.0
    """The probability that a place that is asked for has expired."""

    @property
    def clear(self) -> bool:
        """Whether nothing goes wrong."""
        return self == Weather()

    def clear_up(self) -> None:
        """Let nothing go wrong any more."""
        self.transient = self.deceit = self.expiry = 0.0
        self.terminal_at = self.down_from = None

    def expires(self, random: Random) -> bool:
        """Whether a place that is asked for now has expired."""
        return self.expiry > 0 and random.random() < self.expiry

    def strike(self, number: int, random: Random) -> Fault | None:
        """What the request meets."""
        if self.clear:
            return None
        if number == self.terminal_at:
            return random.choice(TERMINAL)
        if self.down_from is not None and number >= self.down_from:
            return random.choice(TRANSIENT)
        if random.random() < self.transient:
            return random.choice(TRANSIENT)
        if random.random() < self.deceit:
            return random.choice(DECEIT)
        return None
