"""Laws of reading: from the provider's bytes to sessions, with nothing lost and nothing guessed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from unified_checkout.adapters import Place, Response
from unified_checkout.errors import InvalidQuery, MalformedPage, ProviderError, UnreadableBody
from unified_checkout.model.session import Session
from unified_checkout.testing.conformance.bench import ACCOUNT, Bench
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.rows import leaves, places, replaced, without

UNHEARD_OF = {
    "large": 2**64 + 1,
    "negative": -(2**70),
    "fraction": 0.1,
    "text": "Grüße \u2028 \U0001f381 \\u0000",
    "empty": [None, {}, [], "", False],
}
"""What a provider may add to its objects any day."""

_BEFORE_TIME, _AFTER_TIME = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"
_WRONG: tuple[Any, ...] = (
    *(None, True, -1, 10**30, 0.5, [], {}, [[1]], {"a": 1}),
    *("", "unheard of", "1.5", _BEFORE_TIME, _AFTER_TIME),
)
_ID = "a/b?c=d#e %2F"


class SessionLaws(Laws):
    """A session says what the provider sent, and keeps all of it."""

    def test_an_id_stays_one_part_of_the_path(self) -> None:
        """An id with a slash is another id, and an empty one would name the list itself."""
        self.need_single_sessions()
        request = self.new_adapter().get_request(_ID)
        harmless = self.new_adapter().get_request("harmless")
        assert request.path.count("/") == harmless.path.count("/"), request.path
        assert not set("?# ") & set(request.path), f"percent-encode the id: {request.path}"
        for empty in ("", " ", ".", ".."):
            with pytest.raises(InvalidQuery):
                self.new_adapter().get_request(empty)

    def test_raw_is_lossless(self) -> None:
        """``raw`` is the object as it was sent, with fields and numbers that nobody knows."""
        bench = self.shop
        rows = [{**row, "unheard_of": UNHEARD_OF} for row in bench.rows()]
        sent = [json.dumps(row, indent=1).encode() for row in rows]
        for session, row, body in zip(bench.read_bytes(sent), rows, sent, strict=True):
            assert session.raw_bytes == body, "raw_bytes must be the row as sent, byte for byte"
            assert session.raw == row

    def test_a_session_without_its_id_or_time_is_an_error(self) -> None:
        """What is missing is named by row and field; it is never guessed."""
        bench = self.bench([self.specimen()])
        (row,) = bench.rows()
        (whole,) = bench.read(row)
        required = []
        for path in places(row):
            outcome = _outcome(bench, row, without(row, path), str(path[0]))
            if outcome is None:
                required.append(".".join(map(str, path)))
            else:
                assert (outcome.id, outcome.created) == (whole.id, whole.created), (
                    f"without {path} the session has another id or time: that is a guess"
                )
        assert len(required) >= 2, f"id and created must be required; required are {required}"

    def test_whatever_stands_in_a_row_is_read_or_named(self) -> None:
        """A value of another type gives a session or ``MalformedPage``, and nothing else."""
        bench = self.bench([self.specimen()])
        (row,) = bench.rows()
        for path, _ in leaves(row):
            for value in _WRONG:
                _outcome(bench, row, replaced(row, path, value), str(path[0]))
        for key in row:
            for value in _WRONG:
                _outcome(bench, row, {**row, key: value}, key)

    @pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'{"a": [1,', b"\xff\xfe\x00{"])
    def test_a_body_that_is_no_json_may_be_asked_for_again(self, body: bytes) -> None:
        """Something between here and the provider answered; the engine tries again."""
        for error in self._refusals(body):
            assert isinstance(error, UnreadableBody), f"{type(error).__name__} for {body!r}"

    @pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"{}", b"7", b'{"a": 1}'])
    def test_a_body_of_another_shape_is_never_an_empty_list(self, body: bytes) -> None:
        """JSON that is no page is an error, or rows would be missing in silence.

        What the provider itself sends for a list without a row is a page, of course.
        """
        if json.loads(body) == self._own_empty_page():
            return
        for error in self._refusals(body):
            assert isinstance(error, MalformedPage), f"{type(error).__name__} for {body!r}"
            assert error.field is not None

    def _own_empty_page(self) -> object:
        bench = self.bench([])
        return json.loads(bench.success(bench.first_request()).body)

    def _refusals(self, body: bytes) -> list[ProviderError]:
        """How the adapter takes a body, as a page and as a single session."""
        adapter = self.new_adapter()
        response = Response(status=200, headers={"content-type": "application/json"}, body=body)
        page = _refusal(lambda: adapter.parse_page(response, Place()))
        if not self.adapter.reads_by_id:
            return [page]
        return [page, _refusal(lambda: adapter.parse_session(response))]


def _outcome(
    bench: Bench, proper: Mapping[str, Any], row: Mapping[str, Any], key: str
) -> Session | None:
    """The session of an odd row between two proper ones; None if it is named as malformed."""
    try:
        return bench.read(proper, row, proper)[1]
    except MalformedPage as error:
        malformed = error
    named = malformed.field.split(".")[0].split("[")[0]
    assert malformed.row == 1, f"{key!r} is odd in row 1, and row {malformed.row} is named"
    assert named == key, f"{key!r} is odd, and field {malformed.field!r} is named"
    assert (malformed.account, malformed.provider) == (ACCOUNT, bench.adapter.name)
    return None


def _refusal(read: Callable[[], object]) -> ProviderError:
    try:
        read()
    except ProviderError as error:
        return error
    return pytest.fail("a body that is no page was read as one")
