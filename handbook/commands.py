"""The reference of the command line, as every command tells it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from typer.main import get_command
from typer.testing import CliRunner

from unified_checkout.cli.app import app
from unified_checkout.cli.ending import ExitCode

_HEAD = """\
# Commands

Written by `make docs` from what each command says with `--help`. How a command ends:

| exit code | meaning |
| --: | --- |
"""
_MEANINGS = {
    ExitCode.DONE: "done: the answer is whole, or the reader of a pipe has seen enough of it",
    ExitCode.FAILED: "a provider or the way to it failed, the output could not be written, or a check (`doctor`, `cassettes`) found something",
    ExitCode.MISUSED: "an option, the query, a cursor or the configuration is wrong; nothing was sent",
    ExitCode.INCOMPLETE: "an answer was given and is known to lack something; standard error says what",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C; what was written is right, and the cursor to go on with is told",
    ExitCode.TERMINATED: "terminated; the same. `sandbox` and `gateway`, which run until interrupted or terminated, end with 0",
}


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, as the words that are typed."""
    yield from _below(get_command(app), ())


def _below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    within = vars(command).get("commands", {})
    if words:
        yield words
    for name in within:
        yield from _below(within[name], (*words, name))


def page() -> str:
    """The page."""
    parts = [_HEAD]
    parts += [f"| {code.value} | {_MEANINGS[code]} |\n" for code in ExitCode]
    parts.append(f"\n```text\n{_help(())}```\n")
    for words in commands():
        parts.append(f"\n## {' '.join(words)}\n\n```text\n{_help(words)}```\n")
    return "".join(parts)


def _help(words: tuple[str, ...]) -> str:
    with patch.dict(os.environ, {"COLUMNS": "100", "TERMINAL_WIDTH": "100"}):
        told = CliRunner().invoke(app, [*words, "--help"]).stdout
    lines = [line.rstrip() for line in told.strip().splitlines()]
    return "\n".join(lines) + "\n"
