"""``cassettes``: whether recordings hold what they should not, and whether they are out of date."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from unified_checkout.cli.ending import ExitCode, say
from unified_checkout.cli.options import Config, account_names
from unified_checkout.cli.watching import Verbose, watching

app = typer.Typer(
    help="Look through recorded cassettes.", no_args_is_help=True, rich_markup_mode=None
)

Folder = Annotated[
    Path,
    typer.Argument(help="The folder of the cassettes, or one of them.", metavar="FOLDER"),
]


@app.command("check")
def check_cassettes(
    folder: Folder = Path("cassettes"),
    max_age: Annotated[
        str | None,
        typer.Option(
            help="Complain of what was recorded longer ago: 30d, 52w.",
            metavar="SPAN",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Look for secrets, personal data and recordings that are too old.

    Nothing that is found is printed, only where it is. The exit code is 1 if anything is.
    """
    from unified_checkout import clocks
    from unified_checkout.cli.terminal import counted
    from unified_checkout.testing.cassettes.checking import problems

    oldest = None if max_age is None else _span(max_age)
    now = clocks.utc_now()
    files = _files(folder)
    found = [
        f"{file}: {problem}"
        for file in files
        for problem in problems(file, now=now, max_age=oldest)
    ]
    _end(found, f"{counted(len(found), 'problem')} in {counted(len(files), 'cassette')}")


@app.command("drift", short_help="Ask again what was recorded; show how the shapes differ.")
def show_drift(
    account: Annotated[
        str,
        typer.Option(
            help="The name of the account to ask.", metavar="NAME", autocompletion=account_names
        ),
    ],
    folder: Folder = Path("cassettes"),
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Ask an account again what was recorded of its provider, and show how the shapes differ.

    Fields that are new, missing or of another type are shown; values are not. The exit code is 1
    if anything differs.
    """
    from unified_checkout.cli.terminal import counted
    from unified_checkout.config import load_accounts
    from unified_checkout.errors import ConfigurationError, UnknownAccount
    from unified_checkout.testing.cassettes.drift import drift
    from unified_checkout.testing.cassettes.errors import CassetteError
    from unified_checkout.testing.cassettes.tape import read

    accounts = {one.name: one for one in load_accounts(config)}
    if account not in accounts:
        raise UnknownAccount(account, list(accounts))
    try:
        recordings = {file: read(file) for file in _files(folder)}
    except CassetteError as error:
        raise ConfigurationError(str(error)) from error
    found = drift(recordings, accounts[account], watching(verbose))
    for refusal in found.refused:
        say(f"not compared: {refusal}")
    if not found.compared:
        raise ConfigurationError(
            f"{folder}: nothing recorded of {accounts[account].provider} could be compared"
        )
    if found.outdated:
        say(f"to be recorded again: {', '.join(map(str, found.outdated))}")
        tests = {recordings[file].recorded_by or "TEST" for file in found.outdated}
        say(
            f"by the tests that use them: pytest --checkout-record=rewrite {' '.join(sorted(tests))}"
        )
    differences = counted(len(found.differences), "difference")
    _end(found.differences, f"{counted(found.compared, 'request')} compared, {differences}")


def _files(folder: Path) -> list[Path]:
    """The cassettes of a folder.

    Raises:
        ConfigurationError: if there are none, since then nothing would be looked at.
        typer.BadParameter: if there is no such folder, or file.
    """
    from unified_checkout.errors import ConfigurationError
    from unified_checkout.paths import path_of

    folder = path_of(folder)
    if not folder.exists():
        raise typer.BadParameter(f"Path {str(folder)!r} does not exist.", param_hint="FOLDER")
    files = sorted(folder.rglob("*.yaml")) if folder.is_dir() else [folder]
    if not files:
        raise ConfigurationError(f"{folder}: there is no cassette in it")
    return files


def _span(text: str) -> Any:
    from unified_checkout.model.times import span

    try:
        return span(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--max-age") from None


def _end(lines: Sequence[str], summary: str) -> None:
    from unified_checkout.cli.formats import write_lines
    from unified_checkout.printing import printable

    write_lines(printable(line) for line in lines)
    say(summary)
    if lines:
        raise typer.Exit(ExitCode.FAILED)
