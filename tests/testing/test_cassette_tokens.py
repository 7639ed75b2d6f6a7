"""Requests for tokens and POST requests are recorded like others, without what is secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from house import THREE

from unified_checkout import client
from unified_checkout.adapters import Request, Response, Token, kit
from unified_checkout.sandbox import Sandbox
from unified_checkout.testing import Cassette
from unified_checkout.transport.http import HttpSender
from unified_checkout_stripe.adapter import StripeAdapter, StripeOptions


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=1, seed=1, providers=THREE) as sandbox:
        yield sandbox


def asks_for_a_token(sender: HttpSender) -> list[Response]:
    """What a token is asked with, two searches, and their answers."""
    token = kit.client_credentials("/oauth/token", "orders")
    headers = {"Content-Type": "application/json"}
    searches = [
        Request(path="/search", method="POST", headers=headers, body=json.dumps(body).encode())
        for body in (
            {"filter": {"email": "jenny@example.org"}, "limit": 5},
            {"filter": {"email": "jenny@example.org"}, "limit": 60},
        )
    ]
    return [sender.send(request) for request in (token, *searches)]


def test_a_token_is_used_but_not_recorded_and_what_a_post_carries_tells_it_from_others(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cassette.yaml"
    planted = "planted7tokenA9value"
    bodies = {
        b"grant_type=client_credentials&scope=orders": {
            "access_token": planted,
            "token_type": "Bearer",
            "expires_in": 3600,
        }
    }

    def send(sender: HttpSender, request: Request, token: object = None) -> Response:
        body = bodies.get(request.body, {"id": "o-1", "limit": len(request.body), "note": planted})
        return Response(status=200, body=json.dumps(body).encode())

    class WithToken(StripeAdapter):
        def token_request(self) -> Request:
            return kit.client_credentials("/oauth/token", "orders")

        def parse_token(self, response: Response) -> Token:
            return kit.parse_token(response)

    [account, *_] = sandbox.accounts
    channel = client.channels_of([account])[account.name]
    channel = attrs.evolve(channel, adapter=WithToken("us", StripeOptions()))
    with monkeypatch.context() as patch:
        patch.setattr(HttpSender, "send", send)
        with Cassette(file):
            token, *found = asks_for_a_token(HttpSender(channel))
    assert kit.parse_token(token).value.get_secret_value() == planted
    assert all(planted.encode() not in response.body for response in found)
    text = file.read_text(encoding="utf-8")
    assert planted not in text
    assert "jenny@example.org" not in text
    assert "method: POST" in text
    with Cassette(file):
        token, *again = asks_for_a_token(HttpSender(channel))
    assert kit.parse_token(token).expires_in == 3600
    assert again == found
    assert again[0] != again[1]
