"""What merchants note beside a session stops no listing, whatever its type."""

from __future__ import annotations

import json
from typing import Any

import pytest
from house import PROVIDERS, adapter_of, known

from unified_checkout import Client, Session
from unified_checkout.adapters import Place, Response
from unified_checkout.sandbox import Sandbox

NOW = 1_795_000_000
NOTING = [provider for provider in PROVIDERS if known(provider).metadata is not None]

VALUES: dict[str, tuple[Any, str]] = {
    "text": ("A-1", "A-1"),
    "null": (None, "null"),
    "number": (7, "7"),
    "decimal": (1.5, "1.5"),
    "yes or no": (True, "true"),
    "list": ([1, None], "[1,null]"),
    "object": ({"a": None}, '{"a":null}'),
}
"""What is sent, and the text that is kept of it."""


@pytest.fixture(scope="module", params=NOTING)
def rows(request: pytest.FixtureRequest) -> tuple[str, list[dict[str, Any]]]:
    """A provider, and some of its rows as they are sent."""
    provider: str = request.param
    with (
        Sandbox(sessions=40, seed=2, now=NOW, providers=[provider]) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        return provider, [one.raw for one in client.sessions.list(kind="any", limit=10)]


def read(provider: str, rows: list[dict[str, Any]], metadata: object) -> list[Session]:
    """The sessions of a page whose rows all bear some metadata."""
    of = known(provider)
    held: Any = [{**row, str(of.metadata): metadata} for row in rows]
    for key in reversed(of.rows.split(".")):
        held = {key: held}
    response = Response(status=200, body=json.dumps({**of.page, **held}).encode())
    return adapter_of(provider).parse_page(response, Place()).sessions


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_of_any_type_is_kept_as_text(
    rows: tuple[str, list[dict[str, Any]]], kind: str
) -> None:
    sent, kept = VALUES[kind]
    sessions = read(*rows, {"note": "x", "odd": sent})
    assert [session.metadata for session in sessions] == [{"note": "x", "odd": kept}] * len(rows[1])
    assert sessions


@pytest.mark.parametrize("metadata", [None, 7, True, [], [{"odd": 1}]])
def test_what_is_no_object_stays_in_raw_alone(
    rows: tuple[str, list[dict[str, Any]]], metadata: object
) -> None:
    sessions = read(*rows, metadata)
    assert [session.metadata for session in sessions] == [None] * len(rows[1])
    key = str(known(rows[0]).metadata)
    assert all(session.raw[key] == metadata for session in sessions)
