"""When an account may send: its request rate, and how failures are retried."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from random import Random

import attrs
from pydantic import SecretStr

from unified_checkout import forks
from unified_checkout.adapters import Request, Token
from unified_checkout.errors import ProviderError, TransientError

_DOUBLINGS = 60
"""More of them tell nothing, and too many overflow."""


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """Exponential back-off with jitter; the provider's own advice comes first."""

    max_attempts: int = 5
    """How often one request is tried."""
    first_delay: float = 0.5
    """The wait after the first failure, in seconds; it doubles with each further one."""
    longest_delay: float = 8.0
    """Where the doubling ends, in seconds."""
    max_wait: float = 60.0
    """The longest advice that is followed, in seconds."""

    def delay(self, error: ProviderError, attempt: int, random: Random) -> float | None:
        """Seconds to wait before trying again, or None to give up.

        Args:
            error: how the attempt failed.
            attempt: how many attempts were made, from 1.
            random: where the jitter comes from.
        """
        if not isinstance(error, TransientError) or attempt >= self.max_attempts:
            return None
        doublings = min(attempt - 1, _DOUBLINGS)
        backoff = min(self.longest_delay, self.first_delay * 2.0**doublings)
        backoff *= 0.5 + 0.5 * random.random()
        advice = _advice(error)
        if advice is None:
            return backoff
        return None if advice > self.max_wait else max(backoff, advice + backoff * 0.1)

    def respite(self, error: ProviderError) -> float:
        """Seconds of advice to leave the account alone, even if the request is given up.

        Advice that is too long to follow is told to whoever asks, and then binds nobody.
        """
        advice = _advice(error)
        return 0.0 if advice is None or advice > self.max_wait else advice


def _advice(error: ProviderError) -> float | None:
    return error.retry_after if isinstance(error, TransientError) else None


LATENESS = 0.02
"""Seconds. A request that a busy process sends up to this late does not delay those after it."""


_LESS = 0.7
"""What is left of a rate that a provider refused."""
_LEAST = 0.05
_ONE_REFUSAL = 1.0
"""Seconds. What is refused within so long of the first was sent at the same rate."""
_CAREFUL = 5.0
"""Seconds after a refusal until the rate grows again."""
_GROWTH = 0.02
"""The part of the whole rate that comes back in a second."""


@attrs.frozen
class Share:
    """The part of a rate that is used: less after a refusal, and then slowly more again."""

    left: float = 1.0
    """What was left of the rate at the last refusal."""
    refused_at: float = -math.inf

    @classmethod
    def of(cls, left: float, refused_at: float, now: float) -> Share | None:
        """What somebody else says it is; None if it can be none.

        >>> Share.of(0.7, 5.0, now=4.0), Share.of(0.0, 5.0, now=9.0)
        (Share(left=0.7, refused_at=4.0), None)
        """
        return cls(left, min(refused_at, now)) if _LEAST <= left <= 1.0 else None

    def at(self, now: float) -> float:
        """The part that is used at a moment."""
        grown = max(0.0, now - self.refused_at - _CAREFUL) * _GROWTH
        return min(1.0, self.left + grown)

    def less(self, now: float) -> Share:
        """After a refusal; soon after another it is the same one."""
        if now - self.refused_at < _ONE_REFUSAL:
            return self
        return Share(max(_LEAST, self.at(now) * _LESS), now)


class Pace:
    """Spreads an account's requests evenly; shared by all that is read from the account.

    Where a provider refuses requests at this rate, less of it is used for a while: another program
    may be using it too, or the provider allows less than it says.
    """

    def __init__(self, requests_per_second: float) -> None:
        self.requests_per_second = requests_per_second
        self._interval = 1.0 / requests_per_second
        self._next = -math.inf
        self._held_until = -math.inf
        self._share = Share()
        self._begin()
        forks.in_children(self, Pace._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()

    def take(self, now: float) -> float:
        """``now`` if a request may be sent at once, which it then must; or when to ask again."""
        with self._lock:
            if now < self._next:
                return self._next
            interval = self._interval / self._share.at(now)
            self._next = max(self._next, now - LATENESS) + interval
            return now

    def hold(self, until: float) -> None:
        """Send nothing before ``until``: the provider asked for it."""
        with self._lock:
            self._next = max(self._next, until)
            self._held_until = max(self._held_until, until)

    def reason(self, until: float) -> str:
        """Why ``take`` said to ask again at that moment; empty if for nothing worth telling.

        >>> pace = Pace(10.0)
        >>> pace.take(100.0), pace.reason(pace.take(100.0))
        (100.0, "the account's rate")
        >>> pace.hold(105.0)
        >>> pace.reason(pace.take(100.0))
        'the provider asked for it'
        """
        return "the provider asked for it" if until <= self._held_until else "the account's rate"

    def slow_down(self, now: float) -> None:
        """Use less of the rate, and then slowly more again: the provider refused a request.

        >>> pace = Pace(10.0)
        >>> pace.slow_down(100.0)
        >>> pace.take(100.0), round(pace.take(100.0), 3)
        (100.0, 100.123)
        """
        with self._lock:
            self._share = self._share.less(now)


class AccountState:
    """What is remembered of an account between requests: its paces, what works, its token.

    Args:
        pace: the account's own rate, or one that it shares with other accounts.
        retry: how failures are retried.
        budgets: the paces of requests that count against another rate, by its name.
    """

    def __init__(
        self, pace: Pace, retry: RetryPolicy, budgets: Mapping[str, Pace] | None = None
    ) -> None:
        self.pace = pace
        self.retry = retry
        self.working_paths: dict[str, str] = {}
        self._budgets = dict(budgets or {})
        self._told_until: dict[Pace, float] = {}
        self._token: SecretStr | None = None
        self._token_ends = -math.inf

    def pace_of(self, request: Request) -> Pace:
        """The pace that a request counts against."""
        return self._budgets.get(request.budget, self.pace)

    def count_as_told(self, pace: Pace, until: float) -> bool:
        """Count a wait until that moment as told of from now on; whether it was not yet."""
        if until <= self._told_until.get(pace, -math.inf):
            return False
        self._told_until[pace] = until
        return True

    def token(self, now: float) -> SecretStr | None:
        """The token to sign with, if there is one that can still be used."""
        return self._token if now < self._token_ends else None

    def keep_token(self, token: Token, now: float) -> None:
        """Use a token until shortly before it expires."""
        self._token = token.value
        self._token_ends = math.inf if token.expires_in is None else now + 0.9 * token.expires_in

    def drop_token(self, token: SecretStr) -> None:
        """Use a token no more that the provider refused."""
        if token is self._token:
            self._token_ends = -math.inf
