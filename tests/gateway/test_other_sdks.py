"""Stripe's SDK for Node, and clients that turn the page as Ruby's and PHP's do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import attrs
import stripe
from gateway.sdk import Lists, node
from gateway.serving import Running
from house import PROVIDERS


def test_the_sdk_for_node_walks_both_ways(lists: Lists, gateway: Running) -> None:
    """Every provider, and all merged; few pages where each costs many requests."""
    limits = {token: [[7, 100], [10, 100]][at % 2] for at, token in enumerate(PROVIDERS)}
    limits |= {"paypal": [10], "all": [100]}
    asked = [[gateway.tokens[token], some] for token, some in limits.items()]
    ran = subprocess.run(
        [*node("walk.mjs"), str(gateway.port), json.dumps(asked)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(ran.stdout)
    for token, told in zip(limits, found["told"], strict=True):
        expected = [list(one) for one in lists[token]]
        assert told["forward"] == [expected] * len(limits[token])
        assert told["backward"] == [expected[-2::-1]] * len(limits[token])
        assert told["few"] == expected[2::-1]
        assert told["again"] == told["first"]
    missing, stranger, writing = found["failures"]
    assert missing == ["StripeInvalidRequestError", 404, "resource_missing", "string"]
    assert stranger[:2] == ["StripeAuthenticationError", 401]
    assert writing[:2] == ["StripePermissionError", 403]


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


def test_ruby_and_php_walk_if_both_bases_are_set(lists: Lists, gateway: Running) -> None:
    both = Forgetful(gateway.url, gateway.tokens["flex"], gateway.url)
    ids = [id for _, id in lists["flex"]]
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
