"""What becomes of a status whose body is of no use, and what is advised."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from transport.loopback import EMPTY_PAGE, Loopback, Talk, answer
from transport.setting import Kind, account, asking, sending

from unified_checkout import (
    AddressNotFound,
    AuthenticationError,
    PermissionDenied,
    ProviderError,
    ProxyRefused,
    RateLimited,
    ServerError,
    UnexpectedRedirect,
    UnreadableBody,
    UnsupportedAnswer,
)

UNKNOWN = "Content-Encoding: br"
PAGE = b"<!DOCTYPE html><html><body>Access denied</body></html>"
HTML = "Content-Type: text/html"


def failure(kind: Kind, data: bytes, **changes: Any) -> tuple[ProviderError, int]:
    """How a page fails that is always answered with this, and how often it was asked for."""
    with (
        Loopback(lambda talk: talk.say(data)) as server,
        asking(kind, account(server.url, **{"max_attempts": 3, **changes})) as client,
    ):
        with pytest.raises(ProviderError) as caught:
            client.page()
        return caught.value, len(server.heard)


def test_a_refused_key_is_told_at_once(kind: Kind) -> None:
    error, asked = failure(kind, answer(b"\x0b\x02\x80", UNKNOWN, status="401 Unauthorized"))
    assert type(error) is AuthenticationError
    assert (error.status, asked) == (401, 1)


@pytest.mark.parametrize(
    "advice", ["Retry-After: 90", "Date: Sunday, 06-Nov-94 08:49:37 GMT\r\nRetry-After: Sun Nov  6 08:51:07 1994"]
)  # fmt: skip
def test_advice_is_kept(kind: Kind, advice: str) -> None:
    error, asked = failure(kind, answer(b"\x0b\x02\x80", UNKNOWN, advice, status="429 Slowly"))
    assert isinstance(error, RateLimited)
    assert (error.retry_after, asked) == (90.0, 1)


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_page_of_a_server_in_trouble_is_tried_again(kind: Kind, packed: bool) -> None:
    page = PAGE + b" " * 3_000_000
    trouble = (
        answer(gzip.compress(page), HTML, "Content-Encoding: gzip", status="503 Oh")
        if packed
        else answer(page, HTML, status="503 Oh")
    )

    def script(talk: Talk) -> None:
        talk.say(answer() if len(server.heard) > 2 else trouble)

    with (
        Loopback(script) as server,
        asking(kind, account(server.url, max_body_bytes=100_000)) as client,
    ):
        assert client.page() == []
        assert len(server.heard) == 3
    error, asked = failure(kind, trouble, max_body_bytes=100_000)
    assert type(error) is ServerError
    assert (error.status, asked) == (503, 3)


refusals = pytest.mark.parametrize(
    ("status", "error"),
    [("401 No", AuthenticationError), ("403 No", PermissionDenied), ("404 No", AddressNotFound)],
)


@pytest.mark.parametrize(
    "body", [PAGE, PAGE.decode().encode("utf-16"), b"Access denied by corporate proxy", b"403 No"]
)
@pytest.mark.parametrize("coding", ["identity", "gzip"])
@refusals
def test_a_page_for_people_is_not_blamed_on_the_key(
    kind: Kind, status: str, error: type[ProviderError], body: bytes, coding: str
) -> None:
    sent = gzip.compress(body) if coding == "gzip" else body
    told, asked = failure(kind, answer(sent, HTML, f"Content-Encoding: {coding}", status=status))
    assert type(told) is error
    assert asked == 1
    for word in ("proxy", "firewall", "login page", "base_url"):
        assert word in told.hint
    assert "check the account's api_key" not in str(told)
    assert "give the key permission" not in str(told)


@refusals
def test_of_nothing_it_is_said_that_something_else_may_answer(
    kind: Kind, status: str, error: type[ProviderError]
) -> None:
    told, asked = failure(kind, answer(b"", status=status))
    assert type(told) is error
    assert asked == 1
    assert told.hint.startswith(error.hint)
    for word in ("the body is empty", "proxy", "firewall", "login page", "base_url"):
        assert word in told.hint


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"message": "no"}}',
        b'{"error": {"code": "api_key_expired"}}',
        b'{"error": "no"}',
    ],
)
@pytest.mark.parametrize("status", ["401 No", "403 No"])
def test_what_the_provider_says_is_its_own(kind: Kind, status: str, body: bytes) -> None:
    told, _ = failure(kind, answer(body, status=status))
    assert told.hint == type(told).hint


@pytest.mark.parametrize(
    "body",
    [b'{"message": "Forbidden"}', b'{"error": "no', b"{}", b"[]", b'"no"', b"null", b"17"],
)
@refusals
def test_of_json_of_another_kind_it_is_said_that_something_else_may_answer(
    kind: Kind, status: str, error: type[ProviderError], body: bytes
) -> None:
    """So firewalls refuse, and gateways in front of an API."""
    told, asked = failure(kind, answer(body, status=status))
    assert type(told) is error
    assert asked == 1
    assert told.hint.startswith(error.hint)
    for word in ("nothing as the provider does", "proxy", "firewall", "login page", "base_url"):
        assert word in told.hint


def test_a_login_page_of_the_network(kind: Kind) -> None:
    told, _ = failure(kind, answer(PAGE, HTML))
    assert type(told) is UnreadableBody
    assert "something between here and the provider" in told.hint
    led, asked = failure(kind, answer(b"", "Location: http://login.example", status="302 Found"))
    assert type(led) is UnexpectedRedirect
    assert "login" in led.hint
    assert asked == 1


@pytest.mark.parametrize("status", ["407 Proxy", "511 Network Authentication Required"])
def test_what_is_on_the_way_is_asked_once(kind: Kind, status: str) -> None:
    told, asked = failure(kind, answer(PAGE, HTML, status=status))
    assert type(told) is ProxyRefused
    assert asked == 1


@pytest.mark.parametrize(
    "data",
    [
        answer(EMPTY_PAGE, UNKNOWN),
        answer(EMPTY_PAGE.decode().encode("utf-16")),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        answer(EMPTY_PAGE[:9], "Content-Range: bytes 0-8/99", status="206 Partial Content"),
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
def test_what_no_repetition_cures_is_asked_once(kind: Kind, data: bytes) -> None:
    """And is never taken for an answer without sessions."""
    told, asked = failure(kind, data, max_attempts=5)
    assert type(told) is UnsupportedAnswer
    assert asked == 1


@pytest.mark.parametrize("body", [b"", b'{"query": "\xc3\xa9"}', b"x" * 200_000])
def test_a_request_may_carry_a_body(kind: Kind, body: bytes) -> None:
    with (
        Loopback(lambda talk: talk.say(answer())) as server,
        sending(kind, server.url) as sender,
    ):
        headers = {"Content-Type": "application/json"}
        for _ in range(2):
            sender.send("/v2/search", method="POST", body=body, headers=headers)
    for talk in server.heard:
        assert talk.head.startswith(b"POST /v2/search HTTP/1.1\r\n")
        assert b"content-length: %d" % len(body) in talk.head.lower()
        assert talk.body == body
    assert server.connections == 1


def test_a_byte_order_mark_is_no_obstacle(kind: Kind) -> None:
    marked = answer(b"\xef\xbb\xbf" + EMPTY_PAGE)
    with (
        Loopback(lambda talk: talk.say(marked)) as server,
        asking(kind, account(server.url)) as client,
    ):
        assert client.page() == []
