"""GoCardless's sandbox: as strict as GoCardless, and both ways where nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from unified_checkout import Client, InvalidRequest, ListSessions, PlaceExpired
from unified_checkout.sandbox import Answer, Facts, Page, Received, Sandbox
from unified_checkout_gocardless.sandbox import GoCardlessSandbox

NOW = 1_795_000_000
HEADERS = {
    "authorization": f"Bearer {GoCardlessSandbox.api_key}",
    "gocardless-version": "2015-07-06",
}


def facts(count: int, **fields: Any) -> list[Facts]:
    """The newest first."""
    return [
        Facts(serial=f"request-{number}", created=NOW - 4 * number - 3, amount_total=100, **fields)
        for number in range(count)
    ]


def provider(held: list[Facts], **options: Any) -> GoCardlessSandbox:
    sandbox = GoCardlessSandbox(clock=lambda: NOW, **options)
    sandbox.hold(reversed(held))
    return sandbox


def told(
    sandbox: GoCardlessSandbox,
    path: str = "/billing_requests",
    *parameters: tuple[str, str],
    headers: Mapping[str, str] = HEADERS,
    method: str = "GET",
) -> tuple[int, Any]:
    """Status and body of the answer to a request."""
    asked = Received(method=method, path=path, parameters=parameters, headers=headers)
    found = sandbox.answer(asked)
    answer = sandbox.envelope(found) if isinstance(found, Page) else found
    assert isinstance(answer, Answer)
    return answer.status, json.loads(answer.body)


def problem(body: Any) -> str:
    """The reason, or the field, of the first thing that is wrong."""
    first = body["error"]["errors"][0]
    return str(first.get("field") or first["reason"])


@contextmanager
def serving(held: list[Facts], **options: Any) -> Iterator[tuple[Sandbox, Client]]:
    with (
        Sandbox(
            facts=held, now=NOW, providers=["gocardless"], options={"gocardless": options}
        ) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        yield sandbox, client


@pytest.mark.parametrize(
    ("parameters", "status", "wrong"),
    [
        ([("created_at", "2026-01-01")], 400, "bad_request"),
        ([("starting_after", "BRQ1")], 400, "bad_request"),
        ([("limit", "0")], 400, "bad_request"),
        ([("limit", "501")], 400, "bad_request"),
        ([("limit", "many")], 400, "bad_request"),
        ([("limit", "")], 400, "bad_request"),
        ([("limit", "1"), ("limit", "1")], 400, "bad_request"),
        ([("after", "BRQ1"), ("before", "BRQ1")], 400, "bad_request"),
        ([("status", "open")], 422, "status"),
        ([("status", "pending,fulfilled")], 422, "status"),
        ([("after", "BRQNONE")], 422, "after"),
        ([("before", "BRQNONE")], 422, "before"),
    ],
)
def test_what_is_not_documented_is_refused(
    parameters: list[tuple[str, str]], status: int, wrong: str
) -> None:
    code, body = told(provider(facts(3)), "/billing_requests", *parameters)
    assert (code, body["error"]["code"], problem(body)) == (status, status, wrong)


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({}, 401, "unauthorized"),
        ({**HEADERS, "authorization": "Bearer sandbox_other"}, 401, "unauthorized"),
        ({"authorization": HEADERS["authorization"]}, 400, "missing_version_header"),
        ({**HEADERS, "gocardless-version": "2014-01-01"}, 400, "version_not_found"),
    ],
)
def test_a_token_and_a_version_are_demanded(
    headers: Mapping[str, str], status: int, reason: str
) -> None:
    code, body = told(provider(facts(1)), headers=headers)
    assert (code, problem(body)) == (status, reason)


@pytest.mark.parametrize("path", ["/", "/billing_requests/", "/billing_requests/BRQ1/x", "/other"])
def test_there_are_no_other_paths(path: str) -> None:
    assert told(provider(facts(1)), path)[0] == 404
    assert told(provider(facts(1)), method="POST")[0] == 404


def test_a_list_has_pages_of_fifty_and_an_end() -> None:
    sandbox = provider(facts(51))
    ids = [one.id for one in sandbox.shelf]
    _, first = told(sandbox)
    assert [row["id"] for row in first["billing_requests"]] == ids[:50]
    assert first["meta"] == {"cursors": {"before": None, "after": ids[49]}, "limit": 50}
    _, last = told(sandbox, "/billing_requests", ("after", ids[49]))
    assert [row["id"] for row in last["billing_requests"]] == ids[50:]
    assert last["meta"]["cursors"] == {"before": ids[50], "after": None}


def test_a_row_is_poorer_than_the_same_object_alone() -> None:
    sandbox = provider(facts(1))
    _, page = told(sandbox)
    (row,) = page["billing_requests"]
    _, alone = told(sandbox, f"/billing_requests/{row['id']}")
    sent = alone["billing_requests"]
    assert {name: sent[name] for name in row} == row
    assert set(sent) - set(row) == {"actions", "creditor_name", "resources"}
    assert told(sandbox, f"/billing_requests/{row['id']}", ("expand", "x"))[0] == 400


@pytest.mark.parametrize(("clamps", "status"), [(False, 400), (True, 200)])
def test_a_limit_above_the_largest_is_refused_or_clamped(clamps: bool, status: int) -> None:
    sandbox = provider(facts(2), clamps_limit=clamps)
    code, body = told(sandbox, "/billing_requests", ("limit", "501"))
    assert code == status
    assert clamps is (body.get("meta", {}).get("limit") == 500)


@pytest.mark.parametrize(("refused_with", "wrong"), [(422, "after"), (400, "invalid_cursor")])
def test_a_cursor_that_names_nothing(refused_with: int, wrong: str) -> None:
    code, body = told(
        provider(facts(2), cursor_error=refused_with), "/billing_requests", ("after", "BRQNONE")
    )
    assert (code, problem(body)) == (refused_with, wrong)


@pytest.mark.parametrize("tells", [True, False])
def test_the_rate_is_told_or_not(tells: bool) -> None:
    sandbox = provider(facts(1), tells_rate=tells)
    request = Received(path="/billing_requests", headers=HEADERS)
    remaining = [sandbox.headers(request).get("ratelimit-remaining") for _ in range(2)]
    assert remaining == (["999", "998"] if tells else [None, None])
    assert ("ratelimit-reset" in sandbox.failure(429).headers) is tells
    with serving(facts(5), tells_rate=tells) as (_, client):
        assert len(list(client.sessions.list(page_size=2))) == 5


@pytest.mark.parametrize("tells_before", ["where some are newer", "always", "never"])
@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_reading_back_reaches_the_newest(tells_before: str, size: int) -> None:
    with serving(facts(7), tells_before=tells_before) as (sandbox, client):
        ids = [one.id for one in sandbox.truth("gocardless")]
        pages = [client.sessions.page(page_size=size)]
        while (cursor := pages[-1].next_cursor) is not None:
            pages.append(client.sessions.page(page_size=size, cursor=cursor))
        back = [pages[-1]]
        while (cursor := back[-1].previous_cursor) is not None:
            back.append(client.sessions.page(page_size=size, cursor=cursor))
        for way in (pages, back[::-1]):
            assert [session.id for page in way for session in page.sessions] == ids


@pytest.mark.parametrize("tells_before", ["where some are newer", "always", "never"])
def test_reading_on_from_the_users_own_place_towards_newer_ones(tells_before: str) -> None:
    with serving(facts(7), tells_before=tells_before) as (sandbox, client):
        ids = [one.id for one in sandbox.truth("gocardless")]
        options = {"gocardless": {"before": ids[4], "limit": 2}}
        page = client.sessions.page(provider_options=options, page_size=3)
        assert {session.id for session in page.sessions} <= set(ids[:4])
        newer = list(client.sessions.list(provider_options=options))
        assert sorted(session.id for session in newer) == sorted(ids[:4])


@pytest.mark.parametrize("cursor_error", [400, 422])
@pytest.mark.parametrize("cursor_must_match", [True, False])
@pytest.mark.parametrize("moving", range(5))
def test_a_list_outlives_a_cursor_that_leaves_it(
    cursor_error: int, cursor_must_match: bool, moving: int
) -> None:
    """Others are cancelled while the open ones are read, one of them just where it goes on."""
    options = {"cursor_error": cursor_error, "cursor_must_match": cursor_must_match}
    with serving(facts(9), **options) as (sandbox, client):
        ids = [one.id for one in sandbox.truth("gocardless")]

        def cancel(number: int) -> None:
            if number == 2:
                sandbox.change("gocardless", ids[moving], status="canceled")

        sandbox.on_request("gocardless", cancel)
        query = ListSessions(status="open", page_size=2)
        found = [session.id for session in client.sessions.list(query)]
        kept = [id for number, id in enumerate(ids) if number != moving]
        assert [id for id in found if id != ids[moving]] == kept
        assert len(found) == len(set(found))


@pytest.mark.parametrize("cursor_must_match", [True, False])
@pytest.mark.parametrize(
    ("status", "early", "late"),
    [("complete", "paid", "complete"), ("open", "open", "ready_to_fulfil")],
)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_those_that_move_on_meanwhile_are_met_once(
    cursor_must_match: bool, status: Any, early: str, late: str, size: int
) -> None:
    held = facts(9, status=early)
    with serving(held, cursor_must_match=cursor_must_match) as (sandbox, client):
        ids = [one.id for one in sandbox.truth("gocardless")]

        def move_on(number: int) -> None:
            if number <= len(ids):
                sandbox.change("gocardless", ids[number - 1], status=late)

        sandbox.on_request("gocardless", move_on)
        query = ListSessions(status=status, page_size=size)
        found = [session.id for session in client.sessions.list(query)]
        assert sorted(found) == sorted(ids)
        sandbox.on_request("gocardless", None)
        words = {one.provider_status for one in client.sessions.list(query)}
        assert ("fulfilled" if status == "complete" else "ready_to_fulfil") in words


def test_a_place_of_the_users_own_that_names_nothing_is_an_error() -> None:
    with serving(facts(3)) as (_, client):
        query = ListSessions(provider_options={"gocardless": {"after": "BRQNONE"}})
        with pytest.raises((PlaceExpired, InvalidRequest), match="does not name a billing request"):
            list(client.sessions.list(query))


@pytest.mark.parametrize(
    ("told_as", "held"),
    [
        ({"status": "expired"}, {"status": "open", "expires_at": None}),
        ({"status": "failed"}, {"status": "open", "payment_status": "unpaid"}),
        ({"status": "complete"}, {"payment_status": None, "amount_received": None}),
        ({"mode": "order"}, {"mode": "payment"}),
        ({"mode": "subscription", "currency": "eur"}, {"mode": "setup", "amount_total": None}),
        ({"mode": "subscription", "currency": "usd"}, {"mode": "subscription"}),
        (
            {"mode": "setup", "status": "complete"},
            {"payment_status": "no_payment_required", "amount_total": None, "payment_intents": ()},
        ),
        ({"metadata": {str(n): "x" * 600 for n in range(5)}}, {"customer_email": None}),
    ],
)
def test_facts_are_held_as_gocardless_would(
    told_as: Mapping[str, Any], held: Mapping[str, Any]
) -> None:
    sandbox = provider([Facts(serial="one", created=NOW, amount_total=500, **told_as)])
    (facts,) = sandbox.shelf
    assert {name: getattr(facts, name) for name in held} == held
    assert facts.customer_id
    assert len(facts.metadata or {}) <= 3
    assert all(len(text) <= 500 for text in (facts.metadata or {}).values())


def test_the_history_holds_what_gocardless_has() -> None:
    """Both words for open and for complete, rows of 2024, mandates, plans and amounts to choose."""
    with (
        Sandbox(sessions=400, seed=2, now=NOW, providers=["gocardless"]) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        rows = [session.raw for session in client.sessions.list()]
    assert {row["status"] for row in rows} == {
        *("pending", "ready_to_fulfil", "fulfilling", "fulfilled", "cancelled")
    }
    old = [row for row in rows if "subscription_request" not in row]
    assert 0 < len(old) < len(rows)
    assert [row for row in rows if row.get("instalment_schedule_request")]
    assert [row for row in rows if row.get("subscription_request")]
    assert [row for row in rows if row["payment_request"] and row["mandate_request"]]
    assert [row for row in rows if (row["payment_request"] or {}).get("flexible_amount")]
    assert [row for row in rows if row["metadata"] is None]


def test_what_a_list_does_not_tell_is_said() -> None:
    with serving(facts(3, status="complete")) as (_, client):
        plan = str(client.sessions.explain())
        assert "customer (no list tells it: one request for each session)" in " ".join(plan.split())
        listing = client.sessions.list()
        (newest, *_) = list(listing)
        (account,) = listing.coverage.accounts
        assert set(account.untold) == {
            *("customer", "payment_status", "amount_received", "amount_refunded"),
            *("amount_disputed", "disputed", "expires_at", "url", "success_url", "cancel_url"),
        }
        assert all(getattr(newest, name) is None for name in account.untold if name != "customer")
