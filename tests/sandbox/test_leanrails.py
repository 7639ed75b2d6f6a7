"""LeanRails' dialect, as its documentation has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Begin, Talk


@pytest.fixture
def leanrails(begin: Begin) -> Talk:
    return begin("leanrails")


@pytest.mark.parametrize("status", ["open", "complete", "expired"])
def test_the_one_filter(leanrails: Talk, status: str) -> None:
    wanted = [facts.id for facts in leanrails.truth if facts.status == status]
    assert leanrails.ask({"status": status, "limit": 100}).ids == wanted[:100]


def test_the_envelope(leanrails: Talk) -> None:
    page = leanrails.ask({"limit": 5})
    assert page.json["object"] == "list"
    assert page.json["url"] == "/v1/checkout_sessions"
    assert page.json["next_cursor"] == page.ids[-1]
    last = leanrails.ask({"starting_after": leanrails.truth[-2].id})
    assert (last.json["has_more"], last.json["next_cursor"]) == (False, None)


def test_next_cursor_may_be_left_out(begin: Begin) -> None:
    assert "next_cursor" not in begin("leanrails", sends_next_cursor=False).ask().json


def test_next_cursor_leads_astray_on_the_way_back(leanrails: Talk) -> None:
    page = leanrails.ask({"ending_before": leanrails.truth[50].id, "limit": 5})
    assert page.json["next_cursor"] == page.ids[-1]


def test_a_filter_of_another_provider(leanrails: Talk) -> None:
    for name in ("created[gte]", "customer", "email", "cursor", "expand[]"):
        refusal = leanrails.ask({name: "1"}).json["error"]
        assert (refusal["code"], refusal["param"]) == ("parameter_invalid", name)


def test_a_status_of_another_provider(leanrails: Talk) -> None:
    assert leanrails.ask({"status": "paid"}).status == 422


def test_a_cursor_that_names_no_session(leanrails: Talk) -> None:
    answer = leanrails.ask({"starting_after": "cs_nothing"})
    assert answer.status == 404
    assert answer.json["error"]["code"] == "resource_missing"
    assert answer.json["error"]["type"] == "invalid_request_error"


def test_a_bearer_key_is_refused(leanrails: Talk) -> None:
    key = leanrails.imitation.provider.api_key
    answer = leanrails.ask(authorization=f"Bearer {key}")
    assert answer.json["error"]["type"] == "authentication_error"


def test_the_rate_is_told(leanrails: Talk) -> None:
    first, second = leanrails.ask().headers, leanrails.ask({"limit": 0}).headers
    assert first["x-ratelimit-limit"] == "1500"
    assert int(second["x-ratelimit-remaining"]) == int(first["x-ratelimit-remaining"]) - 1


def test_the_version_is_a_date(leanrails: Talk) -> None:
    assert leanrails.ask(x_api_version="2026-03-09").status == 200
    assert leanrails.ask(x_api_version="latest").status == 400


def test_the_newer_path(begin: Begin) -> None:
    newer = begin("leanrails", list_path="/v1/checkout/sessions")
    assert newer.ask().status == 404
    page = newer.ask(path="/v1/checkout/sessions")
    assert page.json["url"] == "/v1/checkout/sessions"
    assert len(page.ids) == 10


def test_a_session_is_at_both_paths(leanrails: Talk) -> None:
    session = leanrails.truth[0].id
    assert (
        leanrails.one(session).json == leanrails.ask(path=f"/v1/checkout_sessions/{session}").json
    )


def test_null_and_absent(leanrails: Talk) -> None:
    rows = leanrails.ask({"limit": 100}).rows
    assert any("customer" not in row for row in rows)
    assert any(row.get("customer", "") is None for row in rows)
    assert all(isinstance(row["phone_number_collection"], bool) for row in rows)
    assert any("client_secret" in row and "url" not in row for row in rows)
