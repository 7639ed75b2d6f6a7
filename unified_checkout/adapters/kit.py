"""Tools for adapter authors: signing a request, reading a response, naming what went wrong."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import attrs
import msgspec

from unified_checkout.adapters.contract import Adapter, Credentials, Direction, KeyKind
from unified_checkout.adapters.http import Request, Response
from unified_checkout.adapters.telltales import TELLTALE, URL
from unified_checkout.errors import (
    AuthenticationError,
    InvalidQuery,
    InvalidRequest,
    MalformedPage,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    ServerError,
    TransientError,
    UnexpectedRedirect,
    UnreadableBody,
)

if TYPE_CHECKING:
    from unified_checkout.model.session import Session

T = TypeVar("T")
Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)

LAST_SECOND = 253_402_300_799
"""The last Unix second that a ``datetime`` can hold: 9999-12-31T23:59:59Z."""

Timestamp = Annotated[int, msgspec.Meta(ge=0, le=LAST_SECOND)]
"""Unix seconds in a wire model; a number that is no date is an error that names its field."""

Id = Annotated[str, msgspec.Meta(min_length=1)]
"""An id in a wire model: opaque, but never empty."""

_BY_STATUS: dict[int, type[ProviderError]] = {
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    408: ServerError,
}
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][\da-fA-F]{2})|\\.",
    re.DOTALL,
)
_READ_OF_A_MESSAGE = 2000
_KEPT_OF_A_MESSAGE = 300
_BEYOND_A_PATH = re.compile(r"[?#]")


def basic(request: Request, credentials: Credentials) -> Request:
    """The request with HTTP Basic credentials: the key as user name, an empty password."""
    pair = f"{credentials.api_key.get_secret_value()}:"
    return _authorized(request, f"Basic {b64encode(pair.encode()).decode()}")


def bearer(request: Request, credentials: Credentials) -> Request:
    """The request with the key as a bearer token."""
    return _authorized(request, f"Bearer {credentials.api_key.get_secret_value()}")


def item_path(collection: str, id: str) -> str:
    """The path of one object of a collection, its id percent-encoded.

    >>> item_path("/v1/things", "a/b")
    '/v1/things/a%2Fb'

    Raises:
        InvalidQuery: for an id that would name the collection itself.
    """
    if not isinstance(id, str) or not id.isprintable() or not id.strip(". "):
        raise InvalidQuery(f"{id!r} is not the id of a session; give the provider's id in full")
    return f"{collection}/{quote(id, safe='')}"


def key_kind(api_key: str, prefixes: Mapping[str, KeyKind]) -> KeyKind:
    """What the first fitting prefix tells; UNKNOWN where none fits."""
    for prefix, kind in prefixes.items():
        if api_key.startswith(prefix):
            return kind
    return KeyKind.UNKNOWN


def origin(adapter: Adapter[Any], response: Response, request_id_header: str) -> dict[str, Any]:
    """What a ``ProviderError`` about a response says of where it came from."""
    return {
        "account": adapter.account,
        "provider": adapter.name,
        "status": response.status,
        "request_id": response.headers.get(request_id_header),
    }


def decode(decoder: msgspec.json.Decoder[T], body: bytes, **where: Any) -> T:
    """Decode a whole body.

    Raises:
        UnreadableBody: if it is not JSON or is cut short.
        MalformedPage: if it is JSON, but not of the documented shape.
    """
    with _faults_named(body, where):
        _check_text(body)
        return _despite_half_characters(decoder.decode, body)[0]


def as_sent(part: bytes, body: bytes) -> bytes:
    """A part of a body, such as a ``msgspec.Raw`` that ``decode`` gave, byte for byte as sent.

    It differs where ``decode`` put something readable in place of half a character.
    """
    readable = _without_half_characters(body)
    return _as_sent([_without_half_characters(part)], readable, body)[0]


class Rows(Protocol[Row_co]):
    """The wire model of a page, seen as its rows."""

    @property
    def rows(self) -> Sequence[Row_co]:
        """The rows in the order sent."""
        ...


RawPage = TypeVar("RawPage", bound=Rows[msgspec.Raw])


@attrs.frozen(kw_only=True)
class PageDecoder(Generic[RawPage, Row]):
    """Decodes a page twice, which is cheaper than once into dictionaries: typed, and as bytes."""

    raw: msgspec.json.Decoder[RawPage]
    """Leaves the rows as they were sent."""
    typed: Callable[[bytes], Rows[Row]]
    """Decodes the rows too."""
    row: msgspec.json.Decoder[Row]
    """Decodes a single row, to find the one that is not as documented."""

    def decode(self, body: bytes, **where: Any) -> tuple[RawPage, Iterator[tuple[Row, bytes]]]:
        """The page, and its rows each with its own bytes.

        Raises:
            UnreadableBody: if the body is not JSON or is cut short.
            MalformedPage: naming the first row and field that are not as documented.
        """
        with _faults_named(body, where):
            (page, sent, rows), readable = _despite_half_characters(
                lambda text: self._read(text, where), body
            )
        if readable is not body:
            sent = _as_sent(sent, readable, body)
        return page, zip(rows, sent, strict=True)

    def _read(
        self, body: bytes, where: Mapping[str, Any]
    ) -> tuple[RawPage, list[bytes], Sequence[Row]]:
        page = self.raw.decode(body)
        sent = [bytes(row) for row in page.rows]
        for row in sent:
            _check_text(row)
        try:
            return page, sent, self.typed(body).rows
        except msgspec.ValidationError:
            return page, sent, self._rows(sent, **where)

    def _rows(self, sent: Sequence[bytes], **where: Any) -> list[Row]:
        rows = []
        for index, raw in enumerate(sent):
            try:
                rows.append(self.row.decode(raw))
            except msgspec.ValidationError as error:
                message, field = _fault(error)
                raise MalformedPage(message, row=index, field=field, **where) from None
        return rows


class FieldError(ValueError):
    """A value of the documented type that cannot be what its field says."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def session(
    convert: Callable[[Row, bytes], Session], sent: Row, raw: bytes, row: int | None, **where: Any
) -> Session:
    """A decoded row in the common language, by a function that may raise ``FieldError``.

    Raises:
        MalformedPage: naming the row and the field, if it does.
    """
    try:
        return convert(sent, raw)
    except FieldError as error:
        raise MalformedPage(str(error), row=row, field=error.field, **where) from None


def end_of(sessions: Sequence[Session], direction: Direction) -> str | None:
    """The id to continue from: the last session's going forward, the first's going backward."""
    if not sessions:
        return None
    return sessions[-1 if direction is Direction.FORWARD else 0].id


def seconds(timestamp: int) -> datetime:
    """Unix seconds as an aware datetime in UTC."""
    return datetime.fromtimestamp(timestamp, UTC)


def utc(moment: datetime, field: str) -> datetime:
    """An aware datetime in UTC.

    Raises:
        FieldError: if that lies beyond the years that a ``datetime`` can hold.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise FieldError(field, "a time beyond the calendar") from None


def whole_seconds(moment: datetime) -> tuple[int, int]:
    """The Unix seconds around a moment, at or before it and at or after it.

    >>> whole_seconds(datetime(1970, 1, 1, 0, 0, 10, 500_000, tzinfo=UTC))
    (10, 11)
    """
    floor = int(moment.replace(microsecond=0).timestamp())
    return floor, floor + (moment.microsecond > 0)


def word(table: Mapping[str, T], value: str | None, unknown: T) -> T | None:
    """A provider's word in the common language: None for None, ``unknown`` for a new one."""
    return None if value is None else table.get(value, unknown)


def strings(metadata: dict[str, Any] | None) -> dict[str, str] | None:
    """Metadata as documented, strings alone; another value becomes JSON text that means the same.

    >>> strings({"order": "A-1", "pieces": 2})
    {'order': 'A-1', 'pieces': '2'}
    """
    if metadata:
        for key, value in metadata.items():
            if type(value) is not str:
                metadata[key] = msgspec.json.encode(value).decode()
    return metadata


def error_for(
    response: Response, message: str, *, reason: str | None = None, **where: Any
) -> ProviderError:
    """The typed error for an HTTP status; ``where`` is what ``ProviderError`` takes.

    The status decides, never the provider's own words, which contradict it now and then.
    ``reason`` is the provider's word for the rate limit that was hit.
    """
    status = response.status
    where.setdefault("status", status)
    if status == 429:
        return RateLimited(message, retry_after=retry_after(response), reason=reason, **where)
    if 300 <= status < 400:
        return UnexpectedRedirect(message, **where)
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else InvalidRequest)
    if issubclass(kind, TransientError):
        where["retry_after"] = retry_after(response)
    return kind(message, **where)


def retry_after(response: Response) -> float | None:
    """The ``Retry-After`` header in seconds, whether it holds seconds or an HTTP date.

    >>> retry_after(Response(status=429, headers={"retry-after": "7"}))
    7.0
    """
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            sent = parsedate_to_datetime(response.headers.get("date", ""))
            seconds = (parsedate_to_datetime(value) - sent).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def error_body(response: Response) -> dict[str, Any]:
    """The JSON object in the body of a failure; empty where the body is anything else."""
    try:
        body = msgspec.json.decode(_without_half_characters(response.body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def explanation(text: object, response: Response) -> str:
    """The provider's own words, scrubbed; where there are none, what the body is instead."""
    if isinstance(text, str) and text.strip():
        return scrubbed(text)
    problem = "the body is not a documented error"
    return f"no reason is given: {_description(response.body, problem)}"


def scrubbed(text: str) -> str:
    """Text of a provider's without what looks like an e-mail address or a key, and not long.

    Of a web address what follows the path is left out: the page of a session opens with it.

    >>> scrubbed("Invalid API Key provided: sk_test_obviously_fake")
    'Invalid API Key provided: (key)'
    >>> scrubbed("No such customer: jenny@example.com")
    'No such customer: (e-mail)'
    """
    text = " ".join(text[:_READ_OF_A_MESSAGE].split())
    text = "".join(filter(str.isprintable, text))
    text = URL.sub(lambda found: _BEYOND_A_PATH.split(found[0], 1)[0], text)
    text = TELLTALE.sub(lambda found: "(key)" if found["secret"] else "(e-mail)", text)
    return text[:_KEPT_OF_A_MESSAGE].rstrip(". ")


def _authorized(request: Request, authorization: str) -> Request:
    return attrs.evolve(request, headers={**request.headers, "Authorization": authorization})


@contextmanager
def _faults_named(body: bytes, where: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except msgspec.ValidationError as error:
        message, field = _fault(error)
        raise MalformedPage(message, row=None, field=field, **where) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = f"the body is not readable JSON: {type(error).__name__}"
        raise UnreadableBody(_description(body, problem), **where) from None


def _check_text(sent: bytes) -> None:
    """What a decoder skips, it does not check."""
    if not sent.isascii():
        sent.decode()


def _despite_half_characters(read: Callable[[bytes], T], body: bytes) -> tuple[T, bytes]:
    """What is read of a body, and the form of the body that could be read."""
    try:
        return read(body), body
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        readable = _without_half_characters(body)
        return read(readable), readable


def _without_half_characters(sent: bytes) -> bytes:
    r"""JSON in which ``\ufffd`` stands for each escaped half of a surrogate pair without the other.

    JSON allows them, and a text that was cut in the middle of an emoji ends in one. The length
    stays the same.
    """
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], sent)


def _as_sent(parts: Iterable[bytes], readable: bytes, body: bytes) -> list[bytes]:
    """The same stretches of a body as these are, one after the other, of its readable form."""
    found, end = [], 0
    for part in parts:
        start = readable.index(part, end)
        end = start + len(part)
        found.append(body[start:end])
    return found


def _fault(error: msgspec.ValidationError) -> tuple[str, str]:
    """What is wrong and where, from msgspec's message; it never quotes values."""
    message, _, path = str(error).partition(" - at `")
    field = path.rstrip("`").removeprefix("$").lstrip(".")
    if "missing required field" in message:
        missing = message.rpartition("`")[0].rpartition("`")[2]
        field = f"{field}.{missing}" if field else missing
    return message[:1].lower() + message[1:], field


def _description(body: bytes, otherwise: str) -> str:
    start = body[:512].lstrip()
    if not start:
        return "the body is empty"
    if start.startswith(b"<"):
        return "the body is an HTML page, not JSON"
    return f"{otherwise} ({len(body)} bytes)"
