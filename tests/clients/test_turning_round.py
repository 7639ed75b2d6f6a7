"""Back and forth in an answer that a limit or a provider's own option bounds."""

from __future__ import annotations

from typing import Any

import pytest
from asking import Asker, names
from clients.setting import Open, impatient

from unified_checkout import ListSessions
from unified_checkout.sandbox import Sandbox


def ids(sandbox: Sandbox, account: str) -> list[str]:
    return [facts.id for facts in sandbox.truth(account)]


def pages(ask: Asker, query: ListSessions, turn: str, cursor: str | None) -> list[list[str]]:
    """The pages from a cursor on in one direction, as ids."""
    found = []
    while cursor is not None:
        page = ask.page(query, cursor)
        found.append([session.id for session in page.sessions])
        cursor = getattr(page, turn)
        assert len(found) < 60
    return found


def test_a_limit_does_not_cut_what_lies_before_a_page(ask: Asker, sandbox: Sandbox) -> None:
    query = ListSessions(limit=25, page_size=10)
    begun = ask.read(query, take=20)
    page = ask.page(query, begun.answer.cursor)
    newer = ask.read(query, cursor=page.previous_cursor)
    assert names(newer.sessions) == names(begun.sessions)
    assert newer.coverage.complete


@pytest.mark.parametrize("account", ["stripe", "flex", "leanrails"])
def test_a_limit_holds_on_each_page_towards_newer_sessions(
    open_client: Open, sandbox: Sandbox, account: str
) -> None:
    ask = open_client(impatient(sandbox, account))
    whole = ids(sandbox, account)
    options = {account: {"ending_before": whole[30]}}
    query = ListSessions(limit=7, page_size=10, provider_options=options)
    first = ask.page(query)
    second = ask.page(query, first.previous_cursor)
    assert [session.id for session in first.sessions] == whole[23:30]
    assert [session.id for session in second.sessions] == whole[16:23]


@pytest.mark.parametrize(
    ("account", "options", "begins"),
    [
        ("stripe", {"starting_after": 9}, 10),
        ("leanrails", {"starting_after": 9}, 10),
        ("flex", {"starting_after": 9}, 10),
        ("flex", {"offset": 10}, 10),
    ],
)
def test_a_place_to_begin_at_is_a_place_in_the_answer(
    open_client: Open, sandbox: Sandbox, account: str, options: dict[str, Any], begins: int
) -> None:
    ask = open_client(impatient(sandbox, account))
    whole = ids(sandbox, account)
    if "starting_after" in options:
        options = {"starting_after": whole[options["starting_after"]]}
    query = ListSessions(page_size=7, provider_options={account: options})
    first = ask.page(query)
    second = ask.page(query, first.next_cursor)
    third = ask.page(query, second.next_cursor)
    back = pages(ask, query, "previous_cursor", third.previous_cursor)
    assert back[:2] == [whole[begins + 7 : begins + 14], whole[begins : begins + 7]]
    assert [id for page in back[::-1] for id in page] == whole[: begins + 14]


@pytest.mark.parametrize("account", ["stripe", "flex", "leanrails"])
def test_so_is_a_place_to_end_at(open_client: Open, sandbox: Sandbox, account: str) -> None:
    ask = open_client(impatient(sandbox, account))
    whole = ids(sandbox, account)
    query = ListSessions(page_size=10, provider_options={account: {"ending_before": whole[25]}})
    first = ask.page(query)
    assert [session.id for session in first.sessions] == whole[15:25]
    older = pages(ask, query, "next_cursor", first.next_cursor)
    assert [id for page in older for id in page] == whole[25:]


@pytest.mark.parametrize("account", ["stripe", "flex", "leanrails"])
def test_a_listing_towards_newer_sessions_is_incomplete_until_it_is_taken(
    open_client: Open, sandbox: Sandbox, account: str
) -> None:
    ask = open_client(impatient(sandbox, account))
    options = {account: {"ending_before": ids(sandbox, account)[-1]}}
    query = ListSessions(provider_options=options)
    [part] = ask.read(query, take=1).coverage.accounts
    assert (part.complete, part.reason, part.delivered) == (False, "not taken to the end", 1)
    [whole] = ask.read(query).coverage.accounts
    assert (whole.complete, whole.delivered) == (True, 59)
