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
def test_a_limit_holds_towards_newer_sessions(
    open_client: Open, sandbox: Sandbox, account: str
) -> None:
    ask = open_client(impatient(sandbox, account))
    whole = ids(sandbox, account)
    options = {account: {"ending_before": whole[30]}}
    query = ListSessions(limit=15, page_size=10, provider_options=options)
    first = ask.page(query)
    second = ask.page(query, first.previous_cursor)
    assert [session.id for session in first.sessions] == whole[20:30]
    assert [session.id for session in second.sessions] == whole[15:20]
    assert second.previous_cursor is None


@pytest.mark.parametrize(
    ("account", "options", "begins"),
    [
        ("stripe", {"starting_after": 9}, 10),
        ("leanrails", {"starting_after": 9}, 10),
        ("flex", {"starting_after": 9}, 10),
        ("flex", {"offset": 10}, 10),
    ],
)
def test_no_cursor_leads_before_the_place_where_an_answer_begins(
    open_client: Open, sandbox: Sandbox, account: str, options: dict[str, Any], begins: int
) -> None:
    ask = open_client(impatient(sandbox, account))
    whole = ids(sandbox, account)
    if "starting_after" in options:
        options = {"starting_after": whole[options["starting_after"]]}
    query = ListSessions(page_size=7, provider_options={account: options})
    first = ask.page(query)
    assert first.previous_cursor is None
    second = ask.page(query, first.next_cursor)
    third = ask.page(query, second.next_cursor)
    back = pages(ask, query, "previous_cursor", third.previous_cursor)
    assert back == [whole[begins + 7 : begins + 14], whole[begins : begins + 7]]


@pytest.mark.parametrize("account", ["stripe", "flex", "leanrails"])
def test_no_cursor_leads_past_the_place_where_a_listing_towards_newer_ones_begins(
    open_client: Open, sandbox: Sandbox, account: str
) -> None:
    ask = open_client(impatient(sandbox, account))
    whole = ids(sandbox, account)
    query = ListSessions(page_size=10, provider_options={account: {"ending_before": whole[25]}})
    first = ask.page(query)
    assert first.next_cursor is None
    second = ask.page(query, first.previous_cursor)
    assert pages(ask, query, "next_cursor", second.next_cursor) == [whole[15:25]]


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
