"""What one gateway hands out, another process knows that has only just begun."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
import stripe
from gateway.asking import Asking, asking
from gateway.sdk import async_clients, clients, node
from gateway.serving import Noting, Running, free_port
from house import PROVIDERS
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.gateway.identity import (
    LONGEST_ID,
    LONGEST_NAME,
    Identity,
    identity_of,
    merged_id,
)
from unified_checkout.gateway.tokens import digest_of
from unified_checkout.sandbox import Sandbox

TOKENS = [*PROVIDERS, "all"]


@attrs.frozen
class Shown:
    """A session of a list, and what follows it there."""

    token: str
    session: dict[str, Any]
    behind: list[str]
    """The ids of the next three."""

    @property
    def id(self) -> str:
        id: str = self.session["id"]
        return id

    @property
    def account(self) -> str:
        account: str = self.session["unified_checkout"]["account"]
        return account


@pytest.fixture(scope="module")
def ask(sandbox: Sandbox) -> Iterator[Asking]:
    with asking(sandbox.accounts) as ask:
        yield ask


@pytest.fixture(scope="module")
def rows_of(ask: Asking) -> dict[str, list[dict[str, Any]]]:
    """Each account's list, and that of all."""
    found: dict[str, list[dict[str, Any]]] = {}
    for token in TOKENS:
        rows, page = found.setdefault(token, []), ask.get(token=token, limit=100)
        rows += page.json["data"]
        while page.json["has_more"]:
            page = ask.get(token=token, limit=100, starting_after=rows[-1]["id"])
            rows += page.json["data"]
    return found


@pytest.fixture(scope="module")
def shown(rows_of: dict[str, list[dict[str, Any]]]) -> list[Shown]:
    """Of each provider the newest session and an older one, in its own list and in that of all."""
    found = []
    for token, rows in rows_of.items():
        accounts = [row["unified_checkout"]["account"] for row in rows]
        for account in dict.fromkeys(accounts):
            places = [index for index, name in enumerate(accounts) if name == account]
            for index in (places[0], places[len(places) // 2]):
                behind = [row["id"] for row in rows[index + 1 : index + 4]]
                found.append(Shown(token, rows[index], behind))
    return found


@pytest.fixture(scope="module")
def elsewhere(
    sandbox: Sandbox, ask: Asking, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A gateway in another process, which has answered nothing yet."""
    port, folder = free_port(), tmp_path_factory.mktemp("elsewhere")
    config = folder / "checkout.toml"
    tables = [
        f'[gateway.tokens.{token}]\nsha256 = "{digest_of(ask.tokens[token])}"\n'
        f"accounts = {json.dumps(PROVIDERS if token == 'all' else [token])}\n"
        "buyers = true\npages = true\n"
        for token in TOKENS
    ]
    config.write_text("\n".join([sandbox.config_toml(), *tables]))
    command = [sys.executable, "-m", "unified_checkout", "gateway", "--config", str(config)]
    process = subprocess.Popen(
        [*command, "--listen", f"127.0.0.1:{port}", "--metrics", "off"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(folder)},
    )
    assert process.stderr is not None
    assert "serving" in process.stderr.readline()
    yield Running(f"http://127.0.0.1:{port}", port, dict(ask.tokens), ask.door, Noting())
    process.terminate()
    process.communicate(timeout=30)


def same(one: Any, other: Any) -> bool:
    """Whether two objects tell the same session."""
    names = ("id", "created", "status", "payment_status", "mode", "currency", "amount_total")
    return all(one[name] == other[name] for name in (*names, "unified_checkout"))


def test_every_id_is_short_enough(rows_of: dict[str, list[dict[str, Any]]]) -> None:
    for rows in rows_of.values():
        assert all(len(row["id"]) <= LONGEST_ID for row in rows)
    assert {row["unified_checkout"]["account"] for row in rows_of["all"]} == set(PROVIDERS)


@given(
    account=st.from_regex(r"[A-Za-z0-9._-]{1,100}", fullmatch=True),
    created=st.datetimes(timezones=st.just(UTC)),
    id=st.text(min_size=1, max_size=40),
)
def test_a_merged_id_tells_what_it_was_made_of(account: str, created: datetime, id: str) -> None:
    made = merged_id(account, created, id)
    if len(made) <= LONGEST_ID:
        assert identity_of(made) == Identity(account, id, created)


def test_there_is_room_for_an_id_of_139_characters() -> None:
    made = merged_id("a" * LONGEST_NAME, datetime(2080, 1, 1, tzinfo=UTC), "x" * 139)
    assert len(made) <= LONGEST_ID


def test_the_sdk_for_python_retrieves_it(elsewhere: Running, shown: list[Shown]) -> None:
    http_client = stripe.RequestsClient()
    client = clients(elsewhere, http_client)
    for one in shown:
        again = client(one.token).v1.checkout.sessions.retrieve(one.id)
        assert same(again.to_dict(), one.session)
    http_client.close()  # type: ignore[no-untyped-call]


def test_the_asynchronous_sdk_retrieves_it(elsewhere: Running, shown: list[Shown]) -> None:
    async def retrieve() -> list[Any]:
        async with async_clients(elsewhere) as client:
            waiting = (
                client(one.token).v1.checkout.sessions.retrieve_async(one.id) for one in shown
            )
            return await asyncio.gather(*waiting)

    for one, again in zip(shown, asyncio.run(retrieve()), strict=True):
        assert same(again.to_dict(), one.session)


def test_the_sdk_for_node_retrieves_it(elsewhere: Running, shown: list[Shown]) -> None:
    asked = [[elsewhere.tokens[one.token], one.id] for one in shown]
    command = [*node("retrieve.mjs"), str(elsewhere.port), json.dumps(asked)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    for one, again in zip(shown, json.loads(ran.stdout), strict=True):
        assert same(again, one.session)


def test_the_list_goes_on_beside_it(elsewhere: Running, shown: list[Shown]) -> None:
    http_client = stripe.RequestsClient()
    client = clients(elsewhere, http_client)
    for one in shown[1::2]:
        if one.token == "all" and one.account not in ("flex", "paypal", "polar"):
            continue  # each is by months of updates at one of them
        sessions = client(one.token).v1.checkout.sessions
        older = sessions.list({"starting_after": one.id, "limit": 3})
        assert [session.id for session in older.data] == one.behind
        if one.token != "all":
            newer = sessions.list({"ending_before": one.behind[-1], "limit": len(one.behind)})
            assert [session.id for session in newer.data] == [one.id, *one.behind[:-1]]
    http_client.close()  # type: ignore[no-untyped-call]
