"""Cursors: bound to a query and to accounts, and proof against edits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from string import ascii_letters
from typing import Any

import pytest
from asking import Asker, expected, names
from clients.setting import ACCOUNTS, NOW, Open, impatient
from house import PROVIDERS

from unified_checkout import Client, InvalidCursor, ListSessions
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Fault, Status


def asked(**other: Any) -> ListSessions:
    """All payments: the limit is beyond them, and keeps requests from being sent ahead of need."""
    fields = {"mode": "payment", "page_size": 9, "limit": 170}
    return ListSessions.model_validate({**fields, **other})


QUERY = asked()


@pytest.fixture
def cursor(ask: Asker) -> str:
    """After the twentieth session."""
    return ask.read(QUERY, take=20).answer.cursor


def truth(sandbox: Sandbox) -> list[tuple[str, str]]:
    return expected({name: sandbox.truth(name) for name in ACCOUNTS}, {"mode": ("payment",)})


def refused(ask: Asker, cursor: str, query: ListSessions = QUERY) -> str:
    """How a cursor is refused, whichever way one asks."""
    with pytest.raises(InvalidCursor) as caught:
        ask.read(query, cursor=cursor)
    with pytest.raises(InvalidCursor):
        ask.page(query, cursor)
    return str(caught.value)


class TestRefused:
    """Always before anything is sent."""

    @pytest.fixture(autouse=True)
    def _nothing_is_sent(self, cursor: str, sandbox: Sandbox) -> Iterator[None]:
        sandbox.clear_requests()
        yield
        assert all(sandbox.requests(account) == [] for account in ACCOUNTS)

    def test_edited_anywhere(self, ask: Asker, cursor: str) -> None:
        for place, letter in enumerate(cursor):
            other = ascii_letters[(ascii_letters.find(letter) + 1) % 52]
            refused(ask, f"{cursor[:place]}{other}{cursor[place + 1 :]}")

    def test_cut_anywhere(self, ask: Asker, cursor: str) -> None:
        for end in range(len(cursor)):
            refused(ask, cursor[:end])

    @pytest.mark.parametrize("addition", ["A", "=", "==", " ", "\n", ".", "é", "\0"])
    def test_with_something_added(self, ask: Asker, cursor: str, addition: str) -> None:
        refused(ask, cursor + addition)
        refused(ask, addition + cursor)

    @pytest.mark.parametrize(
        "foreign", ["", "cs_test_a1", "fcs_01", "uc3.", "uc3.e30", "uc3.é", "uc3." + "A" * 10_000]
    )
    def test_foreign(self, ask: Asker, foreign: str) -> None:
        refused(ask, foreign)

    def test_of_another_version(self, ask: Asker, cursor: str) -> None:
        assert "not a cursor of this version" in refused(ask, cursor.replace("uc3.", "uc1.", 1))

    @pytest.mark.parametrize(
        "other",
        [
            {"mode": "setup"},
            {"mode": ("payment", "setup")},
            {"status": "open"},
            {"last": "30d"},
            {"created": {"gte": "2026-01-01"}},
            {"accounts": ("flex", "stripe")},
            {"expand": "customer"},
            {"provider_options": {"stripe": {"created": 1_790_000_000}}},
        ],
        ids=str,
    )
    def test_of_another_query(self, ask: Asker, cursor: str, other: dict[str, Any]) -> None:
        said = refused(ask, cursor, asked(**other))
        assert "another query or to other accounts" in said

    def test_of_other_accounts(self, open_client: Open, sandbox: Sandbox, cursor: str) -> None:
        accounts = impatient(sandbox)
        [renamed] = impatient(sandbox, "stripe", name="us")
        for others in (
            accounts[:2],
            accounts[::-1],
            [*accounts, renamed],
            [*accounts[:2], renamed],
        ):
            refused(open_client(others), cursor)


class TestTaken:
    def test_leads_to_exactly_the_rest(self, ask: Asker, sandbox: Sandbox, cursor: str) -> None:
        assert names(ask.read(QUERY, cursor=cursor).sessions) == truth(sandbox)[20:]

    def test_serves_as_often_as_one_likes(self, ask: Asker, cursor: str) -> None:
        first = ask.read(QUERY, cursor=cursor, take=0)
        assert first.answer.cursor == cursor
        assert names(ask.all(QUERY, cursor)) == names(ask.all(QUERY, cursor))

    def test_whatever_the_size_of_the_pages(
        self, ask: Asker, sandbox: Sandbox, cursor: str
    ) -> None:
        larger = asked(page_size=100)
        assert names(ask.all(larger, cursor)) == truth(sandbox)[20:]

    def test_by_the_same_accounts_with_other_keys(
        self, open_client: Open, sandbox: Sandbox, cursor: str
    ) -> None:
        accounts = impatient(sandbox, timeout=5.0, requests_per_second=1000.0)
        assert names(open_client(accounts).all(QUERY, cursor)) == truth(sandbox)[20:]

    def test_as_pages_and_as_a_list(self, ask: Asker, sandbox: Sandbox, cursor: str) -> None:
        page = ask.page(QUERY, cursor)
        assert names(page.sessions) == truth(sandbox)[20:29]
        assert names(ask.all(QUERY, page.next_cursor)) == truth(sandbox)[29:]
        before = ask.page(QUERY, page.previous_cursor)
        assert names(before.sessions) == truth(sandbox)[11:20]

    def test_towards_newer_sessions_as_a_list(self, ask: Asker, sandbox: Sandbox) -> None:
        cursor = ask.read(QUERY, take=20).answer.cursor
        back = ask.page(QUERY, cursor).previous_cursor
        reading = ask.read(QUERY, cursor=back)
        assert names(reading.sessions) == truth(sandbox)[:20]
        with pytest.raises(InvalidCursor, match="towards newer sessions has no cursor"):
            _ = reading.answer.cursor

    def test_goes_on_after_a_limit_with_the_same_or_another_one(
        self, ask: Asker, sandbox: Sandbox
    ) -> None:
        begun = ask.read(asked(limit=25))
        assert begun.coverage.more
        rest = ask.read(asked(limit=25), cursor=begun.answer.cursor)
        assert names([*begun.sessions, *rest.sessions]) == truth(sandbox)[:50]
        others = ask.all(asked(limit=7), rest.answer.cursor)
        assert names(others) == truth(sandbox)[50:57]

    def test_after_the_last_session_leads_to_nothing(self, ask: Asker, sandbox: Sandbox) -> None:
        ended = ask.read(QUERY)
        sandbox.clear_requests()
        assert ask.all(QUERY, ended.answer.cursor) == []
        assert all(sandbox.requests(account) == [] for account in ACCOUNTS)

    def test_after_a_failure_leads_to_what_was_not_taken(
        self, ask: Asker, sandbox: Sandbox, cursor: str
    ) -> None:
        sandbox.misbehave("stripe", Fault(times=2), Status(403, times=None))
        failed = ask.read(QUERY)
        assert failed.error is not None
        sandbox.behave("stripe")
        rest = ask.all(QUERY, failed.answer.cursor)
        assert names([*failed.sessions, *rest]) == truth(sandbox)


@pytest.mark.parametrize("fields", [{}, {"mode": "payment"}])
def test_cursors_are_short(ask: Asker, fields: dict[str, Any]) -> None:
    """Three accounts, of which one has ids of 66 characters."""
    query = ListSessions(page_size=7, **fields)
    page, lengths = ask.page(query), []
    while page.next_cursor is not None:
        lengths.append(len(page.next_cursor))
        page = ask.page(query, page.next_cursor)
    assert len(lengths) > 5
    assert max(lengths) <= 300


def test_those_of_any_three_accounts_are_short_after_each_session() -> None:
    """Inside a page, too, where a provider's places lie between pages only."""
    lengths: dict[tuple[str, ...], int] = {}
    query = asked(mode=None, limit=None, kind="any", created={"gte": "2026-02-01"})
    with (
        Sandbox(sessions=30, seed=1, now=NOW) as sandbox,
        Client(impatient(sandbox, *PROVIDERS, requests_per_second=1000.0)) as client,
    ):
        for three in combinations(PROVIDERS, 3):
            listing = client.sessions.list(query.model_copy(update={"accounts": three}))
            lengths[three] = max(len(listing.cursor) for _ in listing)
            assert listing.coverage.complete
    assert {three: length for three, length in lengths.items() if length > 300} == {}
