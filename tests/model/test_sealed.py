"""What adapters put together field by field is the very same object in the end."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from unified_checkout import Address, Customer, Session
from unified_checkout.model.session import AddressDraft, CustomerDraft, SessionDraft, sealed

REQUIRED: dict[str, Any] = {
    "account": "us",
    "provider": "acme",
    "id": "cs_1",
    "created": datetime(2026, 1, 1, tzinfo=UTC),
    "raw_bytes": b"{}",
}
KINDS = [
    (Session, SessionDraft, REQUIRED, {"amount_total": 1999, "metadata": {"order": "A-1"}}),
    (Customer, CustomerDraft, {}, {"id": "cus_1", "email": "buyer@example.com"}),
    (Address, AddressDraft, {}, {"city": "Exampleton"}),
]
each_kind = pytest.mark.parametrize(("kind", "draft", "required", "fields"), KINDS)


def put_together(kind: type, draft: type, required: dict[str, Any], fields: dict[str, Any]) -> Any:
    started = draft(**required)
    for name, value in fields.items():
        setattr(started, name, value)
    return sealed(started, kind)


@each_kind
def test_it_is_of_the_frozen_class_and_equal(
    kind: type, draft: type, required: dict[str, Any], fields: dict[str, Any]
) -> None:
    made, plain = put_together(kind, draft, required, fields), kind(**required, **fields)
    assert type(made) is kind
    assert made == plain
    assert pickle.loads(pickle.dumps(made)) == plain
    assert not hasattr(made, "__dict__")


@each_kind
def test_it_is_frozen(
    kind: type, draft: type, required: dict[str, Any], fields: dict[str, Any]
) -> None:
    made = put_together(kind, draft, required, fields)
    name = next(iter(fields))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, name, fields[name])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(made, name)
    assert made == kind(**required, **fields)


@each_kind
def test_a_draft_knows_its_fields(
    kind: type, draft: type, required: dict[str, Any], fields: dict[str, Any]
) -> None:
    started = draft(**required)
    with pytest.raises(AttributeError, match="misspelled"):
        started.misspelled = None
    for name in required:
        with pytest.raises(TypeError, match=name):
            draft(**{key: value for key, value in required.items() if key != name})
