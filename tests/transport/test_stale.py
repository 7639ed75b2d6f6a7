"""Connections that died while they lay idle."""

from __future__ import annotations

from threading import Barrier
from types import SimpleNamespace

import pytest
from transport.loopback import Loopback, Talk, answer
from transport.remains import eventually
from transport.setting import Asking, Kind, account, asking, sending

from unified_checkout import ConnectionFailed, RequestTimeout
from unified_checkout.transport import lines

EIGHT = 8
LAST_WORDS = answer(b"timed out", "Connection: close", status="408 Request Timeout")


def test_a_connection_is_used_again(kind: Kind) -> None:
    with Loopback(lambda talk: talk.say(answer())) as server, sending(kind, server.url) as sender:
        for _ in range(5):
            sender.send()
        assert server.connections == 1


def opened(server: Loopback, client: Asking) -> None:
    """Eight connections, all idle."""
    server.before_answering = Barrier(EIGHT).wait
    client.pages(EIGHT)
    server.before_answering = lambda: None
    assert server.connections == EIGHT


@pytest.mark.parametrize("how", ["close", "reset", "last words"])
def test_all_of_them_died_unnoticed(kind: Kind, how: str) -> None:
    """Each looks alive until something is sent, and no attempt is used up by finding out."""

    def script(talk: Talk) -> None:
        if talk.number == 1:
            server.before_answering()
            talk.say(answer())
        elif how == "close":
            talk.close()
        else:
            talk.reset()

    with (
        Loopback(script) as server,
        asking(kind, account(server.url, max_attempts=1)) as client,
    ):
        opened(server, client)
        if how == "last words":
            server.say_to_all(LAST_WORDS)
        assert client.page() == []
        assert server.connections == EIGHT + 1


def test_all_of_them_at_once(kind: Kind) -> None:
    """Whoever is first throws the idle ones away; the others find out by themselves."""

    def script(talk: Talk) -> None:
        if talk.number == 1:
            server.before_answering()
            talk.say(answer())
        else:
            talk.close()

    with (
        Loopback(script) as server,
        asking(kind, account(server.url, max_attempts=1)) as client,
    ):
        opened(server, client)
        client.pages(EIGHT)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_one_that_died_is_no_failure(kind: Kind, how: str) -> None:
    def script(talk: Talk) -> None:
        if talk.number > 1:
            talk.close() if how == "close" else talk.reset()
        else:
            talk.say(answer())

    with (
        Loopback(script) as server,
        asking(kind, account(server.url, max_attempts=1)) as client,
    ):
        for _ in range(5):
            client.page()
        assert server.connections == 5


def test_the_server_was_restarted(kind: Kind) -> None:
    with (
        Loopback(lambda talk: talk.say(answer())) as server,
        asking(kind, account(server.url, max_attempts=1)) as client,
    ):
        client.page()
        server.drop_all()
        assert eventually(lambda: server.open_connections == 0)
        client.page()
        assert server.connections == 2


def test_all_of_them_fell_silent(kind: Kind) -> None:
    """One request waits in vain; the next attempt does not try the others first."""

    def script(talk: Talk) -> None:
        if talk.number == 1:
            server.before_answering()
            talk.say(answer())
        else:
            talk.wait_for_end()

    with (
        Loopback(script) as server,
        asking(kind, account(server.url, max_attempts=2, timeout=2)) as client,
    ):
        opened(server, client)
        client.page()
        assert server.connections == EIGHT + 1


def test_silence_on_an_old_connection_leads_to_a_new_one(kind: Kind) -> None:
    """What is between may have forgotten all connections at once."""

    def script(talk: Talk) -> None:
        if talk.number == 1:
            talk.say(answer())
        else:
            talk.wait_for_end()

    with (
        Loopback(script) as server,
        asking(kind, account(server.url, max_attempts=2, timeout=0.2)) as client,
    ):
        client.page()
        client.page()
        assert server.connections == 2


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_new_connection_that_fails_is_a_failure(kind: Kind, how: str) -> None:
    def script(talk: Talk) -> None:
        talk.close() if how == "close" else talk.reset()

    with Loopback(script) as server, sending(kind, server.url) as sender:
        with pytest.raises(ConnectionFailed):
            sender.send()
        assert server.connections == 1


def test_an_answer_that_began_is_not_asked_for_in_secret(kind: Kind) -> None:
    def script(talk: Talk) -> None:
        talk.say(answer() if talk.number == 1 else b"HTTP/1.1 2")
        if talk.number > 1:
            talk.close()

    with Loopback(script) as server, sending(kind, server.url) as sender:
        sender.send()
        with pytest.raises(ConnectionFailed):
            sender.send()
        assert len(server.heard) == 2


@pytest.mark.parametrize("excess", [answer(b"planted"), b"x", b"\r\n", b"HTTP/1.1 200"])
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_what_follows_an_answer_is_not_the_next_one(
    kind: Kind, excess: bytes, framing: str
) -> None:
    chunks = b"4\r\nmine\r\n0\r\n\r\n"
    mine = {
        "length": answer(b"mine"),
        "chunks": answer(chunks, "Transfer-Encoding: chunked", length=False),
    }[framing]
    with (
        Loopback(lambda talk: talk.say(mine + excess)) as server,
        sending(kind, server.url) as sender,
    ):
        assert [sender.send().body for _ in range(3)] == [b"mine"] * 3
        assert server.connections == 3


@pytest.mark.parametrize("seconds", [61, 3600, -1])
def test_nothing_is_sent_over_what_lay_idle_for_long(
    kind: Kind, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the clock on the wall, which goes on while a machine sleeps, and may be set back."""
    now = 1_795_000_000.0
    monkeypatch.setattr(lines, "time", SimpleNamespace(time=lambda: now))
    with Loopback(lambda talk: talk.say(answer())) as server, sending(kind, server.url) as sender:
        sender.send()
        now += 59
        sender.send()
        assert server.connections == 1
        now += seconds
        sender.send()
        assert server.connections == 2


def test_an_answer_to_be_the_last(kind: Kind) -> None:
    last = answer(b"{}", "Connection: close")
    with Loopback(lambda talk: talk.say(last)) as server, sending(kind, server.url) as sender:
        sender.send()
        sender.send()
        assert server.connections == 2


def test_a_silent_new_connection_is_told_as_such(kind: Kind) -> None:
    with (
        Loopback(lambda talk: talk.wait_for_end()) as server,
        sending(kind, server.url, timeout=0.05) as sender,
        pytest.raises(RequestTimeout, match=r"no answer within 0.05 s"),
    ):
        sender.send()
