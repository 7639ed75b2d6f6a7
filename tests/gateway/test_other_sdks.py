"""Stripe's SDKs for asyncio and for Node, and clients that turn the page as Ruby's and PHP's do."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import stripe
from gateway.serving import Running
from gateway.truth import truth

from unified_checkout.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
NODE_FOLDER = Path(os.environ.get("UNIFIED_CHECKOUT_STRIPE_NODE") or ROOT / ".venv" / "stripe-node")


def test_the_asynchronous_sdk_walks_both_ways(
    sandbox: Sandbox, gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "enable_telemetry", False)

    async def walk() -> None:
        http_client = stripe.HTTPXClient()
        client = stripe.StripeClient(
            gateway.tokens["leanrails"],
            base_addresses={"api": gateway.url},
            http_client=http_client,
            max_network_retries=2,
        )
        sessions = client.v1.checkout.sessions
        ids = [id for _, id in truth(sandbox.accounts, "leanrails")]
        first = await sessions.list_async({"limit": 7})
        assert [one.id async for one in first.auto_paging_iter()] == ids
        last = await sessions.list_async({"limit": 7, "ending_before": ids[-1]})
        assert [one.id async for one in last.auto_paging_iter()] == ids[-2::-1]
        assert (await sessions.retrieve_async(ids[3])).id == ids[3]
        with pytest.raises(stripe.InvalidRequestError):
            await sessions.retrieve_async("cs_test_nothing")
        await http_client.close_async()  # type: ignore[no-untyped-call]

    asyncio.run(walk())


@pytest.fixture(scope="module")
def node() -> list[str]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("there is no Node here")
    if not (NODE_FOLDER / "node_modules" / "stripe").exists():
        pytest.skip("Stripe's Node SDK is not installed; make stripe-node fetches it")
    return [program, str(Path(__file__).parent / "sdks" / "walk.mjs"), str(NODE_FOLDER)]


@pytest.mark.parametrize("token", ["stripe", "polar", "most"])
def test_the_sdk_for_node_walks_both_ways(
    sandbox: Sandbox, gateway: Running, node: list[str], token: str
) -> None:
    ran = subprocess.run(
        [*node, str(gateway.port), gateway.tokens[token], "50" if token == "most" else "7"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told: dict[str, Any] = json.loads(ran.stdout)
    names = [one.name for one in sandbox.accounts if one.name != "paypal"]
    expected = truth(sandbox.accounts, *(names if token == "most" else [token]))
    ids = [id for _, id in expected]
    forward = told["forward"]
    if token != "most":
        assert forward == ids
    assert len(forward) == len(set(forward)) == len(ids)
    assert told["wide"] == forward
    assert told["backward"] == forward[-2::-1]
    assert told["again"] == forward[0]
    assert set(told["complete"]) < set(forward)
    assert told["missing"] == ["StripeInvalidRequestError", 404, "resource_missing", "string"]
    assert told["stranger"][:2] == ["StripeAuthenticationError", 401]
    assert told["writing"][:2] == ["StripePermissionError", 403]


@attrs.define
class Forgetful:
    """Turns the page as Stripe's Ruby and PHP SDKs do: with the token, at the global base.

    Only a base that was set for one client is forgotten.
    """

    base: str
    token: str
    global_base: str

    def walk(self, limit: int) -> Iterator[str]:
        base, path = self.base, f"/v1/checkout/sessions?limit={limit}"
        while True:
            page = self._get(base + path)
            rows: list[dict[str, str]] = page["data"]
            yield from (row["id"] for row in rows)
            if not page["has_more"]:
                return
            base = self.global_base
            path = f"{page['url']}?limit={limit}&starting_after={rows[-1]['id']}"

    def _get(self, url: str) -> Any:
        http_client = stripe.RequestsClient()
        headers = {"Authorization": f"Bearer {self.token}", "Stripe-Version": "2026-07-29.dahlia"}
        body, status, _ = http_client.request("get", url, headers)
        http_client.close()  # type: ignore[no-untyped-call]
        assert status == 200, body
        return json.loads(body)


def test_ruby_and_php_walk_if_both_bases_are_set(sandbox: Sandbox, gateway: Running) -> None:
    both = Forgetful(gateway.url, gateway.tokens["flex"], gateway.url)
    ids = [id for _, id in truth(sandbox.accounts, "flex")]
    assert list(both.walk(7)) == ids


def test_with_one_base_alone_ruby_and_php_send_the_token_elsewhere(gateway: Running) -> None:
    """What docs/gateway.md warns of, against a trap on the global base."""
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    caught: list[str | None] = []

    class Trap(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            caught.append(self.headers["Authorization"])
            body = b'{"object":"list","url":"/v1/x","has_more":false,"data":[]}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Trap) as trap:
        thread = Thread(target=trap.handle_request)
        thread.start()
        elsewhere = f"http://127.0.0.1:{trap.server_port}"
        found = list(Forgetful(gateway.url, gateway.tokens["flex"], elsewhere).walk(7))
        thread.join()
    assert len(found) == 7
    assert caught == [f"Bearer {gateway.tokens['flex']}"]
