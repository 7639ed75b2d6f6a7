"""How anything is written for programs: JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def program_output() -> TextIO:
    """Standard output in UTF-8, its line ends as they are written, whatever the platform."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout


def write_document(document: Mapping[str, Any]) -> None:
    """One JSON object."""
    write_lines([json.dumps(document, indent=2, ensure_ascii=False)])


def write_lines(lines: Iterable[str]) -> None:
    """Each line as soon as there is one."""
    output = program_output()
    for line in lines:
        output.write(f"{line}\n")
        output.flush()


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A header and rows as RFC 4180 has them, each as soon as there is one."""
    output = program_output()
    writer = csv.writer(output)
    writer.writerow(header)
    for row in rows:
        writer.writerow([csv_cell(value) for value in row])
        output.flush()


def csv_cell(value: object) -> object:
    """A value as a cell: null is empty, several ids are separated by blanks, metadata is JSON.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, as does text that
    looks as if it had one: taking one away gives the text back.

    >>> csv_cell("=1+1"), csv_cell(-1), csv_cell(None), csv_cell(True), csv_cell(["pi_1", "pi_2"])
    ("'=1+1", -1, '', 'true', 'pi_1 pi_2')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = " ".join(value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and _FORMULA.match(text) else text
