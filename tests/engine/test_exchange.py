"""``Exchange``: one request through retries and alternate paths, and what it cost."""

from __future__ import annotations

from math import inf
from typing import Any

import attrs
import pytest
from engine.exchanging import FAILED, FINE, MISSING, PATHS, REQUEST, Elsewhere, Plainer, Trial
from simulation.adapter import REFUSAL, Profile

from unified_checkout.adapters import Request, Response
from unified_checkout.engine.exchange import Effort, Exchange
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Observer
from unified_checkout.errors import (
    InvalidRequest,
    NotFound,
    PlaceExpired,
    ProviderError,
    RateLimited,
    ServerError,
)


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


# Advice.


def test_a_refused_parameter_is_left_out_once_on_every_page() -> None:
    """What worked is remembered of a path alone, and a path that works is not given up."""
    state = AccountState(Pace(inf), RetryPolicy())
    request = attrs.evolve(REQUEST, parameters=(("since", "1"), ("until", "2")))
    for _ in range(2):
        trial = Trial(state, request=request, adapter=Plainer("north", Profile()))
        assert trial.send() == PATHS[0]
        assert trial.answer(Response(status=400)) is None
        trial.send()
        assert trial.exchange.request.parameters == (("since", "1"),)
        assert trial.answer(FINE) is FINE
        trial.exchange.confirm()
    trial = Trial(state, request=request, adapter=Plainer("north", Profile()))
    trial.send()
    assert trial.answer(Response(status=400)) is None
    trial.send()
    with pytest.raises(InvalidRequest):
        trial.answer(Response(status=400))


def test_advice_to_come_back_at_once_does_not_shorten_the_wait() -> None:
    """``Retry-After: 0`` on every answer would otherwise use up all attempts at once."""
    trial = Trial()
    waits = []
    for _ in range(2):
        trial.send()
        before = trial.now
        assert trial.answer(Response(status=503, headers={"retry-after": "0"})) is None
        trial.send()
        waits.append(trial.now - before)
        trial = Trial(trial.state)
    assert min(waits) >= 0.25


def test_an_allowance_that_is_used_up_holds_back_every_request() -> None:
    state = AccountState(Pace(inf), RetryPolicy())
    first, second = Trial(state), Trial(state)
    first.send()
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}
    success = Response(status=200, headers=used_up)
    assert first.answer(success) is success
    second.send()
    assert second.now == 105.0
    assert second.effort.waited == 5.0


@pytest.mark.parametrize(
    ("remaining", "resets_in", "held"), [("1", "5", 0.0), ("0", "900", 60.0), ("0", "0", 0.0)]
)
def test_an_allowance_holds_back_no_longer_than_advice_may(
    remaining: str, resets_in: str, held: float
) -> None:
    state = AccountState(Pace(inf), RetryPolicy(max_wait=60))
    first, second = Trial(state), Trial(state)
    first.send()
    headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset": resets_in}
    first.answer(Response(status=200, headers=headers))
    second.send()
    assert second.now - 100.0 == held


def test_a_replay_waits_for_nobody() -> None:
    state = AccountState(Pace(1.0), RetryPolicy())
    first, second = Trial(state, waits=False), Trial(state, waits=False)
    first.send()
    first.answer(Response(status=503, headers={"retry-after": "9"}))
    first.send()
    second.send()
    assert (first.now, second.now) == (100.0, 100.0)


def test_a_request_of_a_budget_counts_against_that_alone() -> None:
    state = AccountState(Pace(inf), RetryPolicy(), {"search": Pace(1.0)})
    search = attrs.evolve(REQUEST, budget="search")
    for now in (100.0, 101.0):
        trial = Trial(state, request=search)
        trial.send()
        assert trial.now == pytest.approx(now, abs=0.05)
        other = Trial(state)
        other.send()
        assert other.now == 100.0


# What an exchange turns out to be, once its answer was read.


def test_an_answer_that_tells_of_a_failure_is_tried_again() -> None:
    trial = Trial()
    for _ in range(2):
        trial.send()
        assert trial.answer(FINE) is FINE
        trial.exchange.reject(ServerError("busy", account="north", provider="x"), trial.now)
        assert not trial.exchange.sent
    trial.send()
    with pytest.raises(ServerError):
        trial.exchange.reject(ServerError("busy", account="north", provider="x"), trial.now)
    assert trial.effort.retries == 2


def test_a_place_that_expired_is_no_failure_to_repeat() -> None:
    class Forgetful(Elsewhere):
        def parse_error(self, response: Response) -> ProviderError:
            return PlaceExpired("gone", account="north", provider="x")

    trial = Trial(adapter=Forgetful("north", Profile()))
    trial.send()
    with pytest.raises(PlaceExpired):
        trial.answer(Response(status=410))
    assert trial.effort.retries == 0


class Coded(Elsewhere):
    """An adapter whose provider tells a code in a header."""

    def parse_error(self, response: Response) -> ProviderError:
        error = super().parse_error(response)
        error.code = response.headers.get("x-code")
        return error


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [("gone", "", "first"), ("gone", "moved", "last"), ("", "moved", "last"), ("", "", "last")],
)
def test_of_several_paths_that_are_missing_the_first_code_is_told(
    first: str, last: str, told: str
) -> None:
    trial = Trial(adapter=Coded("north", Profile()))
    codes = [{"x-code": first} if first else {}, {}, {"x-code": last} if last else {}]
    failures = [Response(status=404, body=REFUSAL, headers=headers) for headers in codes]
    for failure in failures[:2]:
        trial.send()
        assert trial.answer(failure) is None
    trial.send()
    with pytest.raises(NotFound) as raised:
        trial.answer(failures[2])
    assert raised.value.code == {"first": first, "last": last or None}[told]


def test_a_failure_that_may_pass_is_told_itself_whatever_was_missing_before() -> None:
    state = AccountState(Pace(inf), RetryPolicy(max_attempts=1))
    trial = Trial(state, adapter=Coded("north", Profile()))
    trial.send()
    assert trial.answer(Response(status=404, body=REFUSAL, headers={"x-code": "gone"})) is None
    trial.send()
    with pytest.raises(ServerError):
        trial.answer(FAILED)


class Noting(Observer):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def sent(self, account: str, request: Request, attempt: int) -> None:
        self.told.append(("sent", account, request.path, attempt))

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        self.told.append(("answered", account, request.path, outcome, seconds))

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        self.told.append(("retried", account, error, delay))

    def waiting(self, account: str, seconds: float, reason: str) -> None:
        self.told.append(("waiting", account, seconds, reason))

    def waited(self, account: str, seconds: float) -> None:
        self.told.append(("waited", account, seconds))


def test_observers_are_told_what_failed_and_how_long_it_is_waited() -> None:
    noting = Noting()
    trial = Trial(observers=(noting,))
    trial.send()
    lost = ServerError("lost", account="north", provider="simulated")
    trial.now = 102.0
    trial.exchange.fail(lost, trial.now)
    trial.send()
    delay = trial.now - 102.0
    assert noting.told == [
        ("sent", "north", PATHS[0], 1),
        ("answered", "north", PATHS[0], lost, 2.0),
        ("retried", "north", lost, pytest.approx(delay)),
        ("waited", "north", delay),
        ("sent", "north", PATHS[0], 2),
    ]
    assert 0.25 <= delay <= 0.5


ASKED, RATE = "the provider asked for it", "the account's rate"


def waits(noting: Noting) -> list[tuple[float, str]]:
    """The waits that were told of, to a tenth of a second."""
    return [(round(told[2], 1), told[3]) for told in noting.told if told[0] == "waiting"]


def test_a_wait_for_an_allowance_is_told_once_as_it_begins_and_with_its_reason() -> None:
    state, noting = AccountState(Pace(inf), RetryPolicy()), Noting()
    first, second, third = (Trial(state, observers=(noting,)) for _ in range(3))
    first.send()
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}
    first.answer(Response(status=200, headers=used_up))
    assert waits(noting) == []
    for trial in (second, third, second):
        assert trial.exchange.clear_at(100.0) == 105.0
    assert waits(noting) == [(5.0, ASKED)]
    second.send()
    assert [told[0] for told in noting.told[2:]] == ["waiting", "waited", "sent"]


def test_a_wait_for_the_rate_is_told_with_its_reason() -> None:
    state, noting = AccountState(Pace(0.5), RetryPolicy()), Noting()
    first, second, third = (Trial(state, observers=(noting,)) for _ in range(3))
    first.send()
    second.send()
    third.send()
    assert waits(noting) == [(2.0, RATE), (4.0, RATE)]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("advice", [None, "7"])
def test_what_a_retry_told_of_is_not_told_again(status: int, advice: str | None) -> None:
    state, noting = AccountState(Pace(inf), RetryPolicy()), Noting()
    first, second = Trial(state, observers=(noting,)), Trial(state, observers=(noting,))
    first.send()
    first.answer(Response(status=status, headers={"retry-after": advice} if advice else {}))
    second.send()
    first.send()
    assert waits(noting) == []


def test_a_failure_that_holds_nobody_back_hides_no_wait_of_another() -> None:
    state, noting = AccountState(Pace(0.5), RetryPolicy(first_delay=8.0)), Noting()
    first, second = Trial(state, observers=(noting,)), Trial(state, observers=(noting,))
    first.send()
    first.answer(FAILED)
    second.exchange.clear_at(100.0)
    assert waits(noting) == [(2.0, RATE)]


def test_a_wait_that_goes_on_is_told_again_with_its_new_reason() -> None:
    state, noting = AccountState(Pace(0.5), RetryPolicy()), Noting()
    first, second = Trial(state, observers=(noting,)), Trial(state, observers=(noting,))
    first.send()
    second.exchange.clear_at(100.0)
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}
    first.answer(Response(status=200, headers=used_up))
    second.exchange.clear_at(102.0)
    assert waits(noting) == [(2.0, RATE), (7.0, ASKED)]


def test_advice_that_outlasts_the_request_is_told_when_it_holds_another_back() -> None:
    state, noting = AccountState(Pace(inf), RetryPolicy(max_attempts=1)), Noting()
    first, second = Trial(state, observers=(noting,)), Trial(state, observers=(noting,))
    first.send()
    with pytest.raises(ServerError):
        first.answer(Response(status=503, headers={"retry-after": "7"}))
    second.send()
    assert waits(noting) == [(7.0, ASKED)]


def test_the_wait_of_one_budget_hides_none_of_another() -> None:
    single = attrs.evolve(REQUEST, budget="single")
    state = AccountState(Pace(0.5), RetryPolicy(), {"single": Pace(1.0)})
    noting = Noting()
    for request in (REQUEST, REQUEST, single, single):
        Trial(state, request=request, observers=(noting,)).send()
    assert waits(noting) == [(2.0, RATE), (1.0, RATE)]


def test_waiting_for_another_attempt_counts_from_the_failure() -> None:
    trial = Trial()
    trial.send()
    trial.answer(FAILED)
    clear = trial.exchange.clear_at(trial.now + 0.1)
    trial.send()
    assert trial.effort.waited == pytest.approx(clear - 100.0)


def test_advice_holds_the_others_back_though_the_request_itself_is_given_up() -> None:
    state = AccountState(Pace(inf), RetryPolicy(max_attempts=1))
    first, second = Trial(state), Trial(state)
    first.send()
    with pytest.raises(ServerError):
        first.answer(Response(status=503, headers={"retry-after": "7"}))
    second.send()
    assert second.now == 107.0


def test_a_refusal_without_advice_holds_the_others_back_as_long_as_the_request() -> None:
    state = AccountState(Pace(inf), RetryPolicy())
    first, second = Trial(state), Trial(state)
    first.send()
    first.answer(Response(status=429))
    second.send()
    first.send()
    assert first.now == second.now > 100.0


def test_an_object_neither_uses_nor_learns_the_path_of_a_list() -> None:
    trial = Trial()
    trial.state.working_paths[PATHS[0]] = PATHS[1]
    access = trial.exchange._access
    exchange = Exchange(access, REQUEST)
    assert exchange.request.path == PATHS[0]
    exchange.start(100.0)
    exchange.confirm()
    assert trial.state.working_paths == {PATHS[0]: PATHS[1]}


def test_it_says_whether_it_is_under_way() -> None:
    trial = Trial()
    assert trial.exchange.sent is False
    trial.send()
    assert trial.exchange.sent is True
    trial.answer(FAILED)
    assert not trial.exchange.sent


def test_an_answer_is_told_with_how_long_it_took_and_a_redirect_is_no_success() -> None:
    noting = Noting()
    trial = Trial(observers=(noting,))
    trial.send()
    trial.now = 101.5
    redirect = Response(status=300)
    with pytest.raises(ProviderError):
        trial.answer(redirect)
    assert noting.told[1:] == [("answered", "north", PATHS[0], redirect, 1.5)]


def test_another_path_has_all_the_attempts_to_itself() -> None:
    trial = Trial(AccountState(Pace(inf), RetryPolicy(max_attempts=2)))
    trial.send()
    assert trial.answer(MISSING) is None
    trial.send()
    assert trial.answer(FAILED) is None
    trial.send()
    assert trial.answer(FINE) is FINE


def test_waiting_behind_another_path_counts_from_the_answer_and_adds_up() -> None:
    trial = Trial(AccountState(Pace(10.0), RetryPolicy()))
    waited = 0.0
    for _ in range(2):
        trial.send()
        began = trial.now
        assert trial.answer(MISSING) is None
        waited += trial.exchange.clear_at(began + 0.02) - began
    trial.send()
    assert trial.effort.waited == pytest.approx(waited)
    assert waited > 0.15


def test_who_waits_for_nobody_tells_of_no_wait() -> None:
    noting = Noting()
    trial = Trial(waits=False, observers=(noting,))
    trial.send()
    assert (trial.effort.waited, noting.told) == (0.0, [("sent", "north", PATHS[0], 1)])


def test_another_attempt_takes_its_turn_at_the_rate() -> None:
    state = AccountState(Pace(10.0), RetryPolicy())
    first, second = Trial(state), Trial(state)
    first.send()
    first.answer(FAILED)
    first.send()
    second.now = first.now
    second.send()
    assert second.now - first.now == pytest.approx(0.1, abs=0.03)
