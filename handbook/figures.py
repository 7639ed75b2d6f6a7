"""Figures on pages: where each comes from, and whether the page says what that gives.

In front of a paragraph, a list or a table stands, where readers do not see it, a line for each of its
numbers, in their order::

    <!-- figures
    weight | Client | KB each
    code | benchmarks.parts:DELAY | ms
    ten: count | unified_checkout.adapters:installed
    = 3.11.7
    -->

====================================  =============================================================
line                                  what the number is
====================================  =============================================================
``part | line | figure``              measured: that figure of ``benchmarks/figures.json``
``what | measured``, ``| to reach``   the same, of what is to be reached
``code | module:name | unit``         a value of the code: a constant, a default of a model's field
                                      or of a parameter; the unit may be left out
``limit | module:Model.field``        the most that a field may be
``count | module:name``               how many there are of something
``= 3.11.7``                          a fact that nothing here can tell, such as a version
``ten: ...``                          any of these, for a number that is a word
====================================  =============================================================

A table of one part needs only the headings: ``<!-- table: streaming | cpu µs | peak MB -->``.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from pkgutil import resolve_name
from typing import Any

import attrs

from handbook.pages import ROOT, Page, unfenced
from handbook.running import Wrong

MEASURED = ROOT / "benchmarks" / "figures.json"
WHOLLY = {"docs/performance.md", "docs/scale.md"}
"""Pages whose every number has a source."""
WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)
UNITS = {"µs": 1e-6, "ms": 1e-3, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
UNITS |= {"KB": 1e3, "MB": 1e6}

_MARK = re.compile(
    r"^<!-- (?:figures\n(?P<list>.*?)\n|table: (?P<table>[^\n]*) )-->\n\n(?P<block>.+?)(?=\n\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_WRITTEN = re.compile(r"^<!-- make [^\n]*-->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)
_HIDDEN = re.compile(r"<!--.*?-->|`[^`\n]+`|(?<=\])\([^)]*\)|^#+ [^\n]*$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)*")
_MEASURED_LIKE = re.compile(
    rf"({_NUMBER.pattern})\s?(?:µs|ms\b|[kKMG]B\b|\u00d7\s|times\s(?:as|faster|slower|the)\b|%\sof)"
)


@attrs.frozen
class Figure:
    """A number on a page, and where it comes from."""

    shown: str
    source: str
    start: int
    """Where the number begins on its page."""

    @property
    def right(self) -> str:
        """What the page should show, in as many digits as it shows."""
        if self.source.startswith("= "):
            return self.source.removeprefix("= ")
        value = value_of(self.source)
        if self.shown.lower() in WORDS:
            word = WORDS[int(value)] if value in range(len(WORDS)) else f"{value:g}"
            return word.capitalize() if self.shown[0].isupper() else word
        digits = len(self.shown.partition(".")[2])
        comma = "," if "," in self.shown or (len(self.shown) < 5 and value >= 10_000) else ""
        return f"{value:{comma}.{digits}f}"


def figures(page: Page) -> Iterator[Figure]:
    """The numbers of a page that have a source.

    Raises:
        Wrong: if a block has more numbers than sources, or fewer.
    """
    for found in _MARK.finditer(page.text):
        start = found.start("block")
        block = _blank(_HIDDEN, found["block"])
        if found["table"] is not None:
            yield from _of_table(page, found["table"], found["block"], start)
            continue
        sources = found["list"].splitlines()
        words = [source.partition(": ")[0] for source in sources if _is_word(source)]
        pattern = "|".join([_NUMBER.pattern, *(rf"\b{word}\b" for word in words)])
        numbers = list(re.finditer(pattern, block))
        if len(numbers) != len(sources):
            raise Wrong(
                f"{page.name}: {len(numbers)} numbers, {len(sources)} sources: "
                f"{[number[0] for number in numbers]} in\n{found['block']}"
            )
        for number, source in zip(numbers, sources, strict=True):
            plain = source.partition(": ")[2] if _is_word(source) else source
            yield Figure(number[0], plain, start + number.start())


def wrong(page: Page) -> list[str]:
    """What a page says otherwise than where it comes from, and numbers that come from nowhere."""
    told = [
        f"{one.shown} should be {one.right}: {one.source}"
        for one in figures(page)
        if one.shown != one.right
    ]
    return told + [f"{number} has no source" for number in _unsourced(page)]


def rewrite(page: Page) -> bool:
    """Write each number of a page as its source has it, and say whether that changed anything.

    What nothing here can tell is left: whether the number is right or the source, somebody has to say.
    """
    text = page.text
    told = [one for one in figures(page) if not one.source.startswith("= ")]
    for one in reversed(told):
        text = text[: one.start] + one.right + text[one.start + len(one.shown) :]
    for one in told:
        text = text.replace(f"\n{one.shown}: {one.source}\n", f"\n{one.right}: {one.source}\n")
    changed = text != page.text
    if changed:
        page.path.write_text(text, encoding="utf-8")
    return changed


def value_of(source: str) -> float:
    """What a source gives.

    >>> value_of("code | unified_checkout:Account.max_attempts")
    5.0

    Raises:
        Wrong: if there is no such source.
    """
    kind, *rest = source.split(" | ")
    if kind in {"code", "count", "limit"}:
        try:
            told = _resolved(rest[0], limits=kind == "limit")
        except (AttributeError, ImportError, KeyError, ValueError) as error:
            raise Wrong(f"{source}: {error}") from error
        if kind == "count":
            things: Any = told() if callable(told) else told
            return len(things)
        if kind == "limit":
            [most] = [one for rule in told if (one := getattr(rule, "le", None)) is not None]
            return float(most)
        number = told.total_seconds() if isinstance(told, timedelta) else float(told)
        return number / UNITS[rest[1]] if rest[1:] else number
    if source not in measured():
        raise Wrong(f"{source} is neither measured nor told by the code")
    return measured()[source]


@cache
def measured() -> Mapping[str, float]:
    """Every figure that was measured, by its source."""
    parts = json.loads(MEASURED.read_text(encoding="utf-8"))
    return {
        " | ".join([label, *([line] if line else []), name]): figure
        for part in parts.values()
        for label, lines in part["figures"].items()
        for line, found in lines.items()
        for name, figure in found.items()
    }


def _of_table(page: Page, mark: str, table: str, start: int) -> Iterator[Figure]:
    part, *names = mark.split(" | ")
    place = start
    for number, line in enumerate(table.splitlines(keepends=True)):
        cells = re.split(r"(?<!\\)\|", line)
        label = re.sub(r"[*`]", "", cells[1]).strip()
        offset = place + len(cells[0]) + len(cells[1]) + 1
        for name, cell in zip(names, cells[2:], strict=False):
            for found in _NUMBER.finditer(cell) if number > 1 else ():
                yield Figure(found[0], f"{part} | {label} | {name}", offset + 1 + found.start())
            offset += len(cell) + 1
        if number > 1 and len(cells) != len(names) + 3:
            raise Wrong(f"{page.name}: a table of {part} has other columns than {names}")
        place += len(line)


def _unsourced(page: Page) -> list[str]:
    text = unfenced(_blank(_WRITTEN, page.text))
    text = _blank(_HIDDEN, _blank(_MARK, text))
    if page.name in WHOLLY:
        return _NUMBER.findall(text)
    return _MEASURED_LIKE.findall(text)


def _is_word(source: str) -> bool:
    return source.partition(": ")[0].lower() in WORDS


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """The text with what is found blanked, so that places stay."""
    return pattern.sub(lambda found: " " * len(found[0]), text)


def _resolved(name: str, *, limits: bool) -> Any:
    module, _, path = name.partition(":")
    told: Any = resolve_name(module)
    for step in path.split("."):
        told = _limits_of(told, step) if limits and inspect.isclass(told) else _part_of(told, step)
    return told


def _limits_of(model: Any, field: str) -> Any:
    return model.model_fields[field].metadata


def _part_of(whole: Any, name: str) -> Any:
    """An attribute, a field's default, a parameter's, or a value by its name."""
    if isinstance(whole, Mapping):
        return whole[name]
    if inspect.isclass(whole):
        fields = getattr(whole, "model_fields", {})
        if name in fields:
            return fields[name].get_default(call_default_factory=True)
        if attrs.has(whole) and name in attrs.fields_dict(whole):
            return attrs.fields_dict(whole)[name].default
    if inspect.isroutine(whole):
        return inspect.signature(whole).parameters[name].default
    return getattr(whole, name)
