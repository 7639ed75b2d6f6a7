"""Stripe's own Python SDK, unmodified, walks every provider and all of them merged, both ways."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Any

import pytest
from gateway.sdk import SDK, Lists, Named, async_clients, named
from gateway.serving import Running
from house import PROVIDERS, THREE

from unified_checkout.sandbox import Sandbox

TOKENS = [*PROVIDERS, "all"]


@pytest.mark.parametrize("token", TOKENS)
def test_the_sdk_walks_both_ways(lists: Lists, sdk: SDK, token: str) -> None:
    expected = lists[token]
    sessions = sdk(token).v1.checkout.sessions
    found = list(sessions.list({"limit": 100 if token == "all" else 7}).auto_paging_iter())
    assert [named(session) for session in found] == expected
    assert token == "all" or [session.id for session in found] == [id for _, id in expected]
    limit = 100 if token == "all" else 10
    back = sessions.list({"limit": limit, "ending_before": found[-1].id})
    assert [named(session) for session in back.auto_paging_iter()] == expected[-2::-1]
    if token == "all":
        return
    since: Any = {"limit": 1, "created": {"gte": found[2].created}}
    newest = [named(session) for session in sessions.list(since).auto_paging_iter()]
    assert newest[:3] == expected[:3]
    ahead = sessions.list({"limit": 1, "ending_before": found[3].id})
    assert [named(session) for session in ahead.auto_paging_iter()] == expected[2::-1]


def test_the_asynchronous_sdk_walks_both_ways(lists: Lists, gateway: Running) -> None:
    async def walked(client: SDK, token: str) -> list[list[Named]]:
        sessions = client(token).v1.checkout.sessions
        limits = (100, 100) if token == "all" else (10, 7)
        page = await sessions.list_async({"limit": limits[0]})
        found = [session async for session in page.auto_paging_iter()]
        told = [[named(session) for session in found]]
        asked = [(limits[1], found[-1].id)]
        asked += [] if token in ("all", "paypal") else [(1, found[3].id)]
        for limit, place in asked:
            page = await sessions.list_async({"limit": limit, "ending_before": place})
            told.append([named(session) async for session in page.auto_paging_iter()])
        return told

    async def all_walked() -> None:
        async with async_clients(gateway) as client:
            told = await asyncio.gather(*(walked(client, token) for token in TOKENS))
        for token, walks in zip(TOKENS, told, strict=True):
            expected = lists[token]
            ways = [expected, expected[-2::-1], expected[2::-1]]
            assert walks == ways[: len(walks)], token

    asyncio.run(all_walked())


@pytest.mark.parametrize("limit", [1, 7, 10])
def test_several_accounts_are_walked_as_one_by_pages_of_any_size(
    lists: Lists, sdk: SDK, limit: int
) -> None:
    """All but PayPal, of which a page costs as many requests as three years have months."""
    expected = [one for one in lists["all"] if one[0] != "paypal"]
    sessions = sdk("most").v1.checkout.sessions
    found = list(islice(sessions.list({"limit": limit}).auto_paging_iter(), 2 * limit + 1))
    assert [named(session) for session in found] == expected[: len(found)]
    back = sessions.list({"limit": limit, "ending_before": found[-1].id})
    assert [named(one) for one in back.auto_paging_iter()] == expected[len(found) - 2 :: -1]


@pytest.mark.parametrize("status", ["open", "complete", "expired"])
def test_a_filter_finds_what_is_shown_so(sandbox: Sandbox, sdk: SDK, status: str) -> None:
    for account in THREE:
        client = sdk(account).v1.checkout.sessions
        every = list(client.list({"limit": 100}).auto_paging_iter())
        wanted = [one.id for one in every if one.status == status]
        found = client.list({"limit": 4, "status": status})
        assert [one.id for one in found.auto_paging_iter()] == wanted


def test_a_header_narrows_to_one_account(gateway: Running, sdk: SDK) -> None:
    options: Any = {"stripe_account": "flex"}
    narrowed = sdk("all").v1.checkout.sessions.list({"limit": 3}, options)
    assert [one.id for one in narrowed.data] == [
        one.id for one in sdk("flex").v1.checkout.sessions.list({"limit": 3}).data
    ]
    again = sdk("all").v1.checkout.sessions.retrieve(narrowed.data[0].id, None, options)
    assert again.id == narrowed.data[0].id
