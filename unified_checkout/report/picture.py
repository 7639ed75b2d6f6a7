"""A report as one picture, PNG or SVG: its headline numbers and its charts, for a slide."""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Iterable, Iterator, Sequence

from unified_checkout.report.charts import HEIGHT, ON_PAPER, WIDTH, charts
from unified_checkout.report.comparison import Comparison
from unified_checkout.report.covered import Covered
from unified_checkout.report.extra import held, template
from unified_checkout.report.figures import Figures
from unified_checkout.report.html import tiles, verdict
from unified_checkout.report.language import ENGLISH, Language
from unified_checkout.report.notes import notes
from unified_checkout.report.rates import Rates
from unified_checkout.report.reasons import reason_in

SIGNATURE = b"Software\0unified-checkout report"
"""What the text in each picture says."""
_HEADER = 33
"""The bytes of a PNG's own signature and first chunk."""
_COLUMNS = 3
_TILES = 5
_GAP = 24
_HEAD = 84
_TILE_HEIGHT = 96
_TITLE = 44
_SCALE = 1.5
_LINE = 16
_LONGEST = 210
"""Characters of a note that fit into a line."""


def picture(
    figures: Figures,
    comparisons: Sequence[Comparison] = (),
    rates: Rates | None = None,
    covered: Iterable[Covered] | None = None,
    language: str = ENGLISH,
) -> bytes:
    """The same as :func:`drawing`, as a PNG.

    Args:
        figures: what is shown.
        comparisons: the changes of the headline numbers.
        rates: for gross of all currencies in one, and whose they are.
        covered: how far each account's sessions can be relied on, said below; None is not.
        language: of its words, numbers and days.

    Raises:
        ConfigurationError: if the extra ``report`` is not installed, or for a language whose words
            nobody wrote.
    """
    svg = drawing(figures, comparisons, rates, covered, language)
    from vl_convert import svg_to_png

    return _signed(svg_to_png(svg, scale=_SCALE))


def drawing(
    figures: Figures,
    comparisons: Sequence[Comparison] = (),
    rates: Rates | None = None,
    covered: Iterable[Covered] | None = None,
    language: str = ENGLISH,
) -> str:
    """The headline numbers with their changes, the charts, and what is not known, as an SVG.

    Args:
        figures: what is shown.
        comparisons: the changes of the headline numbers.
        rates: for gross of all currencies in one, and whose they are.
        covered: how far each account's sessions can be relied on, said below; None is not.
        language: of its words, numbers and days.

    Raises:
        ConfigurationError: if the extra ``report`` is not installed, or for a language whose words
            nobody wrote.
    """
    told = Language(language, figures.zone)
    drawn = charts(figures, told, ON_PAPER)
    shown = tiles(figures.total, comparisons, told, rates)
    said = [*_relied_on(covered, told), *notes(figures, rates, told)]
    below = [part for line in said for part in _wrapped(line)]
    width = _COLUMNS * WIDTH + (_COLUMNS + 1) * _GAP
    tile_height = _TILE_HEIGHT + _LINE * max(len(comparisons) - 1, 0)
    tile_rows, chart_rows = -(-len(shown) // _TILES), -(-len(drawn) // _COLUMNS)
    top_of_charts = _HEAD + tile_rows * (tile_height + _GAP // 2) + _GAP // 2
    top_of_notes = top_of_charts + chart_rows * (_TITLE + HEIGHT + _GAP)
    svg = template("picture.svg.jinja").render(
        title=f"{told.words.gettext('Checkout report')}: {told.span(figures.span)}",
        subtitle=_subtitle(figures, told),
        ink=ON_PAPER,
        width=width,
        height=top_of_notes + len(below) * _LINE + _GAP // 2,
        gap=_GAP,
        tiles=shown,
        tiles_in_row=_TILES,
        tile_width=(width - (_TILES + 1) * _GAP) / _TILES,
        tile_height=tile_height,
        top_of_tiles=_HEAD,
        charts=drawn,
        charts_in_row=_COLUMNS,
        chart_width=WIDTH,
        chart_height=HEIGHT,
        title_height=_TITLE,
        top_of_charts=top_of_charts,
        notes=below,
        top_of_notes=top_of_notes,
        line=_LINE,
    )
    return held(svg)


def _subtitle(figures: Figures, told: Language) -> str:
    _ = told.words.gettext
    days = _("Days and hours are those of {zone}.").format(zone=figures.zone)
    if told.is_of_whole_days(figures.span):
        return days
    return f"{_('From {span}.').format(span=told.moments(figures.span))} {days}"


def _relied_on(covered: Iterable[Covered] | None, told: Language) -> list[str]:
    """How many accounts are complete, and why the others are not."""
    if covered is None:
        return []
    accounts = list(covered)
    reasons = [
        f"{one.account}: {reason_in(told.words, one.reason) or one.reason}"
        for one in accounts
        if not one.complete
    ]
    return [verdict(accounts, told), *reasons]


def _signed(png: bytes) -> bytes:
    """The picture packed tightly, with a note of what made it behind its header.

    The note is how a picture of ours is known again.
    """
    packed = zlib.compress(zlib.decompress(b"".join(_chunks(png, b"IDAT"))), level=6)
    rest = (_chunk(b"tEXt", SIGNATURE), _chunk(b"IDAT", packed), _chunk(b"IEND", b""))
    return png[:_HEADER] + b"".join(rest)


def _chunks(png: bytes, kind: bytes) -> Iterator[bytes]:
    """What the chunks of a kind hold, one after the other."""
    at = _HEADER
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == kind:
            yield png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    length, check = len(content).to_bytes(4, "big"), zlib.crc32(checked).to_bytes(4, "big")
    return length + checked + check


def _wrapped(line: str) -> list[str]:
    plain = "".join(letter if letter.isprintable() else " " for letter in line)
    return textwrap.wrap(plain, _LONGEST, subsequent_indent="    ") or [""]
