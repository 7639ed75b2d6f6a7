"""What is written for programs can be read again; what is shown to people is harmless."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import Result

from unified_checkout import Money
from unified_checkout.cli.formats import csv_cell
from unified_checkout.cli.options import provider_options
from unified_checkout.cli.terminal import amount_cell, cell, show_note
from unified_checkout.printing import printable


@given(st.text())
@example("=1+1")
@example("'=1+1")
@example("''-1")
@example("+49 30 1234")
@example("@SUM(A1)")
@example("\t=1")
@example("'plain'")
@example("a;=1+1")
@example("a\t@x")
@example("\uff1d1+1")
@example(" =1+1")
@example("a;\u3000 =1+1")
def test_no_text_is_a_formula_and_every_text_can_be_had_back(text: str) -> None:
    written = csv_cell(text)
    assert isinstance(written, str)
    for part in re.split(r"[;\t\r\n]", written):
        assert not part.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))  # noqa: RUF001
    assert not written.startswith(("\t", "\r", "\n"))
    assert unescaped(written) == text
    assert csv_cell(text, escape=False) == text


def unescaped(written: str) -> str:
    """Without the apostrophes that were put before formulas."""
    begun = r"(?:[^\S\t\r\n]|['\"])*[=+\-@\t\r\n＝＋－＠]"  # noqa: RUF001
    return re.sub(rf"(?:^|(?<=[;\t\r\n]))'(?={begun})", "", written)


@given(st.text("a=+@;\t\n\"' \xa0", max_size=8))
@example('Ann;"=HYPERLINK(""http://x"")";z')
@example('a\t"=1+1')
@example('x\n"=1+1')
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_is_a_formula_however_a_spreadsheet_splits_them(delimiter: str, text: str) -> None:
    held = io.StringIO(newline="")
    csv.writer(held).writerow(["id", csv_cell(text), "end"])
    for row in csv.reader(held.getvalue().splitlines(keepends=True), delimiter=delimiter):
        for one in row:
            assert not one.lstrip().startswith(("=", "+", "-", "@"))


@given(st.text())
def test_what_is_shown_holds_no_control_character(text: str) -> None:
    assert printable(text).isprintable()
    assert cell(text).plain == printable(text)


@pytest.mark.parametrize(
    "command", [["summary"], ["list", "--limit", "5"], ["doctor", "--offline"]], ids=" ".join
)
def test_what_is_piped_has_no_blanks_at_the_ends_of_lines(
    ask: Callable[..., Result], command: list[str]
) -> None:
    lines = ask(*command).stdout.splitlines()
    assert lines == [line.rstrip() for line in lines]


def test_a_currency_and_a_note_hold_no_control_character(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A provider names the currency, and is named itself."""
    assert amount_cell(Money(100, "\u202eusd\x1b", 2)).plain == "1.00 \\u202eUSD\\x1b "
    show_note("assumed at \x1b[31mus")
    assert "assumed at \\x1b[31mus" in capsys.readouterr().out


def test_what_is_shown_is_no_markup() -> None:
    assert cell("[red]paid[/red]").plain == "[red]paid[/red]"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("acme.n=30", 30),
        ("acme.n=true", True),
        ('acme.n="30"', "30"),
        ('acme.n=["a","b"]', ["a", "b"]),
        ("acme.n=a=b", "a=b"),
        ("acme.n=", ""),
        ("acme.n=" + "[" * 50_000, "[" * 50_000),
    ],
)
def test_the_value_of_a_provider_option_is_json_or_text(text: str, value: object) -> None:
    assert provider_options([text]) == {"acme": {"n": value}}
