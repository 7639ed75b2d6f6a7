"""How anything is written for programs: JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from unified_checkout.printing import printable

_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=(?:[^\S\t\r\n]|['\"])*[=+\-@\t\r\n＝＋－＠])")  # noqa: RUF001
"""Where a formula would begin, in a cell or in a part that a spreadsheet splits off it."""

_FOREIGN = re.compile(r"[^\x20-\x7e\t\n]")
"""What a JSON text need not hold as it is."""


def program_output() -> TextIO:
    """Standard output in UTF-8, its line ends as they are written, whatever the platform."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout


def write_document(document: Mapping[str, Any]) -> None:
    """One JSON object."""
    write_lines([plain_json(json.dumps(document, indent=2, ensure_ascii=False))])


def plain_json(text: str) -> str:
    r"""The same JSON, what cannot be printed or steers a terminal written as ``\u`` and its code.

    >>> plain_json('{"name": "Ev\x9bil\u202e", "city": "Köln"}')
    '{"name": "Ev\\u009bil\\u202e", "city": "Köln"}'
    """
    return text if text.isprintable() else _FOREIGN.sub(_as_code, text)


def _as_code(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def write_lines(lines: Iterable[str]) -> None:
    """Each line as soon as there is one."""
    output = program_output()
    for line in lines:
        write_wholly(output, f"{line}\n")


def write_wholly(output: TextIO, text: str) -> None:
    """Write a text at once, and all of it.

    Of what is not buffered, as with ``PYTHONUNBUFFERED``, a signal may let the system take a part
    only; Python forgets the rest.
    """
    raw = getattr(output, "buffer", None)
    if not isinstance(raw, io.RawIOBase):
        output.write(text)
        output.flush()
        return
    rest = text.encode(output.encoding, output.errors or "strict")
    while rest:
        written = raw.write(rest)
        if written is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[written:]


def write_raw(content: bytes) -> None:
    """What a provider sent, as it is; on a terminal nothing in it steers that."""
    if sys.stdout.isatty():
        program_output().write(plain_json(content.decode(errors="backslashreplace")))
    else:
        write_bytes(content)


def write_bytes(content: bytes) -> None:
    """What is no text, at once."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, escape: bool = True
) -> None:
    """A header and rows as RFC 4180 has them, each as soon as there is one."""
    output = program_output()
    write_wholly(output, csv_line(header, escape=False))
    for row in rows:
        write_wholly(output, csv_line(row, escape=escape))


def csv_line(row: Sequence[object], *, escape: bool) -> str:
    r"""A row as text, with the end of its line.

    On a terminal control characters are written out, as in tables.

    >>> csv_line(["a,b", None, 2], escape=True)
    '"a,b",,2\r\n'
    """
    cells = [csv_cell(value, escape=escape) for value in row]
    line = io.StringIO()
    csv.writer(line).writerow(map(_shown, cells) if sys.stdout.isatty() else cells)
    return line.getvalue()


def csv_cell(value: object, *, escape: bool = True) -> object:
    """A value as a cell: null is empty, several ids are separated by blanks, metadata is JSON.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, as does text that
    looks as if it had one: taking one away gives the text back. The same holds for what stands
    behind a semicolon, a tab or a line break, where some spreadsheets split a cell, with
    quotation marks or blanks before it or without.

    >>> csv_cell("=1+1"), csv_cell(-1), csv_cell(None), csv_cell(True), csv_cell(["pi_1", "pi_2"])
    ("'=1+1", -1, '', 'true', 'pi_1 pi_2')
    >>> csv_cell("a; =1+1"), csv_cell("=1+1", escape=False)
    ("a;' =1+1", '=1+1')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    text = " ".join(value) if isinstance(value, list) else value
    return _FORMULA.sub("'", text) if escape and isinstance(text, str) else text


def _shown(written: object) -> object:
    return printable(written) if isinstance(written, str) else written
