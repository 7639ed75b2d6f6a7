"""One question, every provider: the answer equals the same filter in plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asking import Asker, Fields, expected, names
from house import PROVIDERS, THREE, adapter_of, known
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout import InvalidQuery, ListSessions, UnsupportedPredicate
from unified_checkout.sandbox import Facts, Sandbox

UNANSWERABLE = {provider: known(provider).unanswerable for provider in PROVIDERS}
"""What a provider neither filters by nor sends: nobody can answer there."""

CHOICES: dict[str, tuple[str, ...]] = {
    "status": ("open", "complete", "expired", "canceled", "failed"),
    "payment_status": ("paid", "unpaid", "no_payment_required"),
    "mode": ("payment", "subscription", "setup", "order"),
    "currency": ("usd", "eur", "jpy", "kwd", "isk"),
}
IDENTITIES = (
    "customer",
    "email",
    "customer_account",
    "payment_intent",
    "payment_link",
    "subscription",
    "client_reference_id",
)
OTHER_KINDS = ("renewal", "invoice", "in_person", "other", "unknown")
BOUNDS = ("gt", "gte", "lt", "lte")

Truth = Mapping[str, list[Facts]]

relaxed = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
walking = settings(relaxed, max_examples=15)
"""For what asks dozens of times for each example, over both clients."""


@pytest.fixture(scope="session")
def truth(sandbox: Sandbox) -> Truth:
    return {account: sandbox.truth(account) for account in PROVIDERS}


def asked(fields: Fields) -> ListSessions:
    return ListSessions.model_validate(dict(fields))


def held(facts: Facts, field: str) -> Any:
    """What a fact would have to be asked for, to be found by this field."""
    if field == "customer":
        return facts.customer_id
    if field == "payment_intent":
        return facts.payment_intents[-1] if facts.payment_intents else None
    return getattr(facts, field)


def some_value(truth: Truth, field: str, accounts: tuple[str, ...]) -> Any:
    """A value that some checkout in the middle of the list has."""
    values = [
        value
        for account in accounts
        for facts in truth[account]
        if facts.kind == "checkout" and (value := held(facts, field)) is not None
    ]
    return values[len(values) // 2] if values else "nobody@example.com"


def answerable(fields: Fields, accounts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(account for account in accounts if UNANSWERABLE[account].isdisjoint(fields))


def check(ask: Asker, truth: Truth, fields: Fields, accounts: tuple[str, ...]) -> int:
    """Ask, and compare; a provider that cannot answer must refuse by name."""
    for account in set(accounts) - set(answerable(fields, accounts)):
        with pytest.raises(UnsupportedPredicate) as refusal:
            ask.all(asked({**fields, "accounts": account}))
        assert refusal.value.account == account
        assert refusal.value.predicate.split()[0] in UNANSWERABLE[account]
    able = answerable(fields, accounts)
    if not able:
        return 0
    wanted = expected({account: truth[account] for account in able}, fields)
    assert names(ask.all(asked({**fields, "accounts": able}))) == wanted
    return len(wanted)


@pytest.mark.parametrize("accounts", [*((name,) for name in PROVIDERS), PROVIDERS], ids="+".join)
class TestEachPredicate:
    @pytest.mark.parametrize("bound", BOUNDS)
    @pytest.mark.parametrize("nudge", [-0.5, 0, 0.5])
    def test_created(
        self, ask: Asker, truth: Truth, accounts: tuple[str, ...], bound: str, nudge: float
    ) -> None:
        middle = truth[accounts[0]][len(truth[accounts[0]]) // 2].created
        at = datetime.fromtimestamp(middle, UTC) + timedelta(seconds=nudge)
        assert check(ask, truth, {"created": {bound: at}}, accounts) > 10

    @pytest.mark.parametrize(
        ("field", "value"), [(field, one) for field, values in CHOICES.items() for one in values]
    )
    def test_one_choice(
        self, ask: Asker, truth: Truth, accounts: tuple[str, ...], field: str, value: str
    ) -> None:
        check(ask, truth, {field: (value,)}, accounts)

    @pytest.mark.parametrize("field", CHOICES)
    def test_several_choices(
        self, ask: Asker, truth: Truth, accounts: tuple[str, ...], field: str
    ) -> None:
        check(ask, truth, {field: CHOICES[field][1:3]}, accounts)

    @pytest.mark.parametrize("field", IDENTITIES)
    def test_identity(
        self, ask: Asker, truth: Truth, accounts: tuple[str, ...], field: str
    ) -> None:
        able = answerable({field: None}, accounts)
        value = some_value(truth, field, able or accounts)
        found = check(ask, truth, {field: value}, accounts)
        assert found or all(
            held(facts, field) is None
            for account in able
            for facts in truth[account]
            if facts.kind == "checkout"
        )

    @pytest.mark.parametrize("field", ["livemode", "has_disputes"])
    @pytest.mark.parametrize("value", [True, False])
    def test_flag(
        self, ask: Asker, truth: Truth, accounts: tuple[str, ...], field: str, value: bool
    ) -> None:
        check(ask, truth, {field: value}, accounts)

    @pytest.mark.parametrize("limit", [1, 7, 1000])
    def test_limit(self, ask: Asker, truth: Truth, accounts: tuple[str, ...], limit: int) -> None:
        check(ask, truth, {"limit": limit}, accounts)
        check(ask, truth, {"limit": limit, "mode": ("payment",)}, accounts)


@st.composite
def conjunctions(draw: st.DrawFn, truth: Truth) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A random query that some session answers as a rule, and up to three accounts to ask."""
    chosen = draw(st.sets(st.sampled_from(PROVIDERS), min_size=1, max_size=3))
    accounts = tuple(account for account in PROVIDERS if account in chosen)
    model = draw(st.sampled_from(truth[draw(st.sampled_from(accounts))]))
    kinds: tuple[tuple[str, ...], ...] = (("checkout",), ("any",), (model.kind or "unknown",))
    fields: dict[str, Any] = {"kind": draw(st.sampled_from(kinds))}
    for field in draw(st.lists(st.sampled_from(tuple(CHOICES)), max_size=2, unique=True)):
        others = draw(st.lists(st.sampled_from(CHOICES[field]), max_size=2))
        mine = "complete" if held(model, field) == "paid" and field == "status" else None
        words = dict.fromkeys([mine or held(model, field), *others])
        fields[field] = tuple(word for word in words if word) or CHOICES[field][:1]
    for field in draw(st.lists(st.sampled_from(IDENTITIES), max_size=1)):
        if (value := held(model, field)) is not None:
            fields[field] = value
    nearby = st.integers(-86_400 * 20, 86_400 * 20).map(
        lambda seconds: datetime.fromtimestamp(model.created, UTC) + timedelta(seconds=seconds)
    )
    lower, upper = draw(st.tuples(nearby, nearby).map(sorted))
    if draw(st.booleans()):
        fields.setdefault("created", {})[draw(st.sampled_from(["gt", "gte"]))] = lower
    if draw(st.booleans()) and lower < upper:
        fields.setdefault("created", {})[draw(st.sampled_from(["lt", "lte"]))] = upper
    if draw(st.booleans()):
        fields["limit"] = draw(st.integers(1, 60))
    return fields, answerable(fields, accounts) or ("leanrails",)


class TestConjunctions:
    @relaxed
    @given(data=st.data())
    def test_all_at_once(self, ask: Asker, truth: Truth, data: st.DataObject) -> None:
        fields, accounts = data.draw(conjunctions(truth))
        fields["page_size"] = data.draw(st.integers(3, 100))
        check(ask, truth, fields, accounts)

    @walking
    @given(data=st.data())
    def test_page_by_page_forwards_and_backwards(
        self, ask: Asker, truth: Truth, data: st.DataObject
    ) -> None:
        fields, accounts = data.draw(conjunctions(truth))
        size = min(data.draw(st.integers(4, 100)), max(4, fields.pop("limit", 100)))
        query = asked({**fields, "accounts": accounts, "page_size": size})
        wanted = expected({account: truth[account] for account in accounts}, fields)

        pages = [ask.page(query)]
        while (cursor := pages[-1].next_cursor) is not None:
            pages.append(ask.page(query, cursor))
        assert [row for page in pages for row in names(page.sessions)] == wanted
        assert all(len(page.sessions) == size for page in pages[:-1])

        back = [pages[-1]]
        while (cursor := back[0].previous_cursor) is not None:
            back.insert(0, ask.page(query, cursor))
        assert [row for page in back for row in names(page.sessions)] == wanted

    @walking
    @given(data=st.data())
    def test_resumed_at_every_cursor(self, ask: Asker, truth: Truth, data: st.DataObject) -> None:
        fields, accounts = data.draw(conjunctions(truth))
        limit = min(fields.pop("limit", 12), 12)
        query = asked({**fields, "accounts": accounts, "page_size": data.draw(st.integers(1, 9))})
        wanted = expected({account: truth[account] for account in accounts}, fields)
        limited = query.model_copy(update={"limit": limit})
        for position, cursor in enumerate(ask.cursors(limited)):
            assert names(ask.all(limited, cursor)) == wanted[position : position + limit]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_of_one_second_the_provider_s_order_counts(ask: Asker, truth: Truth, provider: str) -> None:
    """At Paddle a renewal is paid and a checkout complete in the same second, in one list."""
    check(ask, truth, {"kind": ("any",), "status": ("complete",)}, (provider,))


@pytest.mark.parametrize("size", [1, 2, 33, 99, 100, 1000, None])
def test_page_size_does_not_matter(ask: Asker, truth: Truth, size: int | None) -> None:
    check(ask, truth, {"page_size": size}, PROVIDERS)


@pytest.mark.parametrize(("size", "holds"), [(None, 100), (150, 150), (1000, 210)])
def test_a_page_may_be_larger_than_any_provider_sends(
    ask: Asker, truth: Truth, size: int | None, holds: int
) -> None:
    page = ask.page(asked({"page_size": size, "accounts": THREE}))
    assert names(page.sessions) == expected({name: truth[name] for name in THREE}, {})[:holds]
    assert (page.next_cursor is None) == (holds == 210)


@pytest.mark.parametrize("kind", [("checkout",), ("any",), ("renewal", "checkout"), OTHER_KINDS])
def test_a_kind(ask: Asker, truth: Truth, kind: tuple[str, ...]) -> None:
    check(ask, truth, {"kind": kind}, PROVIDERS)


def test_where_every_session_is_a_checkout_nothing_is_asked_for_another_kind(
    ask: Asker, sandbox: Sandbox
) -> None:
    sandbox.clear_requests()
    reading = ask.read(asked({"kind": OTHER_KINDS, "accounts": THREE}))
    assert (reading.sessions, reading.error) == ([], None)
    assert reading.coverage.complete
    assert [sandbox.requests(account) for account in THREE] == [[], [], []]


def test_a_page_turned_round_leads_back(ask: Asker, truth: Truth) -> None:
    query = asked({"page_size": 16})
    first = ask.page(query)
    second = ask.page(query, first.next_cursor)
    third = ask.page(query, second.next_cursor)
    assert first.previous_cursor is None
    for later, earlier in ((third, second), (second, first)):
        back = ask.page(query, later.previous_cursor)
        assert names(back.sessions) == names(earlier.sessions)
        again = ask.page(query, back.next_cursor)
        assert names(again.sessions) == names(later.sessions)


def test_every_session_can_be_fetched_alone(ask: Asker, truth: Truth) -> None:
    for account, facts in truth.items():
        if not adapter_of(account).reads_by_id:
            with pytest.raises(InvalidQuery, match="no single session by its id"):
                ask.get(facts[0].id, account)
            continue
        for one in (facts[0], facts[len(facts) // 2], facts[-1]):
            session = ask.get(one.id, account)
            assert (session.id, session.created.timestamp()) == (one.id, one.created)
