"""Polar's own package pages through the sandbox and finds precisely what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from unified_checkout.sandbox import Sandbox
from unified_checkout_polar import PolarAdapter
from unified_checkout_polar.adapter import SERVERS, PolarOptions
from unified_checkout_polar.dialect import Sorting
from unified_checkout_polar.sandbox import VERSIONS
from unified_checkout_polar.session import STATUSES

NOW = 1_795_000_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=120, seed=3, now=NOW, providers=["polar"]) as sandbox:
        yield sandbox


def package(version: str, module: str = "") -> Any:
    """Polar's package for a version of the API."""
    name = f"polar.v{version.replace('-', '_')}{module}"
    return pytest.importorskip(name, reason="polar-sdk is not installed")


@pytest.fixture(params=VERSIONS)
def polar(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Any]:
    (account,) = sandbox.accounts
    token = account.api_key.get_secret_value()
    with package(request.param).Polar(token, base_url=sandbox.url("polar")) as client:
        assert client.version == request.param
        yield client


@pytest.mark.parametrize("version", VERSIONS)
def test_servers_statuses_and_criteria_are_those_of_the_package(version: str) -> None:
    literals = package(version, ".literals")
    assert sorted(get_args(literals.CheckoutStatus)) == sorted(STATUSES)
    assert sorted(get_args(literals.CheckoutSortProperty)) == sorted(get_args(Sorting))
    assert {*package(version, ".client").SERVERS.values()} == {*SERVERS}


def test_a_request_has_the_headers_of_the_package(sandbox: Sandbox, polar: Any) -> None:
    sandbox.clear_requests()
    polar.checkouts.list()
    (theirs,) = sandbox.requests("polar")
    ours = PolarAdapter("shop", PolarOptions(api_version=polar.version)).headers()
    assert ours.items() <= {name.title(): value for name, value in theirs.headers.items()}.items()


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
