"""What a person sees: text that cannot steer the terminal, plain tables, progress."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from shutil import get_terminal_size
from textwrap import wrap
from threading import Timer
from typing import TYPE_CHECKING, Literal, TextIO, TypeVar

from unified_checkout.printing import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from unified_checkout.model.money import Money

Row = TypeVar("Row")
Narrow = Literal["keep", "cut", "fold"]

NOTHING = "-"
"""Stands where a session does not say."""

MARK = "*"
"""Stands behind an amount that a note below the table is about."""

_NO_BREAK = "\N{NO-BREAK SPACE}"
_CUT = "…"
"""Stands where a cell is cut off; two dots do, where the terminal's code page lacks the letter."""
_UNBOUNDED = 10_000
_PATIENCE = 0.5
_beside: list[Callable[[str], None]] = []
"""How a line is written beside the sign that work goes on, while there is one."""
_TELL_EVERY = 100


def wrapped(text: str, width: int, *, indent: int) -> list[str]:
    """Text in lines that end between words, all but the first indented by so many columns.

    What precedes that column in the first line stays there, and a word that is too long stays
    whole, behind its request's method.

    >>> wrapped("ask  GET /v1/sessions?limit=100 for more", 12, indent=5)
    ['ask  GET /v1/sessions?limit=100', '     for', '     more']
    """
    parts = wrap(
        text[indent:].replace("GET ", f"GET{_NO_BREAK}"),
        max(width - indent, 1),
        break_on_hyphens=False,
        break_long_words=False,
    )
    body = f"\n{' ' * indent}".join(parts).replace(_NO_BREAK, " ")
    return f"{text[:indent]}{body}".split("\n")


def counted(number: int, thing: str) -> str:
    """So many things.

    >>> counted(1, "order"), counted(1200, "order")
    ('1 order', '1,200 orders')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def output_console() -> Console:
    """Standard output: as wide as the terminal, or as wide as the text where there is none."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704  (rich would exit with code 1)

    columns, lines = _size()
    width = columns if sys.stdout.isatty() else _UNBOUNDED
    return Output(width=width, height=lines, highlight=False)


def _size() -> tuple[int, int]:
    """The terminal's columns and lines; rich would read numbers that are none as such."""
    columns, lines = get_terminal_size()
    return min(columns, _UNBOUNDED), min(lines, _UNBOUNDED)


def show(table: Table, *, apart: bool = False) -> None:
    """Print a table, without blanks at the ends of its lines; ``apart`` from what precedes it."""
    console = output_console()
    if apart:
        print()
    with console.capture() as shown:
        console.print(table)
    whole = _can_show(_CUT, sys.stdout)
    for line in shown.get().splitlines():
        print((line if whole else _with_dots(line)).rstrip())


def _with_dots(line: str) -> str:
    """A line whose cut cells end in dots; what stood in them has been written out by then."""
    return re.sub(rf"\S{_CUT}", "..", line).replace(_CUT, ".")


def show_what_fits(
    make: Callable[[Sequence[str]], Table], columns: Sequence[str], dispensable: Iterable[str]
) -> None:
    """Print a table of the columns for which the terminal is wide enough, and say what is left out.

    Args:
        make: the table of some of the columns.
        columns: all of them.
        dispensable: which may be left out, the first one first.
    """
    shown, rest = list(columns), list(dispensable)
    while not fits(table := make(shown)) and rest:
        shown.remove(rest.pop(0))
    show(table)
    left_out = [name for name in columns if name not in shown]
    if left_out:
        show_note(f"not shown, since the terminal is too narrow: {', '.join(left_out)}")


def fits(table: Table) -> bool:
    """Whether every cell can be shown whole."""
    console = output_console()
    unbounded = console.options.update(width=_UNBOUNDED)
    return console.measure(table, options=unbounded).maximum <= console.width


def plain_table(*columns: Column) -> Table:
    """A table with a line under its head and no frame, where lines are written as hyphens, too."""
    from rich.box import SIMPLE_HEAD, Box
    from rich.table import Table

    with_hyphens = Box(str(SIMPLE_HEAD).replace("─", "-"), ascii=True)
    return Table(
        *columns,
        box=with_hyphens if output_console().options.ascii_only else SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )


def column(header: str, *, right: bool = False, narrow: Narrow = "keep") -> Column:
    """A column, and what becomes of its text where the terminal is too narrow."""
    from rich.table import Column

    return Column(
        header,
        justify="right" if right else "left",
        no_wrap=narrow == "keep",
        overflow="fold" if narrow == "fold" else "ellipsis",
    )


def cell(value: object, style: str = "") -> Text:
    """A value as a cell, whatever characters it holds."""
    from rich.text import Text

    return Text(NOTHING if value is None else _showable(str(value)), style)


def amount_cell(amount: Money | None, *, marked: bool = False) -> Text:
    """An amount as a cell that lines up with those around it, whether marked or not."""
    from rich.text import Text

    shown = NOTHING if amount is None else _showable(str(amount))
    return Text(f"{shown}{MARK if marked else ' '}")


def show_note(text: str) -> None:
    """A remark below a table."""
    output_console().print(printable(text), style="dim", markup=False)


def show_hanging(text: str, *, indent: int) -> None:
    """Print text; on a terminal, what does not fit into a line goes on below, indented."""
    width = _size()[0] if sys.stdout.isatty() else _UNBOUNDED
    for line in wrapped(printable(text), width, indent=indent):
        print(line)


@contextmanager
def reading(sessions: Iterable[Row], *, output_waits: bool) -> Iterator[Iterator[Row]]:
    """The sessions, and how many they are so far on standard error once reading takes a while.

    Nothing is shown where output that does not wait for the last session is on the same screen.
    """
    if sys.stdout.isatty() and not output_waits:
        yield iter(sessions)
        return
    with waiting() as tell:
        yield _telling(sessions, tell)


@contextmanager
def waiting() -> Iterator[Callable[[str], None]]:
    """Show on standard error, if it is a terminal, that work goes on, once it takes a while."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.console import Console

    columns, lines = _size()
    console = Console(stderr=True, width=columns, height=lines)
    status = console.status("reading ...", spinner=_spinner())
    start = Timer(_PATIENCE, status.start)
    start.daemon = True
    start.start()
    _beside.append(lambda line: console.print(line, markup=False, highlight=False))
    try:
        yield lambda progress: status.update(f"reading ... {progress}")
    finally:
        _beside.pop()
        start.cancel()
        start.join()
        status.stop()


@contextmanager
def live(lines: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Show lines at the foot of the terminal of standard error, anew several times a second.

    They are gone afterwards; what is noted meanwhile stands above them.
    """
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    columns, rows = _size()
    console = Console(stderr=True, width=columns, height=rows)

    def shown() -> Text:
        whole = "\n".join(printable(line)[:columns] for line in lines()[-max(rows - 2, 1) :])
        return Text(whole, no_wrap=True, overflow="crop")

    _beside.append(lambda line: console.print(line, markup=False, highlight=False))
    try:
        with Live(get_renderable=shown, console=console, transient=True, redirect_stdout=False):
            yield
    finally:
        _beside.pop()


def _spinner() -> str:
    """A sign that the terminal's code page can show."""
    return "dots" if _can_show("⠋", sys.stderr) else "line"


def _showable(text: str) -> str:
    """Text as standard output will show it: what its code page lacks is written out, too."""
    text = printable(text)
    if _can_show(text, sys.stdout):
        return text
    return "".join(
        character
        if _can_show(character, sys.stdout)
        else character.encode("ascii", "backslashreplace").decode()
        for character in text
    )


def _can_show(text: str, stream: TextIO) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def note(line: str) -> None:
    """One line on standard error, while work goes on."""
    if _beside:
        _beside[-1](printable(line))
    else:
        print(printable(line), file=sys.stderr)


def _telling(sessions: Iterable[Row], tell: Callable[[str], None]) -> Iterator[Row]:
    for number, session in enumerate(sessions, 1):
        if number % _TELL_EVERY == 0:
            tell(f"{number:,} sessions")
        yield session
