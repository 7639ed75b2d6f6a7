"""``Language``: the words of a report, and how it writes numbers, amounts, days and times."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from unified_checkout.errors import ConfigurationError
from unified_checkout.report.dimension import Dimension
from unified_checkout.report.extra import check_drawing, held
from unified_checkout.report.spans import Span, day_begun_by
from unified_checkout.telltales import quoted

if TYPE_CHECKING:
    from babel import Locale

    from unified_checkout.model.money import Money

ENGLISH = "en"
_FOLDER = "languages"
_YEAR = timedelta(days=365)
_MOST_DIGITS = 200
"""More than any sum has, by whatever rate it is converted."""


def languages() -> list[str]:
    """The languages whose words there are; each with all its regions, such as ``de-AT``.

    >>> languages()
    ['de', 'en']
    """
    folder = files("unified_checkout.report").joinpath(_FOLDER)
    translated = [one.name.removesuffix(".po") for one in folder.iterdir()]
    return sorted([ENGLISH, *(name for name in translated if "." not in name)])


class Language:
    """A language: its words, and its ways to write numbers.

    >>> german = Language("de-AT")
    >>> german.number(1234), german.day(date(2026, 10, 3)), german.words.gettext("open")
    ('1.234', '3. Oktober 2026', 'offen')
    """

    def __init__(self, name: str, zone: str = "UTC") -> None:
        """The language of this name, telling the times of a zone.

        Args:
            name: such as ``de`` or ``de-AT``.
            zone: such as ``Europe/Berlin``.

        Raises:
            ConfigurationError: if nobody wrote its words, or the extra is not installed.
        """
        check_drawing()
        from babel import Locale, UnknownLocaleError

        try:
            self._locale: Locale = Locale.parse(name.replace("-", "_"))
        except (ValueError, TypeError, UnknownLocaleError):
            raise _unwritten(name) from None
        if self._locale.language not in languages():
            raise _unwritten(name)
        self.words = _words(self._locale.language)
        self.zone = ZoneInfo(zone)

    @property
    def tag(self) -> str:
        """The name as HTML writes it."""
        return str(self._locale).replace("_", "-")

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return str(self._locale.text_direction)

    def number(self, number: int) -> str:
        """A whole number."""
        from babel.numbers import format_decimal

        return format_decimal(number, locale=self._locale)

    def rate(self, rate: Fraction | None) -> str:
        """A share, as a percentage with one decimal."""
        if rate is None:
            return self.words.gettext("not known")
        return self._percent(rate, "")

    def change(self, change: Fraction, *, points: bool = False) -> str:
        """A signed change: of a number as a percentage, of a rate in percentage points."""
        sign = "+" if change >= 0 else ""
        if not points:
            return self._percent(change, sign)
        from babel.numbers import format_decimal

        tenths = Decimal(round(change * 1000)).scaleb(-1)
        shown = format_decimal(tenths, format="#,##0.0", locale=self._locale)
        return self.words.gettext("{} points").format(f"{sign}{shown}")

    def amount(self, money: Money) -> str:
        """An amount without its currency, with all its digits; marked where that was assumed."""
        from babel.numbers import format_decimal

        digits = f".{'0' * money.exponent}" if money.exponent else ""
        with localcontext(prec=_MOST_DIGITS):
            shown = format_decimal(
                money.amount,
                format=f"#,##0{digits}",
                locale=self._locale,
                decimal_quantization=False,
            )
        return f"{shown}{'*' if money.assumed else ''}"

    def day(self, day: date) -> str:
        """A day in full."""
        from babel.dates import format_date

        return format_date(day, "long", locale=self._locale)

    def moment(self, moment: datetime) -> str:
        """A moment to the minute, in the zone."""
        from babel.dates import format_skeleton, format_time

        local = moment.astimezone(self.zone)
        day = format_skeleton("yMMMd", local.date(), locale=self._locale)
        return f"{day}, {format_time(local.time(), 'short', locale=self._locale)} {local.tzname()}"

    def span(self, span: Span) -> str:
        """The days of a span: a whole month by its name, else the first and the last one."""
        from babel.dates import format_skeleton

        words = self.words.gettext
        start, end = (one and one.astimezone(self.zone) for one in (span.start, span.end))
        last = None if end is None else (end - timedelta(microseconds=1)).date()
        if last is not None and start is not None:
            last = max(last, start.date())
        until = words("now") if last is None else self.day(last)
        if start is None:
            return words("up to {last}").format(last=until)
        if last is None or end is None:
            return words("{first} to {last}").format(first=self.day(start.date()), last=until)
        first = start.date()
        if first == last:
            return self.day(first)
        is_whole = self.is_of_whole_days(span) and first.day == end.day == 1
        if is_whole and (first.year, first.month) == (last.year, last.month):
            return format_skeleton("yMMMM", first, locale=self._locale)
        return words("{first} to {last}").format(first=self.day(first), last=self.day(last))

    def is_of_whole_days(self, span: Span) -> bool:
        """Whether its days say all of a span, and so never of an empty one."""
        sides = [one for one in (span.start, span.end) if one]
        is_empty = span.start is not None and span.start == span.end
        return not is_empty and all(day_begun_by(one, self.zone) is not None for one in sides)

    def moments(self, span: Span) -> str:
        """The span to the minute."""
        words = self.words.gettext
        return words("{first} to {last}").format(
            first=words("the first session") if span.start is None else self.moment(span.start),
            last=words("now") if span.end is None else self.moment(span.end),
        )

    def group(self, dimension: Dimension, key: str | None) -> str:
        """What a group is called; a dash for what its sessions do not say."""
        if key is None:
            return "–"  # noqa: RUF001
        if dimension is Dimension.DAY:
            from babel.dates import format_date

            return format_date(date.fromisoformat(key), "medium", locale=self._locale)
        if dimension is Dimension.WEEK:
            year, _, week = key.partition("-W")
            return self.words.gettext("week {week} of {year}").format(week=int(week), year=year)
        if dimension is Dimension.MONTH:
            from babel.dates import format_skeleton

            first = date.fromisoformat(f"{key}-01")
            return format_skeleton("yMMM", first, locale=self._locale)
        name = held(key)
        if dimension in (Dimension.STATUS, Dimension.MODE):
            return self.words.gettext(name) if name else name
        return name.upper() if dimension is Dimension.CURRENCY else name

    def ticks(self, dimension: Dimension, keys: Sequence[str]) -> dict[str, str]:
        """Days, weeks or months in a few letters, for the axis of a chart.

        Days and weeks have their year where they are more than a year apart.
        """
        from babel.dates import format_skeleton

        firsts = {key: _first_day(dimension, key) for key in keys}
        skeleton = "yyMMM" if dimension is Dimension.MONTH else "MMMd"
        if skeleton == "MMMd" and keys and max(firsts.values()) - min(firsts.values()) > _YEAR:
            skeleton = "yMMMd"
        return {
            key: format_skeleton(skeleton, day, locale=self._locale) for key, day in firsts.items()
        }

    def at_most(self, bound: timedelta) -> str:
        """A bound of a time, in hours or days."""
        from babel.dates import format_timedelta

        unit: Literal["day", "hour"] = "day" if bound >= timedelta(days=1) else "hour"
        shown = format_timedelta(bound, granularity=unit, threshold=1000, locale=self._locale)
        return f"≤ {shown}"

    def format_locale(self) -> dict[str, Any]:
        """How charts write numbers."""
        symbols = self._locale.number_symbols["latn"]
        return {
            "decimal": symbols["decimal"],
            "thousands": symbols["group"],
            "grouping": [3],
            "currency": ["", ""],
        }

    def _percent(self, share: Fraction, sign: str) -> str:
        from babel.numbers import format_percent

        pattern = self._locale.percent_formats[None].pattern.replace("0", "0.0")
        tenths = Decimal(round(share * 1000)).scaleb(-3)
        return f"{sign}{format_percent(tenths, pattern, self._locale)}"


def _first_day(dimension: Dimension, key: str) -> date:
    if dimension is Dimension.WEEK:
        year, _, week = key.partition("-W")
        return date.fromisocalendar(int(year), int(week), 1)
    return date.fromisoformat(f"{key}-01" if dimension is Dimension.MONTH else key)


def _unwritten(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"{quoted(name)}: nobody wrote a report's words in this language; "
        f"there are: {', '.join(languages())}"
    )


@cache
def _words(language: str) -> NullTranslations:
    if language == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    source = files("unified_checkout.report").joinpath(_FOLDER, f"{language}.po")
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return Translations(compiled)
