"""Polar's own package pages through the sandbox and finds precisely what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from unified_checkout.sandbox import Sandbox
from unified_checkout_polar.sandbox import VERSIONS

NOW = 1_795_000_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=120, seed=3, now=NOW, providers=["polar"]) as sandbox:
        yield sandbox


@pytest.fixture(params=VERSIONS)
def polar(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Any]:
    module = pytest.importorskip(
        f"polar.v{request.param.replace('-', '_')}", reason="polar-sdk is not installed"
    )
    (account,) = sandbox.accounts
    token = account.api_key.get_secret_value()
    with module.Polar(token, base_url=sandbox.url("polar")) as client:
        assert client.version == request.param
        yield client


@pytest.mark.parametrize("limit", [7, 100])
def test_every_session_is_found(sandbox: Sandbox, polar: Any, limit: int) -> None:
    found = list(polar.checkouts.iter_list(limit=limit))
    assert [one.id for one in found] == [facts.id for facts in sandbox.truth("polar")]


def test_the_filters(sandbox: Sandbox, polar: Any) -> None:
    truth = sandbox.truth("polar")
    final = polar.checkouts.iter_list(limit=9, status=["succeeded", "expired"])
    wanted = [one.id for one in truth if one.status in ("complete", "expired")]
    assert [one.id for one in final] == wanted != []
    customer = next(one.customer_id for one in truth if one.customer_id)
    theirs = polar.checkouts.iter_list(limit=2, customer_id=customer)
    wanted = [one.id for one in truth if one.customer_id == customer]
    assert [one.id for one in theirs] == wanted


def test_a_single_session(sandbox: Sandbox, polar: Any) -> None:
    one = sandbox.truth("polar")[3]
    found = polar.checkouts.get(one.id)
    assert (found.id, found.total_amount) == (one.id, one.amount_total)


def test_errors_are_polars_own(polar: Any) -> None:
    with pytest.raises(Exception, match="ResourceNotFound"):
        polar.checkouts.get("5f0d8a52-6a51-4e4e-9d3f-6d1c6f0c9b11")
    with pytest.raises(Exception, match="page"):
        polar.checkouts.list(page=0)
