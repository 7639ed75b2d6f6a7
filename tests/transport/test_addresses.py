"""An address may be written in any script; what the network is told is its ASCII form."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from transport.loopback import Loopback, answer
from transport.setting import Kind, account, asking, sending
from transport.tunnels import refusing

from unified_checkout import ConfigurationError, ProxyRefused

WRITTEN = "bücher.example"
SENT = "xn--bcher-kva.example"
pytestmark = pytest.mark.usefixtures("no_proxies")


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name is this machine's; which ones were looked up."""
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def found(host: str, port: int, **options: Any) -> Any:
        if "flags" not in options:
            asked.append(host)
            host = "127.0.0.1"
        return look_up(host, port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return asked


def test_a_host_in_another_script_is_found_by_its_ascii_form(
    kind: Kind, looked_up: list[str]
) -> None:
    with (
        Loopback(lambda talk: talk.say(answer())) as server,
        sending(kind, f"http://{WRITTEN}:{server.port}/präfix") as sender,
    ):
        sender.send()
    [heard] = server.heard
    assert looked_up == [SENT]
    assert heard.head.startswith(b"GET /pr%C3%A4fix/v1/checkout/sessions HTTP/1.1\r\n")
    assert f"\r\nhost: {SENT}:{server.port}\r\n".encode() in heard.head.lower()


def test_a_proxy_is_asked_for_its_ascii_form(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing(answer(b"", status="403 No")) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with asking(kind, account(f"https://{WRITTEN}")) as client, pytest.raises(ProxyRefused):
            client.page()
    [heard] = proxy.heard
    assert heard.head.startswith(f"CONNECT {SENT}:443 HTTP/1.1\r\n".encode())


def test_a_host_that_no_name_can_be_is_refused_in_words(kind: Kind) -> None:
    with (
        asking(kind, account("https://☃.example")) as client,
        pytest.raises(ConfigurationError, match="base_url: its host is no name"),
    ):
        client.page()
