"""LeanRails' dialect: a status, and everything else is applied here."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from unified_checkout.adapters import (
    Allowance,
    Compiled,
    Direction,
    EndOfList,
    Order,
    Place,
    Pushdown,
    Request,
    Response,
)
from unified_checkout.errors import InvalidQuery, NotFound, PermissionDenied
from unified_checkout.model.query import ListSessions
from unified_checkout_leanrails import LeanRailsAdapter
from unified_checkout_leanrails.adapter import LeanRailsOptions

ADAPTER = LeanRailsAdapter("shop", LeanRailsOptions())
OLD, NEW = "/v1/checkout_sessions", "/v1/checkout/sessions"


def ask(adapter: LeanRailsAdapter = ADAPTER, /, **fields: Any) -> Compiled:
    return adapter.compile(ListSessions.model_validate(fields))


def options(**given: Any) -> Compiled:
    return ask(provider_options={"leanrails": given})


def sent(compiled: Compiled, place: Place | None = None) -> list[tuple[str, str]]:
    (stream,) = compiled.streams
    return list(ADAPTER.page_request(compiled, stream, place or Place()).parameters)


@pytest.mark.parametrize("word", ["open", "complete", "expired"])
def test_one_status_is_pushed(word: str) -> None:
    compiled = ask(status=word)
    assert compiled.verdicts[0].pushdown is Pushdown.EXACT
    assert sent(compiled) == [("status", word), ("limit", "100")]


def test_no_session_of_leanrails_is_ever_canceled() -> None:
    compiled = ask(status="canceled")
    assert compiled.streams == ()
    assert compiled.verdicts[0].pushdown is Pushdown.EXACT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("created", {"gte": "2026-01-01"}),
        ("created", {"gt": "2026-01-01T00:00:00Z"}),
        ("created", {"lt": "2026-01-01"}),
        ("created", {"lte": "2026-01-01T00:00:00Z"}),
        ("status", ["open", "complete"]),
        ("status", "unknown"),
        ("payment_status", "paid"),
        ("mode", "order"),
        ("currency", "usd"),
        ("customer", "cus_1"),
        ("customer_account", "acct_1"),
        ("email", "a@example.com"),
        ("payment_intent", "pi_1"),
        ("payment_link", "plink_1"),
        ("subscription", "sub_1"),
        ("client_reference_id", "A-1"),
        ("livemode", True),
    ],
)
def test_everything_else_is_applied_here(field: str, value: Any) -> None:
    compiled = ask(**{field: value})
    assert [verdict.pushdown for verdict in compiled.verdicts] == [Pushdown.UNSUPPORTED]
    assert sent(compiled) == [("limit", "100")]


def test_disputes_cannot_be_known() -> None:
    assert ask(has_disputes=False).verdicts[0].pushdown is Pushdown.UNANSWERABLE


def test_a_list_that_cannot_be_asked_for_a_span_of_time_is_newest_first() -> None:
    compiled = ask(created={"gte": "2026-01-01"})
    assert compiled.order is Order.NEWEST_FIRST
    assert compiled.end_of_list is EndOfList.SIGNAL
    assert not compiled.reach.windowed
    assert pickle.loads(pickle.dumps(compiled)) == compiled


def test_both_documented_paths_are_known() -> None:
    compiled = ask()
    request = ADAPTER.page_request(compiled, compiled.streams[0], Place())
    assert tried(ADAPTER, request) == [OLD, NEW]
    newer = LeanRailsAdapter("shop", LeanRailsOptions(list_path=NEW))
    request = newer.page_request(ask(newer), ask(newer).streams[0], Place())
    assert tried(newer, request) == [NEW, OLD]
    other = LeanRailsAdapter("shop", LeanRailsOptions(list_path="/v2/sessions"))
    request = other.page_request(ask(other), ask(other).streams[0], Place())
    assert tried(other, request) == ["/v2/sessions", OLD, NEW]
    refused = PermissionDenied("no", account="shop", provider="leanrails")
    assert other.instead(request, refused) is None


def tried(adapter: LeanRailsAdapter, request: Request) -> list[str]:
    """The paths that are asked while each answers 404."""
    missing = NotFound("not here", account="shop", provider="leanrails")
    paths: list[str] = []
    other: Request | None = request
    while other is not None:
        paths.append(other.path)
        other = adapter.instead(other, missing)
    return paths


@pytest.mark.parametrize("path", ["", "v1/x", "/v1/x/", "/v1/x?limit=1", "/v1/ x", "/", "//x"])
def test_a_path_that_cannot_be_one_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="write a path that begins with /, such as /v1/"):
        LeanRailsOptions(list_path=path)


def test_a_single_session_has_two_paths_as_well() -> None:
    request = ADAPTER.get_request("cs_1/é")
    assert tried(ADAPTER, request) == [f"{NEW}/cs_1%2F%C3%A9", f"{OLD}/cs_1%2F%C3%A9"]
    with pytest.raises(InvalidQuery):
        ADAPTER.get_request("")


def test_the_version_is_sent_only_if_it_is_configured() -> None:
    assert ADAPTER.get_request("cs_1").headers == {}
    adapter = LeanRailsAdapter("shop", LeanRailsOptions(api_version="2026-03-09"))
    compiled = ask(adapter)
    request = adapter.page_request(compiled, compiled.streams[0], Place())
    assert request.headers == {"X-API-Version": "2026-03-09"}
    assert adapter.get_request("cs_1").headers == {"X-API-Version": "2026-03-09"}
    with pytest.raises(ValidationError, match="write a version such as 2026-03-09"):
        LeanRailsOptions(api_version="latest")


def test_expansion_is_not_offered_and_explain_says_so() -> None:
    compiled = ask(expand=["customer"])
    assert sent(compiled) == [("limit", "100")]
    assert "expand" in compiled.notes[0]
    assert ask().notes == ()


def test_every_page_repeats_the_filter() -> None:
    compiled = ask(status="open", page_size=7)
    assert compiled.page_size == 7
    onward = Place(cursor="cs_9", size=7)
    assert sent(compiled, onward) == [
        ("status", "open"),
        ("limit", "7"),
        ("starting_after", "cs_9"),
    ]
    back = Place(cursor="cs_9", direction=Direction.BACKWARD)
    assert sent(compiled, back)[-1] == ("ending_before", "cs_9")


@pytest.mark.parametrize(
    ("cursor", "direction"),
    [("starting_after", Direction.FORWARD), ("ending_before", Direction.BACKWARD)],
)
def test_a_place_to_begin_at_is_an_option(cursor: str, direction: Direction) -> None:
    compiled = options(**{cursor: "cs_9"}, limit=20)
    assert (compiled.start, compiled.direction, compiled.page_size) == ("cs_9", direction, 20)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limit": 101}, "provider_options.leanrails.limit: input should be less than or equal"),
        ({"limit": "10"}, "provider_options.leanrails.limit: input should be a valid integer"),
        ({"ending_before": 7}, "provider_options.leanrails.ending_before: input should be a val"),
        ({"starting_after": "a", "ending_before": "b"}, "exclude each other; give one"),
        ({"created": 3}, "no such option 'created'; allowed: ending_before, limit"),
    ],
)
def test_an_option_that_is_wrong_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        options(**given)
    assert said in str(caught.value)


def test_what_is_left_of_the_minute_is_told_by_every_answer() -> None:
    """Documented are the two headers, and no word on when the minute ends."""
    headers = {"x-ratelimit-limit": "1500", "x-ratelimit-remaining": "7"}
    assert ADAPTER.allowance(Response(status=200, headers=headers)) == Allowance(7, 60.0)
    assert ADAPTER.allowance(Response(status=200)) is None
