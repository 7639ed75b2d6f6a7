"""Retries and pace."""

from __future__ import annotations

import os
from itertools import pairwise
from math import inf
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from transport.children import in_child

from unified_checkout.adapters import Request, Token
from unified_checkout.engine.policy import LATENESS, AccountState, Pace, RetryPolicy, Share
from unified_checkout.errors import (
    AuthenticationError,
    ConnectionFailed,
    MalformedPage,
    NotFound,
    PagingError,
    PermissionDenied,
    ProviderError,
    RateLimited,
    RequestTimeout,
    ServerError,
    UnreadableBody,
)

WHERE: dict[str, Any] = {"account": "north", "provider": "simulated"}


def throttled(advice: float | None = None) -> RateLimited:
    return RateLimited("slow down", retry_after=advice, **WHERE)


@pytest.mark.parametrize(
    "kind", [RateLimited, ServerError, ConnectionFailed, RequestTimeout, UnreadableBody]
)
def test_what_may_pass_is_tried_again(kind: type[ProviderError]) -> None:
    assert RetryPolicy().delay(kind("x", **WHERE), 1, Random(0)) is not None


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationError("x", **WHERE),
        PermissionDenied("x", **WHERE),
        NotFound("x", **WHERE),
        PagingError("x", **WHERE),
        MalformedPage("x", row=0, field="id", **WHERE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_will_not_pass_is_not_tried_again(error: ProviderError) -> None:
    assert RetryPolicy().delay(error, 1, Random(0)) is None


def test_the_last_attempt_is_the_last() -> None:
    policy, error = RetryPolicy(max_attempts=3), ServerError("x", **WHERE)
    delays = [policy.delay(error, attempt, Random(0)) for attempt in (1, 2, 3, 4)]
    assert [delay is None for delay in delays] == [False, False, True, True]


@given(st.integers(1, 30), st.integers(0, 1000))
def test_delays_double_up_to_a_longest_and_are_spread(attempt: int, seed: int) -> None:
    policy = RetryPolicy(max_attempts=100, first_delay=0.5, longest_delay=8.0)
    delay = policy.delay(ServerError("x", **WHERE), attempt, Random(seed))
    whole = min(8.0, 0.5 * 2 ** (attempt - 1))
    assert delay is not None
    assert whole / 2 <= delay <= whole


def test_the_five_thousandth_delay_is_as_long_as_the_longest() -> None:
    policy = RetryPolicy(max_attempts=10_000, longest_delay=8.0)
    delay = policy.delay(ServerError("x", **WHERE), 5000, Random(0))
    assert delay is not None
    assert 4.0 <= delay <= 8.0


@given(st.floats(0, 60))
def test_advice_is_followed_and_not_undercut(advice: float) -> None:
    delay = RetryPolicy(max_wait=60).delay(throttled(advice), 1, Random(0))
    assert delay is not None
    assert advice <= delay <= advice + 1


def test_advice_that_is_too_long_is_not_followed() -> None:
    policy = RetryPolicy(max_wait=60)
    assert policy.delay(throttled(60.1), 1, Random(0)) is None
    assert policy.respite(throttled(60.1)) == 0.0


def test_an_account_is_left_alone_for_as_long_as_advised_even_when_giving_up() -> None:
    policy = RetryPolicy(max_attempts=1, max_wait=60)
    assert policy.delay(throttled(7), 1, Random(0)) is None
    assert policy.respite(throttled(7)) == 7
    assert policy.respite(throttled()) == 0
    assert policy.respite(ServerError("x", **WHERE)) == 0


@given(st.floats(0.5, 200), st.lists(st.floats(0, 0.2), min_size=2, max_size=30))
def test_no_span_of_time_holds_more_requests_than_the_rate_allows(
    rate: float, delays: list[float]
) -> None:
    pace, now = Pace(rate), 100.0
    sent: list[float] = []
    for delay in delays:
        while (at := pace.take(now)) > now:
            now = at
        sent.append(now)
        now += delay
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert sent[last] - sent[first] >= (last - first) / rate - LATENESS - 1e-6


def test_whoever_is_late_now_and_then_still_gets_the_whole_rate() -> None:
    pace, now = Pace(10.0), 0.0
    sent: list[float] = []
    while len(sent) < 100:
        at = pace.take(now)
        if at <= now:
            sent.append(now)
        else:
            now = at + LATENESS / 2
    assert sent[-1] == pytest.approx(9.9, abs=2 * LATENESS)


def test_an_unlimited_account_never_waits() -> None:
    pace = Pace(inf)
    assert [pace.take(5.0) for _ in range(10)] == [5.0] * 10


def test_nothing_is_sent_before_a_hold_is_over() -> None:
    pace = Pace(10.0)
    pace.hold(8.0)
    pace.hold(6.0)
    assert pace.take(5.0) == 8.0
    assert pace.take(8.0) == 8.0
    assert [one < other for one, other in pairwise((8.0, pace.take(8.0)))] == [True]


def refusals(configured: float, allowed: float, requests: int) -> tuple[int, float]:
    """How many requests a provider refuses that allows less, and how long all of them take."""
    pace, now = Pace(configured), 0.0
    tokens, seen, refused, answered = allowed, 0.0, 0, 0
    while answered < requests:
        while (at := pace.take(now)) > now:
            now = at
        tokens, seen = min(allowed, tokens + (now - seen) * allowed), now
        if tokens >= 1:
            tokens, answered = tokens - 1, answered + 1
        else:
            refused += 1
            pace.slow_down(now)
            pace.hold(now + 0.5)
    return refused, now


@pytest.mark.parametrize("allowed", [5.0, 10.0, 18.0])
def test_where_less_is_allowed_than_configured_few_requests_are_refused(allowed: float) -> None:
    refused, seconds = refusals(20.0, allowed, 2000)
    assert refused < 60
    assert seconds < 1.25 * 2000 / allowed


def test_where_all_is_allowed_the_whole_rate_is_used() -> None:
    refused, seconds = refusals(20.0, 20.0, 2000)
    assert refused == 0
    assert seconds == pytest.approx(100, rel=0.01)


def test_the_whole_rate_comes_back_slowly() -> None:
    pace = Pace(10.0)
    pace.slow_down(0.0)
    pace.slow_down(0.5)
    gaps = []
    for now in (1.0, 10.0, 15.0, 60.0):
        assert pace.take(now) == now
        gaps.append(round(pace.take(now) - now, 3))
    assert gaps == [0.123, 0.105, 0.091, 0.08]


def test_the_longest_advice_is_followed_and_little_is_added_to_it() -> None:
    policy = RetryPolicy(max_wait=60, first_delay=1.0)
    for advice in (7.0, 60.0):
        delay = policy.delay(throttled(advice), 1, Random(0))
        assert delay is not None
        assert advice < delay <= advice + 0.1
    assert policy.respite(throttled(60.0)) == 60.0
    assert policy.respite(NotFound("x", **WHERE)) == 0.0


def test_a_pace_tells_its_rate() -> None:
    assert Pace(10.0).requests_per_second == 10.0
    assert Pace(inf).take(5.0) == 5.0
    assert Pace(inf).requests_per_second == inf


def test_a_refusal_a_second_after_another_is_one_of_its_own() -> None:
    pace = Pace(10.0)
    pace.slow_down(100.0)
    pace.slow_down(101.0)
    assert pace.take(102.0) == 102.0
    assert round(pace.take(102.0) - 102.0, 3) == 0.184


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_process_does_not_wait_for_what_its_parent_was_about() -> None:
    pace = Pace(10.0)
    with pace._lock:
        assert in_child(lambda: pace.take(5.0)) == 5.0


def test_a_request_counts_against_its_own_budget_or_the_account_s() -> None:
    pace, reports, retry = Pace(10.0), Pace(1.0), RetryPolicy()
    account = AccountState(pace, retry, {"reports": reports})
    assert account.pace_of(Request(path="/", budget="reports")) is reports
    assert account.pace_of(Request(path="/", budget="other")) is pace
    assert account.pace_of(Request(path="/")) is pace
    assert AccountState(pace, retry).pace_of(Request(path="/")) is pace
    assert (account.pace, account.retry, account.working_paths) == (pace, retry, {})


def test_a_token_is_used_for_nine_tenths_of_its_life() -> None:
    account, token = AccountState(Pace(10.0), RetryPolicy()), SecretStr("token")
    assert account.token(0.0) is None
    account.keep_token(Token(token, 100.0), 1000.0)
    assert account.token(1089.9) is token
    assert account.token(1090.0) is None
    account.keep_token(Token(token), 1000.0)
    assert account.token(1e12) is token


def test_a_token_that_is_refused_is_used_no_more_unless_there_is_another() -> None:
    account = AccountState(Pace(10.0), RetryPolicy())
    token, newer = SecretStr("token"), SecretStr("newer")
    account.keep_token(Token(token), 0.0)
    account.keep_token(Token(newer), 0.0)
    account.drop_token(token)
    assert account.token(1.0) is newer
    account.drop_token(newer)
    assert account.token(1.0) is None


@pytest.mark.parametrize(
    ("left", "possible"),
    [(0.049, False), (0.05, True), (1.0, True), (1.001, False), (-1.0, False), (inf, False)],
)
def test_a_share_that_somebody_else_tells_is_one_that_a_pace_can_have(
    left: float, possible: bool
) -> None:
    """The least that is ever left of a rate, and the whole of it, are such."""
    share = Share.of(left, 5.0, now=9.0)
    assert share == (Share(left, 5.0) if possible else None)
