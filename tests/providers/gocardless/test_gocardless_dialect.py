"""GoCardless's dialect: what is asked of GoCardless for each question, and how a page goes on."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from pydantic import SecretStr

from unified_checkout.adapters import (
    Allowance,
    Compiled,
    Credentials,
    Direction,
    InvalidQuery,
    KeyKind,
    MalformedPage,
    Order,
    Paging,
    Place,
    Pushdown,
    Response,
)
from unified_checkout.model.query import ListSessions
from unified_checkout_gocardless import GoCardlessAdapter
from unified_checkout_gocardless.adapter import GoCardlessOptions

LIVE = GoCardlessOptions()
SANDBOX = GoCardlessOptions(base_url="https://api-sandbox.gocardless.com/")
PROXY = GoCardlessOptions(base_url="http://127.0.0.1:8000")
ADAPTER = GoCardlessAdapter("debits", SANDBOX)


def ask(**fields: Any) -> Compiled:
    return ADAPTER.compile(ListSessions.model_validate(fields))


def options(**given: Any) -> Compiled:
    return ask(provider_options={"gocardless": given})


def sent(compiled: Compiled, place: Place | None = None) -> list[dict[str, str]]:
    place = place or Place(size=compiled.page_size)
    requests = [ADAPTER.page_request(compiled, one, place) for one in compiled.streams]
    assert {request.path for request in requests} <= {"/billing_requests"}
    return [dict(request.parameters) for request in requests]


def test_the_whole_list_is_asked_for_in_the_largest_pages() -> None:
    compiled = ask()
    assert sent(compiled) == [{"limit": "500"}]
    assert (compiled.order, compiled.paging) == (Order.NEWEST_FIRST, Paging.SESSION_ID)
    assert sent(ask(page_size=1000)) == [{"limit": "500"}]
    assert sent(ask(page_size=20)) == [{"limit": "20"}]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("open", ["pending", "ready_to_fulfil"]),
        ("complete", ["fulfilling", "fulfilled"]),
        ("canceled", ["cancelled"]),
        ("expired", []),
        ("failed", []),
    ],
)
def test_a_status_is_a_list_for_each_word_the_earlier_first(status: str, words: list[str]) -> None:
    compiled = ask(status=status, customer="CU1")
    assert [(one["status"], one["customer"]) for one in sent(compiled)] == [
        (word, "CU1") for word in words
    ]
    assert {verdict.pushdown for verdict in compiled.verdicts} == {Pushdown.EXACT}


@pytest.mark.parametrize("status", [["open", "complete"], ["unknown"], ["expired", "unknown"]])
def test_several_statuses_and_unknown_ones_are_read_whole(status: list[str]) -> None:
    compiled = ask(status=status)
    assert sent(compiled) == [{"limit": "500"}]
    assert compiled.verdicts[0].pushdown is Pushdown.UNSUPPORTED


@pytest.mark.parametrize(
    "fields",
    [
        {"created": {"gte": "2026-01-01"}},
        {"created": {"lt": "2026-01-01"}},
        {"mode": "setup"},
        {"currency": "gbp"},
        {"payment_intent": "PM1"},
        {"subscription": "SB1"},
        {"client_reference_id": "A-1"},
    ],
)
def test_what_only_the_rows_tell_is_applied_here(fields: dict[str, Any]) -> None:
    compiled = ask(**fields)
    assert sent(compiled) == [{"limit": "500"}]
    assert compiled.verdicts[0].pushdown is Pushdown.UNSUPPORTED


@pytest.mark.parametrize(
    "fields",
    [
        {"payment_status": "paid"},
        {"email": "ada@example.com"},
        {"customer_account": "a"},
        {"payment_link": "l"},
        {"has_disputes": True},
    ],
)
def test_what_nobody_tells_in_a_list_is_refused(fields: dict[str, Any]) -> None:
    assert ask(**fields).verdicts[0].pushdown is Pushdown.UNANSWERABLE


def test_own_parameters() -> None:
    assert sent(options(limit=7, status="ready_to_fulfil")) == [
        {"status": "ready_to_fulfil", "limit": "7"}
    ]
    forward, backward = options(after="BRQ1"), options(before="BRQ1")
    assert (forward.start, forward.direction) == ("BRQ1", Direction.FORWARD)
    assert (backward.start, backward.direction) == ("BRQ1", Direction.BACKWARD)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"limit": 501}, "limit: input should be less than or equal to 500"),
        ({"limit": 0}, "limit: input should be greater than or equal to 1"),
        ({"after": "a", "before": "b"}, "after and before exclude each other"),
        ({"status": "open"}, "status: input should be 'pending'"),
        ({"created_at": "2026-01-01"}, "no such option"),
    ],
)
def test_options_that_cannot_be_are_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        options(**given)


def test_two_words_for_the_status_are_one_too_many() -> None:
    with pytest.raises(InvalidQuery, match="are two; give one"):
        ask(status="open", provider_options={"gocardless": {"status": "pending"}})


def test_each_direction_has_its_cursor_and_repeats_the_filters() -> None:
    compiled = options(status="pending")
    older = Place(cursor="BRQ1", size=5)
    newer = Place(cursor="BRQ1", size=5, direction=Direction.BACKWARD)
    assert sent(compiled, older) == [{"status": "pending", "limit": "5", "after": "BRQ1"}]
    assert sent(compiled, newer) == [{"status": "pending", "limit": "5", "before": "BRQ1"}]


def page(rows: int, before: str | None, after: str | None) -> Response:
    sent = [
        {"id": f"BRQ{number}", "created_at": "2026-03-04T10:15:30.120Z"} for number in range(rows)
    ]
    meta = {"cursors": {"before": before, "after": after}, "limit": 50}
    body = json.dumps({"billing_requests": sent, "meta": meta}).encode()
    return Response(status=200, body=body)


def test_a_page_goes_on_at_its_cursor_until_that_is_null() -> None:
    going_on = ADAPTER.parse_page(page(2, None, "BRQ_after"), Place())
    assert (going_on.next, going_on.more) == ("BRQ_after", True)
    last = ADAPTER.parse_page(page(2, "BRQ_before", None), Place())
    assert (last.next, last.more) == (None, False)


@pytest.mark.parametrize("before", [None, "BRQ0"])
def test_backwards_nothing_but_an_empty_page_ends(before: str | None) -> None:
    place = Place(cursor="BRQ9", direction=Direction.BACKWARD)
    going_on = ADAPTER.parse_page(page(2, before, "BRQ1"), place)
    assert (going_on.next, going_on.more) == ("BRQ0", None)
    last = ADAPTER.parse_page(page(0, before, None), place)
    assert (last.next, last.more) == (None, None)


@pytest.mark.parametrize(
    ("meta", "field"),
    [
        ({}, "meta.cursors"),
        ({"cursors": {"before": None}}, "meta.cursors.after"),
        ({"cursors": {"after": "", "before": None}}, "meta.cursors.after"),
        ({"cursors": None}, "meta.cursors"),
    ],
)
def test_a_page_that_does_not_say_where_it_ends_is_not_the_end(
    meta: dict[str, Any], field: str
) -> None:
    body = json.dumps({"billing_requests": [], "meta": meta}).encode()
    with pytest.raises(MalformedPage) as caught:
        ADAPTER.parse_page(Response(status=200, body=body), Place())
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("options", "key", "livemode"),
    [
        (LIVE, KeyKind.UNKNOWN, True),
        (LIVE, KeyKind.TEST, True),
        (SANDBOX, KeyKind.LIVE, False),
        (PROXY, KeyKind.LIVE, True),
        (PROXY, KeyKind.TEST, False),
        (PROXY, KeyKind.UNKNOWN, None),
    ],
)
def test_the_host_says_what_is_live_and_the_token_where_the_host_does_not(
    options: GoCardlessOptions, key: KeyKind, livemode: bool | None
) -> None:
    adapter = GoCardlessAdapter("debits", options, key)
    (session,) = adapter.parse_page(page(1, None, None), Place()).sessions
    assert session.livemode is livemode
    for asked in (True, False):
        compiled = adapter.compile(ListSessions(livemode=asked))
        if livemode is None:
            assert compiled.verdicts[0].pushdown is Pushdown.UNANSWERABLE
        else:
            assert compiled.verdicts[0].pushdown is Pushdown.EXACT
            assert len(compiled.streams) == (asked is livemode)


def test_tokens_are_told_by_their_beginnings_and_none_is_refused() -> None:
    kinds = [GoCardlessAdapter.key_kind(key) for key in ("sandbox_x", "live_x", "x")]
    assert kinds == [KeyKind.TEST, KeyKind.LIVE, KeyKind.UNKNOWN]


def test_the_version_goes_with_every_request() -> None:
    adapter = GoCardlessAdapter("debits", GoCardlessOptions(api_version="2030-01-01"))
    compiled = adapter.compile(ListSessions())
    listed = adapter.page_request(compiled, compiled.streams[0], Place())
    for request in (listed, adapter.get_request("BRQ1")):
        assert request.headers == {"GoCardless-Version": "2030-01-01"}
    assert ADAPTER.get_request("BRQ1").headers == {"GoCardless-Version": "2015-07-06"}
    with pytest.raises(ValueError, match="write a version such as 2015-07-06"):
        GoCardlessOptions(api_version="latest")


def test_a_plan_survives_pickle_and_a_signed_request_has_a_bearer_token() -> None:
    compiled = ask(status="open")
    assert pickle.loads(pickle.dumps(compiled)) == compiled
    signed = ADAPTER.sign(ADAPTER.get_request("BRQ1"), Credentials(SecretStr("sandbox_x")))
    assert signed.headers["Authorization"] == "Bearer sandbox_x"


def test_the_allowance_goes_by_the_providers_own_clock() -> None:
    headers = {
        "ratelimit-limit": "1000",
        "ratelimit-remaining": "12",
        "ratelimit-reset": "Thu, 26 Nov 2026 11:00:30 GMT",
        "date": "Thu, 26 Nov 2026 11:00:10 GMT",
    }
    response = Response(status=200, headers=headers)
    assert ADAPTER.allowance(response) == Allowance(remaining=12, resets_in=20.0)
    del headers["ratelimit-reset"]
    assert ADAPTER.allowance(Response(status=200, headers=headers)) == Allowance(12, 60.0)
    assert ADAPTER.allowance(Response(status=200)) is None
