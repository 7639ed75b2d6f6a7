"""A session is a value: it can be kept in sets, whatever the row holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import attrs
import pytest

from unified_checkout.model.money import Money
from unified_checkout.model.session import Address, Customer, Session
from unified_checkout.model.statuses import PaymentStatus, SessionStatus

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def session(**metadata: str) -> Session:
    return Session(
        account="us",
        provider="acme",
        id="cs_1",
        created=CREATED,
        raw_bytes=b"{}",
        customer=Customer(id="cus_1", address=Address(city="Exampleton")),
        payment_intents=("pi_1", "pi_2"),
        metadata=metadata or None,
    )


@pytest.mark.parametrize("metadata", [{}, {"order": "A-1"}])
def test_equal_sessions_are_one_in_a_set(metadata: dict[str, str]) -> None:
    assert hash(session(**metadata)) == hash(session(**metadata))
    assert {session(**metadata), session(**metadata)} == {session(**metadata)}


def test_sessions_that_differ_in_metadata_alone_are_two() -> None:
    one, other = session(order="A-1"), session(order="A-2")
    assert one != other
    assert len({one, other}) == 2


PAID = attrs.evolve(
    session(order="A-1"),
    status=SessionStatus.COMPLETE,
    payment_status=PaymentStatus.PAID,
    amount_total=1250,
    amount_refunded=0,
    currency="usd",
    currency_exponent=2,
    url="https://pay.example.com/secret",
)


def test_an_amount_is_money_only_where_all_of_it_is_known() -> None:
    assert PAID.total == Money(1250, "usd", 2)
    assert PAID.total is not None
    assert PAID.total.assumed is False
    assert PAID.refunded == Money(0, "usd", 2)
    assert PAID.tax is None
    assert attrs.evolve(PAID, currency=None).total is None
    assert attrs.evolve(PAID, currency_exponent=None).total is None
    assumed = attrs.evolve(PAID, currency_assumed=True).total
    assert assumed is not None
    assert assumed.assumed is True


def test_as_a_dictionary_it_is_plain() -> None:
    plain = PAID.to_dict()
    assert list(plain) == [
        field.name for field in attrs.fields(Session) if field.name != "raw_bytes"
    ]
    assert plain["created"] == "2026-01-01T00:00:00Z"
    assert plain["customer"]["address"]["city"] == "Exampleton"
    assert plain["payment_intents"] == ["pi_1", "pi_2"]
    assert plain["metadata"] == {"order": "A-1"}
    assert (plain["amount_total"], plain["amount_tax"], plain["currency_assumed"]) == (
        1250,
        None,
        False,
    )
    assert (type(plain["status"]), plain["status"]) == (str, "complete")
    assert json.loads(PAID.to_json()) == plain


def test_its_representation_shows_nobody_and_no_page() -> None:
    assert repr(PAID) == (
        "Session(account='us', id='cs_1', status=complete, created=2026-01-01T00:00:00Z, "
        "total=12.50 USD)"
    )
    assert repr(session()) == (
        "Session(account='us', id='cs_1', status=None, created=2026-01-01T00:00:00Z, total=None)"
    )
    assert repr(PAID.customer) == "Customer(id='cus_1', ...)"
