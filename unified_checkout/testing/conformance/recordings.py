"""Laws of recordings: what a cassette keeps of an exchange, and what was recorded already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from unified_checkout.adapters import Place, Request, Response, Sensitive
from unified_checkout.errors import MalformedPage
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.testing.cassettes import tape
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.substitutes import unwritten_substitute
from unified_checkout.testing.conformance.bench import ACCOUNT, EVERYTHING, Bench
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.specimens import SPECIMEN

PERSONAL = ("Quirina", "Specimen@", "prefilled@", "+12025550100", "1 Sample Street", "Exampleton")
"""What the specimen tells about a person."""
_ABOUT_THE_BUYER, _ABOUT_THE_SUBSTITUTE = (
    ListSessions.model_validate({"email": email, "kind": "any"})
    for email in (SPECIMEN.email, unwritten_substitute(Sensitive.EMAIL, SPECIMEN.email or ""))
)


_REPLACED = {
    "cancel_url",
    "client_reference_id",
    "customer",
    "customer_email",
    "metadata",
    "raw_bytes",
    "success_url",
    "url",
}


class RecordingLaws(Laws):
    """A cassette holds nothing that must not be kept, and still replays."""

    def test_a_recording_holds_no_secret_and_no_person(self) -> None:
        """Fields with common names are known; others are declared in ``Adapter.sensitive``."""
        bench = self.bench([self.specimen()])
        scrubber = self._scrubber(bench)
        for response in self._responses(bench):
            recorded = scrubber.response(response).body.decode()
            sent = response.body.decode()
            kept = [text for text in self._secrets(bench) if text in sent and text in recorded]
            assert not kept, (
                f"a recording would keep {kept}; name the fields that hold it in "
                f"{self.adapter.__name__}.sensitive"
            )

    def test_a_recorded_question_holds_no_person(self) -> None:
        """A filter by e-mail address, or by the substitute that its answer has, is one question."""
        bench = self.bench([self.specimen()])
        recorded, again = (
            [
                self._scrubber(bench).request(one).parameters
                for one in self._first_pages(bench, query)
            ]
            for query in (_ABOUT_THE_BUYER, _ABOUT_THE_SUBSTITUTE)
        )
        assert not any(text in str(recorded) for text in PERSONAL), f"recorded: {recorded}"
        assert recorded == again, f"recorded: {recorded}, but by the substitute: {again}"

    def test_a_scrubbed_page_is_still_read(self) -> None:
        """Ids and cursors are as they were, so that a recording replays."""
        bench = self.shop
        place = Place()
        response = bench.success(bench.first_request())
        page = bench.adapter.parse_page(response, place)
        recorded = bench.adapter.parse_page(self._scrubber(bench).response(response), place)
        for session, kept in zip(page.sessions, recorded.sessions, strict=True):
            lost = {
                name: text for name, text in _kept(session).items() if _kept(kept)[name] != text
            }
            assert not lost, (
                f"a recording would not keep {lost}; say None of the fields that hold it in "
                f"{self.adapter.__name__}.sensitive"
            )
        assert (recorded.next, recorded.more) == (page.next, page.more)

    def test_recorded_answers_are_read(self) -> None:
        """Every answer in the author's cassettes is a page, a session or a typed error."""
        adapter = self.new_adapter()
        for place, response in self._recorded():
            if not 200 <= response.status < 300:
                error = adapter.parse_error(response)
                assert (error.account, error.status) == (ACCOUNT, response.status), place
                continue
            for session in self._sessions(response):
                assert json.loads(session.raw_bytes) in _objects(json.loads(response.body)), place
                assert session.provider == adapter.name

    def _sessions(self, response: Response) -> list[Session]:
        adapter = self.new_adapter()
        try:
            return adapter.parse_page(response, Place()).sessions
        except MalformedPage:
            return [adapter.parse_session(response)]

    def _recorded(self) -> Iterator[tuple[str, Response]]:
        """The answers of this provider in the author's cassettes, each with where it stands.

        Those with a token are left out: they hold no session, and no secret any more.
        """
        if self.cassettes is None:
            pytest.skip("no folder of cassettes is given")
        files = sorted(Path(self.cassettes).rglob("*.yaml"))
        assert files, f"there is no cassette under {self.cassettes}"
        token_request = self.new_adapter().token_request()
        for file in files:
            for number, exchange in enumerate(tape.read(file).exchanges):
                reply = exchange.response
                for_a_token = exchange.request.request() == token_request
                ours = exchange.request.provider == self.adapter.name and not for_a_token
                if ours and isinstance(reply, tape.Reply):
                    yield f"{file}, exchange {number}", reply.response()

    def _scrubber(self, bench: Bench) -> Scrubber:
        return Scrubber(
            self.adapter.sensitive,
            secrets=[bench.provider.api_key],
            stand_in=unwritten_substitute,
        )

    def _responses(self, bench: Bench) -> list[Response]:
        """The specimen in lists, about its buyer too, and alone; and a token, if there are any."""
        adapter = bench.adapter
        (session,) = bench.listed()
        requests = [adapter.get_request(session.id)] if adapter.reads_by_id else []
        for query in (EVERYTHING, _ABOUT_THE_BUYER):
            requests += self._first_pages(bench, query)
        responses = [bench.success(request) for request in requests]
        token_request = adapter.token_request()
        return responses if token_request is None else [*responses, bench.send(token_request)]

    def _first_pages(self, bench: Bench, query: ListSessions) -> list[Request]:
        """The requests for the first pages of what a query reads."""
        compiled = bench.compile(query)
        place = Place(size=compiled.page_size)
        return [
            bench.adapter.page_request(
                compiled, one, next(iter(bench.way(compiled, one).beginnings(place)))
            )
            for one in compiled.streams
        ]

    def _secrets(self, bench: Bench) -> list[str]:
        """What must not be kept of the specimen."""
        (session,) = bench.listed()
        token = bench.token()
        secret = None if token is None else token.get_secret_value()
        secrets = (session.url, bench.provider.api_key, secret)
        return [text for text in (*PERSONAL, *secrets) if text]


def _kept(session: Session) -> dict[str, object]:
    """What a recording keeps of a session: all that tells of no person."""
    fields = attrs.asdict(session, recurse=False)
    kept = {name: value for name, value in fields.items() if name not in _REPLACED}
    return {**kept, "customer": session.customer and session.customer.id}


def _objects(value: object) -> Iterator[object]:
    """Every JSON object in a decoded body."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _objects(one)
