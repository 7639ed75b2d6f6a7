"""The picture holds the charts, whatever they are called, and says what is not known."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import attrs
import pytest
from report.pages import PLANTED, RATES, answer, covered, with_times
from sold import session

from unified_checkout import ConfigurationError
from unified_checkout.report import Covered, Dimension, SessionTable, drawing, page, picture
from unified_checkout.report.charts import HEIGHT, ON_PAPER, WIDTH, charts
from unified_checkout.report.language import Language


def size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def named(names: Sequence[str]) -> list[Covered]:
    """Accounts of these names, each incomplete for a reason of this wording."""
    return [attrs.evolve(covered()[1], account=name, reason=name) for name in names]


def test_it_says_in_its_language_how_far_it_can_be_relied_on() -> None:
    figures, _ = answer()
    both = [covered()[0], attrs.evolve(covered()[1], account="shop", reason="no sync was complete")]
    theirs = attrs.evolve(both[1], account="till", reason="HTTP 500, api_error: try again")
    for language, said in (
        ("en", ["Incomplete: 2 of 3 accounts", "shop: no sync was complete"]),
        ("de", ["Unvollständig: 2 von 3 Konten", "shop: kein Abgleich war vollständig"]),
    ):
        drawn = drawing(figures, covered=[*both, theirs], language=language)
        texts = [one.text for one in ElementTree.fromstring(drawn).iter()]
        at = texts.index(said[0])
        assert texts[at : at + 3] == [*said, "till: HTTP 500, api_error: try again"]
    assert "Vollständig: alle 1 Konten" in drawing(figures, covered=both[:1], language="de")
    assert "Kein Konto wurde je abgeglichen" in drawing(figures, covered=[], language="de")


def test_it_grows_with_what_it_holds() -> None:
    figures, comparisons = answer()
    plain, more = (
        picture(figures),
        picture(with_times(figures), comparisons, covered=named([*PLANTED, "x" * 999])),
    )
    assert size(plain)[0] == size(more)[0] > 3 * WIDTH
    assert size(more)[1] > size(plain)[1] > HEIGHT
    with SessionTable() as table:
        assert size(picture(table.figures()))[0] == size(plain)[0]


def test_the_charts_are_in_real_colours_and_none_says_zero_for_what_is_not_known() -> None:
    figures = with_times(answer()[0])
    drawn = {chart.name: chart for chart in charts(figures, Language("en"), ON_PAPER)}
    assert list(drawn) == [
        "sessions",
        "completion",
        "gross-jpy",
        "gross-usd",
        "hours",
        "times",
        "weeks",
    ]
    assert not any("var(" in chart.svg for chart in drawn.values())
    for chart in drawn.values():
        shapes = list(ElementTree.fromstring(chart.svg).iter())
        painted = {shape.get(kind) for shape in shapes for kind in ("fill", "stroke")}
        assert painted - {None, "none"} <= {*ON_PAPER.values()}
    assert ON_PAPER["complete"] in drawn["sessions"].svg
    hours = drawn["hours"].svg
    assert len(bars(hours, ON_PAPER["expired"], 0)) == len(figures.hours)


def bars(svg: str, colour: str, along: int) -> list[str]:
    """Where each bar of a colour begins, by its first (0) or second (1) coordinate; no legend."""
    shapes = [
        shape
        for one in ElementTree.fromstring(svg).iter()
        if one.get("fill") == colour
        for shape in one.get("d", "").split("M")[1:]
    ]
    places = [re.findall(r"-?[\d.]+", shape) for shape in shapes]
    return sorted({place[along] for place in places if not place[0].startswith("-")})


def percentages(svg: str) -> list[float]:
    shown = [one.text or "" for one in ElementTree.fromstring(svg).iter()]
    return [float(one[:-1]) for one in shown if one.endswith("%")]


def test_weeks_of_different_years_are_different_bars() -> None:
    figures = with_times(answer()[0])
    assert figures.cohorts is not None
    whole = attrs.evolve(figures.cohorts[0], sessions=12, complete=12, known=12)
    far = [attrs.evolve(whole, week=f"{year}-W41") for year in (2020, 2026)]
    drawn = {
        chart.name: chart.svg
        for chart in charts(attrs.evolve(figures, cohorts=tuple(far)), Language("en"), ON_PAPER)
    }["weeks"]
    assert len(bars(drawn, ON_PAPER["complete"], 0)) == 2
    assert max(percentages(drawn)) == 100
    assert "Oct 5, 2020" in drawn
    assert "Oct 5, 2026" in drawn


def test_groups_that_are_shown_alike_are_different_bars() -> None:
    with SessionTable() as table:
        table.add([session(account=name) for name in ("u\x01", "u\x02", "u\x03")])
        figures = table.figures(by=[Dimension.ACCOUNT])
    drawn = {chart.name: chart.svg for chart in charts(figures, Language("en"), ON_PAPER)}["groups"]
    assert len(bars(drawn, ON_PAPER["complete"], 1)) == 3
    assert percentages(drawn) == [100.0] * 3


@pytest.mark.parametrize("missing", ["babel", "jinja2", "altair", "vl_convert"])
def test_without_the_extra_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    figures, _ = answer()
    monkeypatch.setitem(sys.modules, missing, None)
    for make in (page, picture):
        with pytest.raises(ConfigurationError, match=r"pip install 'unified-checkout\[report\]'"):
            make(figures)


def test_amounts_are_converted_in_it_too_and_their_source_is_named() -> None:
    figures, comparisons = answer()
    rates = attrs.evolve(RATES, rates={**RATES.rates, "jpy": Decimal("0.005")})
    converted = figures.total.gross(rates)
    assert converted is not None
    svg = drawing(figures, comparisons, rates)
    said = [one.text or "" for one in ElementTree.fromstring(svg).iter() if one.text]
    at = said.index("Gross in EUR")
    assert said[at + 1 : at + 3] == [
        Language("en").amount(converted),
        "+0.0% to the span before",
    ]
    assert "converted to EUR by the rates of: my <bank>" in said
    lacking = ElementTree.fromstring(drawing(figures, comparisons, RATES))
    texts = [one.text for one in lacking.iter() if one.text]
    assert texts[texts.index("Gross in EUR") + 1] == "not known"
    assert "converted to EUR by the rates of: my <bank>; it has none for JPY" in texts
    assert size(picture(figures, comparisons, rates)) > size(picture(figures, comparisons))


def test_the_readme_s_picture_is_small() -> None:
    drawn = Path(__file__).parents[2] / "docs" / "report.svg"
    assert 10_000 < drawn.stat().st_size < 150_000


def test_what_is_planted_is_text_in_charts_too() -> None:
    planted = [*PLANTED, "\x00\x0b\ufffe", "]]>", "&amp;"]
    sessions = [
        session(account=name, provider=name, status=status, currency="u\x01d")
        for name in planted
        for status in ("complete", "expired")
    ]
    with SessionTable() as table:
        table.add(sessions)
        figures = table.figures(by=[Dimension.ACCOUNT])
    svg = drawing(figures, covered=named(planted))
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(svg).iter()}
    assert tags == {"svg", "g", "rect", "text", "path", "line"}
    assert size(picture(figures, covered=named(planted)))[0] > WIDTH
    page(figures).encode()
