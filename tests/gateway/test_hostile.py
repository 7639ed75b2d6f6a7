"""Bytes that no client sends: over sockets, and by schemathesis from our own description."""

from __future__ import annotations

import json
import socket

import pytest
from gateway.serving import Running

from unified_checkout.gateway.description import STATUSES_OF_FAILURE, description

HEAD = b"GET /v1/checkout/sessions?limit=1 HTTP/1.1\r\nHost: x\r\n"


def exchanged(gateway: Running, sent: bytes) -> bytes:
    """All that comes back until the connection is closed, or nothing more is sent."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def answers(received: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Every answer, by its own length."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("ascii").split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
        length = int(headers["content-length"])
        found.append((int(status.split()[1]), headers, rest[:length]))
        received = rest[length:]
    return found


BAD = {
    "nothing": b"\r\n\r\n\r\n",
    "words": b"hello there\r\n\r\n",
    "no version": b"GET /v1/checkout/sessions\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "nulls": b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a colon": HEAD + b"nonsense\r\n\r\n",
    "a header with a blank in its name": HEAD + b"a b: c\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length that is none": HEAD + b"Content-Length: x\r\n\r\n",
    "length and chunks": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a broken chunk": HEAD.replace(b"GET", b"POST")
    + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "a long head": HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(9000)) + b"\r\n",
    "a long address": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute address": b"GET http://evil.example/v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "an upgrade": HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "high bytes": b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a token of high bytes": HEAD + b"Authorization: Bearer \xff\xfe\r\n\r\n",
    "an old version": b"GET /healthz HTTP/1.0\r\n\r\n",
    "two at once": HEAD + b"\r\n" + HEAD + b"\r\n",
    "an expectation": HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    "a body": HEAD + b"Content-Length: 5\r\n\r\nhello",
    "another method": b"BREW /v1/checkout/sessions HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", BAD.values(), ids=BAD)
def test_whatever_is_sent_the_answer_is_an_envelope_or_the_line_is_closed(
    gateway: Running, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    received = exchanged(gateway, sent).replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    for status, headers, body in answers(received):
        assert status in (200, *STATUSES_OF_FAILURE)
        assert headers["request-id"].startswith("req_")
        assert headers["content-type"] == "application/json"
        told = json.loads(body)
        if status != 200:
            assert told["error"]["type"] in ("api_error", "invalid_request_error")
    assert "Traceback" not in caplog.text


def test_a_connection_survives_what_was_merely_refused(gateway: Running) -> None:
    good = HEAD + f"Authorization: Bearer {gateway.tokens['stripe']}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        connection.sendall(HEAD + b"\r\n" + good + good)
        received = b""
        while received.count(b'"has_more"') < 2 or not received.endswith(b"}"):
            received += connection.recv(65536)
    first, second, third = answers(received)
    assert [first[0], second[0], third[0]] == [401, 200, 200]
    assert len({one[1]["request-id"] for one in (first, second, third)}) == 3


def test_schemathesis_finds_nothing_that_the_description_does_not_say(gateway: Running) -> None:
    reason = "schemathesis is not installed"
    schemathesis = pytest.importorskip("schemathesis", reason=reason)
    from hypothesis import HealthCheck, given, settings
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    # what is good by itself may contradict itself: two cursors, a place that names no session
    schema = schemathesis.openapi.from_dict(description())
    headers = {"Authorization": f"Bearer {gateway.tokens['stripe']}"}

    for operation in schema.get_all_operations():
        strategy = operation.ok().as_strategy()
        wrong = operation.ok().as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @settings(max_examples=10, deadline=None, suppress_health_check=slow, database=None)
        @given(case=strategy | wrong)
        def ask(case: object) -> None:
            response = case.call(base_url=gateway.url, headers=headers)  # type: ignore[attr-defined]
            case.validate_response(  # type: ignore[attr-defined]
                response, headers=headers, excluded_checks=[positive_data_acceptance]
            )
            assert response.headers["request-id"]

        ask()
