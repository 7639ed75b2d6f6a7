"""Stripe's own Python SDK, unmodified, walks every provider and all of them merged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from gateway.serving import Running
from gateway.truth import truth
from house import PROVIDERS, THREE

from unified_checkout.sandbox import Sandbox

SDK = Callable[..., stripe.StripeClient]
QUICK = sorted({*PROVIDERS} - {"paypal"})
"""PayPal reads months of updates for each page: it takes part in fewer walks."""


def named(session: Any) -> tuple[str, str]:
    return session.unified_checkout.account, session.unified_checkout.id


@pytest.mark.parametrize("limit", [7, 100])
@pytest.mark.parametrize("account", QUICK)
def test_one_account_is_walked_under_the_providers_own_ids(
    sandbox: Sandbox, sdk: SDK, account: str, limit: int
) -> None:
    sessions = sdk(account).v1.checkout.sessions.list({"limit": limit})
    found = [session.id for session in sessions.auto_paging_iter()]
    assert found == [id for _, id in truth(sandbox.accounts, account)]
    assert found


@pytest.mark.parametrize("account", QUICK)
def test_one_account_is_walked_backwards(sandbox: Sandbox, sdk: SDK, account: str) -> None:
    ids = [id for _, id in truth(sandbox.accounts, account)]
    for limit in (1, 10) if account in THREE else (10,):
        sessions = sdk(account).v1.checkout.sessions.list(
            {"limit": limit, "ending_before": ids[-1]}
        )
        assert [session.id for session in sessions.auto_paging_iter()] == ids[-2::-1]


def test_months_of_updates_are_walked_both_ways(sandbox: Sandbox, sdk: SDK) -> None:
    client = sdk("paypal").v1.checkout.sessions
    ids = [id for _, id in truth(sandbox.accounts, "paypal")]
    assert [one.id for one in client.list({"limit": 7}).auto_paging_iter()] == ids
    back = client.list({"limit": 10, "ending_before": ids[-1]})
    assert [one.id for one in back.auto_paging_iter()] == ids[-2::-1]


@pytest.mark.parametrize(("token", "limit"), [("most", 10), ("all", 100)])
def test_several_accounts_are_walked_as_one(
    sandbox: Sandbox, sdk: SDK, token: str, limit: int
) -> None:
    expected = truth(sandbox.accounts, *(QUICK if token == "most" else ()))
    client = sdk(token).v1.checkout.sessions
    sessions = list(client.list({"limit": limit}).auto_paging_iter())
    assert [named(session) for session in sessions] == expected
    if limit == 100:
        back = client.list({"limit": limit, "ending_before": sessions[-1].id})
        assert [named(session) for session in back.auto_paging_iter()] == expected[-2::-1]


def test_an_id_from_any_list_retrieves_the_same_session(sandbox: Sandbox, sdk: SDK) -> None:
    merged = sdk("most").v1.checkout.sessions
    sessions = list(merged.list({"limit": 100}).auto_paging_iter())
    assert all(len(session.id) <= 255 for session in sessions)
    for session in sessions[::9]:
        account, id = named(session)
        again = merged.retrieve(session.id)
        assert (again.id, named(again)) == (session.id, (account, id))
        assert again.status == session.status
        assert sdk(account).v1.checkout.sessions.retrieve(id).id == id


def test_a_provider_that_gives_no_single_session_is_searched(sdk: SDK) -> None:
    client = sdk("paypal").v1.checkout.sessions
    [newest] = client.list({"limit": 1}).data
    assert client.retrieve(newest.id).created == newest.created


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
