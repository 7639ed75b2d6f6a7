"""Every command and option explains itself, and asking for help is quick and free."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.main import get_command
from typer.testing import Result

import unified_checkout
from unified_checkout.cli.app import app
from unified_checkout.cli.ending import ExitCode
from unified_checkout.cli.options import OPTIONS
from unified_checkout.model.query import CreatedRange, ListSessions

Run = Callable[..., Result]

COMMANDS = vars(get_command(app))["commands"]
LIST_SESSIONS = {
    *ListSessions.model_fields,
    *(f"created.{bound}" for bound in CreatedRange.model_fields),
}


def test_the_commands_are_these() -> None:
    promised = "list get summary explain providers doctor demo sandbox"
    assert [name for name in COMMANDS if name in promised.split()] == promised.split()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(run: Run, command: str) -> None:
    told = run(command, "--help").stdout
    assert told.startswith(f"Usage: unified-checkout {command} ")
    assert COMMANDS[command].help.partition("\n")[0] in " ".join(told.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_does(command: str) -> None:
    options = COMMANDS[command].params
    assert [one.name for one in options if not (one.help or "").endswith(".")] == []


def test_help_lists_every_command_and_every_exit_code(run: Run) -> None:
    told = run("--help").stdout
    assert [name for name in COMMANDS if f"\n  {name} " not in told] == []
    codes = " ".join(told.partition("Exit codes: ")[2].split())
    assert [code for code in ExitCode if f"{code.value} " not in codes] == []


@pytest.mark.parametrize("group", [[], ["cassettes"]])
def test_help_cuts_no_summary(run: Run, group: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "..." not in run(*group, "--help").stdout.partition("Commands:")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_calls_a_value_by_its_meaning(run: Run, command: str) -> None:
    told = run(command, "--help").stdout
    assert [
        leak for leak in ("range>", "<int>", "<float>", "{id}", "default: (") if leak in told
    ] == []


@pytest.mark.parametrize("command", ["list", "summary", "explain"])
def test_every_field_of_a_query_has_an_option_of_its_name(command: str) -> None:
    assert set(OPTIONS) == LIST_SESSIONS
    given = {name for one in COMMANDS[command].params for name in one.opts}
    assert set(OPTIONS.values()) <= given


def test_it_says_which_version_it_is(run: Run) -> None:
    assert run("--version").stdout == f"unified-checkout {unified_checkout.__version__}\n"


def test_without_a_command_it_shows_how_it_is_used(run: Run) -> None:
    assert "Usage:" in run(code=2).output


@pytest.mark.parametrize("arguments", [["--help"], ["list", "--help"], ["--version"]])
def test_help_loads_nothing_that_it_does_not_show(arguments: list[str]) -> None:
    """Beyond what ``import unified_checkout`` loads anyway."""
    program = (
        "import sys, unified_checkout; before = set(sys.modules)\n"
        "sys.argv = ['unified-checkout', *sys.argv[1:]]\n"
        "from unified_checkout.cli import main\n"
        "try: main()\n"
        "finally: print(*(set(sys.modules) - before), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    loaded = {module.partition(".")[0] for module in process.stderr.split()}
    assert loaded & {"httpx", "platformdirs", "rich", "starlette", "uvicorn"} == set()
    ours = {module for module in process.stderr.split() if module.startswith("unified_checkout")}
    ours = {module for module in ours if "cli" not in module and "report" not in module}
    words = {"unified_checkout.errors", "unified_checkout.model", "unified_checkout.model.statuses"}
    assert ours <= words
