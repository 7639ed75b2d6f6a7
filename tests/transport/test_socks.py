"""Proxies of SOCKS5: what they answer is named, whatever it is, and tells nobody their password."""

from __future__ import annotations

import re
import socket
from traceback import TracebackException
from typing import Any

import pytest
from transport.loopback import EMPTY_PAGE, Loopback, answer
from transport.remains import nothing_left
from transport.setting import Kind, account, asking, sending
from transport.tunnels import relay

from unified_checkout import (
    ConnectionFailed,
    NotReady,
    ProviderError,
    ProxyRefused,
    UnsupportedAnswer,
)

pytest.importorskip("socksio", reason="the extra 'socks' is not installed")

PASSWORD = "obviously-fake-password"
PLAIN = "http://api.example.com"
URLS = pytest.mark.parametrize("url", [PLAIN, "https://api.example.com"])

NO_LOGIN = b"\x05\x00"
LOGIN = b"\x05\x02"
WELCOME = b"\x01\x00"
NOWHERE = b"\x00\x01\x00\x00\x00\x00\x00\x00"
CONNECTED = b"\x05\x00" + NOWHERE


class Socks(Loopback):
    """A proxy that gives one reply to each thing it is told, and then leads to a port or closes."""

    def __init__(self, *replies: bytes, port: int | None = None) -> None:
        super().__init__(lambda talk: None)
        self._replies = replies
        self._onward = port

    def _talk(self, connected: socket.socket, connection: int) -> None:
        for reply in self._replies:
            connected.recv(65_536)
            connected.sendall(reply)
        if self._onward is not None:
            with socket.create_connection(("127.0.0.1", self._onward)) as onward:
                relay(connected, onward)
        elif self._replies:
            connected.recv(65_536)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def through(proxy: Socks, monkeypatch: pytest.MonkeyPatch, *, login: bool = False) -> None:
    """Let the environment name a proxy."""
    user = f"us:{PASSWORD}@" if login else ""
    monkeypatch.setenv("all_proxy", f"socks5://{user}127.0.0.1:{proxy.port}")


def failure(kind: Kind, url: str, **changes: Any) -> ProviderError:
    """How a page fails; nothing that is printed of it holds the password."""
    with (
        asking(kind, account(url, max_attempts=1, **changes)) as client,
        pytest.raises(ProviderError) as caught,
    ):
        client.page()
    shown = TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert PASSWORD not in "".join(shown)
    return caught.value


@pytest.mark.parametrize("login", [False, True])
def test_it_leads_there(kind: Kind, login: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    replies = (LOGIN, WELCOME, CONNECTED) if login else (NO_LOGIN, CONNECTED)
    with (
        nothing_left(),
        Loopback(lambda talk: talk.say(answer())) as server,
        Socks(*replies, port=server.port) as proxy,
    ):
        through(proxy, monkeypatch, login=login)
        with sending(kind, PLAIN) as sender:
            for _ in range(3):
                assert sender.send().body == EMPTY_PAGE
        assert (proxy.connections, server.connections) == (1, 1)


def test_what_is_behind_it_is_said_of_the_provider(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Loopback(lambda talk: talk.close()) as server,
        Socks(NO_LOGIN, CONNECTED, port=server.port) as proxy,
    ):
        through(proxy, monkeypatch)
        error = failure(kind, PLAIN)
    assert type(error) is ConnectionFailed
    assert f"{PLAIN} closed the connection without an answer" in str(error)


@URLS
@pytest.mark.parametrize(
    "replies",
    [
        [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        [b"\xff\xff\xff\xff"],
        [b"\x05"],
        [b"\x05\x09"],
        [LOGIN, WELCOME, b"zzzz"],
        [LOGIN, WELCOME, b"\x05\x00\x00"],
        [LOGIN, WELCOME, b"\x05\x63" + NOWHERE],
        [LOGIN, WELCOME, b"\x05\x00\x00\x09\x00\x00\x00\x00\x00\x00"],
    ],
)
def test_no_socks(
    kind: Kind, url: str, replies: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Socks(*replies) as proxy:
        through(proxy, monkeypatch, login=True)
        error = failure(kind, url)
    assert type(error) is UnsupportedAnswer
    assert "what the proxy answers is not SOCKS5" in str(error)
    assert "base_url" not in error.hint


@pytest.mark.parametrize("replies", [[], [b""], [NO_LOGIN, b""]])
def test_it_closes(kind: Kind, replies: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    class Closing(Socks):
        def _talk(self, connected: socket.socket, connection: int) -> None:
            for reply in self._replies:
                connected.recv(65_536)
                connected.sendall(reply)

    with Closing(*replies) as proxy:
        through(proxy, monkeypatch)
        error = failure(kind, PLAIN)
    assert type(error) is ConnectionFailed
    assert re.search("(closed the connection|connection to the proxy broke)", str(error))
    assert "the proxy" in error.message


@URLS
@pytest.mark.parametrize(
    ("code", "type_", "why"),
    [
        (1, ConnectionFailed, "general socks server failure"),
        (2, ProxyRefused, "connection not allowed by ruleset"),
        (3, ConnectionFailed, "network unreachable"),
        (4, ConnectionFailed, "host unreachable"),
        (5, ConnectionFailed, "connection refused"),
        (6, ConnectionFailed, "ttl expired"),
        (7, ProxyRefused, "command not supported"),
        (8, ProxyRefused, "address type not supported"),
    ],
)
def test_it_cannot_connect(
    kind: Kind,
    url: str,
    code: int,
    type_: type[ProviderError],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Socks(LOGIN, WELCOME, bytes([5, code]) + NOWHERE) as proxy:
        through(proxy, monkeypatch, login=True)
        error = failure(kind, url)
    assert type(error) is type_
    assert f"the proxy makes no connection to {url} ({why})" in str(error)


@pytest.mark.parametrize(
    ("login", "replies", "why"),
    [
        (True, [LOGIN, b"\x01\x01"], "the proxy refuses its user and password"),
        (False, [LOGIN], "the proxy wants a user and a password"),
        (True, [NO_LOGIN], "the proxy does not let anybody log in as the environment says"),
        (True, [b"\x05\xff"], "the proxy does not let anybody log in as the environment says"),
    ],
)
def test_it_lets_nobody_in(
    kind: Kind, login: bool, replies: list[bytes], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Socks(*replies) as proxy:
        through(proxy, monkeypatch, login=login)
        error = failure(kind, PLAIN)
    assert type(error) is ProxyRefused
    assert why in str(error)


@pytest.mark.parametrize("login", ["u" * 256 + ":p", f"u:{PASSWORD * 20}"])
def test_a_login_that_is_too_long_is_said_without_it(
    kind: Kind, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 1929 counts each in one byte."""
    monkeypatch.setenv("all_proxy", f"socks5://{login}@127.0.0.1:9")
    with sending(kind, PLAIN) as sender, pytest.raises(NotReady) as caught:
        sender.send()
    assert caught.value.message.startswith("all_proxy: SOCKS takes a user and a password of at")
    assert PASSWORD not in str(caught.value)
