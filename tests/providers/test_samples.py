"""Real payloads, where a folder of them is at hand: each is read, or its fault is named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from unified_checkout.adapters import Adapter, Place, Response, load
from unified_checkout.errors import MalformedPage
from unified_checkout.model.session import Session

FOLDER = os.environ.get("UNIFIED_CHECKOUT_SAMPLES")
ROWS = {"stripe": "data", "leanrails": "data", "flex": "checkout_sessions"}
FILES = [
    file
    for file in (sorted(Path(FOLDER).glob("*/*.json")) if FOLDER else ())
    if file.parent.name in ROWS  # there may be samples of other providers
]
CREATED = {"stripe": "created", "leanrails": "created", "flex": "created_at"}

pytestmark = pytest.mark.skipif(FOLDER is None, reason="UNIFIED_CHECKOUT_SAMPLES is not set")


def adapter_of(file: Path) -> Adapter[Any]:
    kind = load(file.parent.name)
    return kind("samples", kind.options_type.model_validate({}))


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The sessions of a file, be it a list, a single session in its envelope, or a bare one."""
    sent = json.loads(file.read_bytes())
    rows = sent.get(ROWS[file.parent.name])
    return rows if isinstance(rows, list) else [sent.get("checkout_session", sent)]


def parsed(file: Path, rows: list[dict[str, Any]]) -> list[Session]:
    page = {ROWS[file.parent.name]: rows, "has_more": False, "object": "list"}
    body = json.dumps(page).encode()
    return adapter_of(file).parse_page(Response(status=200, body=body), Place()).sessions


def test_there_are_samples() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_sample_is_read_or_its_missing_time_of_creation_is_named(file: Path) -> None:
    rows, created = rows_of(file), CREATED[file.parent.name]
    if all(created in row for row in rows):
        sessions = parsed(file, rows)
        assert [session.raw for session in sessions] == rows
        assert all(json.loads(session.to_json()) for session in sessions)
        return
    with pytest.raises(MalformedPage) as caught:
        parsed(file, rows)
    assert caught.value.field == created


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_sample_is_read_as_soon_as_it_has_a_time_of_creation(file: Path) -> None:
    created = CREATED[file.parent.name]
    rows = [{created: 1_700_000_000, **row} for row in rows_of(file)]
    sessions = parsed(file, rows)
    assert [session.raw for session in sessions] == rows
    assert all(session.total is None or session.total.minor_units >= 0 for session in sessions)
