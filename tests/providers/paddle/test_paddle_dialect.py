"""What Paddle is asked, and what becomes of each condition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout import InvalidQuery, ListSessions
from unified_checkout.adapters import Compiled, KeyKind, Place, Pushdown, Window
from unified_checkout_paddle import PaddleAdapter
from unified_checkout_paddle.adapter import LIVE, SANDBOX, PaddleOptions

CHECKOUTS = ("origin", "web,api,subscription_payment_method_change")
OWN = "provider_options.paddle"


def adapter(kind: KeyKind = KeyKind.TEST, **options: Any) -> PaddleAdapter:
    return PaddleAdapter("shop", PaddleOptions.model_validate(options), kind)


def compiled(on: PaddleAdapter | None = None, **fields: Any) -> Compiled:
    query = ListSessions.model_validate({"kind": "any", **fields})
    return (on or adapter()).compile(query)


def sent(found: Compiled) -> dict[str, str]:
    (stream,) = found.streams
    return dict(stream.parameters)


def verdicts(found: Compiled) -> dict[str, Pushdown]:
    return {one.predicate.field: one.pushdown for one in found.verdicts}


@pytest.mark.parametrize(
    ("bound", "moment", "parameter"),
    [
        ("gt", "2026-03-04T10:15:30Z", ("created_at[GT]", "2026-03-04T10:15:30Z")),
        ("gte", "2026-03-04T10:15:30.5Z", ("created_at[GTE]", "2026-03-04T10:15:30Z")),
        ("lt", "2026-03-04T10:15:30.5Z", ("created_at[LT]", "2026-03-04T10:15:31Z")),
        ("lte", "2026-03-04T10:15:30Z", ("created_at[LTE]", "2026-03-04T10:15:31Z")),
        ("gte", "0001-01-01T00:00:00Z", ("created_at[GTE]", "1970-01-01T00:00:00Z")),
        ("lte", "9999-12-31T23:59:59Z", ("created_at[LTE]", "9999-12-31T23:59:59Z")),
    ],
)
def test_a_bound_is_rounded_outward_and_never_called_exact(
    bound: str, moment: str, parameter: tuple[str, str]
) -> None:
    found = compiled(created={bound: moment})
    assert sent(found) == dict([parameter])
    assert verdicts(found) == {"created": Pushdown.INEXACT}


@pytest.mark.parametrize(
    ("kinds", "asked", "verdict"),
    [
        (["checkout"], {"collection_mode": "automatic", **dict([CHECKOUTS])}, Pushdown.EXACT),
        (["renewal", "in_person"], {"collection_mode": "automatic", "origin": "subscription_recurring"}, Pushdown.EXACT),
        (["other"], {"collection_mode": "automatic", "origin": "subscription_charge,subscription_update"}, Pushdown.EXACT),
        (["invoice"], {"collection_mode": "manual"}, Pushdown.EXACT),
        (["invoice", "checkout"], {}, Pushdown.UNSUPPORTED),
        (["checkout", "unknown"], {}, Pushdown.UNSUPPORTED),
    ],
)  # fmt: skip
def test_a_kind(kinds: list[str], asked: dict[str, str], verdict: Pushdown) -> None:
    found = compiled(kind=kinds)
    assert sent(found) == asked
    assert verdicts(found)["kind"] is verdict


def test_a_kind_that_no_transaction_is_of_asks_nothing() -> None:
    found = compiled(kind="in_person")
    assert (found.streams, verdicts(found)["kind"]) == ((), Pushdown.EXACT)


def test_a_kind_is_applied_here_where_the_options_choose() -> None:
    own = {"paddle": {"origin": "web,subscription_charge"}}
    found = compiled(kind="checkout", provider_options=own)
    assert sent(found) == {"origin": "web,subscription_charge"}
    assert verdicts(found)["kind"] is Pushdown.UNSUPPORTED


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": ["open", "canceled"]}, "draft,ready,billed,past_due,canceled"),
        ({"status": "complete", "payment_status": "paid"}, "paid,completed"),
        (
            {"status": ["open", "complete"], "payment_status": "unpaid"},
            "draft,ready,billed,past_due",
        ),
        ({"payment_status": "no_payment_required"}, "paid,completed"),
        (
            {"payment_status": "paid", "provider_options": {"paddle": {"status": "paid,draft"}}},
            "paid",
        ),
    ],
)
def test_all_that_is_asked_of_the_status_is_one_parameter(
    fields: dict[str, Any], words: str
) -> None:
    assert sent(compiled(**fields)) == {"status": words}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "expired"},
        {"status": "failed"},
        {"status": "open", "payment_status": "paid"},
        {"customer": "ctm_1,ctm_2"},
        {"subscription": "null"},
        {"livemode": True},
    ],
)
def test_what_nothing_can_match_asks_nothing(fields: dict[str, Any]) -> None:
    assert compiled(**fields).streams == ()


def test_no_payment_required_is_checked_here_under_its_own_name() -> None:
    (verdict,) = compiled(payment_status="no_payment_required").verdicts
    assert (verdict.predicate.value, verdict.pushdown) == (
        ("no_payment_required",),
        Pushdown.INEXACT,
    )


@pytest.mark.parametrize(
    ("may_read", "fields", "include"),
    [
        (["customer", "address"], {"email": "a@example.com"}, "customer,address"),
        (["customer"], {"email": "a@example.com"}, "customer"),
        (["adjustment"], {"has_disputes": False}, "adjustments,adjustments_totals"),
        (["customer", "adjustment"], {"expand": ["customer", "adjustments"]}, "customer,adjustments,adjustments_totals"),
        (["business"], {"expand": "business"}, "business"),
        ([], {"expand": "available_payment_methods"}, "available_payment_methods"),
    ],
)  # fmt: skip
def test_what_may_be_read_is_included(
    may_read: list[str], fields: dict[str, Any], include: str
) -> None:
    assert sent(compiled(adapter(may_read=may_read), **fields)) == {"include": include}


@pytest.mark.parametrize("fields", [{"email": "a@example.com"}, {"has_disputes": True}])
def test_a_condition_on_what_may_not_be_read_cannot_be_answered(fields: dict[str, Any]) -> None:
    found = compiled(adapter(may_read=["address"]), **fields)
    (verdict,) = found.verdicts
    assert verdict.pushdown is Pushdown.UNANSWERABLE
    assert "may_read" in verdict.note


def test_what_may_not_be_read_is_not_expanded_either() -> None:
    with pytest.raises(InvalidQuery, match="adjustment in its may_read"):
        compiled(adapter(may_read=["customer"]), expand="adjustments")
    with pytest.raises(InvalidQuery, match="discount in its may_read"):
        compiled(adapter(may_read=[]), provider_options={"paddle": {"include": "discount"}})


def test_a_word_of_another_provider_is_not_expanded_and_said_so() -> None:
    found = compiled(expand=["line_items", "customer"])
    assert sent(found) == {"include": "customer,address"}
    assert found.notes == ("expand=line_items: Paddle includes no such thing",)


@pytest.mark.parametrize(
    ("kind", "base_url", "live"),
    [
        (KeyKind.LIVE, LIVE, True),
        (KeyKind.TEST, "http://localhost:8000", False),
        (KeyKind.UNKNOWN, LIVE, True),
        (KeyKind.UNKNOWN, SANDBOX, False),
        (KeyKind.UNKNOWN, "https://proxy.example.com", None),
    ],
)
def test_key_or_host_tell_whether_an_account_is_live(
    kind: KeyKind, base_url: str, live: bool | None
) -> None:
    on = adapter(kind, base_url=base_url)
    for asked in (True, False):
        found = compiled(on, livemode=asked)
        (verdict,) = found.verdicts
        if live is None:
            assert verdict.pushdown is Pushdown.UNANSWERABLE
        else:
            assert (verdict.pushdown, len(found.streams)) == (Pushdown.EXACT, asked is live)


def test_the_reference_is_told_where_the_account_says_where_it_stands() -> None:
    (verdict,) = compiled(client_reference_id="A-1").verdicts
    assert verdict.pushdown is Pushdown.UNANSWERABLE
    (verdict,) = compiled(adapter(reference_key="order"), client_reference_id="A-1").verdicts
    assert (verdict.pushdown, "custom_data.order" in verdict.note) == (Pushdown.UNSUPPORTED, True)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"no_such": 1}, f"{OWN}: no such option 'no_such'"),
        ({"per_page": 31}, f"{OWN}.per_page: input should be less than or equal to 30"),
        ({"billed_at": {"gte": "2026-01-01"}}, f"{OWN}.billed_at.gte: a time without a time zone"),
        ({"billed_at": {"since": "2026-01-01T00:00:00Z"}}, f"{OWN}.billed_at.since"),
        (
            {"updated_at": {"gt": "2026-01-01T00:00:00Z", "gte": "2026-01-01T00:00:00Z"}},
            "updated_at: gt and gte are on one side; give one",
        ),
        ({"id": []}, f"{OWN}.id"),
        ({"collection_mode": "by hand"}, f"{OWN}.collection_mode"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(own: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        compiled(provider_options={"paddle": own})
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("status", "open", "status"),
        ("customer", "ctm_1", "customer_id"),
        ("subscription", "sub_1", "subscription_id"),
    ],
)
def test_a_condition_and_an_option_for_one_parameter_are_two(
    field: str, value: str, name: str
) -> None:
    with pytest.raises(InvalidQuery, match=f"{field} and {OWN}.{name} are two; give one"):
        compiled(None, **{field: value}, provider_options={"paddle": {name: "x"}})


def test_options_are_sent_as_paddle_writes_them() -> None:
    own = {
        "id": ["txn_1", "txn_2"],
        "invoice_number": "325-1, 325-2",
        "billed_at": {"gte": "2026-01-01T01:00:00+01:00", "lt": "2026-02-01T00:00:00.25Z"},
        "after": "txn_9",
        "per_page": 7,
        "skip_count": True,
    }
    found = compiled(provider_options={"paddle": own})
    assert sent(found) == {
        "id": "txn_1,txn_2",
        "invoice_number": "325-1,325-2",
        "billed_at[GTE]": "2026-01-01T00:00:00Z",
        "billed_at[LT]": "2026-02-01T00:00:00.250000Z",
    }
    assert (found.start, found.page_size, found.reach.windowed) == ("txn_9", 7, False)
    request = adapter().page_request(found, found.streams[0], Place(cursor="txn_9", size=7))
    assert request.headers == {"Paddle-Version": "1", "Skip-Count": "true"}


def test_a_page_is_asked_for_in_the_order_of_creation() -> None:
    found = compiled()
    place = Place(cursor="txn_1", size=30, window=Window(0, 86_400))
    assert adapter().page_request(found, found.streams[0], place).parameters == (
        ("created_at[GTE]", "1970-01-01T00:00:00Z"),
        ("created_at[LT]", "1970-01-02T00:00:00Z"),
        ("per_page", "30"),
        ("after", "txn_1"),
        ("order_by", "created_at[DESC]"),
    )


@given(size=st.integers(1, 1000))
def test_more_than_a_page_holds_is_never_asked_for(size: int) -> None:
    assert compiled(page_size=size).page_size == min(size, 30)


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({}, True),
        ({"kind": "checkout"}, True),
        ({"created": "2026-10", "customer": "ctm_1"}, True),
        ({"status": "open"}, False),
        ({"payment_status": "paid"}, False),
        ({"provider_options": {"paddle": {"updated_at": {"lt": "2026-01-01T00:00:00Z"}}}}, False),
        ({"provider_options": {"paddle": {"skip_count": True}}}, False),
    ],
)
def test_a_list_that_transactions_leave_is_not_counted(
    fields: dict[str, Any], counted: bool
) -> None:
    (stream,) = compiled(**fields).streams
    assert stream.headers == (() if counted else (("Skip-Count", "true"),))
