"""Queries: what may be written for a choice and for a time, and what is no such thing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from unified_checkout.errors import InvalidQuery
from unified_checkout.model.query import CreatedRange, ListSessions
from unified_checkout.model.session import Session
from unified_checkout.model.statuses import (
    KindWord,
    ModeWord,
    PaymentStatus,
    PaymentStatusWord,
    SessionKind,
    SessionMode,
    SessionStatus,
    StatusWord,
)
from unified_checkout.model.validation import worded

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("name", ["status", "payment_status", "mode", "currency", "accounts"])
@pytest.mark.parametrize("value", [[], {}, ["usd"], {"open": 1}], ids=str)
def test_a_choice_of_choices_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidQuery, match=rf"^{name}\.0: (input should be|write 3 to 12)"):
        ListSessions.model_validate({name: [value]})


@pytest.mark.parametrize(
    "given",
    [
        "USD",
        ["USD"],
        ("usd", "USD"),
        {"USD"},
        frozenset({"USD"}),
        {"USD": 2}.keys(),
        (code for code in ("USD", "Usd")),
    ],
    ids=lambda given: type(given).__name__,
)
def test_currencies_come_in_any_collection_and_letter_case(given: Any) -> None:
    assert ListSessions(currency=given).currency == ("usd",)


@pytest.mark.parametrize("code", ["USDC", "BTC", "Points", "1INCH", "abcdefghijkl"])
def test_a_currency_may_be_no_state_s(code: str) -> None:
    (predicate,) = ListSessions(currency=code).predicates()
    session = Session(
        account="a",
        provider="p",
        id="1",
        created=NOW,
        raw_bytes=b"{}",
        currency=code.lower(),
        currency_exponent=8,
        amount_total=123_456_789,
    )
    assert predicate.matches(session) is True
    assert str(session.total) == f"1.23456789 {code.upper()}"


def test_several_currencies_keep_their_order() -> None:
    assert ListSessions(currency=(code for code in ("SEK", "usd", "EUR"))).currency == (
        "sek",
        "usd",
        "eur",
    )


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ("renewal", ("renewal",)),
        (SessionKind.INVOICE, ("invoice",)),
        (["checkout", "renewal", "checkout"], ("checkout", "renewal")),
        ("any", None),
        (["renewal", "any"], None),
        (None, None),
    ],
)
def test_kinds_are_words_or_any(given: Any, kinds: tuple[str, ...] | None) -> None:
    query = ListSessions(kind=given)
    assert query.kind == kinds
    assert [str(one.field) for one in query.predicates(kind=True)] == ["kind"] * bool(kinds)
    assert query.predicates() == ()


def test_none_is_no_condition_and_no_limit() -> None:
    fields = set(ListSessions.model_fields) - {"expand", "provider_options"}
    query = ListSessions.model_validate(dict.fromkeys(fields))
    assert query.predicates(kind=True) == ()
    assert query == ListSessions(kind="any")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (StatusWord, SessionStatus),
        (PaymentStatusWord, PaymentStatus),
        (ModeWord, SessionMode),
        (KindWord, SessionKind),
    ],
)
def test_type_checkers_know_every_word(written: Any, words: type[StrEnum]) -> None:
    assert get_args(written) == tuple(words)


def test_checkouts_are_asked_for_unless_another_kind_is() -> None:
    assert ListSessions().kind == (SessionKind.CHECKOUT,)
    resolved = ListSessions(kind="any", last="1d").resolved(NOW)
    assert (resolved.kind, ListSessions(last="1d").resolved(NOW).kind) == (None, ("checkout",))


@pytest.mark.parametrize("kind", [*SessionKind, None])
def test_a_session_is_of_its_kind_or_does_not_say(kind: SessionKind | None) -> None:
    session = Session(account="a", provider="p", id="1", created=NOW, raw_bytes=b"{}", kind=kind)
    (asked,) = ListSessions(kind=["renewal", "unknown"]).predicates(kind=True)
    assert asked.matches(session) is (None if kind is None else kind in ("renewal", "unknown"))


@pytest.mark.parametrize("given", [date.max, "9999-12-31"])
def test_the_last_day_of_the_calendar_has_an_end(given: date | str) -> None:
    assert CreatedRange(lte=given).lte == LAST
    assert CreatedRange(gt=given).gt == LAST


def test_the_last_day_of_the_calendar_is_a_day() -> None:
    day = CreatedRange(gte=date.max, lte=date.max)
    assert (day.gte, day.lte) == (datetime(9999, 12, 31, tzinfo=UTC), LAST)
    with pytest.raises(InvalidQuery, match="created: the range is empty"):
        ListSessions(created={"gt": date.max, "lte": date.max})


@given(st.dates(max_value=date(9998, 12, 31)))
def test_a_day_a_month_and_a_year_are_the_bounds_around_them(day: date) -> None:
    month, year = day.replace(day=1), day.replace(month=1, day=1)
    following = (month + timedelta(days=31)).replace(day=1)
    for written, first, after in (
        (day, day, day + timedelta(days=1)),
        (day.isoformat(), day, day + timedelta(days=1)),
        (day.isoformat()[:7], month, following),
        (day.isoformat()[:4], year, date(year.year + 1, 1, 1)),
    ):
        assert ListSessions(created=written) == ListSessions(created={"gte": first, "lt": after})


@pytest.mark.parametrize("given", ["9999", "9999-12", "9999-12-31", date.max])
def test_the_last_year_of_the_calendar_has_an_end(given: date | str) -> None:
    created = ListSessions(created=given).created
    assert created is not None
    assert (created.lt, created.lte) == (None, LAST)


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            "0000",
            "2026-13",
            "2026-00",
            "2026-10-00",
            "0000-01",
            "2026-02-30",
            "2026-1",
            "20261031",
            "2026-W10",
        ),
        *(" 2026", "2026\n", "\u0662\u0660\u0662\u0666", "2026-10/2026-11", "yesterday"),
        *("2026-10-01T12:00:00Z", "2026-10-01 12:00", datetime(2026, 10, 1), NOW),
        *(2026, ["2026"], True, b"2026"),
    ],
    ids=repr,
)
def test_what_is_no_whole_names_the_bounds_to_give(given: Any) -> None:
    with pytest.raises(InvalidQuery, match=r"^created: .* is not a year, .* gt, gte, lt or lte$"):
        ListSessions(created=given)


@pytest.mark.parametrize(
    ("bound", "moment"),
    [
        ("gte", "0001-01-01T00:00:00+14:00"),
        ("gt", "0001-01-01T00:00:00+00:01"),
        ("lte", "9999-12-31T23:59:59-14:00"),
        ("lt", datetime.fromisoformat("9999-12-31T23:59:59-00:01")),
    ],
)
def test_a_moment_beyond_the_calendar_is_refused_by_name(bound: str, moment: Any) -> None:
    with pytest.raises(InvalidQuery, match=rf"^created\.{bound}: .* beyond the years 1 to 9999"):
        ListSessions.model_validate({"created": {bound: moment}})


@pytest.mark.parametrize("last", ["999999w", timedelta.max])
def test_a_span_longer_than_the_calendar_begins_where_that_begins(last: str | timedelta) -> None:
    resolved = ListSessions(last=last, created={"lt": "2026-01-01"}).resolved(NOW)
    assert resolved.created is not None
    assert (resolved.created.gte, resolved.created.lt) == (FIRST, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("currency", "eu", "currency.0: write 3 to 12 letters and digits, such as usd or usdc"),
        ("currency", ["usd", 7], "currency.1: write 3 to 12 letters and digits, such as usd"),
        ("currency", "us dollars", "currency.0: write 3 to 12 letters and digits"),
        ("currency", "€uro", "currency.0: write 3 to 12 letters and digits"),
        ("currency", "usd\n", "currency.0: write 3 to 12 letters and digits"),
        ("currency", "loyaltypoints", "currency.0: write 3 to 12 letters and digits"),
        ("email", "nobody", "email: write an address such as buyer@example.com, "),
        ("email", "a b@example.com", "email: write an address such as buyer@example.com, "),
        ("email", f"{'a' * 800}@example.com", "email: .*, 800 characters at most"),
        ("last", "2000000d", "last: the span is too long; write a number of six digits at most"),
        ("last", f"{'9' * 5000}d", "last: the span is too long; write a number of six digits"),
        ("last", "0d", "last: '0d' is not a span of time; write a number and s, m, h, d or w"),
    ],
)
def test_what_is_ill_formed_is_told_what_to_write(name: str, value: Any, said: str) -> None:
    with pytest.raises(InvalidQuery, match=f"^{said}"):
        ListSessions.model_validate({name: value})


@pytest.mark.parametrize(
    ("field", "word", "meant"),
    [
        ("status", "paid", "; did you mean payment_status='paid'?"),
        ("payment_status", ["unpaid", "open"], "; did you mean status='open'?"),
        ("mode", "complete", "; did you mean status='complete'?"),
        ("status", "Complete", "; did you mean 'complete'?"),
        ("status", "Paid", "; did you mean payment_status='paid'?"),
        ("payment_status", "Unknown", "; did you mean 'unknown'?"),
        ("status", "completed", "; did you mean 'complete'?"),
        ("mode", "payments", "; did you mean 'payment'?"),
        ("kind", "Renewal", "; did you mean 'renewal'?"),
        ("kind", ["checkout", "in-person"], "; did you mean 'in_person'?"),
        ("kind", "open", "; did you mean status='open'?"),
        ("status", "renewal", "; did you mean kind='renewal'?"),
        ("status", "nothing like it", "or 'unknown'"),
        ("status", 7, "or 'unknown'"),
    ],
)
def test_a_word_that_is_none_of_the_field_s(field: str, word: Any, meant: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        ListSessions.model_validate({field: word})
    assert str(caught.value).endswith(meant)


@pytest.mark.parametrize("bounds", [{}, {"lt": "2026-11-19T00:00:00Z"}])
def test_the_last_days_are_a_bound_and_all_else_stays(bounds: dict[str, str]) -> None:
    asked: dict[str, Any] = {"created": bounds} if bounds else {}
    resolved = ListSessions(last="2d", status="open", limit=7, **asked).resolved(NOW)
    created: Any = {**bounds, "gte": "2026-11-18T00:00:00Z"}
    same = ListSessions(created=created, status="open", limit=7)
    assert resolved == same
    assert resolved.model_fields_set == same.model_fields_set
    assert resolved.created is not None
    assert resolved.created.model_fields_set == {*bounds, "gte"}


@pytest.mark.parametrize(
    ("field", "allowed"),
    [
        ({"stauts": "open"}, "; did you mean 'status'?"),
        ({"created": {"gt": NOW, "gtt": NOW}}, "there is no such field; allowed: gt, gte, lt, lte"),
        (
            {"created": {"until": NOW}},
            "created.until: there is no such field; allowed: gt, gte, lt",
        ),
    ],
)
def test_an_unknown_field_is_told_those_beside_it(field: dict[str, Any], allowed: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        ListSessions.model_validate(field)
    assert allowed in str(caught.value)


def test_a_word_in_the_place_of_the_query_is_asked_about_too() -> None:
    with pytest.raises(InvalidQuery, match=r"^query: "):
        ListSessions.model_validate("open")


def test_what_is_right_is_left_as_it_is_by_the_words_for_what_is_wrong() -> None:
    code: TypeAdapter[str] = TypeAdapter(Annotated[str, worded("write text")])
    assert code.validate_python("usd") == "usd"
    with pytest.raises(ValidationError, match="write text"):
        code.validate_python(7)
