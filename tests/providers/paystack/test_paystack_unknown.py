"""What nobody says of Paystack, both ways: the same questions have the same answers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from unified_checkout import ListSessions
from unified_checkout.adapters import SessionKind
from unified_checkout.errors import AuthenticationError, InvalidRequest, MalformedPage
from unified_checkout.sandbox import Facts
from unified_checkout.testing import AdapterConformance
from unified_checkout.testing.conformance.bench import Bench
from unified_checkout.testing.conformance.oracle import matching
from unified_checkout.testing.conformance.specimens import history
from unified_checkout_paystack import PaystackAdapter
from unified_checkout_paystack.sandbox_wire import PaystackFacts

FACTS = history("paystack")


def laws(sandbox: dict[str, Any], options: dict[str, Any]) -> AdapterConformance:
    """The conformance suite of an account configured so, at a Paystack of which this is true."""
    told = {"adapter": PaystackAdapter, "options": options, "sandbox_options": sandbox}
    suite: AdapterConformance = type("Laws", (AdapterConformance,), told)()
    return suite


def bench(sandbox: dict[str, Any] | None = None, options: dict[str, Any] | None = None) -> Bench:
    """The same account, and what it holds."""
    return laws(sandbox or {}, options or {}).bench(FACTS)


def questions(truth: list[Facts]) -> Iterator[ListSessions]:
    middle, late = truth[len(truth) // 2], truth[5]
    bounds = [datetime.fromtimestamp(one.created, UTC) for one in (middle, late)]
    asked: list[dict[str, Any]] = [
        {},
        {"kind": "checkout"},
        {"kind": "renewal", "status": "failed"},
        {"status": "complete"},
        {"status": "open", "page_size": 7},
        {"created": {"gte": bounds[0], "lte": bounds[1]}, "page_size": 3},
        {"created": {"gt": bounds[0], "lt": bounds[1]}},
        {"customer": middle.customer_id},
        {"email": middle.email},
        {"client_reference_id": middle.client_reference_id},
    ]
    for fields in asked:
        yield ListSessions.model_validate({"kind": "any", **fields})


def check(asked: Bench, without: frozenset[str] = frozenset()) -> None:
    """Every question is answered as the same filter in plain Python does."""
    truth = asked.truth()
    for query in questions(truth):
        wanted = matching(query.predicates(kind=True), truth) - without
        found = [session.id for session in asked.answer(query)]
        assert sorted(found) == sorted(wanted), query
        assert wanted or "created" in str(query)


@pytest.mark.parametrize("reversed_filter", [False, True])
@pytest.mark.parametrize("use_cursor", [True, False])
@pytest.mark.parametrize(
    "true_of_paystack",
    [
        {},
        {"bounds_included": False},
        {"ties_ascending": True},
        {"last_cursor": "text"},
        {"last_cursor": "absent"},
        {"plain_cursors": True},
        {"cuts_pages": True, "largest_page": 20},
        {"ignores_unknown": True},
        {"speaks": "description", "ignores_unknown": True},
    ],
    ids=str,
)
def test_either_way_the_answer_is_the_same(
    true_of_paystack: dict[str, Any], use_cursor: bool, reversed_filter: bool
) -> None:
    options = {"use_cursor": use_cursor, "reversed_filter": reversed_filter}
    check(bench(true_of_paystack, options))


@pytest.mark.parametrize("true_of_paystack", [{}, {"ties_ascending": True}], ids=str)
def test_what_is_reversed_meanwhile_appears_once(true_of_paystack: dict[str, Any]) -> None:
    suite = laws(true_of_paystack, {"reversed_filter": True})
    suite.test_a_session_that_moves_between_streams_appears_once()


@pytest.mark.parametrize("ignores_unknown", [True, False])
def test_the_documentation_alone_will_do(ignores_unknown: bool) -> None:
    check(bench({"speaks": "documentation", "ignores_unknown": ignores_unknown}))


def test_a_word_that_is_taken_for_tried_and_is_not_fails_aloud() -> None:
    asked = bench({"speaks": "documentation"}, {"reversed_filter": True})
    with pytest.raises(InvalidRequest, match="status"):
        asked.answer(ListSessions(status="complete"))


def test_a_parameter_that_is_refused_fails_aloud() -> None:
    with pytest.raises(InvalidRequest, match="perPage"):
        bench({"speaks": "description"}).answer(ListSessions())


def test_a_page_that_is_too_large_is_cut_or_fails_aloud_and_can_be_asked_for_smaller() -> None:
    asked = bench({"largest_page": 50})
    with pytest.raises(InvalidRequest, match="perPage"):
        asked.answer(ListSessions())
    smaller = ListSessions(kind="any", page_size=50)
    assert {session.id for session in asked.answer(smaller)} == {one.id for one in asked.truth()}


def test_cursors_that_are_not_to_be_had_fail_aloud_and_pages_can_be_counted_off() -> None:
    small = ListSessions(kind="any", page_size=5)
    with pytest.raises(MalformedPage, match="use_cursor to false"):
        bench({"heeds_use_cursor": False}).answer(small)
    check(bench({"heeds_use_cursor": False}, {"use_cursor": False}))


def test_checkouts_that_are_listed_once_opened_only_are_said_to_be_excluded() -> None:
    asked = bench({"lists_unopened": False})
    unopened = frozenset(
        one.id
        for one in asked.truth()
        if isinstance(one, PaystackFacts) and one.kind == "checkout" and not one.opened
    )
    assert unopened
    check(asked, without=unopened)
    assert any("no buyer has opened" in what for what in asked.whole().excludes)


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_key_is_recognised_by_either_status(status: int) -> None:
    asked = bench({"wrong_key_status": status})
    response = asked.send(asked.first_request(), "sk_test_obviously_wrong")
    assert response.status == status
    assert type(asked.adapter.parse_error(response)) is AuthenticationError


def test_a_single_transaction_without_its_entry_point_tells_less_and_nothing_wrong() -> None:
    whole, less = bench(), bench({"fetch_names_entry_point": False})
    fewer = 0
    for facts in whole.truth():
        there, here = whole.single(facts.id), less.single(facts.id)
        if (there.kind, there.mode) != (here.kind, here.mode):
            fewer += 1
            assert here.kind in (there.kind, SessionKind.UNKNOWN)
        if there.kind is SessionKind.RENEWAL:
            assert here.kind is SessionKind.RENEWAL
    assert fewer


def test_a_page_by_its_number_is_where_reading_begins() -> None:
    asked = bench(options={"use_cursor": False})
    own = {"paystack": {"page": 3, "perPage": 7}}
    found = asked.answer(ListSessions(kind="any", provider_options=own))
    assert [session.id for session in found] == [one.id for one in asked.truth()][14:]


@pytest.mark.parametrize(("name", "begun"), [("next", 11), ("previous", 6)])
def test_a_cursor_of_paystacks_is_where_reading_begins(name: str, begun: int) -> None:
    asked = bench()
    ids = [one.id for one in asked.truth()]
    token = base64.b64encode(f"undefined:{ids[10]}".encode()).decode()
    own = {"paystack": {name: token, "perPage": 4}}
    found = asked.answer(ListSessions(kind="any", provider_options=own))
    assert [session.id for session in found] == ids[begun:]
