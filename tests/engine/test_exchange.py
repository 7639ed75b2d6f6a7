"""``Exchange``: one request through retries and alternate paths, and what it cost."""

from __future__ import annotations

from math import inf
from random import Random

import attrs
import msgspec
import pytest
from pydantic import SecretStr
from simulation.adapter import Profile, SimulatedAdapter

from unified_checkout.adapters import Allowance, Request, Response, Token, kit
from unified_checkout.engine.exchange import Access, Effort, Exchange
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Observer, Runtime
from unified_checkout.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PlaceExpired,
    ProviderError,
    RateLimited,
    ServerError,
    UnreadableBody,
)

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

    def allowance(self, response: Response) -> Allowance | None:
        return kit.allowance(response)


class Plainer(SimulatedAdapter):
    """An adapter that asks with fewer parameters where one is refused."""

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        if not isinstance(error, InvalidRequest):
            return None
        return attrs.evolve(request, parameters=request.parameters[:1])


class WithTokens(Elsewhere):
    """An adapter whose provider wants a token beside the key."""

    def token_request(self) -> Request | None:
        return Request(path="/token", method="POST")

    def parse_token(self, response: Response) -> Token:
        try:
            sent = msgspec.json.decode(response.body)
        except msgspec.DecodeError:
            raise UnreadableBody("not JSON", account="north", provider="x") from None
        return Token(SecretStr(sent["token"]), sent.get("expires_in"))


class Trial:
    """An exchange and a clock that does what it says."""

    def __init__(
        self,
        state: AccountState | None = None,
        *,
        request: Request = REQUEST,
        adapter: SimulatedAdapter | None = None,
        tokens: bool = False,
        waits: bool = True,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self.state = state or AccountState(Pace(inf), RetryPolicy(max_attempts=3))
        self.effort = Effort()
        access = Access(
            adapter=adapter or (WithTokens if tokens else Elsewhere)("north", Profile()),
            state=self.state,
            runtime=Runtime(random=Random(0), waits=waits, observers=observers),
            effort=self.effort,
        )
        self.exchange = Exchange(access, request, remember_path=True)
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


# Tokens.


def token(value: str, **more: object) -> Response:
    return Response(status=200, body=msgspec.json.encode({"token": value, **more}))


REFUSED = Response(status=401)


def shown(trial: Trial) -> str | None:
    return trial.exchange.token.get_secret_value() if trial.exchange.token else None


def test_a_token_is_fetched_first_and_kept() -> None:
    first = Trial(tokens=True)
    assert first.send() == "/token"
    assert shown(first) is None
    assert first.answer(token("one")) is None
    assert first.send() == "/sessions"
    assert shown(first) == "one"
    assert first.answer(FINE) is FINE
    assert first.effort == Effort(requests=2)

    second = Trial(first.state, tokens=True)
    assert second.send() == "/sessions"
    assert shown(second) == "one"


def test_a_token_is_fetched_anew_shortly_before_it_expires() -> None:
    first = Trial(tokens=True)
    first.send()
    first.answer(token("one", expires_in=100))
    for seconds, path in ((89.0, "/sessions"), (91.0, "/token")):
        later = Trial(first.state, tokens=True)
        later.now = 100.0 + seconds
        assert later.send() == path


def test_a_token_that_is_refused_is_renewed_once() -> None:
    trial = Trial(tokens=True)
    paths = []
    for answer in (token("one"), REFUSED, token("two")):
        paths.append(trial.send())
        assert trial.answer(answer) is None
    paths.append(trial.send())
    assert shown(trial) == "two"
    with pytest.raises(AuthenticationError):
        trial.answer(REFUSED)
    assert paths == ["/token", "/sessions", "/token", "/sessions"]
    assert trial.effort.retries == 0


def test_a_token_that_another_request_renewed_is_not_dropped() -> None:
    first, second = Trial(tokens=True), None
    first.send()
    first.answer(token("one"))
    second = Trial(first.state, tokens=True)
    assert (first.send(), second.send()) == ("/sessions", "/sessions")
    assert first.answer(REFUSED) is None
    assert first.send() == "/token"
    first.answer(token("two"))
    assert second.answer(REFUSED) is None
    assert second.send() == "/sessions"
    assert shown(second) == "two"


def test_a_401_where_the_key_alone_will_do_is_final() -> None:
    trial = Trial()
    trial.send()
    with pytest.raises(AuthenticationError):
        trial.answer(REFUSED)


def test_a_key_that_gets_no_token_is_refused_for_good() -> None:
    trial = Trial(tokens=True)
    trial.send()
    with pytest.raises(AuthenticationError):
        trial.answer(REFUSED)
    assert trial.effort.requests == 1


@pytest.mark.parametrize("failure", [Response(status=503), Response(status=200, body=b"<html>")])
def test_a_failure_to_get_a_token_that_may_pass_is_tried_again(failure: Response) -> None:
    trial = Trial(tokens=True)
    trial.send()
    assert trial.answer(failure) is None
    assert trial.send() == "/token"
    assert trial.now > 100.0
    assert trial.answer(token("one")) is None
    assert trial.send() == "/sessions"
    assert trial.effort.retries == 1


def test_attempts_at_a_token_are_none_at_the_request() -> None:
    trial = Trial(tokens=True)
    for answer in (FAILED, FAILED, token("one"), FAILED, FAILED):
        trial.send()
        assert trial.answer(answer) is None
    trial.send()
    assert trial.answer(FINE) is FINE


def test_no_token_is_shown() -> None:
    trial = Trial(tokens=True)
    trial.send()
    trial.answer(token("obviously-secret"))
    trial.send()
    assert "obviously" not in repr(trial.exchange.token)


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
    failures = [Response(status=404, headers=headers) for headers in codes]
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
    assert trial.answer(Response(status=404, headers={"x-code": "gone"})) is None
    trial.send()
    with pytest.raises(ServerError):
        trial.answer(FAILED)


class Noting(Observer):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def sent(self, account: str, request: Request, attempt: int) -> None:
        self.told.append(("sent", account, request.path, attempt))

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        self.told.append(("answered", account, request.path, outcome, seconds))

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        self.told.append(("retried", account, error, delay))

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


def test_waiting_for_another_attempt_counts_from_the_failure() -> None:
    trial = Trial()
    trial.send()
    trial.answer(FAILED)
    clear = trial.exchange.clear_at(trial.now + 0.1)
    trial.send()
    assert trial.effort.waited == pytest.approx(clear - 100.0)


def test_waiting_behind_a_token_counts_from_its_answer() -> None:
    state = AccountState(Pace(10.0), RetryPolicy())
    trial = Trial(state, tokens=True)
    assert trial.send() == "/token"
    trial.answer(Response(status=200, body=b'{"token": "t"}'))
    clear = trial.exchange.clear_at(trial.now + 0.02)
    trial.send()
    assert trial.effort.waited == pytest.approx(clear - 100.0)


def test_a_redirect_is_no_token() -> None:
    trial = Trial(tokens=True)
    trial.send()
    with pytest.raises(ProviderError, match="simulated"):
        trial.answer(Response(status=300, body=b'{"token": "t"}'))


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


def test_waiting_for_another_token_counts_from_the_refusal() -> None:
    trial = Trial(AccountState(Pace(10.0), RetryPolicy()), tokens=True)
    trial.send()
    trial.answer(token("one"))
    trial.send()
    before, began = trial.effort.waited, trial.now
    assert trial.answer(REFUSED) is None
    clear = trial.exchange.clear_at(began + 0.02)
    assert trial.send() == "/token"
    assert trial.effort.waited - before == pytest.approx(clear - began)
