"""Runs what stands on a page, as its reader would: from the top, in one folder, on the sandbox.

The clock stands still at ``NOW``, so that what is printed is the same on every day. The folder
holds ``checkout.toml`` of a sandbox that runs.

==========  =======================================================================================
language    what happens
==========  =======================================================================================
python      runs, in one namespace for the page; ``print(...)  # this`` prints this, and may say
            why: ``print(...)  # True: there are more``
sh          each command runs and must end with 0, or as a comment says: ``# ends with 3``
sql         is asked of ``checkout.duckdb``, and the answer is shown as a table
cron        each command runs as cron runs it, in ``/srv/checkout``: with ``.venv``, ``keys.env``
            and next to nothing in the environment
text        behind one of these, with nothing between: what it printed. A line of ``...`` stands
            for any lines, and ``...`` within a line for any text
toml, json  must be well formed; accounts must be such as the library takes
==========  =======================================================================================
"""

from __future__ import annotations

import doctest
import gc
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
import time_machine
from typer.testing import CliRunner, Result

from handbook.pages import ROOT, Block, Page
from unified_checkout import Client
from unified_checkout.sandbox import Sandbox

NOW = datetime(2026, 11, 20, 5, tzinfo=UTC)
"""When every page is read."""

_RUN = {"cron", "python", "sh", "sql"}
_SHOWN = {"csv", "html", "ini", "json", "text", "toml", "yaml", "ts", "js", "ruby", "go"}
_MEDDLING = ("UNIFIED_CHECKOUT_", "XDG_CONFIG", "FORCE_COLOR", "PYTHONUNBUFFERED")
_NEEDS_SANDBOX = re.compile(r"^[^#\n]*(unified-checkout|checkout\.toml)", re.MULTILINE)
_ENDS = re.compile(r"#.*\bends with (\d+)")
_ANY_KEY = "sk_test_invented"


class Wrong(AssertionError):
    """Something on a page is not as the page says."""


@attrs.define
class Desk:
    """Where a page is read: a folder, a sandbox that runs, and what was defined so far."""

    folder: Path
    stack: ExitStack
    namespace: dict[str, Any] = attrs.field(factory=lambda: {"__name__": "page"})
    sandbox: Sandbox | None = None
    ran: bool = False
    """Whether a program of the page ran, which may have left something open."""

    def serve(self, sessions: int = 40, seed: int = 1, config: str = "checkout.toml") -> None:
        """Let a sandbox run from here on, in place of the one before, and write its file."""
        self.sandbox = self.stack.enter_context(
            Sandbox(sessions=sessions, seed=seed, now=int(NOW.timestamp()))
        )
        (self.folder / config).write_text(self.sandbox.config_toml(), encoding="utf-8")

    def leave(self) -> None:
        """Close what a page left open, and forget the rest."""
        for value in self.namespace.values():
            if isinstance(value, Client | ExitStack):
                value.close()
        if self.ran:
            self.namespace.clear()
            gc.collect()

    def run(self, block: Block) -> str:
        """Run a block, and tell what it printed."""
        if self.sandbox is None and _NEEDS_SANDBOX.search(block.text):
            self.serve()
        if block.language == "python":
            self.ran = True
            printed = io.StringIO()
            code = compile(block.text, "page", "exec", dont_inherit=True)
            with redirect_stdout(printed):
                exec(code, self.namespace)  # noqa: S102
            return printed.getvalue()
        if block.language == "sql":
            return _asked(self.folder / "checkout.duckdb", block.text)
        if block.language == "cron":
            self._nightly(block.text)
            return ""
        return "".join(self._typed(line) for line in _commands(block.text))

    def _nightly(self, text: str) -> None:
        """Run each command of a crontab in a folder like ``/srv/checkout``, as cron would."""
        if self.sandbox is None:
            self.serve()
            assert self.sandbox is not None
        folder = self.folder / "srv"
        (folder / ".venv").mkdir(parents=True)
        (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
        settings = tomllib.loads(self.sandbox.config_toml())["accounts"]["stripe"]
        (folder / "keys.env").write_text(f"STRIPE_API_KEY={settings['api_key']}\n", "utf-8")
        (folder / "checkout.toml").write_text(
            '[accounts.us]\nprovider = "stripe"\napi_key = { env = "STRIPE_API_KEY" }\n'
            f"base_url = {json.dumps(settings['base_url'])}\n",
            encoding="utf-8",
        )
        for line in _commands(text):
            command = line.split(maxsplit=5)[5].replace("/srv/checkout", shlex.quote(str(folder)))
            environment = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"]}
            run = subprocess.run(  # noqa: S603
                ["/bin/sh", "-c", command], env=environment, capture_output=True, check=False
            )
            if run.returncode:
                logs = "".join(log.read_text("utf-8") for log in folder.glob("*.log"))
                raise Wrong(f"{line} ended with {run.returncode}: {run.stderr!r} {logs}")

    def _typed(self, line: str) -> str:
        """Run one command of a shell, and tell what it printed."""
        code = int(found[1]) if (found := _ENDS.search(line)) else 0
        command, rest = _split(line)
        words = shlex.split(command, comments=True)
        if words[0] == "export":
            os.environ.update(re.findall(r"(\w+)=(.*)", "\n".join(words[1:])))
            return ""
        known: dict[str, Callable[[list[str]], None]] = {
            "make": _check_target,
            "pip": _check_extras,
        }
        if words[0] in known:
            known[words[0]](words)
            return ""
        if words[:2] == ["unified-checkout", "sandbox"]:
            self.serve(**_sandbox_options(words[2:]))
            return ""
        if words[0] == "unified-checkout":
            ended = _program(words[1:], code)
            return _shell(f"cat {rest}", ended.stdout) if rest else ended.output
        return _shell(line, "")


def read(page: Page, folder: Path) -> Iterator[tuple[Block, str | None]]:
    """Run a page from the top; each block with what it printed, None where it does not run.

    Raises:
        Wrong: if a block of the page cannot be what it says it is.
    """
    with _reader(folder) as stack:
        desk = Desk(folder, stack)
        stack.callback(desk.leave)
        for block in page.blocks():
            if block.note.startswith("run by "):
                yield block, None
            elif block.language in _RUN:
                try:
                    yield block, desk.run(block)
                except Exception as error:
                    raise Wrong(f"{page.name}: {error!r} in\n{block.text}") from error
            elif block.language in _SHOWN:
                _check_form(block)
                yield block, None
            else:
                raise Wrong(f"{page.name}: nobody runs {block.language}, and nobody checks it")


def check(page: Page, folder: Path) -> None:
    """Run a page, and compare what it prints with what the page says it prints.

    Raises:
        Wrong: if something fails, or is printed otherwise.
    """
    for block, said, printed in _told(page, folder):
        if said is block:
            _check_comments(page, block, printed)
        elif not alike(said.text, printed):
            raise Wrong(
                f"{page.name}: this prints something else (`make docs` writes it anew):\n"
                f"{block.text}\nprinted:\n{printed}\nsaid:\n{said.text}"
            )


def rewrite(page: Page, folder: Path) -> None:
    """Run a page, and write what it prints where the page shows something else."""
    text = page.text
    for block, said, printed in reversed(list(_told(page, folder))):
        if said is not block and not alike(said.text, printed):
            if not printed.strip():
                raise Wrong(f"{page.name}: this prints nothing:\n{block.text}")
            text = text[: said.start] + _tidy(printed) + text[said.end :]
    if text != page.text:
        page.path.write_text(text, encoding="utf-8")


def _told(page: Page, folder: Path) -> Iterator[tuple[Block, Block, str]]:
    """Each block that runs, what says its output (itself, or a block of text), and the true one."""
    before: tuple[Block, str] | None = None
    for block, printed in read(page, folder):
        if block.language == "python" and printed is not None:
            yield block, block, printed
        if block.language == "text" and block.adjoins and before is not None:
            yield before[0], block, before[1]
        before = None if printed is None else (block, printed)


def _check_comments(page: Page, block: Block, printed: str) -> None:
    """Raise unless what comments behind ``print`` say is among what was printed."""
    lines = printed.splitlines()
    for said in re.findall(r"^ *print\(.*\)  # (.+)$", block.text, re.MULTILINE):
        if said not in lines and said.partition(": ")[0] not in lines:
            raise Wrong(f"{page.name}: nothing printed {said!r}, but:\n{printed}")


def alike(said: str, printed: str) -> bool:
    """Whether this was printed; ``...`` of what is said stands for anything."""
    return doctest.OutputChecker().check_output(
        _tidy(said), _tidy(printed), doctest.ELLIPSIS | doctest.DONT_ACCEPT_BLANKLINE
    )


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return "".join(f"{line}\n" for line in lines)


@contextmanager
def _reader(folder: Path) -> Iterator[ExitStack]:
    """Somebody in this folder, with nothing configured, at the moment ``NOW``."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(_MEDDLING)}
    home = folder / "home"
    home.mkdir()
    surroundings = kept | {"HOME": str(home), "COLUMNS": "100", "STRIPE_API_KEY": _ANY_KEY}
    surroundings |= {"FLEX_API_KEY": "fsk_test_invented", "MPLBACKEND": "agg", "CI": ""}
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, surroundings, clear=True))
        stack.enter_context(chdir(folder))
        stack.enter_context(time_machine.travel(NOW, tick=False))
        yield stack


def _commands(text: str) -> list[str]:
    """The commands of a block: one a line, unless a line says that it goes on."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _split(line: str) -> tuple[str, str]:
    """A command, and what a shell is to do with what it prints."""
    quoted = ""
    for place, letter in enumerate(line):
        if letter in "'\"":
            quoted = "" if letter == quoted else quoted or letter
        elif not quoted and letter == "#":
            break
        elif not quoted and letter in "|>":
            return line[:place], line[place:]
    return line, ""


def _program(words: list[str], code: int) -> Result:
    from unified_checkout.cli.app import app

    result = CliRunner().invoke(app, words)
    if result.exit_code != code:
        raise Wrong(f"{shlex.join(words)} ended with {result.exit_code}: {result.output}")
    return result


def _shell(line: str, given: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = subprocess.run(  # noqa: S603
        ["/bin/sh", "-ec", line],
        input=given,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise Wrong(f"{line} ended with {run.returncode}: {run.stderr}")
    return run.stdout


def _sandbox_options(words: list[str]) -> dict[str, Any]:
    from typer.main import get_command

    from unified_checkout.cli.app import app

    command = vars(get_command(app))["commands"]["sandbox"]
    given = command.make_context("sandbox", list(words)).params
    return {
        "sessions": given["sessions"],
        "seed": given["seed"],
        "config": str(given["write_config"] or "checkout.toml"),
    }


def _asked(path: Path, sql: str) -> str:
    """What a store answers, as a table for people."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as database:
        found = database.sql(sql)
        rows = [list(found.columns), *([str(one) for one in row] for row in found.fetchall())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + "\n"
        for row in rows
    )


def _check_target(words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    if missing := {word for word in words[1:] if "=" not in word} - {*targets}:
        raise Wrong(f"make knows no {missing}")


def _check_extras(words: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = re.findall(r"(?:^|\s)(?:\.|unified-checkout)\[([\w,-]+)\]", " ".join(words))
    named = {name for extras in wanted for name in extras.split(",")}
    if missing := named - {*project["optional-dependencies"]}:
        raise Wrong(f"there is no extra {missing}")


def _check_form(block: Block) -> None:
    """Raise unless data is well formed, and accounts are such as the library takes."""
    if block.language == "json":
        json.loads(block.text)
    if block.language == "toml":
        parts = [block.text]
        if block.note == "each line stands alone":
            head = '[accounts.us]\nprovider = "stripe"\n'
            parts = [head + line for line in block.text.splitlines()]
        for part in parts:
            _check_settings(part)


def _check_settings(text: str) -> None:
    if "accounts" not in tomllib.loads(text):
        return
    file = Path("shown.toml")
    file.write_text(text, encoding="utf-8")
    Client.from_config(file).close()
