"""What Paddle does not document: either way the answer is right, or known not to be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import Client, IncompleteAnswer, InvalidRequest, ListSessions, Session
from unified_checkout.sandbox import Facts, Received, Sandbox
from unified_checkout_paddle.sandbox import PaddleSandbox

NOW = 1_795_000_000
PATH = "/transactions"
PAID = {"status": "complete", "payment_status": "paid", "amount_total": 2500}


def held(*seconds: int, **fields: Any) -> list[Facts]:
    """Transactions that began so many seconds ago, the newest first."""
    return [
        Facts(serial=f"{ago}-{number}", created=NOW - ago, **{**PAID, **fields})
        for number, ago in enumerate(sorted(seconds))
    ]


def answer(
    facts: list[Facts], options: dict[str, Any], **query: Any
) -> tuple[list[Session], set[str], list[Received], bool]:
    """What is read, what would be right, what was asked, and whether that is called complete."""
    wanted = ListSessions.model_validate({"kind": "any", **query})
    with (
        Sandbox(facts=facts, now=NOW, providers=["paddle"], options={"paddle": options}) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        right = {one.id for one in sandbox.truth("paddle")}
        listing = client.sessions.list(wanted, on_error="report")
        sessions = list(listing)
        return sessions, right, sandbox.requests("paddle"), listing.coverage.complete


@settings(max_examples=25, deadline=None)
@given(
    seconds=st.lists(st.integers(1, 6), min_size=3, max_size=12), size=st.sampled_from([1, 2, 3])
)
@pytest.mark.parametrize("means", ["row", "id"])
def test_wherever_after_goes_on_an_answer_that_is_called_complete_is(
    means: str, seconds: list[int], size: int
) -> None:
    """But where it is read in several windows of time, which is not counted."""
    sessions, right, requests, complete = answer(
        held(*seconds), {"after_means": means}, page_size=size
    )
    found = {session.id for session in sessions}
    assert len(found) == len(sessions)
    if means == "row":
        assert (found, complete) == (right, True)
    elif not any("created_at[GTE]" in dict(one.parameters) for one in requests):
        assert complete == (found == right)


def test_siblings_that_a_place_skips_are_noticed() -> None:
    """With a smaller id behind a place, not all of one second are behind it."""
    facts = held(*([5] * 12))
    with (
        Sandbox(
            facts=facts, now=NOW, providers=["paddle"], options={"paddle": {"after_means": "id"}}
        ) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        listing = client.sessions.list(ListSessions(page_size=6, kind="any"), on_error="report")
        assert len(list(listing)) < 12
        with pytest.raises(IncompleteAnswer, match=r"counts \d more than it lists"):
            listing.coverage.raise_if_incomplete()


@pytest.mark.parametrize("option", ["both", "last", "refused"])
@pytest.mark.parametrize("size", [2, 30])
def test_a_span_of_time_is_answered_whatever_two_bounds_do(option: str, size: int) -> None:
    facts = held(*range(0, 100, 10))
    created = {"gte": f"2026-11-18T11:05:{40 - 20}Z", "lt": "2026-11-18T11:06:21Z"}
    sessions, _, requests, complete = answer(
        facts, {"two_bounds": option}, created=created, page_size=size
    )
    assert [NOW - session.created.timestamp() for session in sessions] == [
        20,
        30,
        40,
        50,
        60,
        70,
        80,
    ]
    assert complete
    alone = [one for one in requests if "created_at[GTE]" not in dict(one.parameters)]
    assert bool(alone) is (option == "refused")


@pytest.mark.parametrize("words", [{"adjustments"}, {"adjustment"}, {"adjustments", "adjustment"}])
def test_disputes_are_found_however_adjustments_are_spelled(words: set[str]) -> None:
    facts = held(10, disputed=True, amount_disputed=700) + held(20)
    options = {"adjustments_words": frozenset(words)}
    sessions, _, _, complete = answer(facts, options, has_disputes=True)
    assert [session.amount_disputed for session in sessions] == [700]
    assert complete


@pytest.mark.parametrize("option", ["refused", "ignored"])
def test_an_unknown_parameter(option: Any) -> None:
    provider = PaddleSandbox(clock=lambda: NOW, unknown_parameters=option)
    provider.hold(held(1, 2))
    asked = Received(
        path=PATH,
        parameters=(("created_at[gte]", "2030-01-01T00:00:00Z"),),
        headers={"authorization": f"Bearer {provider.api_key}"},
    )
    assert getattr(provider.answer(asked), "status", 200) == (400 if option == "refused" else 200)


@pytest.mark.parametrize("option", ["refused", "ignored"])
def test_a_place_that_names_nothing_never_ends_the_list(option: str) -> None:
    query = {"provider_options": {"paddle": {"after": "txn_none"}}, "kind": "any"}
    with (
        Sandbox(
            facts=held(1, 2),
            now=NOW,
            providers=["paddle"],
            options={"paddle": {"bad_after": option}},
        ) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        listing = client.sessions.list(ListSessions.model_validate(query))
        if option == "ignored":
            assert len(list(listing)) == 2
            return
        with pytest.raises(InvalidRequest, match="after: must be the ID of an entity"):
            list(listing)


def test_what_is_not_listed_yet_is_found_as_soon_as_it_is() -> None:
    facts = held(1, 10)
    young, right, _, _ = answer(facts, {"lag": 5.0})
    assert len(young) == 1
    sessions, _, _, _ = answer(facts, {"lag": 0.5})
    assert {session.id for session in sessions} == right


def test_drafts_may_cease_to_be_listed() -> None:
    facts = held(10, 1000, status="open", customer=None)
    sessions, _, _, complete = answer(facts, {"drafts_last": 100.0})
    drafts = [session for session in sessions if session.provider_status == "draft"]
    assert all(NOW - session.created.timestamp() < 100 for session in drafts)
    assert complete


@pytest.mark.parametrize("whole", [True, False])
def test_the_address_of_the_next_page_is_not_read(whole: bool) -> None:
    facts = held(*range(9))
    sessions, _, requests, complete = answer(
        facts, {"next_is_whole": whole}, status="complete", page_size=2
    )
    assert len(sessions) == 9
    assert complete
    assert all(dict(one.parameters)["status"] == "paid,completed" for one in requests)
