"""Which failure is told of a session that is found under none of its paths."""

from __future__ import annotations

import json
from math import inf
from random import Random
from typing import Any

import pytest

from unified_checkout.adapters import Adapter, Response, load
from unified_checkout.engine.exchange import Access, Effort, Exchange
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.runtime import Runtime
from unified_checkout.errors import NotFound, ProviderError, ServerError

LEANRAILS = load("leanrails")
ADAPTER = LEANRAILS("shop", LEANRAILS.options_type.model_validate({}))
WITH_A_PATH_OF_ITS_OWN = LEANRAILS(
    "shop", LEANRAILS.options_type.model_validate({"list_path": "/v9/sessions"})
)

ERROR = {"error": {"code": "resource_missing", "message": "There is no such session."}}
CODED = Response(status=404, body=json.dumps(ERROR).encode())
HTML = Response(status=404, body=b"<!DOCTYPE html><title>Not found</title>")
FORBIDDEN = Response(status=403)
DOWN = Response(status=503)


def told(*answers: Response, adapter: Adapter[Any] = ADAPTER) -> ProviderError:
    """The failure that is told when these are the answers, one after the other."""
    access = Access(
        adapter=adapter,
        state=AccountState(Pace(inf), RetryPolicy(max_attempts=2)),
        runtime=Runtime(random=Random(0)),
        effort=Effort(),
    )
    exchange = Exchange(access, adapter.get_request("cs_1"))
    now = 100.0
    try:
        for answer in answers:
            while (at := exchange.clear_at(now)) > now:
                now = at
            exchange.start(now)
            assert exchange.answer(answer, now) is None
    except ProviderError as error:
        return error
    pytest.fail("no failure is told")


@pytest.mark.parametrize("other", [HTML, FORBIDDEN], ids=["an HTML page", "a refusal"])
def test_a_failure_without_a_code_does_not_hide_the_one_that_has_one(other: Response) -> None:
    error = told(CODED, other)
    assert type(error) is NotFound
    assert (error.code, error.message) == ("resource_missing", "There is no such session")


def test_a_failure_with_a_code_is_told_wherever_it_comes() -> None:
    assert told(HTML, CODED).code == "resource_missing"


def test_so_it_is_of_three_paths() -> None:
    error = told(HTML, CODED, HTML, adapter=WITH_A_PATH_OF_ITS_OWN)
    assert error.code == "resource_missing"


def test_the_last_of_two_alike_is_told() -> None:
    moved = {"error": {"code": "moved", "message": "It is elsewhere."}}
    assert told(CODED, Response(status=404, body=json.dumps(moved).encode())).code == "moved"


def test_a_failure_that_may_pass_is_told_over_one_with_a_code() -> None:
    assert type(told(CODED, DOWN, DOWN)) is ServerError
