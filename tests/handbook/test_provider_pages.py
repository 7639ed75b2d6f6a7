"""A provider's page says what its adapter does: the size of a page, the rate, how long sessions may change."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from handbook.figures import WORDS
from unified_checkout.adapters import installed, load

PROVIDERS = sorted(name for name in installed() if load(name).__module__.startswith("unified_"))
RATE = re.compile(r"\b([\d.,]+|[a-z]+) (?:requests )?an? (second|minute)\b|live ones (\d+)")
YEAR = 365


def read(name: str) -> str:
    """A provider's page as one line."""
    package = Path(str(import_module(load(name).__module__.partition(".")[0]).__file__)).parent
    return " ".join((package / "README.md").read_text(encoding="utf-8").split())


def number(text: str) -> float:
    """What a number or a word for one means; nothing where it is neither."""
    if text in WORDS:
        return WORDS.index(text)
    return float(text.replace(",", "")) if re.fullmatch(r"[\d.,]+", text) else 0


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_says_how_large_a_page_may_be(name: str) -> None:
    dialect = import_module(load(name).__module__.partition(".")[0] + ".dialect")
    said = re.findall(r"`, 1 to (\d+) \||`page_size`, up to (\d+)", read(name))
    assert {one for pair in said for one in pair if one} == {str(dialect.LARGEST_PAGE)}


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_says_how_many_requests_are_sent(name: str) -> None:
    said = [
        number(a_rate or per_minute) / (60 if unit != "second" else 1)
        for a_rate, unit, per_minute in RATE.findall(read(name))
    ]
    assert pytest.approx(load(name).requests_per_second) in said


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_says_how_long_sessions_may_change(name: str) -> None:
    changes_for = load(name).changes_for
    assert changes_for is not None
    said = re.findall(r"again for (?:(a year)|(\d+) days) \(`changes_for`\)", read(name))
    assert [YEAR if year else int(days) for year, days in said] == [changes_for.days]
