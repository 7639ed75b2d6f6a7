"""One account of several fails: nothing that was read is lost, and nobody is left in doubt."""

from __future__ import annotations

from collections import Counter

import pytest
from asking import Reading, expected, names
from clients.setting import ACCOUNTS, Open, impatient
from pydantic import SecretStr

from unified_checkout import (
    AuthenticationError,
    IncompleteAnswer,
    ListSessions,
    ServerError,
    UnsupportedPredicate,
)
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Clamp, Fault, Status

every_account = pytest.mark.parametrize("failing", ACCOUNTS)
PAGED = ListSessions(page_size=20, limit=181)


def truth(sandbox: Sandbox, *without: str) -> list[tuple[str, str]]:
    """Account and id of all sessions, newest first."""
    held = {name: sandbox.truth(name) for name in ACCOUNTS if name not in without}
    return expected(held, {})


def completeness(reading: Reading) -> dict[str, bool]:
    return {account.account: account.complete for account in reading.coverage.accounts}


class TestRaising:
    """The default."""

    @every_account
    @pytest.mark.parametrize("good_pages", [0, 2])
    def test_what_was_read_is_attached(
        self, open_client: Open, sandbox: Sandbox, failing: str, good_pages: int
    ) -> None:
        ask = open_client(impatient(sandbox, max_attempts=2))
        sandbox.misbehave(failing, Fault(times=good_pages), Status(500, times=2))
        reading = ask.read(PAGED)
        error = reading.failure(ServerError)
        assert (error.account, error.provider) == (failing, failing)

        taken, attached = names(reading.sessions), names(error.sessions)
        assert taken == truth(sandbox)[: len(taken)]
        assert attached == [name for name in truth(sandbox) if name in set(attached)]
        assert not set(taken) & set(attached)
        read = Counter(account for account, _ in (*taken, *attached))
        assert read[failing] == 20 * good_pages
        for covered in error.coverage.accounts:
            assert covered.rows_read == read[covered.account]
        assert not error.coverage.complete
        assert f"{failing}: INCOMPLETE, {error}" in str(error.coverage)

    @every_account
    def test_a_page_that_lacks_one_account_is_no_page(
        self, open_client: Open, sandbox: Sandbox, failing: str
    ) -> None:
        ask = open_client(impatient(sandbox, max_attempts=1))
        sandbox.misbehave(failing, Status(500))
        with pytest.raises(ServerError) as caught:
            ask.page(PAGED)
        assert caught.value.account == failing
        assert not caught.value.coverage.complete

    @every_account
    def test_a_page_that_was_half_read_is_attached(
        self, open_client: Open, sandbox: Sandbox, failing: str
    ) -> None:
        ask = open_client(impatient(sandbox, failing, max_attempts=1))
        sandbox.misbehave(failing, Clamp(limit=20, times=None))
        sandbox.misbehave(failing, Fault(times=2), Status(500))
        with pytest.raises(ServerError) as caught:
            ask.page(ListSessions(page_size=50))
        assert names(caught.value.sessions) == truth(sandbox, *{*ACCOUNTS} - {failing})[:40]

    @every_account
    def test_so_is_a_list_towards_newer_sessions(
        self, open_client: Open, sandbox: Sandbox, failing: str
    ) -> None:
        ask = open_client(impatient(sandbox, failing, max_attempts=1))
        sandbox.misbehave(failing, Fault(times=2), Status(500))
        oldest = sandbox.truth(failing)[-1].id
        options = {failing: {"ending_before": oldest}}
        reading = ask.read(ListSessions(page_size=20, limit=59, provider_options=options))
        assert isinstance(reading.error, ServerError)
        assert names(reading.error.sessions) == truth(sandbox, *{*ACCOUNTS} - {failing})[-41:-1]


class TestReporting:
    """``on_error="report"``."""

    @every_account
    @pytest.mark.parametrize("good_pages", [0, 2])
    def test_the_others_are_read_to_the_end(
        self, open_client: Open, sandbox: Sandbox, failing: str, good_pages: int
    ) -> None:
        ask = open_client(impatient(sandbox, max_attempts=2))
        sandbox.misbehave(failing, Fault(times=good_pages), Status(500, times=2))
        reading = ask.read(PAGED, on_error="report")
        assert reading.error is None
        lost = {(failing, facts.id) for facts in sandbox.truth(failing)[20 * good_pages :]}
        assert names(reading.sessions) == [name for name in truth(sandbox) if name not in lost]
        assert completeness(reading) == {name: name != failing for name in ACCOUNTS}
        covered = {one.account: one for one in reading.coverage.accounts}
        assert "HTTP 500" in covered[failing].reason
        assert covered[failing].rows_read == covered[failing].delivered == 20 * good_pages
        with pytest.raises(IncompleteAnswer, match=f"{failing}: INCOMPLETE") as caught:
            reading.coverage.raise_if_incomplete()
        assert caught.value.coverage == reading.coverage

    @every_account
    def test_a_wrong_key_at_one_account(
        self, open_client: Open, sandbox: Sandbox, failing: str
    ) -> None:
        others = [account for account in impatient(sandbox) if account.name != failing]
        [wrong] = impatient(sandbox, failing, api_key=SecretStr("wrong"))
        ask = open_client([wrong, *others])
        assert isinstance(ask.read(PAGED).error, AuthenticationError)
        reading = ask.read(PAGED, on_error="report")
        assert names(reading.sessions) == truth(sandbox, failing)
        assert completeness(reading) == {name: name != failing for name in ACCOUNTS}

    def test_a_condition_that_only_one_can_answer(
        self, open_client: Open, sandbox: Sandbox
    ) -> None:
        ask = open_client(impatient(sandbox))
        disputed = ListSessions(has_disputes=True)
        with pytest.raises(UnsupportedPredicate) as caught:
            ask.read(disputed)
        assert (caught.value.account, caught.value.predicate) == (
            "leanrails",
            "has_disputes = true",
        )
        assert all(sandbox.requests(name) == [] for name in ACCOUNTS)

        reading = ask.read(disputed, on_error="report")
        assert names(reading.sessions) == [
            ("flex", facts.id) for facts in sandbox.truth("flex") if facts.disputed
        ]
        assert reading.sessions
        assert completeness(reading) == {"flex": True, "leanrails": False, "stripe": False}
        for covered in reading.coverage.accounts[1:]:
            assert "cannot answer has_disputes" in covered.reason
            assert covered.requests == 0
        assert sandbox.requests("stripe") == sandbox.requests("leanrails") == []

    def test_everybody_fails(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox, max_attempts=1))
        for account in ACCOUNTS:
            sandbox.misbehave(account, Status(403))
        reading = ask.read(PAGED, on_error="report")
        assert reading.sessions == []
        assert completeness(reading) == dict.fromkeys(ACCOUNTS, False)
        assert not reading.coverage.complete

    @every_account
    def test_a_page_leads_on_to_what_it_lacks(
        self, open_client: Open, sandbox: Sandbox, failing: str
    ) -> None:
        ask = open_client(impatient(sandbox, max_attempts=1))
        sandbox.misbehave(failing, Status(500))
        page = ask.page(ListSessions(page_size=40), on_error="report")
        assert names(page.sessions) == truth(sandbox, failing)[:40]
        assert not page.coverage.complete
        rest = ask.read(ListSessions(page_size=40), cursor=page.next_cursor)
        assert rest.coverage.complete
        assert sorted(names([*page.sessions, *rest.sessions])) == sorted(truth(sandbox))
