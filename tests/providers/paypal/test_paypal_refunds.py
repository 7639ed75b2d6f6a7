"""Entries of the ledger are grouped: a payment tells what was refunded of it, wherever that stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from house import adapter_of

from unified_checkout import Client, ListSessions, Session
from unified_checkout.adapters import Place, Response, SessionKind
from unified_checkout.engine.joining import Told
from unified_checkout.sandbox import Facts, Sandbox
from unified_checkout_paypal.refunds import NOBODY

NOW = 1_795_000_000
DAY = 86_400
ADAPTER = adapter_of("paypal")
PAYMENT = "1EX00000EX000001A"


def entry(code: str, value: str, **info: Any) -> dict[str, Any]:
    given = {
        "transaction_id": f"9EX{code}EX000009Z",
        "transaction_event_code": code,
        "transaction_initiation_date": "2026-03-04T10:15:30+0000",
        "transaction_amount": {"currency_code": "EUR", "value": value},
        "transaction_status": "S",
        "paypal_reference_id": PAYMENT,
        "paypal_reference_id_type": "TXN",
        **info,
    }
    return {"transaction_info": given}


SALE = entry("T0006", "42.00", transaction_id=PAYMENT, paypal_reference_id_type="ODR")


def refunded(*others: dict[str, Any], sale: dict[str, Any] = SALE) -> int | None:
    """What a payment says was refunded of it, beside other entries."""
    body = json.dumps({"transaction_details": [sale, *others], "total_pages": 1}).encode()
    page = ADAPTER.parse_page(Response(status=200, body=body), Place())
    told = Told(ADAPTER, joins=True)
    told.note(page.sessions)
    return told.joined(page.sessions)[0].amount_refunded


@pytest.mark.parametrize(
    ("others", "amount"),
    [
        ([], 0),
        ([entry("T1107", "-10.00")], 1000),
        ([entry("T1107", "-10.00"), entry("T1107", "-.5", transaction_id="2EX000000EX00002B")], 1050),
        ([entry("T1107", "-10.00", transaction_status="P")], 0),
        ([entry("T1107", "-10.00", transaction_status="D")], 0),
        ([entry("T1107", "-10.00", paypal_reference_id="3EX00000EX000003C")], 0),
        ([entry("T0106", "-1.00"), entry("T1110", "-42.00"), entry("T1111", "42.00")], 0),
        ([entry("T1107", "-10.00", transaction_amount={"currency_code": "USD", "value": "-1"})], None),
        ([entry("T1106", "-42.00")], None),
        ([entry("T1107", "-10.00"), entry("T1106", "-32.00")], None),
        ([entry("T1107", "-10.00", paypal_reference_id_type="ODR")], None),
        ([entry("T1107", "-10.00", paypal_reference_id=None)], None),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value),
)  # fmt: skip
def test_what_entries_tell_of_a_payment(others: list[dict[str, Any]], amount: int | None) -> None:
    assert refunded(*others) == amount


@pytest.mark.parametrize(("hour", "amount"), [("09", 0), ("10", None), ("11", None)])
def test_a_refund_that_names_no_payment_is_of_one_before_it(hour: str, amount: int | None) -> None:
    given = entry(
        "T1107",
        "-10.00",
        paypal_reference_id=None,
        transaction_initiation_date=f"2026-03-04T{hour}:15:30+0000",
    )
    assert refunded(given) == amount


@pytest.mark.parametrize(
    "sale",
    [
        entry("T0006", "-42.00", transaction_id=PAYMENT),
        entry("T0400", "-42.00", transaction_id=PAYMENT),
        entry("T1107", "-42.00", transaction_id=PAYMENT, paypal_reference_id="of another"),
        entry("T0006", "42.00", transaction_id=PAYMENT, transaction_amount=None),
    ],
    ids=str,
)
def test_only_a_payment_that_was_received_is_refunded(sale: dict[str, Any]) -> None:
    assert refunded(sale=sale) is None


@contextmanager
def ledger(sessions: int = 300, **options: Any) -> Iterator[tuple[Sandbox, Client]]:
    with (
        Sandbox(
            providers=["paypal"],
            sessions=sessions,
            seed=7,
            now=NOW,
            options={"paypal": {"lag": 0, **options}},
        ) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        yield sandbox, client


def ask(client: Client, **fields: Any) -> list[Session]:
    return list(client.sessions.list(ListSessions.model_validate({"kind": "any", **fields})))


def amounts(sessions: list[Session]) -> Mapping[str, int | None]:
    return {one.id: one.amount_refunded for one in sessions}


def held(sandbox: Sandbox) -> Mapping[str, int | None]:
    return {one.id: one.amount_refunded for one in sandbox.truth("paypal")}


def test_refunds_in_any_window_count_and_stay_rows_of_their_own() -> None:
    with ledger() as (sandbox, client):
        found, truth = ask(client), sandbox.truth("paypal")
    assert amounts(found) == {one.id: one.amount_refunded for one in truth}
    refunds = [one for one in truth if getattr(one, "of", None)]
    given_back = sum(-(one.amount_total or 0) for one in refunds)
    assert len(refunds) > 5
    assert sum(one.amount_refunded or 0 for one in found) == given_back
    assert {one.id for one in found if one.kind is SessionKind.OTHER} >= {one.id for one in refunds}


def test_a_refund_counts_though_it_lies_beyond_the_upper_bound() -> None:
    """It may come weeks after the payment, and outside of what was asked for."""
    with ledger() as (sandbox, client):
        truth = {one.id: one for one in sandbox.truth("paypal")}
        refund = next(one for one in truth.values() if getattr(one, "of", None))
        payment = truth[refund.of]  # type: ignore[attr-defined]
        ends = {"gte": moment(payment.created), "lt": moment(payment.created + 1)}
        (found,) = ask(client, created=ends)
        plan = client.sessions.explain(ListSessions(kind="any"))
        parts = list(client.sessions.list(plan.within(since=ends["gte"], until=ends["lt"])))
    assert refund.created > payment.created
    assert found.amount_refunded == payment.amount_refunded == -(refund.amount_total or 0) > 0
    assert parts == [found]


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"payment_status": "paid"}, True),
        ({"currency": "usd"}, True),
        ({"limit": 40}, True),
        ({"created": {"gte": moment(NOW - 90 * DAY)}, "limit": 9}, True),
        ({"mode": "subscription"}, False),
        ({"status": "failed"}, False),
        ({"payment_intent": "1" * 17}, False),
        ({"provider_options": {"paypal": {"transaction_status": "P"}}}, False),
        ({"provider_options": {"paypal": {"transaction_amount": "500 TO 100000"}}}, False),
        ({"provider_options": {"paypal": {"terminal_id": "till0"}}}, False),
        ({"provider_options": {"paypal": {"payment_instrument_type": "CREDITCARD"}}}, False),
    ],
    ids=str,
)
def test_it_is_not_known_where_a_parameter_may_leave_refunds_out(
    fields: dict[str, Any], told: bool
) -> None:
    with ledger() as (sandbox, client):
        truth = {one.id: one.amount_refunded for one in sandbox.truth("paypal")}
        answer = client.sessions.list(ListSessions.model_validate({"kind": "any", **fields}))
        found = amounts(list(answer))
        (said,) = answer.coverage.accounts
    assert found == ({id: truth[id] for id in found} if told else dict.fromkeys(found))
    assert ("amount_refunded" in said.untold) is not told


def test_nothing_is_known_of_what_was_before_a_refund_that_does_not_say_of_what() -> None:
    with ledger(names_refunded=False) as (_, client):
        found = ask(client)
    last = max(one.created for one in found if ADAPTER.tells_of(one) == NOBODY)
    before = [one.amount_refunded for one in found if one.created <= last]
    assert before == [None] * len(before)
    assert before


@pytest.mark.parametrize("size", [7, 500])
def test_refunds_that_come_meanwhile_are_counted_once(size: int) -> None:
    """What comes after a window was read is in the last one, over what changed meanwhile."""
    with ledger(sessions=60) as (sandbox, client):
        provider, held_before = sandbox._imitation_of("paypal").provider, held(sandbox)
        given = (Facts(serial=f"late-{number}", created=NOW, amount_total=3) for number in count())
        late = (one for one in given if getattr(provider.adopt(one), "code", "") == "T1107")
        sandbox.on_request("paypal", lambda _: sandbox.arrive("paypal", [next(late)]) and None)
        read = amounts(ask(client, created={"gte": moment(NOW - 100 * DAY)}, page_size=size))
        sandbox.on_request("paypal", None)
        found = {id: amount for id, amount in read.items() if id in held_before}
        truth = amounts(ask(client, created={"gte": moment(NOW - 100 * DAY)}))
    changed = [id for id in found if found[id] != held_before[id]]
    assert len(changed) > 2
    assert all(found[id] in (held_before[id], truth[id]) for id in found)
    if size == 500:
        assert found == {id: truth[id] for id in found}


def test_a_store_reads_payments_again_for_as_long_as_they_may_be_refunded() -> None:
    assert ADAPTER.changes_for == timedelta(days=180)
