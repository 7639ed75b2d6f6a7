"""Square's own package pages through the sandbox and finds precisely what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from unified_checkout.sandbox import Facts, Sandbox

sdk = pytest.importorskip("square", reason="squareup is not installed")
failures = pytest.importorskip("square.core.api_error", reason="squareup is not installed")

NOW = 1_795_000_000
SHOPS = ("LMAIN", "LOTHER")
FLOOR = "2009-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    options = {"square": {"locations": SHOPS}}
    with Sandbox(sessions=120, seed=3, now=NOW, providers=["square"], options=options) as sandbox:
        sandbox.arrive("square", [Facts(serial="old", created=NOW - 400 * 86_400, amount_total=1)])
        yield sandbox


@pytest.fixture(scope="module")
def square(sandbox: Sandbox) -> Iterator[Any]:
    (account,) = sandbox.accounts
    client = sdk.Square(token=account.api_key.get_secret_value(), base_url=sandbox.url("square"))
    yield client
    client._client_wrapper.httpx_client.httpx_client.close()  # it offers no other way


@pytest.mark.parametrize("limit", [7, 100])
def test_every_payment_is_found_location_by_location(
    sandbox: Sandbox, square: Any, limit: int
) -> None:
    found = [
        payment.id
        for location in square.locations.list().locations
        for payment in square.payments.list(limit=limit, begin_time=FLOOR, location_id=location.id)
    ]
    assert sorted(found) == sorted(facts.id for facts in sandbox.truth("square"))
    assert len(found) == 121


def test_the_defaults_hide_the_other_locations_and_the_years_before(
    sandbox: Sandbox, square: Any
) -> None:
    everything = {
        shop: {one.id for one in square.payments.list(begin_time=FLOOR, location_id=shop)}
        for shop in SHOPS
    }
    old = sandbox.truth("square")[-1].id
    assert {one.id for one in square.payments.list()} == everything["LMAIN"] - {old}
    assert old in everything["LMAIN"] | everything["LOTHER"]


def test_the_filters(sandbox: Sandbox, square: Any) -> None:
    total = next(one.amount_total for one in sandbox.truth("square") if one.amount_total)
    found = [
        payment
        for shop in SHOPS
        for payment in square.payments.list(total=total, location_id=shop, sort_order="ASC")
    ]
    assert found
    assert {payment.total_money.amount for payment in found} == {total}


def test_a_single_payment(sandbox: Sandbox, square: Any) -> None:
    facts = sandbox.truth("square")[3]
    payment = square.payments.get(payment_id=facts.id).payment
    assert (payment.id, payment.total_money.amount) == (facts.id, facts.amount_total)


REFUSED: list[tuple[Callable[[Any], object], int, str]] = [
    (lambda square: square.payments.get(payment_id="nothing"), 404, "NOT_FOUND"),
    (lambda square: square.payments.list(begin_time="yesterday"), 400, "INVALID_TIME"),
    (lambda square: square.payments.list(cursor="nonsense"), 400, "INVALID_CURSOR"),
]


@pytest.mark.parametrize(("ask", "status", "code"), REFUSED)
def test_errors_are_squares_own(
    square: Any, ask: Callable[[Any], object], status: int, code: str
) -> None:
    with pytest.raises(failures.ApiError) as caught:
        ask(square)
    assert (caught.value.status_code, caught.value.errors[0].code) == (status, code)
