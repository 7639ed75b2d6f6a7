"""Tools for adapter authors: reading the body of a response."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

import attrs
import msgspec

from unified_checkout.adapters.http import Request
from unified_checkout.adapters.kit.failures import description
from unified_checkout.adapters.kit.fields import FieldError
from unified_checkout.adapters.kit.halves import without_half_characters
from unified_checkout.adapters.kit.integers import Place, place_of_integer, with_integers
from unified_checkout.errors import MalformedPage, UnreadableBody

if TYPE_CHECKING:
    from unified_checkout.model.session import Session

T = TypeVar("T")
Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)


def decode(decoder: msgspec.json.Decoder[T], body: bytes, **where: Any) -> T:
    """Decode a whole body.

    Raises:
        UnreadableBody: if it is not JSON or is cut short.
        MalformedPage: if it is JSON, but not of the documented shape.
    """
    with _faults_named(body, where):
        _check_text(body)
        return _despite_half_characters(_taking_integers(decoder.decode), body)[0]


def as_sent(part: bytes, body: bytes) -> bytes:
    """A part of a body, such as a ``msgspec.Raw`` that ``decode`` gave, byte for byte as sent.

    It differs where ``decode`` put something readable in place of half a character.
    """
    readable = without_half_characters(body)
    return _as_sent([without_half_characters(part)], readable, body)[0]


def json_body(request: Request, value: Any) -> Request:
    """The request as a POST that carries a value as JSON.

    >>> asked = json_body(Request(path="/v2/search"), {"limit": 50})
    >>> asked.method, asked.body, dict(asked.headers)
    ('POST', b'{"limit":50}', {'Content-Type': 'application/json'})
    """
    return _posted(request, msgspec.json.encode(value), "application/json")


def form_body(request: Request, fields: Iterable[tuple[str, str]]) -> Request:
    """The request as a POST that carries a form, its fields in order (the WHATWG's URL standard).

    >>> form_body(Request(path="/token"), [("scope", "read write")]).body
    b'scope=read+write'
    """
    body = urlencode(tuple(fields)).encode()
    return _posted(request, body, "application/x-www-form-urlencoded")


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
        page = _taking_integers(self.raw.decode)(body)
        sent = [bytes(row) for row in page.rows]
        if not body.isascii():
            for row in sent:
                _check_text(row)
        try:
            return page, sent, self.typed(body).rows
        except msgspec.ValidationError:
            return page, sent, self._rows(sent, **where)

    def _rows(self, sent: Sequence[bytes], **where: Any) -> list[Row]:
        rows, decode_row = [], _taking_integers(self.row.decode)
        for index, raw in enumerate(sent):
            try:
                rows.append(decode_row(raw))
            except msgspec.ValidationError as error:
                message, field = _fault(error)
                raise MalformedPage(message, row=index, field=field, **where) from None
        return rows


def page_decoder(page: Any, row: type[Row]) -> PageDecoder[Any, Row]:
    """The decoder of pages whose rows are of a type.

    Args:
        page: the wire model of a page, generic in its rows, which it names ``rows``.
        row: the wire model of a row.

    >>> class Thing(msgspec.Struct):
    ...     id: str
    >>> class Page(msgspec.Struct, Generic[Row]):
    ...     rows: list[Row] = msgspec.field(name="things")
    >>> _, rows = page_decoder(Page, Thing).decode(b'{"things": [{"id": "a"}]}')
    >>> list(rows)
    [(Thing(id='a'), b'{"id": "a"}')]
    """
    return PageDecoder(
        raw=msgspec.json.Decoder(page[msgspec.Raw]),
        typed=msgspec.json.Decoder(page[row]).decode,
        row=msgspec.json.Decoder(row),
    )


_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def member(body: bytes, key: str, **where: Any) -> bytes:
    """What an object holds under a key, byte for byte as sent.

    >>> member(b'{"thing": {"id": 1}}', "thing")
    b'{"id": 1}'

    Raises:
        UnreadableBody: if the body is not JSON or is cut short.
        MalformedPage: if it is no object, or has no such key.
    """
    found = decode(_OBJECT, body, **where).get(key)
    if found is None:
        raise MalformedPage("missing required field", row=None, field=key, **where)
    return as_sent(found, body)


def sessions(
    convert: Callable[[Row, bytes], Session], rows: Iterable[tuple[Row, bytes]], **where: Any
) -> list[Session]:
    """Decoded rows in the common language, by a function that may raise ``FieldError``.

    Raises:
        MalformedPage: naming the row and the field, if it does.
    """
    made: list[Session] = []
    try:
        for sent, raw in rows:
            made.append(convert(sent, raw))
    except FieldError as error:
        raise MalformedPage(str(error), row=len(made), field=error.field, **where) from None
    return made


@contextmanager
def field_errors(*, row: int | None, **where: Any) -> Iterator[None]:
    """Where a ``FieldError`` becomes the error that names the row too.

    Raises:
        MalformedPage: naming the row and the field.
    """
    try:
        yield
    except FieldError as error:
        raise MalformedPage(str(error), row=row, field=error.field, **where) from None


def _posted(request: Request, body: bytes, content_type: str) -> Request:
    headers = {**request.headers, "Content-Type": content_type}
    return attrs.evolve(request, method="POST", body=body, headers=headers)


@contextmanager
def _faults_named(body: bytes, where: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except msgspec.ValidationError as error:
        message, field = _fault(error)
        raise MalformedPage(message, row=None, field=field, **where) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = f"the body is not readable JSON: {type(error).__name__}"
        raise UnreadableBody(description(body, problem), **where) from None


def _check_text(sent: bytes) -> None:
    """What a decoder skips, it does not check."""
    if not sent.isascii():
        sent.decode()


def _taking_integers(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Reads an integer, where one is expected, also from ``1000.0`` and ``1e3``: they are the same.

    What it found written so in one text, it looks for in the next one at once. A ``msgspec.Raw``
    stays as it was sent.
    """
    places = set[Place]()

    def read_integers(body: bytes) -> T:
        while True:
            try:
                return read(with_integers(body, places) if places else body)
            except msgspec.ValidationError as error:
                place = place_of_integer(error)
                if place is None or place in places:
                    raise
                places.add(place)

    return read_integers


def _despite_half_characters(read: Callable[[bytes], T], body: bytes) -> tuple[T, bytes]:
    """What is read of a body, and the form of the body that could be read."""
    try:
        return read(body), body
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        readable = without_half_characters(body)
        return read(readable), readable


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
