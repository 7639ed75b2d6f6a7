"""What adapters make sessions with makes the very same objects."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from unified_checkout import Address, Customer, Session
from unified_checkout.model.session import new_address, new_customer, new_session, quick

SESSION: dict[str, Any] = {
    "account": "us",
    "provider": "acme",
    "id": "cs_1",
    "created": datetime(2026, 1, 1, tzinfo=UTC),
    "raw_bytes": b"{}",
    "amount_total": 1999,
    "metadata": {"order": "A-1"},
}
MAKERS = [
    (Session, new_session, SESSION),
    (Customer, new_customer, {"id": "cus_1", "email": "buyer@example.com"}),
    (Address, new_address, {"city": "Exampleton"}),
]


@pytest.mark.parametrize(("kind", "new", "fields"), MAKERS)
def test_it_is_of_the_frozen_class_and_equal(kind: type, new: type, fields: dict[str, Any]) -> None:
    made, plain = new(**fields), kind(**fields)
    assert type(made) is kind
    assert made == plain
    assert pickle.loads(pickle.dumps(made)) == plain
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize(("kind", "new", "fields"), MAKERS)
def test_it_is_frozen(kind: type, new: type, fields: dict[str, Any]) -> None:
    made = new(**fields)
    name = next(iter(fields))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, name, fields[name])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(made, name)
    assert made == kind(**fields)


def test_defaults_and_required_fields_are_those_of_the_class() -> None:
    @attrs.frozen(kw_only=True)
    class Thing:
        name: str
        tags: list[str] = attrs.field(factory=list)

    new = quick(Thing)
    assert new(name="a").tags is not new(name="a").tags
    with pytest.raises(TypeError, match="name"):
        new()  # type: ignore[call-arg]
