"""The kit: texts that were cut in the middle of a character, as JSON allows."""

from __future__ import annotations

import json
import re
from typing import Any, Generic, TypeVar

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unified_checkout.adapters import Response, kit
from unified_checkout.adapters.kit.halves import without_half_characters
from unified_checkout.errors import MalformedPage, UnreadableBody

Row = TypeVar("Row")
WHERE: dict[str, Any] = {"account": "us", "provider": "acme", "status": 200}


class Note(msgspec.Struct):
    id: kit.Id
    text: str


class Page(msgspec.Struct, Generic[Row]):
    rows: list[Row]
    title: str = ""


class Envelope(msgspec.Struct):
    note: msgspec.Raw


NOTE = msgspec.json.Decoder(Note)
ENVELOPE = msgspec.json.Decoder(Envelope)
PAGE = kit.page_decoder(Page, Note)

TEXTS = pytest.mark.parametrize(
    ("sent", "text"),
    [
        (rb"caf\ud83d", "caf\ufffd"),
        (rb"caf\uD83D", "caf\ufffd"),
        (rb"\ude00 and on", "\ufffd and on"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\ud83d\u0041", "\ufffdA"),
        (rb"\ud83d\ude00 \ud83d", "\U0001f600 \ufffd"),
        (rb"\\ud83d \ud83d", r"\ud83d" + " \ufffd"),
        (rb"\\\ud83d", "\\\ufffd"),
        (rb"\"\ud83d\"", '"\ufffd"'),
        (b"caf\xc3\xa9 \\ud83d", "café \ufffd"),
    ],
)


def note(text: bytes, id: bytes = b"a") -> bytes:
    return b'{"id": "%s", "text": "%s"}' % (id, text)


@TEXTS
def test_a_page_is_read_and_its_rows_stay_as_they_were_sent(sent: bytes, text: str) -> None:
    rows = [note(b"before"), note(sent), note(rb"whole \ud83d\ude00"), note(sent, b"b")]
    body = b'{"rows": [' + b" ,\n".join(rows) + b"]}"
    _, found = PAGE.decode(body, **WHERE)
    texts = ["before", text, "whole \U0001f600", text]
    assert [(one.text, raw) for one, raw in found] == list(zip(texts, rows, strict=True))


def test_rows_that_read_alike_keep_each_its_own_bytes() -> None:
    rows = [note(rb"caf\ud83d"), note(rb"caf\ud83e")]
    _, found = PAGE.decode(b'{"rows": [' + b",".join(rows) + b"]}", **WHERE)
    assert list(found) == [(Note("a", "caf\ufffd"), row) for row in rows]


@TEXTS
def test_a_single_object_is_read(sent: bytes, text: str) -> None:
    assert kit.decode(NOTE, note(sent), **WHERE).text == text


@TEXTS
def test_an_object_within_an_envelope_stays_as_it_was_sent(sent: bytes, text: str) -> None:
    body = b'{"title": "%s", "note": %s}' % (sent, note(sent))
    raw = kit.as_sent(kit.decode(ENVELOPE, body, **WHERE).note, body)
    assert raw == note(sent)
    assert kit.decode(NOTE, raw, **WHERE).text == text


def test_half_a_character_beside_the_rows_is_read_too() -> None:
    body = rb'{"title": "caf\ud83d", "new": "\ud83d", "rows": [' + note(b"whole") + b"]}"
    page, found = PAGE.decode(body, **WHERE)
    assert page.title == "caf\ufffd"
    assert list(found) == [(Note("a", "whole"), note(b"whole"))]


def test_half_a_character_hides_no_other_fault() -> None:
    body = b'{"rows": [' + note(rb"caf\ud83d") + rb', {"id": "b", "text": 7, "\ud83d": 1}]}'
    with pytest.raises(MalformedPage) as caught:
        PAGE.decode(body, **WHERE)
    assert (caught.value.row, caught.value.field) == (1, "text")


@pytest.mark.parametrize(
    "text", [rb"\ud8zz", rb'\ud8"}  ', rb"\ud83d\x", rb"\ud83d \udez0", b"\\ud83d \xff"]
)
def test_what_is_no_json_is_not_made_readable(text: bytes) -> None:
    with pytest.raises(UnreadableBody):
        kit.decode(NOTE, note(text), **WHERE)
    with pytest.raises(UnreadableBody):
        PAGE.decode(b'{"rows": [' + note(text) + b"]}", **WHERE)


def test_a_failure_is_explained_in_spite_of_half_a_character() -> None:
    response = Response(status=400, body=rb'{"code": "too_long", "message": "caf\ud83d"}')
    assert kit.error_body(response) == {"code": "too_long", "message": "caf\ufffd"}


PIECES = st.sampled_from([*'a\\"é', "\ud83d", "\ude00", "\udbff", "\udfff", "\\ud83d"])


@given(st.lists(PIECES | st.characters()).map("".join))
@example("\\ud83d")
@example("\ud83d\ud83d\ude00")
def test_any_text_is_read_with_a_replacement_for_each_half(text: str) -> None:
    sent = json.dumps(text, ensure_ascii=True).encode()
    readable = without_half_characters(sent)
    assert msgspec.json.decode(readable) == re.sub("[\ud800-\udfff]", "\ufffd", json.loads(sent))
    assert len(readable) == len(sent)
