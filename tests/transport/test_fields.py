"""The fields of an answer, as an adapter gets them."""

from __future__ import annotations

import gzip

import pytest
from transport.loopback import EMPTY_PAGE, Loopback, answer
from transport.setting import Kind, sending

LATER = "Retry-After: 7"


def fields(kind: Kind, data: bytes) -> dict[str, str]:
    """What becomes of the fields of an answer."""
    with Loopback(lambda talk: talk.say(data)) as server, sending(kind, server.url) as sender:
        return dict(sender.send().headers)


def test_names_are_in_lower_case_and_repetitions_are_joined(kind: Kind) -> None:
    said = ("X-One: 1", "x-TWO: 2", "X-One: 3", "X-Fold: a\r\n b")
    told = fields(kind, answer(EMPTY_PAGE, *said))
    assert (told["x-one"], told["x-two"], told["x-fold"]) == ("1, 3", "2", "a b")


def test_what_is_repeated_word_for_word_counts_once(kind: Kind) -> None:
    """As where a proxy adds what the provider has said already."""
    said = ("Request-Id: req_1", "request-id: req_1", "RateLimit-Remaining: 0", "X-Many: a")
    told = fields(kind, answer(EMPTY_PAGE, *said, *said, "X-Many: b"))
    assert (told["request-id"], told["ratelimit-remaining"]) == ("req_1", "0")
    assert told["x-many"] == "a, b"


@pytest.mark.parametrize("other", ["Retry-After: 9", "Retry-After:", "retry-after: 7"])
@pytest.mark.parametrize("status", ["429 Slowly", "503 Oh"])
def test_of_what_can_be_said_once_the_first_counts(kind: Kind, other: str, status: str) -> None:
    told = fields(kind, answer(b"", LATER, other, status=status))
    assert told["retry-after"] == "7"


def test_what_says_nothing_is_not_the_first(kind: Kind) -> None:
    assert fields(kind, answer(b"", "Retry-After: ", LATER, status="429 No"))["retry-after"] == "7"


@pytest.mark.parametrize("empty", [(), ("Date:",)])
def test_an_answer_without_a_date_has_come_now(kind: Kind, empty: tuple[str, ...]) -> None:
    """RFC 9110, 6.6.1: without it, advice by a date could not be followed."""
    assert fields(kind, answer(EMPTY_PAGE, *empty))["date"].endswith("GMT")
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert fields(kind, answer(EMPTY_PAGE, *empty, f"Date: {date}"))["date"] == date


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
def test_a_coding_is_told_only_where_it_is_left(kind: Kind, status: str) -> None:
    packed = answer(gzip.compress(EMPTY_PAGE), "Content-Encoding: gzip", status=status)
    assert "content-encoding" not in fields(kind, packed)
    plain = answer(EMPTY_PAGE, "Content-Encoding: identity", status=status)
    assert "content-encoding" not in fields(kind, plain)
    left = answer(b"\x0b\x02\x80", "Content-Encoding: br", status="403 Forbidden")
    assert fields(kind, left)["content-encoding"] == "br"
