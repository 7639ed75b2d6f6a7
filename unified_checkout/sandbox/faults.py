"""Ways to misbehave, each a value: hand them to ``Sandbox.misbehave``.

A fault spoils the next ``times`` requests, one fault to a request, in the order they were given;
one with ``times=None`` spoils every request, besides whatever else does.
"""

# ruff: noqa: D102 - what a fault's methods do is what its class says

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import attrs

from unified_checkout.sandbox.exchange import Answer, Received
from unified_checkout.sandbox.facts import check_type
from unified_checkout.sandbox.provider import Page, ProviderSandbox

MEGABYTE = 1_000_000

_GZIP_HEADER = b"\x1f\x8b\x08" + bytes(7)


def _checked(_: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    return [field.evolve(validator=check_type) for field in fields]


@attrs.frozen(field_transformer=_checked)
class Fault:
    """The base of all faults; spoils nothing.

    Raises:
        ConfigurationError: naming the field whose value is of a wrong type, and what is allowed.
    """

    times: int | None = attrs.field(default=1, kw_only=True)
    """How many requests to spoil; None spoils all of them."""

    def spoil_page(self, page: Page, previous: Page | None) -> Page:
        """What becomes of a page; ``previous`` is the one served before it."""
        return page

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        """What becomes of an answer."""
        return answer


@attrs.frozen(field_transformer=_checked)
class Latency(Fault):
    """Nothing for some seconds, then the answer."""

    seconds: float

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return _delivered(answer, delay=answer.delivery.delay + self.seconds)


@attrs.frozen(field_transformer=_checked)
class Status(Fault):
    """The provider's documented error for a status, and perhaps its advice when to come back.

    ``Status(429, retry_after=2, times=3)`` throttles three requests.
    """

    status: int
    retry_after: float | str | None = None
    """Seconds, or an HTTP date as a string."""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    """What the answer carries besides, by lower-case name."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        failure = provider.failure(self.status)
        headers = {**answer.headers, **failure.headers, **self.headers}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        return attrs.evolve(failure, headers=headers, delivery=answer.delivery)


@attrs.frozen(field_transformer=_checked)
class Reset(Fault):
    """The connection is reset in mid-body."""

    after: int = 20
    """Bytes of the body that are sent before."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return _delivered(answer, reset_after=self.after)


@attrs.frozen(field_transformer=_checked)
class Drip(Fault):
    """The body trickles in."""

    chunk: int = 100
    """Bytes at a time."""
    pause: float = 0.01
    """Seconds in between."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return _delivered(answer, chunk=self.chunk, pause=self.pause)


@attrs.frozen(field_transformer=_checked)
class WrongLength(Fault):
    """``Content-Length`` is off, and the connection closes after the body."""

    excess: int = 10
    """How many bytes too many are promised; negative for too few."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return _delivered(answer, promised=len(answer.body) + self.excess)


@attrs.frozen(field_transformer=_checked)
class Truncated(Fault):
    """The body ends early, and ``Content-Length`` says so too."""

    keep: float = 0.5
    """The part of the body that is left."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return attrs.evolve(answer, body=answer.body[: int(len(answer.body) * self.keep)])


@attrs.frozen(field_transformer=_checked)
class GzipGarbage(Fault):
    """The body claims to be gzip and is not."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        headers = {**answer.headers, "content-encoding": "gzip"}
        return attrs.evolve(answer, headers=headers, body=_GZIP_HEADER + b"\xff" * 64)


@attrs.frozen(field_transformer=_checked)
class Html(Fault):
    """A page for people, such as a proxy sends."""

    status: int = 502

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return Answer(
            status=self.status,
            headers={"content-type": "text/html"},
            body=b"<!DOCTYPE html>\n<html><body><h1>Something went wrong</h1></body></html>\n",
            delivery=answer.delivery,
        )


@attrs.frozen(field_transformer=_checked)
class Redirect(Fault):
    """The answer is elsewhere."""

    location: str | None = None
    """Where; None is here again, so that with ``times=None`` it has no end."""
    status: int = 307

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        headers = {**answer.headers, "location": self.location or request.path}
        return attrs.evolve(answer, status=self.status, headers=headers, body=b"")


@attrs.frozen(field_transformer=_checked)
class HugeBody(Fault):
    """The body is followed by very many blanks, which JSON allows."""

    size: int = 100 * MEGABYTE
    """Bytes in all, roughly."""
    compressed: bool = False
    """Whether they travel as gzip, which makes them few on the wire."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        if not self.compressed:
            return _delivered(answer, padding=self.size)
        gzip = zlib.compressobj(wbits=31)
        parts = [gzip.compress(answer.body)]
        parts += [gzip.compress(b" " * MEGABYTE) for _ in range(self.size // MEGABYTE)]
        headers = {**answer.headers, "content-encoding": "gzip"}
        return attrs.evolve(answer, headers=headers, body=b"".join([*parts, gzip.flush()]))


@attrs.frozen(field_transformer=_checked)
class MalformedRow(Fault):
    """One row of the page is not what the provider documents."""

    row: int
    """Its index in the page, from 0."""
    field: str
    """The provider's name of the field that is wrong."""
    value: Any = "not this type"

    def spoil_page(self, page: Page, previous: Page | None) -> Page:
        rows = list(page.rows)
        broken = {**json.loads(rows[self.row]), self.field: self.value}
        rows[self.row] = json.dumps(broken).encode()
        return attrs.evolve(page, rows=tuple(rows))


@attrs.frozen(field_transformer=_checked)
class EmptyPage(Fault):
    """No rows, and yet more to come."""

    def spoil_page(self, page: Page, previous: Page | None) -> Page:
        return attrs.evolve(page, ids=(), rows=(), more=True)


@attrs.frozen(field_transformer=_checked)
class RepeatedPage(Fault):
    """The page served before, once more; the page itself if there was none."""

    def spoil_page(self, page: Page, previous: Page | None) -> Page:
        return previous or page


@attrs.frozen(field_transformer=_checked)
class Clamp(Fault):
    """Fewer rows than were asked for, as from a server with a lower limit of its own."""

    limit: int = 50

    def spoil_page(self, page: Page, previous: Page | None) -> Page:
        if len(page.rows) <= self.limit:
            return page
        kept = slice(-self.limit, None) if page.backward else slice(self.limit)
        return attrs.evolve(page, ids=page.ids[kept], rows=page.rows[kept], more=True)


def _delivered(answer: Answer, **changes: Any) -> Answer:
    return attrs.evolve(answer, delivery=attrs.evolve(answer.delivery, **changes))
