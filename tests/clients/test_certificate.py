"""The certificate: nobody is believed, and what is said to be here is here."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import chain, pairwise
from typing import Any

import pytest
from asking import Fields, expected, matches, names
from clients.ignoring import Ignoring
from clients.setting import ACCOUNTS, NOW, impatient
from house import THREE

from unified_checkout import Client, Coverage, Session
from unified_checkout.sandbox import Facts, Sandbox

BOUNDS = ("created[gt]", "created[gte]", "created[lt]", "created[lte]")
WINDOW = {
    "gte": datetime.fromtimestamp(NOW - 40 * 86_400, UTC),
    "lt": datetime.fromtimestamp(NOW - 10 * 86_400, UTC),
}
TIES = [
    Facts(
        serial=f"s{number}",
        created=NOW - 1000 - number // 3,
        status=("open", "complete", "expired")[number % 3],
        mode=("setup", "payment", "payment", "subscription")[number % 4],
    )
    for number in range(30)
]
"""Three of every second."""


class TestNobodyIsBelieved:
    """A condition is ignored: what tells is sifted here, and what does not tell makes no proof."""

    @pytest.mark.parametrize(
        ("account", "ignored", "field", "value"),
        [
            ("leanrails", ("status",), "status", "complete"),
            ("stripe", ("status",), "status", "expired"),
            ("flex", ("status",), "status", "complete"),
            ("flex", ("has_disputes",), "has_disputes", True),
            ("stripe", BOUNDS, "created", WINDOW),
            ("flex", BOUNDS, "created", WINDOW),
        ],
    )
    @pytest.mark.parametrize("page_size", [10, 100])
    def test_rows_that_tell_are_sifted(
        self,
        sandbox: Sandbox,
        account: str,
        ignored: tuple[str, ...],
        field: str,
        value: Any,
        page_size: int,
    ) -> None:
        sandbox.misbehave(account, Ignoring(ignored, times=None))
        wanted = (value,) if isinstance(value, str) else value
        truth = [one for one in sandbox.truth(account) if one.status is not None]
        answer = [one.id for one in truth if matches(one, {field: wanted})]
        assert 0 < len(answer) < 60
        with Client(impatient(sandbox, account)) as client:
            asked: dict[str, Any] = {field: value}
            sessions = client.sessions.list(page_size=page_size, **asked)
            assert [session.id for session in sessions] == answer
            [said] = sessions.coverage.accounts
        assert said.complete is not bool(said.unverified)
        assert said.contradicting
        assert all(field in condition for condition in said.doubted)
        assert "does not keep to" in str(said)

    @pytest.mark.parametrize(
        ("account", "ignored", "field", "get"),
        [
            ("stripe", "customer", "customer", lambda facts: facts.customer_id),
            ("stripe", "customer_details[email]", "email", lambda facts: facts.email),
            ("flex", "customer", "customer", lambda facts: facts.customer_id),
            ("flex", "email", "email", lambda facts: facts.email),
            ("flex", "subscription", "subscription", lambda facts: facts.subscription),
            (
                "flex",
                "payment_intent",
                "payment_intent",
                lambda facts: next(iter(facts.payment_intents), None),
            ),
            (
                "flex",
                "client_reference_id",
                "client_reference_id",
                lambda facts: facts.client_reference_id,
            ),
        ],
    )
    def test_rows_that_do_not_tell_are_no_proof_once_one_contradicts(
        self,
        sandbox: Sandbox,
        account: str,
        ignored: str,
        field: str,
        get: Callable[[Facts], str | None],
    ) -> None:
        sandbox.misbehave(account, Ignoring((ignored,), times=None))
        value = next(found for one in sandbox.truth(account) if (found := get(one)))
        answer = [one.id for one in sandbox.truth(account) if get(one) == value]
        asked: dict[str, Any] = {field: value}
        with Client(impatient(sandbox, account)) as client:
            sessions = client.sessions.list(**asked)
            assert [session.id for session in sessions] == answer
            [said] = sessions.coverage.accounts
        assert not said.complete
        assert said.unverified
        assert len(said.doubted) == 1
        assert said.doubted[0].startswith(field)
        assert said.promise.startswith("none: the provider does not keep to")
        assert "do not tell" in said.reason

    def test_what_is_taken_on_the_providers_word_is_counted(self, sandbox: Sandbox) -> None:
        value = next(one.customer_id for one in sandbox.truth("flex") if one.customer_id)
        sandbox.misbehave("flex", Ignoring(("expand_customer",), times=None))
        with Client(impatient(sandbox, "flex")) as client:
            sessions = client.sessions.list(customer=value)
            found = list(sessions)
            [said] = sessions.coverage.accounts
        assert found
        assert said.believed == len(found)
        assert said.complete
        assert f"{len(found)} taken on the provider's word" in str(said)


class TestWhatItCovers:
    """Every session created from ``covers_from`` to ``covers_to`` that matches is here."""

    @pytest.fixture(params=[{}, {"status": ("complete",)}, {"mode": ("setup",)}], ids=str)
    def fields(self, request: pytest.FixtureRequest) -> dict[str, Any]:
        fields: dict[str, Any] = request.param
        return fields

    def test_limits(self, fields: dict[str, Any]) -> None:
        with (
            Sandbox(facts=TIES, now=NOW, providers=THREE) as sandbox,
            Client(impatient(sandbox)) as client,
        ):
            for limit in (1, 4, 30):
                cursor, found = None, []
                while True:
                    sessions = client.sessions.list(**fields, limit=limit, cursor=cursor)
                    taken = list(sessions)
                    holds(sandbox, fields, sessions.coverage, taken)
                    found += taken
                    left = len(_answer(sandbox, fields)) - len(found)
                    assert sessions.coverage.more in (None, left > 0)
                    if not taken:
                        break
                    cursor = sessions.cursor
                assert names(found) == _answer(sandbox, fields)

    @pytest.mark.parametrize("size", [1, 4, 25])
    def test_pages_there_and_back(self, fields: dict[str, Any], size: int) -> None:
        with (
            Sandbox(facts=TIES, now=NOW, providers=THREE) as sandbox,
            Client(impatient(sandbox)) as client,
        ):
            page = client.sessions.page(**fields, page_size=size)
            there = [names(page.sessions)]
            while page.next_cursor is not None:
                page = client.sessions.page(**fields, page_size=size, cursor=page.next_cursor)
                holds(sandbox, fields, page.coverage, page.sessions)
                there.append(names(page.sessions))
            back = [there[-1]]
            while page.previous_cursor is not None:
                page = client.sessions.page(**fields, page_size=size, cursor=page.previous_cursor)
                holds(sandbox, fields, page.coverage, page.sessions)
                back.insert(0, names(page.sessions))
            assert [*chain(*there)] == [*chain(*back)] == _answer(sandbox, fields)

    def test_beside_a_session_or_a_moment(self, fields: dict[str, Any]) -> None:
        with (
            Sandbox(facts=TIES, now=NOW, providers=THREE) as sandbox,
            Client(impatient(sandbox)) as client,
        ):
            everything = list(client.sessions.list(**fields))
            for at in everything[::5]:
                for where in (at, at.created):
                    older = client.sessions.list(**fields, after=where)
                    newer = client.sessions.list(**fields, before=where)
                    after, before = list(older), list(newer)
                    holds(sandbox, fields, older.coverage, after)
                    holds(sandbox, fields, newer.coverage, before)
                    if where is at:
                        assert [*before, at, *after] == everything
                    between = [one for one in everything if one.created == at.created]
                    if where is not at:
                        assert [*before, *between, *after] == everything
                    page = client.sessions.page(**fields, before=where, page_size=4)
                    assert list(page.sessions) == before[-4:]
                    holds(sandbox, fields, page.coverage, page.sessions)

    def test_adjoining_spans_of_a_plan(self, fields: dict[str, Any]) -> None:
        cuts = [None, *(datetime.fromtimestamp(NOW - 1000 - ago, UTC) for ago in (7, 4)), None]
        with (
            Sandbox(facts=TIES, now=NOW, providers=THREE) as sandbox,
            Client(impatient(sandbox)) as client,
        ):
            plan = pickle.loads(pickle.dumps(client.sessions.explain(**fields)))
            found: list[Session] = []
            for since, until in pairwise(cuts):
                sessions = client.sessions.list(plan.within(since, until))
                part = list(sessions)
                holds(sandbox, fields, sessions.coverage, part)
                found = [*part, *found]
            assert names(found) == _answer(sandbox, fields)

    def test_a_listing_that_was_resumed(self, sandbox: Sandbox) -> None:
        with Client(impatient(sandbox)) as client:
            first = client.sessions.list()
            taken = [next(first) for _ in range(70)]
            rest = client.sessions.list(cursor=first.cursor)
            resumed = list(rest)
            holds(sandbox, {}, rest.coverage, resumed)
        assert len(taken) + len(resumed) == 180
        assert not any(one.promise.startswith("full") for one in rest.coverage.accounts)


def holds(
    sandbox: Sandbox, fields: Fields, coverage: Coverage, sessions: Iterable[Session]
) -> None:
    """What the coverage claims is true."""
    here = set(names(sessions))
    for said in coverage.accounts:
        facts = [one for one in sandbox.truth(said.account) if matches(one, fields)]
        for one in facts:
            created = datetime.fromtimestamp(one.created, UTC)
            within = created <= said.covers_to and created >= (said.covers_from or created)
            claimed = (said.complete and within) or said.promise.startswith("full")
            assert not claimed or (said.account, one.id) in here, (one.id, str(said))


def _answer(sandbox: Sandbox, fields: Fields) -> list[tuple[str, str]]:
    return expected({name: sandbox.truth(name) for name in ACCOUNTS}, fields)
