"""What an exchange does where a provider wants a token beside the key."""

from __future__ import annotations

import msgspec
import pytest
from engine.exchanging import FAILED, FINE, Trial

from unified_checkout.adapters import Response
from unified_checkout.engine.exchange import Effort
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.errors import AuthenticationError, ProviderError


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
