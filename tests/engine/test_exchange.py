"""``Exchange``: one request through retries and alternate paths, and what it cost."""

from __future__ import annotations

from math import inf
from random import Random

import attrs
import pytest
from simulation.adapter import Profile, SimulatedAdapter

from unified_checkout.adapters import Request, Response
from unified_checkout.engine.exchange import Access, Effort, Exchange
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Runtime
from unified_checkout.errors import NotFound, ProviderError, RateLimited, ServerError

PATHS = ("/sessions", "/v2/sessions", "/v3/sessions")
REQUEST = Request(path=PATHS[0])
FINE, FAILED, MISSING = (Response(status=status) for status in (200, 500, 404))


class Elsewhere(SimulatedAdapter):
    """An adapter that knows three paths of one list, and never tires of naming the first."""

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        if not isinstance(error, NotFound):
            return None
        following = PATHS[(PATHS.index(request.path) + 1) % len(PATHS)]
        return attrs.evolve(request, path=following)


class Trial:
    """An exchange and a clock that does what it says."""

    def __init__(self, state: AccountState | None = None) -> None:
        self.state = state or AccountState(Pace(inf), RetryPolicy(max_attempts=3))
        self.effort = Effort()
        access = Access(
            adapter=Elsewhere("north", Profile()),
            state=self.state,
            runtime=Runtime(random=Random(0)),
            effort=self.effort,
        )
        self.exchange = Exchange(access, REQUEST, remember_path=True)
        self.now = 100.0

    def send(self) -> str:
        """Send as soon as that is allowed; the path asked for."""
        while (at := self.exchange.clear_at(self.now)) > self.now:
            self.now = at
        return self.exchange.start(self.now).path

    def answer(self, response: Response) -> Response | None:
        return self.exchange.answer(response, self.now)


def test_a_success_is_handed_back() -> None:
    trial = Trial()
    trial.send()
    assert trial.answer(FINE) is FINE
    assert trial.effort == Effort(requests=1)


def test_a_failure_that_may_pass_is_sent_again_later() -> None:
    trial = Trial()
    trial.send()
    assert trial.answer(FAILED) is None
    assert not trial.exchange.sent
    trial.send()
    assert trial.answer(FINE) is FINE
    assert (trial.effort.requests, trial.effort.retries) == (2, 1)
    assert trial.effort.waited == pytest.approx(trial.now - 100.0)
    assert trial.effort.waited >= 0.25


def test_the_last_attempt_raises_what_it_met() -> None:
    trial = Trial()
    for _ in range(2):
        trial.send()
        assert trial.answer(FAILED) is None
    trial.send()
    with pytest.raises(ServerError):
        trial.answer(FAILED)
    assert (trial.effort.requests, trial.effort.retries) == (3, 2)


def test_waiting_for_the_rate_counts_as_waiting() -> None:
    state = AccountState(Pace(10.0), RetryPolicy())
    first, second = Trial(state), Trial(state)
    first.send()
    second.send()
    assert first.effort.waited == 0
    assert second.effort.waited == pytest.approx(0.1, abs=0.03)


def test_advice_holds_back_every_request_of_the_account() -> None:
    state = AccountState(Pace(inf), RetryPolicy())
    first, second = Trial(state), Trial(state)
    first.send()
    assert first.answer(Response(status=429, headers={"retry-after": "7"})) is None
    second.send()
    assert second.now >= 107.0


def test_advice_that_is_too_long_is_raised_and_holds_nobody_back() -> None:
    state = AccountState(Pace(inf), RetryPolicy())
    first, second = Trial(state), Trial(state)
    first.send()
    with pytest.raises(RateLimited) as raised:
        first.answer(Response(status=429, headers={"retry-after": "3600"}))
    assert raised.value.retry_after == 3600
    second.send()
    assert second.now == 100.0


def test_other_paths_are_tried_once_each_where_one_is_missing() -> None:
    trial = Trial()
    paths = []
    for _ in range(2):
        paths.append(trial.send())
        assert trial.answer(MISSING) is None
    paths.append(trial.send())
    with pytest.raises(NotFound):
        trial.answer(MISSING)
    assert paths == ["/sessions", "/v2/sessions", "/v3/sessions"]
    assert trial.effort.retries == 0


def test_a_path_is_remembered_once_its_answer_was_understood() -> None:
    trial = Trial()
    trial.send()
    trial.answer(MISSING)
    trial.send()
    trial.answer(FINE)
    assert Trial(trial.state).send() == "/sessions"
    trial.exchange.confirm()
    later = Trial(trial.state)
    assert later.send() == "/v2/sessions"
    with pytest.raises(NotFound):
        later.answer(MISSING)
