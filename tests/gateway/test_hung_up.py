"""A client hangs up in the middle of a long list."""

from __future__ import annotations

import socket
import threading
import urllib.request

import pytest
from gateway.serving import NOW, serving

from unified_checkout.sandbox import Sandbox


@pytest.mark.parametrize("token", ["leanrails", "all"])
def test_a_client_that_hung_up_has_nothing_more_read_for_it(token: str) -> None:
    """The provider holds its second answer of five back until the gateway has noticed."""
    names = ["leanrails", "stripe"]
    with (
        Sandbox(sessions=450, seed=3, now=NOW, providers=names) as sandbox,
        serving(sandbox.accounts) as gateway,
    ):
        held, noticed = threading.Event(), gateway.metrics.told

        def hold(number: int) -> None:
            if number == 2:
                held.set()
                assert noticed.wait(60)

        sandbox.on_request("leanrails", hold)
        with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
            connection.sendall(
                b"GET /v1/checkout/sessions?customer_details[email]=a%40example.com HTTP/1.1\r\n"
                b"Host: x\r\nAuthorization: Bearer " + gateway.tokens[token].encode() + b"\r\n\r\n"
            )
            assert held.wait(60)
        assert noticed.wait(60)
        assert [visit.status for visit in gateway.metrics.visits] == [499]
        with urllib.request.urlopen(f"{gateway.url}/healthz", timeout=60) as answer:
            assert answer.status == 200
        assert len(sandbox.requests("leanrails")) == 2
