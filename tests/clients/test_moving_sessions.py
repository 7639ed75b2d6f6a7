"""Sessions that arrive, vanish and change while they are read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from clients.setting import ACCOUNTS, NOW, Open, impatient

from unified_checkout import ListSessions, TerminalError
from unified_checkout.sandbox import Facts, Sandbox

every_account = pytest.mark.parametrize("account", ACCOUNTS)
PAGED = ListSessions(page_size=20, limit=1000)
COMPLETE = ListSessions(page_size=6, status="complete")


def ids(sandbox: Sandbox, account: str) -> list[str]:
    return [facts.id for facts in sandbox.truth(account)]


def before_request(
    sandbox: Sandbox, account: str, number: int, happening: Callable[[], object]
) -> None:
    """Let something happen just before the account's provider answers a request."""
    sandbox.on_request(account, lambda heard: happening() if heard == number else None)


class TestArriving:
    @every_account
    @pytest.mark.parametrize("number", [2, 3])
    def test_sessions_that_begin_between_two_pages_are_of_a_later_answer(
        self, open_client: Open, sandbox: Sandbox, account: str, number: int
    ) -> None:
        held = ids(sandbox, account)
        before_request(sandbox, account, number, lambda: sandbox.arrive(account, 3))
        reading = open_client(impatient(sandbox, account)).read(PAGED)
        assert [session.id for session in reading.sessions] == held
        assert reading.coverage.complete
        assert len(ids(sandbox, account)) == len(held) + 3

    @every_account
    def test_sessions_beyond_the_frozen_ceiling_are_left_out_and_counted(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        held = ids(sandbox, account)
        later = [
            Facts(serial=f"later {number}", created=int(time.time()) + 3600) for number in range(3)
        ]
        before_request(sandbox, account, 1, lambda: sandbox.arrive(account, later))
        reading = open_client(impatient(sandbox, account)).read(PAGED)
        assert [session.id for session in reading.sessions] == held
        [covered] = reading.coverage.accounts
        assert covered.complete
        assert (covered.rows_later, covered.rows_read) == (3, 63)
        assert "3 created later" in str(covered)

    @every_account
    def test_the_ceiling_stays_where_it_was_when_reading_goes_on(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        ask = open_client(impatient(sandbox, account))
        begun = ask.read(PAGED, take=0)
        ceiling = begun.answer.plan.ceiling
        held = ids(sandbox, account)
        sandbox.arrive(account, [Facts(serial="later", created=int(ceiling.timestamp()) + 1)])
        rest = ask.read(PAGED, cursor=begun.answer.cursor)
        assert rest.answer.plan.ceiling == ceiling
        assert [session.id for session in rest.sessions] == held


class TestVanishing:
    @every_account
    def test_the_others_are_all_there(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        held = ids(sandbox, account)
        gone = [held[3], held[25], held[40], held[59]]

        def vanish() -> None:
            for id in gone:
                sandbox.vanish(account, id)

        before_request(sandbox, account, 2, vanish)
        reading = open_client(impatient(sandbox, account)).read(PAGED)
        assert [session.id for session in reading.sessions] == [
            id for id in held if id not in gone[1:]
        ]
        assert reading.coverage.complete

    @every_account
    def test_a_list_whose_place_is_gone_is_told_or_whole(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        held = ids(sandbox, account)
        before_request(sandbox, account, 2, lambda: sandbox.vanish(account, held[19]))
        reading = open_client(impatient(sandbox, account)).read(PAGED)
        assert [session.id for session in reading.sessions] == held[: len(reading.sessions)]
        if account == "leanrails":
            assert reading.error is None
            assert reading.sessions[-1].id == held[-1]
        else:
            assert isinstance(reading.error, TerminalError)
            assert not reading.error.coverage.complete


class TestChanging:
    @every_account
    def test_no_session_is_shown_twice_or_against_its_status(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        held = [facts for facts in sandbox.truth(account) if facts.status == "expired"]
        changed, kept = held[::2], held[1::2]

        def change() -> None:
            for facts in changed:
                sandbox.change(account, facts.id, status="complete")

        before_request(sandbox, account, 2, change)
        query = ListSessions(page_size=4, limit=1000, status="expired")
        reading = open_client(impatient(sandbox, account)).read(query)
        shown = [session.id for session in reading.sessions]
        assert len(set(shown)) == len(shown)
        assert [id for id in shown if id in {facts.id for facts in kept}] == [
            facts.id for facts in kept
        ]
        assert set(shown) <= {facts.id for facts in held}
        assert {session.status for session in reading.sessions} == {"expired"}

    @pytest.fixture
    def settling(self) -> Iterator[Sandbox]:
        """Flex, with paid sessions that become complete one by one as requests come in."""
        told = [
            Facts(serial=str(number), created=NOW - number, status=status)
            for number, status in enumerate(("paid", "paid", "complete", "expired") * 10)
        ]
        with Sandbox(providers=["flex"], facts=told, now=NOW) as sandbox:

            def settle(number: int) -> None:
                paid = [facts.id for facts in sandbox.truth("flex") if facts.status == "paid"]
                for id in paid[number % 3 :: 3][:2]:
                    sandbox.change("flex", id, status="complete")

            sandbox.on_request("flex", settle)
            yield sandbox

    def test_a_session_that_moves_from_paid_to_complete_is_shown_once(
        self, open_client: Open, settling: Sandbox
    ) -> None:
        wanted = [facts.id for facts in settling.truth("flex") if facts.status != "expired"]
        reading = open_client(impatient(settling, "flex")).read(COMPLETE)
        assert [session.id for session in reading.sessions] == wanted
        [covered] = reading.coverage.accounts
        assert covered.complete
        assert covered.duplicates > 0

    @pytest.mark.parametrize("taken", [1, 5, 6, 7, 13, 29])
    def test_also_when_reading_goes_on_from_a_cursor(
        self, open_client: Open, settling: Sandbox, taken: int
    ) -> None:
        wanted = [facts.id for facts in settling.truth("flex") if facts.status != "expired"]
        ask = open_client(impatient(settling, "flex"))
        begun = ask.read(COMPLETE, take=taken)
        rest = ask.read(COMPLETE, cursor=begun.answer.cursor)
        assert [session.id for session in (*begun.sessions, *rest.sessions)] == wanted
