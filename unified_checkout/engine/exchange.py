"""``Exchange``: one request until it is answered, through retries and other requests for the same."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import attrs

from unified_checkout.adapters import Adapter, Request, Response
from unified_checkout.engine.policy import AccountState
from unified_checkout.errors import ProviderError, RateLimited, TerminalError


@attrs.define
class Effort:
    """What the exchanges with an account cost."""

    requests: int = 0
    retries: int = 0
    waited: float = 0.0


class Exchange:
    """One request until it is answered.

    ``clear_at`` says when to send ``request``. A failure that may pass puts that off; one that
    will not is raised.
    """

    def __init__(
        self,
        adapter: Adapter[Any],
        state: AccountState,
        request: Request,
        *,
        effort: Effort,
        remember_path: bool = False,
    ) -> None:
        self._adapter = adapter
        self._state = state
        self._effort = effort
        self._listed_path = request.path if remember_path else None
        self._tried = {request.path}
        self._earlier: TerminalError | None = None
        self._attempts = 0
        working = state.working_paths.get(request.path) if remember_path else None
        if working is not None:
            request = attrs.evolve(request, path=working)
        self._fixed = working is not None
        self.request = request
        self.sent = False
        self._wanted_at: float | None = None
        self._clear_at = -math.inf
        self._not_before = -math.inf

    def clear_at(self, now: float) -> float:
        """``now`` if the request may be sent at once, which it then must; or when to ask again."""
        if self._wanted_at is None:
            self._wanted_at = now
        clear_at = self._not_before if now < self._not_before else self._state.pace.take(now)
        self._clear_at = max(self._clear_at, clear_at)
        return clear_at

    def start(self, now: float) -> Request:
        """The request, on its way."""
        if self._wanted_at is not None:
            self._effort.waited += max(0.0, min(now, self._clear_at) - self._wanted_at)
        self._attempts += 1
        self._effort.requests += 1
        self.sent = True
        return self.request

    def answer(self, response: Response, now: float, random: Random) -> Response | None:
        """The response if it is a success; None if the request is to be sent again.

        Raises:
            ProviderError: if it is a failure that trying again does not cure.
        """
        if 200 <= response.status < 300:
            return response
        error = self._adapter.parse_error(response)
        if isinstance(error, TerminalError) and (other := self._other(error)) is not None:
            if self._earlier is None or not self._earlier.code:
                self._earlier = error
            self.request = other
            self._attempts = 0
            self._again(now)
            return None
        self.fail(error, now, random)
        return None

    def confirm(self) -> None:
        """Remember the path: its answer was what was asked for."""
        if self._listed_path is not None:
            self._state.working_paths[self._listed_path] = self.request.path

    def fail(self, error: ProviderError, now: float, random: Random) -> None:
        """Schedule another attempt.

        Raises:
            ProviderError: the error itself, if trying again would not help.
        """
        retry, pace = self._state.retry, self._state.pace
        pace.hold(now + retry.respite(error))
        delay = retry.delay(error, self._attempts, random)
        if delay is None:
            raise self._most_telling(error)
        if isinstance(error, RateLimited):
            pace.hold(now + delay)
        self._effort.retries += 1
        self._again(now, not_before=now + delay)

    def _other(self, error: TerminalError) -> Request | None:
        """Another request for the same thing that was not tried yet, if the adapter knows one."""
        other = None if self._fixed else self._adapter.instead(self.request, error)
        if other is None or other.path in self._tried:
            return None
        self._tried.add(other.path)
        return other

    def _most_telling(self, error: ProviderError) -> ProviderError:
        """The failure that the provider gave a code, if only one at an earlier path has one."""
        earlier = self._earlier
        if earlier is None or not isinstance(error, TerminalError):
            return error
        return earlier if earlier.code and not error.code else error

    def _again(self, now: float, *, not_before: float = -math.inf) -> None:
        self.sent = False
        self._wanted_at = now
        self._clear_at = -math.inf
        self._not_before = not_before
