"""Real payloads, where a folder of them is at hand: each is read, or its fault is named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from house import PROVIDERS, adapter_of, known

from unified_checkout.adapters import Place, Response
from unified_checkout.errors import MalformedPage
from unified_checkout.model.session import Session

FOLDER = os.environ.get("UNIFIED_CHECKOUT_SAMPLES")
FILES = [
    file
    for file in (sorted(Path(FOLDER).glob("*/*.json")) if FOLDER else ())
    if file.parent.name in PROVIDERS
    and known(file.parent.name).samples
    and file.stem not in known(file.parent.name).other_samples
]

pytestmark = pytest.mark.skipif(FOLDER is None, reason="UNIFIED_CHECKOUT_SAMPLES is not set")


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The sessions of a file: of a page, a bare list, an envelope or a bare session."""
    sent = json.loads(file.read_bytes())
    if isinstance(sent, list):
        return sent
    of = known(file.parent.name)
    rows = sent
    for key in of.rows.split("."):
        rows = rows.get(key) if isinstance(rows, dict) else None
    return rows if isinstance(rows, list) else [sent.get(of.envelope, sent)]


def parsed(file: Path, rows: list[dict[str, Any]]) -> list[Session]:
    of = known(file.parent.name)
    held: Any = rows
    for key in reversed(of.rows.split(".")):
        held = {key: held}
    response = Response(status=200, body=json.dumps({**of.page, **held}).encode())
    return adapter_of(file.parent.name).parse_page(response, Place()).sessions


def test_there_are_samples() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_sample_is_read_or_its_missing_time_of_creation_is_named(file: Path) -> None:
    rows, created = rows_of(file), known(file.parent.name).created
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
    of = known(file.parent.name)
    rows = [{of.created: of.moment, **row} for row in rows_of(file)]
    sessions = parsed(file, rows)
    assert [session.raw for session in sessions] == rows
    assert all(session.total is None or session.total.minor_units >= 0 for session in sessions)
