"""Laws of reading: from the provider's bytes to sessions, with nothing lost and nothing guessed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from unified_checkout.adapters import Place, Response
from unified_checkout.errors import InvalidQuery, MalformedPage, ProviderError, UnreadableBody
from unified_checkout.model.session import Customer, Session
from unified_checkout.sandbox import Facts
from unified_checkout.testing.conformance import oracle
from unified_checkout.testing.conformance.bench import ACCOUNT, Bench
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.rows import leaves, replaced, without

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
_SHARED = [
    name
    for name in attrs.fields_dict(Session)
    if name in attrs.fields_dict(Facts) and name not in ("created", "customer")
]
"""The fields that sessions and facts have in common."""


class SessionLaws(Laws):
    """A session says what the provider sent, and keeps all of it."""

    def test_sessions_say_what_the_provider_holds(self) -> None:
        """Every field is as the provider has it, or None where it is not told."""
        bench = self.shop
        held = {facts.id: facts for facts in bench.truth()}
        for session in bench.answer_all():
            facts = held[session.id]
            assert (session.account, session.provider) == (ACCOUNT, self.adapter.name)
            assert session.created == datetime.fromtimestamp(facts.created, UTC)
            assert session.created.tzinfo is not None
            wrong = _differences(session, facts)
            assert not wrong, f"session {session.id!r} and what the provider holds: {wrong}"

    def test_a_single_session_is_the_one_in_the_list(self) -> None:
        """``get`` reads the same session that a list shows; more of it, perhaps."""
        bench = self.shop
        for listed in bench.answer_all()[::11]:
            response = bench.success(bench.adapter.get_request(listed.id))
            single = bench.adapter.parse_session(response)
            assert single.raw_bytes in response.body, "raw_bytes must be the bytes as sent"
            facts = next(facts for facts in bench.truth() if facts.id == listed.id)
            assert (single.id, single.created) == (listed.id, listed.created)
            assert (single.account, single.provider) == (ACCOUNT, self.adapter.name)
            wrong = _differences(single, facts)
            assert not wrong, f"single session {single.id!r}: {wrong}"

    def test_an_id_stays_one_part_of_the_path(self) -> None:
        """An id with a slash is another id, and an empty one would name the list itself."""
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
        for key in row:
            outcome = _outcome(bench, without(row, key), key)
            if outcome is None:
                required.append(key)
            else:
                assert (outcome.id, outcome.created) == (whole.id, whole.created), (
                    f"without {key!r} the session has another id or time: that is a guess"
                )
        assert len(required) >= 2, f"id and created must be required; required are {required}"

    def test_whatever_stands_in_a_row_is_read_or_named(self) -> None:
        """A value of another type gives a session or ``MalformedPage``, and nothing else."""
        bench = self.bench([self.specimen()])
        (row,) = bench.rows()
        for path, _ in leaves(row):
            for value in _WRONG:
                _outcome(bench, replaced(row, path, value), str(path[0]))
        for key in row:
            for value in _WRONG:
                _outcome(bench, {**row, key: value}, key)

    @pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'{"a": [1,', b"\xff\xfe\x00{"])
    def test_a_body_that_is_no_json_may_be_asked_for_again(self, body: bytes) -> None:
        """Something between here and the provider answered; the engine tries again."""
        for error in self._refusals(body):
            assert isinstance(error, UnreadableBody), f"{type(error).__name__} for {body!r}"

    @pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"{}", b"7", b'{"a": 1}'])
    def test_a_body_of_another_shape_is_never_an_empty_list(self, body: bytes) -> None:
        """JSON that is no page is an error, or rows would be missing in silence."""
        for error in self._refusals(body):
            assert isinstance(error, MalformedPage), f"{type(error).__name__} for {body!r}"
            assert error.field is not None

    def _refusals(self, body: bytes) -> list[ProviderError]:
        """How the adapter takes a body, as a page and as a single session."""
        adapter = self.new_adapter()
        response = Response(status=200, headers={"content-type": "application/json"}, body=body)
        page = _refusal(lambda: adapter.parse_page(response, Place()))
        return [page, _refusal(lambda: adapter.parse_session(response))]


def _outcome(bench: Bench, row: Mapping[str, Any], key: str) -> Session | None:
    """The session of an odd row between two proper ones; None if it is named as malformed."""
    (proper,) = bench.rows()
    try:
        return bench.read(proper, row, proper)[1]
    except MalformedPage as error:
        malformed = error
    named = malformed.field.split(".")[0].split("[")[0]
    assert malformed.row == 1, f"{key!r} is odd in row 1, and row {malformed.row} is named"
    assert named == key, f"{key!r} is odd, and field {malformed.field!r} is named"
    assert (malformed.account, malformed.provider) == (ACCOUNT, bench.adapter.name)
    return None


def _differences(session: Session, facts: Facts) -> dict[str, tuple[object, object]]:
    """The fields that a session tells otherwise than the provider holds them."""
    told = {name: getattr(session, name) for name in _SHARED}
    held = {name: getattr(facts, name) for name in _SHARED}
    told |= {"expires_at": session.expires_at and int(session.expires_at.timestamp())}
    told |= {"status": session.status, "metadata": session.metadata and dict(session.metadata)}
    held |= {"status": oracle.status(facts), "metadata": facts.metadata and dict(facts.metadata)}
    told |= _customer(session.customer)
    held |= _customer(facts.customer)
    return {
        name: (told[name], held[name]) for name in told if told[name] not in (None, (), held[name])
    }


def _customer(customer: Customer | None) -> dict[str, object]:
    whole = customer or Customer()
    fields = attrs.asdict(whole, recurse=False)
    address = fields.pop("address")
    parts = attrs.asdict(address) if address else {}
    return {f"customer.{name}": value for name, value in (fields | parts).items()}


def _refusal(read: Callable[[], object]) -> ProviderError:
    try:
        read()
    except ProviderError as error:
        return error
    return pytest.fail("a body that is no page was read as one")
