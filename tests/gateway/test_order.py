"""One order, which no filter, no page size and no process changes; nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Any

from gateway.asking import Asking, asking
from gateway.serving import NOW
from gateway.truth import BY_IDS
from house import PROVIDERS
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import Client, Session
from unified_checkout.gateway.identity import merged_id
from unified_checkout.sandbox import Facts, Sandbox

ALIKE = ("flex", "gocardless", "leanrails", "polar", "stripe")
"""By session ids alone, in unions, without a filter by time, and by pages that are counted off."""
SHOWN = {"expired": {"expired", "canceled", "failed"}, "open": {"open"}, "complete": {"complete"}}

some_status = st.sampled_from(["open", "complete", "canceled", "expired"])
some_facts = st.lists(st.tuples(st.integers(0, 4), some_status), min_size=1, max_size=12).map(
    lambda drawn: [
        Facts(serial=f"s{index}", created=NOW - 60 + second, status=status)
        for index, (second, status) in enumerate(
            sorted(drawn, reverse=True, key=lambda one: one[0])
        )
    ]
)
some_filter = st.sampled_from([None, "open", "complete", "expired"])


def flat(pages: Iterable[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return list(chain.from_iterable(pages))


def everything(sandbox: Sandbox) -> list[Session]:
    """All there is, in the order that is promised."""
    with Client(sandbox.accounts) as client:
        listed = list(client.sessions.list())
    found: list[Session] = []
    for (account, _), group in groupby(listed, key=lambda one: (one.account, one.created)):
        same = list(group)
        found += sorted(same, key=lambda one: one.id) if account in BY_IDS else same
    return found


def parameters(status: str | None, **more: object) -> dict[str, Any]:
    return {**more, **({} if status is None else {"status": status})}


def matching(sessions: list[Session], status: str | None) -> list[tuple[str, str]]:
    return [
        (one.account, one.id) for one in sessions if status is None or one.status in SHOWN[status]
    ]


@settings(max_examples=4, deadline=None)
@given(facts=some_facts, status=some_filter, limit=st.integers(1, 5), data=st.data())
def test_a_walk_finds_each_once_and_any_session_is_a_place_under_any_filter(
    facts: list[Facts], status: str | None, limit: int, data: st.DataObject
) -> None:
    with Sandbox(facts=facts, now=NOW, providers=ALIKE) as sandbox, asking(sandbox.accounts) as ask:
        whole = everything(sandbox)
        for token in ("all", data.draw(st.sampled_from(ALIKE), "account")):
            own = [one for one in whole if token in ("all", one.account)]
            asked = parameters(status, limit=limit)
            pages = list(ask.walk(token, **asked))
            assert flat(pages) == matching(own, status)
            index = data.draw(st.integers(0, len(own) - 1), "place")
            place = named_here(ask, token, own[index])
            older = ask.get(token=token, **asked, starting_after=place)
            newer = ask.get(token=token, **asked, ending_before=place)
            behind, ahead = matching(own[index + 1 :], status), matching(own[:index], status)
            assert older.named == behind[:limit]
            assert older.json["has_more"] is (len(behind) > limit)
            assert newer.named == ahead[max(0, len(ahead) - limit) :]
            assert newer.json["has_more"] is (len(ahead) > limit)
            back = list(ask.walk(token, back=place, **asked))
            assert flat(reversed(back)) == ahead


def test_backwards_too_there_is_more_only_where_a_session_follows(sandbox: Sandbox) -> None:
    """Also where exactly as many as the page holds are newer, whatever a provider tells of it."""
    with asking(sandbox.accounts) as ask:
        for token in PROVIDERS:
            if token == "paypal":  # each page reads all that was updated since
                continue
            ids = ask.get(token=token, limit=7).ids
            for index in range(1, len(ids)):
                for limit in (1, 3, 5):
                    page = ask.get(token=token, limit=limit, ending_before=ids[index])
                    assert page.ids == ids[:index][-limit:], token
                    assert page.json["has_more"] is (index > limit), (token, index, limit)


def named_here(ask: Asking, token: str, session: Session) -> str:
    """What a session is called, as its own list says."""
    answer = ask.get(token=token, limit=100)
    return answer.ids[answer.named.index((session.account, session.id))]


@settings(max_examples=6, deadline=None)
@given(facts=some_facts, limit=st.integers(2, 5), back=st.booleans(), data=st.data())
def test_what_arrives_changes_or_vanishes_meanwhile_costs_no_other_its_place(
    facts: list[Facts], limit: int, back: bool, data: st.DataObject
) -> None:
    with Sandbox(facts=facts, now=NOW, providers=ALIKE) as sandbox, asking(sandbox.accounts) as ask:
        whole = everything(sandbox)
        order = [(one.account, one.id) for one in whole]
        place = named_merged(whole[-1]) if back else None
        if back:
            order = order[-2::-1]
        steady = set(order)
        seen: list[tuple[str, str]] = []
        created = {
            (account, one.id): one.created for account in ALIKE for one in sandbox.truth(account)
        }
        for page in ask.walk("all", limit=limit, back=place):
            seen += page[::-1] if back else page
            account = data.draw(st.sampled_from(ALIKE), "account")
            match data.draw(st.sampled_from(["arrive", "change", "vanish", "nothing"]), "event"):
                case "arrive":
                    serial = f"new{len(seen)}"
                    second = data.draw(st.integers(0, 5), "second")
                    fact = Facts(serial=serial, created=NOW - 60 + second)
                    [begun] = sandbox.arrive(account, [fact])
                    created[account, begun.id] = begun.created
                case "change":
                    one = data.draw(st.sampled_from(sandbox.truth(account)), "changed")
                    sandbox.change(account, one.id, status="expired")
                case "vanish":
                    there = [one.id for one in sandbox.truth(account)]
                    there = [id for id in there if (account, id) not in seen]
                    if there:
                        gone = data.draw(st.sampled_from(there), "vanished")
                        sandbox.vanish(account, gone)
                        steady.discard((account, gone))
        assert len(seen) == len(set(seen))
        assert [one for one in seen if one in steady] == [one for one in order if one in steady]
        moments = [created[one] for one in seen]
        assert moments == sorted(moments, reverse=not back)


def test_a_merged_walk_over_ten_thousand_costs_as_many_requests_as_pages() -> None:
    """And any other process goes on with it, as far down as it may be, and tells the same."""
    with (
        Sandbox(sessions=10_000, seed=4, now=NOW, providers=["leanrails"]) as large,
        Sandbox(sessions=60, seed=5, now=NOW, providers=["flex"]) as small,
    ):
        accounts = [*large.accounts, *small.accounts]
        rows = [("leanrails", one) for one in large.truth("leanrails")]
        rows += [("flex", one) for one in small.truth("flex")]
        rows.sort(key=lambda row: -row[1].created)
        with asking(accounts) as ask:
            pages = list(ask.walk("all", limit=100))
        sent = len(large.requests("leanrails")), len(small.requests("flex"))
        assert flat(pages) == [(account, one.id) for account, one in rows]
        assert len(pages) == 101
        assert max(sent) <= 2 * len(pages)
        with asking(accounts) as another:
            for number in (5, 40):
                account, last = rows[100 * number - 1]
                created = datetime.fromtimestamp(last.created, UTC)
                place = merged_id(account, created, last.id)
                page = another.get(limit=100, starting_after=place)
                assert page.named == pages[number]


def test_a_merged_walk_towards_newer_sessions_costs_as_many_requests_as_pages() -> None:
    names = ["leanrails", "flex"]
    with Sandbox(sessions=300, seed=4, now=NOW, providers=names) as sandbox:
        whole = everything(sandbox)
        with asking(sandbox.accounts) as ask:
            walk = ask.walk("all", limit=20, back=named_merged(whole[-1]))
            pages = [next(walk)]
            sandbox.clear_requests()
            pages += list(walk)
            sent = len(sandbox.requests("leanrails"))
        assert flat(reversed(pages)) == [(one.account, one.id) for one in whole[:-1]]
        assert len(pages) == 30
        assert sent <= 3 * len(pages)
        end = pages[15][0]
        [session] = [one for one in whole if (one.account, one.id) == end]
        with asking(sandbox.accounts) as another:
            answer = another.get(limit=20, ending_before=named_merged(session))
            assert answer.named == pages[16]


def named_merged(session: Session) -> str:
    return merged_id(session.account, session.created, session.id)


def test_a_place_that_was_kept_and_has_vanished_is_read_anew() -> None:
    names = ["flex", "leanrails"]
    made = Sandbox(sessions=40, seed=4, now=NOW, providers=names)
    with made as sandbox, asking(sandbox.accounts) as ask:
        whole = everything(sandbox)
        walk = ask.walk("all", limit=4, back=named_merged(whole[-1]))
        seen = next(walk) + next(walk)
        for account, id in seen:
            if account == "leanrails":
                sandbox.vanish(account, id)
        at = next(one for one in whole if (one.account, one.id) in seen)
        if at.account == "leanrails":
            at = next(one for one in whole if one.account == "flex" and one.created < at.created)
        answer = ask.get(limit=4, ending_before=named_merged(at))
        left = everything(sandbox)
        index = [one.id for one in left].index(at.id)
        expected = [(one.account, one.id) for one in left[index - 4 : index]]
        assert answer.named == expected
