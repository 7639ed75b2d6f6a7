"""Filters that providers know and do not know: no page is empty while there is more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gateway.asking import Asking, asking
from gateway.serving import NOW
from gateway.truth import truth
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_keys import KEYS, NO_IDS

from unified_checkout import Client, Session
from unified_checkout.sandbox import Sandbox, faults

NAMES = ("flex", "leanrails", "square", "stripe")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=30, seed=6, now=NOW, providers=NAMES) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def ask(sandbox: Sandbox) -> Iterator[Asking]:
    with asking(sandbox.accounts) as ask:
        yield ask


@pytest.fixture(scope="module")
def whole(sandbox: Sandbox) -> list[Session]:
    with Client(sandbox.accounts) as client:
        known = {(one.account, one.id): one for one in client.sessions.list(expand="customer")}
    return [known[one] for one in truth(sandbox.accounts)]


@settings(max_examples=12, deadline=None)
@given(data=st.data(), limit=st.integers(1, 9))
def test_a_selective_filter_is_read_on_until_a_row_or_the_end_is_found(
    ask: Asking, whole: list[Session], data: st.DataObject, limit: int
) -> None:
    account = data.draw(st.sampled_from(["leanrails", "stripe", "flex"]), "account")
    own = [one for one in whole if one.account == account]
    chosen = data.draw(st.sampled_from(own), "like")
    second = int(chosen.created.timestamp())
    asked: dict[str, Any] = {}
    if data.draw(st.booleans(), "by time"):
        asked[data.draw(st.sampled_from(["created[lte]", "created[lt]"]))] = second
        strict = "created[lt]" in asked
        own = [one for one in own if int(one.created.timestamp()) <= second - strict]
    email = chosen.customer.email if chosen.customer else None
    if email and data.draw(st.booleans(), "by buyer"):
        asked["customer_details[email]"] = email
        own = [one for one in own if one.customer and one.customer.email == email]
    if chosen.customer and chosen.customer.id and data.draw(st.booleans(), "by customer"):
        asked["customer"] = chosen.customer.id
        own = [one for one in own if one.customer and one.customer.id == chosen.customer.id]
    found = [one for page in ask.walk(account, limit=limit, **asked) for one in page]
    assert found == [(one.account, one.id) for one in own]


@pytest.mark.parametrize("bound", ["", "[gt]", "[gte]", "[lt]", "[lte]"])
def test_a_row_matches_the_bound_that_shows_it(
    ask: Asking, whole: list[Session], bound: str
) -> None:
    shown = ask.get(limit=100).json["data"]
    second = shown[40]["created"]
    tests = {
        "": lambda at: at == second,
        "[gt]": lambda at: at > second,
        "[gte]": lambda at: at >= second,
        "[lt]": lambda at: at < second,
        "[lte]": lambda at: at <= second,
    }
    asked: dict[str, Any] = {f"created{bound}": second}
    found = [one for page in ask.walk(limit=50, **asked) for one in page]
    seconds = {(one.account, one.id): int(one.created.timestamp()) for one in whole}
    assert found == [one for one, at in seconds.items() if tests[bound](at)]


def late(ask: Asking) -> None:
    """Let what takes long take too long, soon."""
    ask.door._settings = ask.door._settings.model_copy(update={"deadline": 0.5})


def test_at_the_deadline_a_page_with_rows_is_short_and_one_without_is_a_504() -> None:
    with Sandbox(sessions=150, seed=6, now=NOW, providers=["leanrails"]) as sandbox:
        newest = sandbox.truth("leanrails")[0]
        assert newest.customer is not None
        email = next(one.email for one in sandbox.truth("leanrails")[:90] if one.email is not None)
        with asking(sandbox.accounts) as ask:
            late(ask)
            stuck = faults.Latency(seconds=20, times=None)
            sandbox.on_request(
                "leanrails",
                lambda number: sandbox.misbehave("leanrails", stuck) if number == 2 else None,
            )
            asked: dict[str, Any] = {"customer_details[email]": email, "limit": 60}
            short = ask.get(token="leanrails", **asked)
            assert short.status == 200
            assert 0 < len(short.ids) < 60
            assert short.json["has_more"] is True
            asked["starting_after"] = short.ids[-1]
            none = ask.get(token="leanrails", **asked)
            assert none.status == 504
            assert "email" in none.json["error"]["message"]


@pytest.mark.parametrize("word", NO_IDS.values(), ids=NO_IDS)
def test_a_key_is_not_asked_for(sandbox: Sandbox, ask: Asking, word: str) -> None:
    sandbox.clear_requests()
    answers = [ask.session(word, "stripe")]
    if word in KEYS.values():
        answers += [ask.get(customer=word), ask.get(subscription=word)]
    for answer in answers:
        assert answer.status in (400, 404)
        assert word not in answer.body.decode()
    assert not any(sandbox.requests(name) for name in NAMES)
