"""A static server of invented sessions on loopback: one port for each listing, bytes from memory.

It is its own process, and tells its ports on standard output. A page is a slice of all rows, joined
with its envelope; only listings longer than what was invented have their ids and times rewritten.
"""

from __future__ import annotations

import json
import math
import socket
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import accumulate
from urllib.parse import parse_qs

import attrs

from benchmarks.invention import SHAPES, YEAR, facts
from benchmarks.machine import pin

Piece = bytes | memoryview
SEPARATOR = b",\n"
HEADERS = """\
Server: nginx
Date: Sat, 21 Nov 2026 12:00:00 GMT
Content-Type: application/json
Connection: keep-alive
Access-Control-Allow-Credentials: true
Access-Control-Allow-Methods: GET, HEAD, PUT, PATCH, POST, DELETE
Access-Control-Allow-Origin: *
Access-Control-Expose-Headers: Request-Id, Retry-After, X-Stripe-Routing-Context-Priority-Tier
Access-Control-Max-Age: 300
Cache-Control: no-cache, no-store
Content-Security-Policy: base-uri 'none'; default-src 'none'; form-action 'none'
Idempotency-Key: 00000000-0000-4000-8000-000000000000
Request-Id: req_obviouslyInvented
Stripe-Version: 2026-09-30.endive
Vary: Origin
X-Stripe-Priority-Routing-Enabled: true
X-Stripe-Routing-Context-Priority-Tier: api-testmode
Strict-Transport-Security: max-age=63072000; includeSubDomains; preload"""


@attrs.frozen(kw_only=True)
class Listing:
    """What one port serves, and how."""

    shape: str
    sessions: int
    """How many there are; beyond those invented, earlier years repeat the last one."""
    delay: float = 0.0
    """Seconds that each answer takes."""
    rate: float = math.inf
    """Requests a second that are allowed; more are answered 429."""


@attrs.define
class Count:
    """What a port was asked since the last time it was read."""

    requests: int = 0
    refused: int = 0


class Rows:
    """All rows of one shape, newest first, as one piece of memory."""

    def __init__(self, shape: str, sessions: int, seed: int) -> None:
        self.shape = SHAPES[shape]
        invented = facts(sessions, seed)
        rows = [self.shape.row(fact) for fact in invented]
        self.count = len(rows)
        self._ascending = [fact.created for fact in reversed(invented)]
        self._body = SEPARATOR.join(rows)
        self._starts = [0, *accumulate(len(row) + len(SEPARATOR) for row in rows)]
        field = f'"{self.shape.created}": '.encode()
        self._era_at = [
            row.index(self.shape.prefix.encode()) + len(self.shape.prefix) for row in rows
        ]
        self._created_at = [row.index(field) + len(field) for row in rows]

    def index(self, id: str) -> int:
        """The place of a session in the list."""
        number = id.removeprefix(self.shape.prefix)
        return int(number[:2]) * self.count + int(number[2:8])

    def created_since(self, second: int) -> int:
        """How many sessions were created at a second or later."""
        era = 0
        while second + era * YEAR <= self._ascending[0]:
            era += 1
        return era * self.count + self.count - bisect_left(self._ascending, second + era * YEAR)

    def pieces(self, start: int, stop: int) -> Iterator[Piece]:
        """The rows of a range with separators between them, in as few pieces as may be."""
        beginning = start
        while start < stop:
            if start > beginning:
                yield SEPARATOR
            era, first = divmod(start, self.count)
            last = min(self.count, first + stop - start)
            begin, end = self._starts[first], self._starts[last] - len(SEPARATOR)
            piece = memoryview(self._body)[begin:end]
            yield self._of_era(era, first, last, piece) if era else piece
            start += last - first

    def _of_era(self, era: int, first: int, last: int, piece: memoryview) -> bytes:
        changed = bytearray(piece)
        begin = self._starts[first]
        for index in range(first, last):
            row = self._starts[index] - begin
            at = row + self._era_at[index]
            changed[at : at + 2] = b"%02d" % era
            at = row + self._created_at[index]
            created = self._ascending[self.count - 1 - index] - era * YEAR
            changed[at : at + 10] = b"%010d" % created
        return bytes(changed)


class Port:
    """One listening socket with a listing."""

    def __init__(self, listing: Listing, rows: Rows) -> None:
        self._listing = listing
        self._rows = rows
        self._flex = listing.shape == "flex"
        self._lock = threading.Lock()
        self._tokens = self._most_tokens = max(1.0, listing.rate / 10)
        self._filled = time.monotonic()
        self._count = Count()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.number: int = self._socket.getsockname()[1]

    def serve(self) -> None:
        """Accept connections for ever, each in a thread of its own."""
        while True:
            connection, _ = self._socket.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        received = b""
        while True:
            while b"\r\n\r\n" not in received:
                more = connection.recv(65536)
                if not more:
                    connection.close()
                    return
                received += more
            head, _, received = received.partition(b"\r\n\r\n")
            due = time.monotonic() + self._listing.delay
            answer = self._answer(head.split(b" ", 2)[1].decode())
            time.sleep(max(0.0, due - time.monotonic()))
            _send(connection, answer)

    def _answer(self, target: str) -> list[Piece]:
        path, _, query = target.partition("?")
        if path == "/count":
            counted, self._count = self._count, Count()
            return _response(200, [json.dumps(attrs.asdict(counted)).encode()])
        if not self._allowed():
            return _response(429, [b'{"error": {"type": "rate_limit", "message": "Too fast"}}'])
        return _response(
            200, self._page({name: values[0] for name, values in parse_qs(query).items()})
        )

    def _allowed(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if not math.isinf(self._listing.rate):
                earned = (now - self._filled) * self._listing.rate
                self._tokens = min(self._most_tokens, self._tokens + earned)
                self._filled = now
            self._count.requests += 1
            if self._tokens < 1.0:
                self._count.refused += 1
                return False
            if not math.isinf(self._listing.rate):
                self._tokens -= 1.0
            return True

    def _page(self, query: dict[str, str]) -> list[Piece]:
        start, end = 0, self._listing.sessions
        if "created[lt]" in query:
            start = self._rows.created_since(self._second(query["created[lt]"]))
        if "created[gte]" in query:
            end = min(end, self._rows.created_since(self._second(query["created[gte]"])))
        if "starting_after" in query:
            start = self._rows.index(query["starting_after"]) + 1
        stop = min(end, start + int(query.get("limit", "10")))
        rows = self._rows.pieces(start, stop)
        if self._flex:
            return [b'{"checkout_sessions": [\n', *rows, b"\n]}"]
        more = b"true" if stop < end else b"false"
        head = b'{"object": "list", "url": "/v1/checkout/sessions", "has_more": '
        return [head, more, b', "data": [\n', *rows, b"\n]}"]

    def _second(self, text: str) -> int:
        return int(datetime.fromisoformat(text).timestamp()) if self._flex else int(text)


def _response(status: int, body: list[Piece]) -> list[Piece]:
    length = sum(map(len, body))
    head = f"HTTP/1.1 {status} Whatever\n{HEADERS}\nContent-Length: {length}\n\n"
    return [head.replace("\n", "\r\n").encode(), *body]


def _send(connection: socket.socket, pieces: list[Piece]) -> None:
    """Send all of the pieces, copying none but the rest of one that was cut."""
    while pieces:
        sent = connection.sendmsg(pieces)
        while pieces and sent >= len(pieces[0]):
            sent -= len(pieces.pop(0))
        if sent:
            pieces[0] = memoryview(pieces[0])[sent:]


def main() -> None:
    """Serve listings until standard input ends.

    Its first line says what to invent; each further one asks for a listing and is answered with
    the listing's port.
    """
    asked = json.loads(sys.stdin.readline())
    pin(asked["cores"])

    @cache
    def rows(shape: str) -> Rows:
        return Rows(shape, asked["sessions"], asked["seed"])

    for line in sys.stdin:
        listing = Listing(**json.loads(line))
        port = Port(listing, rows(listing.shape))
        threading.Thread(target=port.serve, daemon=True).start()
        print(port.number, flush=True)


if __name__ == "__main__":
    main()
