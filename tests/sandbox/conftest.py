"""Talking to the imitations: directly, and over a socket."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import attrs
import pytest
from house import THREE, known

from unified_checkout.sandbox import Facts, ProviderSandbox, Received, Sandbox
from unified_checkout.sandbox.imitation import Imitation
from unified_checkout.sandbox.invention import Invention
from unified_checkout_flex.sandbox import FlexSandbox
from unified_checkout_leanrails.sandbox import LeanRailsSandbox
from unified_checkout_stripe.sandbox import StripeSandbox

NOW = 1_795_000_000
"""2026-11-18T11:06:40Z"""

PATHS = {provider: known(provider).list_path for provider in THREE}


@attrs.frozen
class Told:
    """An answer: what a client sees of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.json.get("checkout_sessions") or self.json.get("data") or []

    @property
    def ids(self) -> list[str]:
        return [row.get("id") or row["checkout_session_id"] for row in self.rows]


def authorization(provider: str, key: str) -> str:
    """The header by which a provider wants to be told a key."""
    if provider == "flex":
        return f"Bearer {key}"
    return f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"


@attrs.frozen
class Talk:
    """One provider, asked without a socket in between."""

    name: str
    imitation: Imitation

    @property
    def truth(self) -> list[Facts]:
        return self.imitation.truth()

    def ask(
        self,
        parameters: Mapping[str, object] | list[tuple[str, str]] | None = None,
        *,
        path: str = "",
        method: str = "GET",
        **headers: str,
    ) -> Told:
        """The answer to a request with the right key, unless a header says otherwise."""
        pairs = parameters.items() if isinstance(parameters, Mapping) else parameters or []
        key = authorization(self.name, self.imitation.provider.api_key)
        lines = {"authorization": key} | {
            name.replace("_", "-"): value for name, value in headers.items() if value
        }
        answer = self.imitation.handle(
            Received(
                method=method,
                path=path or PATHS[self.name],
                parameters=tuple((name, str(value)) for name, value in pairs),
                headers=lines,
            )
        )
        assert self.imitation.error is None
        return Told(answer.status, answer.headers, answer.body)

    def one(self, session: str) -> Told:
        return self.ask(path=f"/v1/checkout/sessions/{session}")


Begin = Callable[..., Talk]


@pytest.fixture
def begin() -> Begin:
    """Start an imitation of a provider: of its own history, or with the facts given."""
    kinds: dict[str, type[ProviderSandbox]] = {
        "stripe": StripeSandbox,
        "leanrails": LeanRailsSandbox,
        "flex": FlexSandbox,
    }

    def begin(name: str, facts: list[Facts] | None = None, **options: Any) -> Talk:
        provider = kinds[name](clock=lambda: NOW, **options)
        invention = Invention(seed=1, provider=name, now=NOW)
        provider.hold(invention.history(120) if facts is None else reversed(facts))
        return Talk(name, Imitation(provider=provider))

    return begin


@pytest.fixture(params=THREE)
def talk(request: pytest.FixtureRequest, begin: Begin) -> Talk:
    """Each provider whose list is paged by session ids, in turn."""
    return begin(request.param)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The three on sockets."""
    with Sandbox(sessions=60, seed=1, now=NOW, providers=THREE) as sandbox:
        yield sandbox


Fetch = Callable[..., Told]


@pytest.fixture
def fetch(sandbox: Sandbox) -> Iterator[Fetch]:
    """Ask over a socket, one connection to a provider."""
    connections: dict[str, http.client.HTTPConnection] = {}
    keys = {one.name: one.api_key.get_secret_value() for one in sandbox.accounts}

    def fetch(account: str, **parameters: object) -> Told:
        host = sandbox.url(account).removeprefix("http://")
        if account not in connections:
            connections[account] = http.client.HTTPConnection(host, timeout=10)
        target = f"{PATHS[account]}?{urlencode(parameters)}"
        headers = {"Authorization": authorization(account, keys[account])}
        connections[account].request("GET", target, headers=headers)
        response = connections[account].getresponse()
        lines = {name.lower(): value for name, value in response.getheaders()}
        return Told(response.status, lines, response.read())

    yield fetch
    for connection in connections.values():
        connection.close()
