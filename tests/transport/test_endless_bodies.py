"""What comes to nothing is not read for ever, however little of it there is."""

from __future__ import annotations

import gzip
import zlib

import pytest
from transport.loopback import EMPTY_PAGE, Loopback, Talk, answer
from transport.setting import Kind, sending

from unified_checkout import ResponseTooLarge

PIECE = b"%x\r\n%b\r\n"


def check_too_large(kind: Kind, *said: bytes) -> None:
    """An answer of which no end comes is refused for its size, where a million bytes are read."""

    def script(talk: Talk) -> None:
        for piece in said:
            talk.say(piece)
        talk.wait_for_end()

    with (
        Loopback(script) as server,
        sending(kind, server.url, max_body_bytes=1_000_000) as sender,
        pytest.raises(ResponseTooLarge, match="larger than 1000000 bytes"),
    ):
        sender.send()


@pytest.mark.parametrize(
    ("coding", "start", "more"),
    [
        ("gzip", gzip.compress(EMPTY_PAGE), bytes(60_000)),
        ("gzip", gzip.compress(EMPTY_PAGE), gzip.compress(b"") * 3_000),
        ("gzip", b"\x1f\x8b\x08\x08" + bytes(6), b"n" * 60_000),
        ("deflate", zlib.compress(EMPTY_PAGE), b"x" * 60_000),
    ],
    ids=["padding", "empty members", "a file's name", "behind the end"],
)
def test_what_unpacks_to_nothing_has_an_end(
    kind: Kind, coding: str, start: bytes, more: bytes
) -> None:
    fields = ("Transfer-Encoding: chunked", f"Content-Encoding: {coding}")
    chunks = b"".join(PIECE % (len(one), one) for one in (start, *[more] * 20))
    check_too_large(kind, answer(b"", *fields, length=False), chunks)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_packing_may_add_to_what_just_fits(kind: Kind, coding: str) -> None:
    pack = gzip.compress if coding == "gzip" else zlib.compress
    packed = pack(EMPTY_PAGE, 0)
    assert len(packed) > len(EMPTY_PAGE)
    said = answer(packed, f"Content-Encoding: {coding}")
    with (
        Loopback(lambda talk: talk.say(said)) as server,
        sending(kind, server.url, max_body_bytes=len(EMPTY_PAGE)) as sender,
    ):
        assert sender.send().body == EMPTY_PAGE


@pytest.mark.parametrize("length", [2_000_000, 10**19])
def test_what_says_that_it_is_too_large_is_not_waited_for(kind: Kind, length: int) -> None:
    check_too_large(kind, answer(b"{", f"Content-Length: {length}", length=False))


@pytest.mark.parametrize("length", ["2000000", "2000000, 2000000"])
def test_a_length_that_chunks_contradict_does_not_count(kind: Kind, length: str) -> None:
    fields = (f"Content-Length: {length}", "Transfer-Encoding: chunked")
    chunks = PIECE % (len(EMPTY_PAGE), EMPTY_PAGE) + b"0\r\n\r\n"
    said = answer(chunks, *fields, length=False)
    with (
        Loopback(lambda talk: talk.say(said)) as server,
        sending(kind, server.url, max_body_bytes=1_000_000) as sender,
    ):
        assert sender.send().body == EMPTY_PAGE
