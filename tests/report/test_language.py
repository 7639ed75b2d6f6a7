"""Every word of a report is there in every language, and numbers are written as there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Any

import attrs
import pytest
from babel.localedata import locale_identifiers
from babel.messages.pofile import read_po
from report.pages import OCTOBER, RATES, answer, covered, with_times
from sold import session

from unified_checkout import ConfigurationError, Money, SessionMode, SessionStatus
from unified_checkout.report import (
    Against,
    Comparison,
    Dimension,
    Figures,
    SessionTable,
    Span,
    languages,
    page,
    picture,
)
from unified_checkout.report import language as language_module
from unified_checkout.report.language import Language
from unified_checkout.report.reasons import REASONS, reason_in


class Listener(NullTranslations):
    """English, and what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: set[str] = set()

    def gettext(self, message: str) -> str:
        self.heard.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.heard.add(msgid1)
        return super().ngettext(msgid1, msgid2, n)


def many_figures() -> list[Figures]:
    """Figures that leave out no word."""
    start = OCTOBER.start or datetime.min
    odd = [
        session(status=status, mode=mode, provider=provider, currency=currency, **more)
        for status in SessionStatus
        for mode in SessionMode
        for provider, currency in (("acme", "eur"), ("bolt", "xyz"), ("bolt", None))
        for more in (
            {"created": start, "client_reference_id": "a", "customer_email": "a@example.com"},
            {
                "created": start + timedelta(days=40),
                "payment_status": None,
                "amount_refunded": 5,
                "currency_assumed": currency is not None,
                "currency_exponent": None if currency == "xyz" else 2,
            },
            {"created": start + timedelta(days=500), "amount_total": None},
        )
    ]
    spans = [OCTOBER, Span(start, start + timedelta(days=99)), Span()]
    with SessionTable() as table:
        table.add([*odd, session(status=None, account="ledger", created=start)])
        table.add(session(currency=f"x{letter}x", created=start) for letter in "abcdefgh")
        told = [table.figures(span, without_open=["ledger"]) for span in spans]
        told += [table.figures(OCTOBER, by=[dimension]) for dimension in Dimension]
    odd_hours = Span(start + timedelta(hours=1), OCTOBER.end)
    begun = attrs.evolve(told[0], span=Span(None, odd_hours.start))
    return [*told, begun, with_times(attrs.evolve(told[0], span=odd_hours))]


@pytest.mark.parametrize("name", [name for name in languages() if name != "en"])
def test_every_word_is_there_and_none_too_many(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    monkeypatch.setattr(language_module, "_words", lambda _: listener)
    monkeypatch.setattr("unified_checkout.report.charts._Draughtsman.svg", lambda *_: "<svg/>")
    many = many_figures()
    for figures in many:
        comparisons = [
            Comparison(against=against, span=OCTOBER, now=figures.total, then=then)
            for against in Against
            for then in (figures.total, answer()[0].total, attrs.evolve(figures.total, sales=()))
        ]
        page(figures, comparisons, RATES, covered())
    page(many[0], covered=covered()[:1])
    page(many[0], covered=[attrs.evolve(covered()[0], reason=one) for one in REASONS])
    page(many[0], covered=[])
    source = files("unified_checkout.report").joinpath("languages", f"{name}.po").read_bytes()
    catalog = read_po(BytesIO(source), locale=name)
    known = {one.id if isinstance(one.id, str) else one.id[0] for one in catalog if one.id}
    assert listener.heard - known == set()
    assert known - listener.heard == set()
    assert [one.id for one in catalog if one.id and not one.string] == []
    assert list(catalog.check()) == []
    for one in catalog:
        if isinstance(one.id, str) and isinstance(one.string, str) and one.id:
            assert {part.partition("}")[0] for part in one.id.split("{")[1:]} == {
                part.partition("}")[0] for part in one.string.split("{")[1:]
            }


def said_in(source: str, *functions: str) -> set[str]:
    """What the functions of a module give as a reason, with braces for what they fill in."""
    tree = ast.parse(files("unified_checkout").joinpath(source).read_text(encoding="utf-8"))
    found = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name not in functions:
            continue
        inside = {id(part) for text in strings(function, ast.JoinedStr) for part in text.values}
        found |= {one.value for one in strings(function, ast.Constant) if id(one) not in inside}
        for text in strings(function, ast.JoinedStr):
            parts = [
                str(one.value) if isinstance(one, ast.Constant) else "{}" for one in text.values
            ]
            found.add("".join(parts))
    return {one for one in found if isinstance(one, str) and " " in one}


def strings(function: ast.FunctionDef, kind: Any) -> Iterator[Any]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.keyword | ast.Yield):
            yield from (one for one in ast.walk(node) if isinstance(one, kind))


def test_every_reason_of_ours_is_known_and_nothing_that_a_provider_says() -> None:
    said = said_in("engine/proof.py", "_verdict", "_flaw", "_verdict_at_limit")
    said |= said_in("report/stored.py", "_gaps", "covered") - {"no account was ever synced", ": "}
    assert said == {one.replace("{} s ahead of the provider's", "{}") for one in REASONS}
    german = Language("de").words
    for one in REASONS:
        filled = one.replace("{}", "2026-10-02T00:00:00Z")
        assert reason_in(NullTranslations(), filled) == filled
        shown = reason_in(german, filled)
        assert shown != filled
        assert (shown or "").count("2026-10-02T00:00:00Z") == one.count("{}")
    for other in ("account 'us' (acme, HTTP 500): read to the end", "", "us: no sync was complete"):
        assert reason_in(german, other) is None


def test_numbers_are_written_as_there() -> None:
    english, german = Language("en"), Language("de")
    money = Money(-123_456_789_012_345_678, "usd", 2)
    assert english.amount(money) == "-1,234,567,890,123,456.78"
    assert german.amount(attrs.evolve(money, assumed=True)) == "-1.234.567.890.123.456,78*"
    assert english.amount(Money(5, "kwd", 3)) == "0.005"
    assert english.amount(Money(1234, "jpy", 0)) == "1,234"
    assert (english.number(10**6), german.number(10**6)) == ("1,000,000", "1.000.000")
    assert (english.rate(Fraction(2, 3)), german.rate(Fraction(2, 3))) == ("66.7%", "66,7\xa0%")
    assert english.change(Fraction(-1, 3)) == "-33.3%"
    assert german.change(Fraction(1, 30), points=True) == "+3,3 Punkte"
    assert english.rate(None) == "not known"


def test_the_digits_of_an_amount_are_its_minor_units_in_every_region() -> None:
    regions = [one for one in locale_identifiers() if one.partition("_")[0] in languages()]
    assert len(regions) > 100
    for region in regions:
        shown = Language(region).amount(Money(-123_456_789, "usd", 2))
        assert re.sub(r"[^\d-]", "", shown) == "-123456789"


def test_a_month_that_begins_at_1_is_a_whole_one() -> None:
    october = Span(datetime(2023, 10, 1, 4, tzinfo=UTC), datetime(2023, 11, 1, 3, tzinfo=UTC))
    told = Language("en", "America/Asuncion")
    assert told.is_of_whole_days(october)
    assert told.span(october) == "October 2023"


def test_spans_are_named_where_they_have_a_name() -> None:
    berlin = Language("en", "Europe/Berlin")
    october = Span(datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC))
    assert berlin.span(october) == "October 2026"
    assert Language("en").span(october) == "September 30, 2026 to October 31, 2026"
    assert not Language("en").is_of_whole_days(october)
    assert Language("en").moments(october) == "Sep 30, 2026, 10:00\u202fPM UTC to " + (
        "Oct 31, 2026, 11:00\u202fPM UTC"
    )
    day = Span(OCTOBER.start, (OCTOBER.start or datetime.max) + timedelta(days=1))
    assert Language("en").span(day) == "October 1, 2026"
    week = Span(OCTOBER.start, (OCTOBER.start or datetime.max) + timedelta(days=7))
    assert Language("de").span(week) == "1. Oktober 2026 bis 7. Oktober 2026"
    empty = Span(day.start, day.start)
    assert Language("en").span(empty) == "October 1, 2026"
    assert Language("en").is_of_whole_days(day)
    assert not Language("en").is_of_whole_days(empty)
    assert Language("en").span(Span()) == "up to now"
    assert Language("de").span(Span(None, week.end)) == "bis 7. Oktober 2026"
    assert Language("de").span(Span(week.start)) == "1. Oktober 2026 bis jetzt"
    assert Language("en").moments(Span()) == "the first session to now"
    part = Span(OCTOBER.start, (OCTOBER.start or datetime.max) + timedelta(hours=7))
    assert Language("en").span(part) == "October 1, 2026"


def test_groups_and_ticks_have_names() -> None:
    german = Language("de")
    assert german.group(Dimension.WEEK, "2026-W05") == "KW 5/2026"
    assert german.group(Dimension.MONTH, "2026-10") == "Okt. 2026"
    assert german.group(Dimension.DAY, "2026-10-03") == "03.10.2026"
    assert german.group(Dimension.STATUS, "open") == "offen"
    assert german.group(Dimension.CURRENCY, "eur") == "EUR"
    assert german.group(Dimension.ACCOUNT, None) == "\N{EN DASH}"
    assert german.ticks(Dimension.WEEK, ["2026-W40"]) == {"2026-W40": "28. Sept."}
    assert list(german.ticks(Dimension.WEEK, ["2020-W41", "2026-W41"]).values()) == [
        "5. Okt. 2020",
        "5. Okt. 2026",
    ]
    assert german.ticks(Dimension.DAY, ["2026-10-03"]) == {"2026-10-03": "3. Okt."}
    assert german.ticks(Dimension.MONTH, ["2026-10"]) == {"2026-10": "Okt. 2026"}
    assert german.day(date(2026, 10, 3)) == "3. Oktober 2026"


def test_a_picture_has_its_language_too() -> None:
    with pytest.raises(ConfigurationError, match="nobody wrote"):
        picture(answer()[0], language="tlh")
