"""``Exchange``: one request until it is answered, through retries and other requests for the same."""

from __future__ import annotations

import math
from typing import Any

import attrs
from pydantic import SecretStr

from unified_checkout.adapters import Adapter, Request, Response
from unified_checkout.engine.policy import AccountState, Pace
from unified_checkout.engine.runtime import Runtime
from unified_checkout.errors import (
    AuthenticationError,
    NotReady,
    PlaceExpired,
    ProviderError,
    RateLimited,
    TerminalError,
)


@attrs.define
class Effort:
    """What the exchanges with an account cost."""

    requests: int = 0
    retries: int = 0
    waited: float = 0.0


@attrs.frozen(kw_only=True)
class Access:
    """What asking one account takes."""

    adapter: Adapter[Any]
    state: AccountState
    runtime: Runtime
    effort: Effort


class Exchange:
    """One request until it is answered.

    ``clear_at`` says when to send; ``start`` gives what to send: the request, or first one for a
    token to sign it with. A failure that may pass puts that off; one that will not is raised.
    """

    def __init__(self, access: Access, request: Request, *, remember_path: bool = False) -> None:
        self._access = access
        self._adapter = access.adapter
        self._state = access.state
        self._listed_path = request.path if remember_path else None
        self._tried = {_asked(request)}
        self._earlier: TerminalError | None = None
        self._attempts = 0
        working = self._state.working_paths.get(request.path) if remember_path else None
        if working is not None:
            request = attrs.evolve(request, path=working)
        self._fixed = working is not None
        self.request = request
        self.sent = False
        self.token: SecretStr | None = None
        """What ``request`` is signed with beside the key."""
        self._token_request = access.adapter.token_request()
        self._renewed = False
        self._on_its_way = request
        self.sent_at = 0.0
        self._wanted_at: float | None = None
        self._clear_at = -math.inf
        self._not_before = -math.inf

    @property
    def account(self) -> str:
        """Whose it is."""
        return self._adapter.account

    def clear_at(self, now: float) -> float:
        """``now`` if the request may be sent at once, which it then must; or when to ask again."""
        if not self._access.runtime.waits:
            return now
        if self._wanted_at is None:
            self._wanted_at = now
        if now < self._not_before:
            clear_at = self._not_before
        else:
            pace = self._state.pace_of(self._due(now))
            clear_at = pace.take(now)
            if clear_at > now:
                self._tell_of_wait(pace, clear_at, now)
        self._clear_at = max(self._clear_at, clear_at)
        return clear_at

    def start(self, now: float) -> Request:
        """What is to be sent now: ``token`` says what to sign it with beside the key."""
        effort, waited = self._access.effort, 0.0
        if self._wanted_at is not None:
            waited = max(0.0, min(now, self._clear_at) - self._wanted_at)
            effort.waited += waited
        self._attempts += 1
        effort.requests += 1
        self.sent = True
        self.sent_at = now
        self._on_its_way = self._due(now)
        self.token = self._state.token(now)
        for observer in self._access.runtime.observers:
            if waited:
                observer.waited(self._adapter.account, waited)
            observer.sent(self._adapter.account, self._on_its_way, self._attempts)
        return self._on_its_way

    def answer(self, response: Response, now: float) -> Response | None:
        """The response if it is a success; None if something is to be sent again.

        Raises:
            ProviderError: if it is a failure that trying again does not cure.
        """
        self._observe(response, now)
        self._heed_allowance(response, now)
        if self._on_its_way is self._token_request:
            self._take_token(response, now)
            return None
        if 200 <= response.status < 300:
            return response
        error = self._adapter.parse_error(response)
        if isinstance(error, AuthenticationError) and self._may_renew():
            self._again(now)
            return None
        if isinstance(error, TerminalError) and (other := self._other(error)) is not None:
            if self._earlier is None or not self._earlier.code:
                self._earlier = error
            self.request = other
            self._attempts = 0
            self._again(now)
            return None
        if isinstance(error, PlaceExpired):
            raise error
        self._schedule(error, now)
        return None

    def confirm(self) -> None:
        """Remember the path: its answer was what was asked for."""
        if self._listed_path is not None:
            self._state.working_paths[self._listed_path] = self.request.path

    def fail(self, error: ProviderError, now: float) -> None:
        """Schedule another attempt, since this one got no whole answer.

        Raises:
            ProviderError: the error itself, if trying again would not help.
        """
        if isinstance(error, NotReady):
            self._access.effort.requests -= 1
        self._observe(error, now)
        self._schedule(error, now)

    def reject(self, error: ProviderError, now: float) -> None:
        """Schedule another attempt, since the answer turned out to tell of a failure.

        Raises:
            ProviderError: the error itself, if trying again would not help.
        """
        self._schedule(error, now)

    def give_up(self, now: float) -> None:
        """Note that nobody waits any more for what is on its way."""
        for observer in self._access.runtime.observers:
            observer.given_up(self._adapter.account, self._on_its_way, now - self.sent_at)

    def _due(self, now: float) -> Request:
        """The request itself, or before it the one for a token."""
        if self._token_request is None or self._state.token(now) is not None:
            return self.request
        return self._token_request

    def _take_token(self, response: Response, now: float) -> None:
        if not 200 <= response.status < 300:
            self._schedule(self._adapter.parse_error(response), now)
            return
        try:
            token = self._adapter.parse_token(response)
        except ProviderError as error:
            self._schedule(error, now)
            return
        self._state.keep_token(token, now)
        self._attempts = 0
        self._again(now)

    def _may_renew(self) -> bool:
        """Whether a token was refused, which may have been revoked, for the first time."""
        if self.token is None or self._renewed:
            return False
        self._state.drop_token(self.token)
        self._renewed = True
        return True

    def _other(self, error: TerminalError) -> Request | None:
        """Another request for the same thing that was not tried yet, if the adapter knows one."""
        other = self._adapter.instead(self.request, error)
        if other is None or _asked(other) in self._tried:
            return None
        if self._fixed and other.path != self.request.path:
            return None
        self._tried.add(_asked(other))
        return other

    def _schedule(self, error: ProviderError, now: float) -> None:
        retry, pace = self._state.retry, self._state.pace_of(self._on_its_way)
        if isinstance(error, RateLimited):
            pace.slow_down(now)
        respite = retry.respite(error)
        pace.hold(now + respite)
        delay = retry.delay(error, self._attempts, self._access.runtime.random)
        if delay is None:
            raise self._most_telling(error)
        if isinstance(error, RateLimited):
            pace.hold(now + delay)
        self._access.effort.retries += 1
        for observer in self._access.runtime.observers:
            observer.retried(self._adapter.account, error, delay)
        if respite or isinstance(error, RateLimited):
            self._state.count_as_told(pace, now + delay)
        self._again(now, not_before=now + delay)

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

    def _observe(self, outcome: Response | ProviderError, now: float) -> None:
        for observer in self._access.runtime.observers:
            seconds = now - self.sent_at
            observer.answered(self._adapter.account, self._on_its_way, outcome, seconds)

    def _tell_of_wait(self, pace: Pace, until: float, now: float) -> None:
        reason = pace.reason(until)
        if reason and self._state.count_as_told(pace, until):
            for observer in self._access.runtime.observers:
                observer.waiting(self._adapter.account, until - now, reason)

    def _heed_allowance(self, response: Response, now: float) -> None:
        allowance = self._adapter.allowance(response)
        if allowance is not None and allowance.remaining <= 0:
            wait = min(allowance.resets_in, self._state.retry.max_wait)
            self._state.pace_of(self._on_its_way).hold(now + wait)


def _asked(request: Request) -> tuple[object, ...]:
    """What tells one request from another, whatever its headers are."""
    return request.path, request.parameters, request.body
