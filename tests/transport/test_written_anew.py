"""Answers that a proxy wrote anew, as JSON that means the same (RFC 8259, section 6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import httpx
import pytest
from house import PROVIDERS

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox


class WritingAnew(httpx.HTTPTransport):
    """Hands each answer on with its integers written in another way."""

    def __init__(self, write: Callable[[str], str]) -> None:
        super().__init__()
        self._write = write

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        content = json.loads(answer.read(), parse_int=lambda text: f"<{self._write(text)}>")
        anew = json.dumps(content).replace('"<', "").replace('>"', "")
        told = [(name, value) for name, value in answer.headers.items() if "content-" not in name]
        return httpx.Response(answer.status_code, headers=told, content=anew)


def with_exponent(text: str) -> str:
    value = Decimal(text)
    return f"{value:.{max(0, len(text) - 1)}e}"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("write", ["{}.0".format, with_exponent], ids=["fraction", "exponent"])
def test_integers_written_anew_are_the_same_integers(
    provider: str, write: Callable[[str], str]
) -> None:
    with Sandbox(sessions=20, seed=3, now=1_795_000_000, providers=[provider]) as sandbox:
        with Client(sandbox.accounts) as client:
            found = list(client.sessions.list())
        with Client(sandbox.accounts, transport=WritingAnew(write)) as client:
            anew = list(client.sessions.list())
    assert len(found) >= 5
    assert list(map(told, anew)) == list(map(told, found))


def told(session: Any) -> dict[str, Any]:
    """All that stands on a session but what stays as it was sent."""
    fields = attrs.asdict(session, recurse=False)
    return {name: value for name, value in fields.items() if name not in ("raw_bytes", "metadata")}
