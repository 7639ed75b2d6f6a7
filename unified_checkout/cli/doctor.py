"""``doctor``: whether the configuration works, and what to do where it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from warnings import catch_warnings, simplefilter

import typer

from unified_checkout.cli.ending import ExitCode
from unified_checkout.cli.options import Config, Document, DocumentOption
from unified_checkout.cli.watching import Verbose, watching

if TYPE_CHECKING:
    from rich.table import Table

    from unified_checkout.config import Account, Configuration
    from unified_checkout.engine.runtime import Observer
    from unified_checkout.gateway.settings import GatewaySettings


class Outcome(StrEnum):
    """How a check went."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


_KEYS = {
    "test": "a test key",
    "live": "a live key",
    "unknown": "a key of a shape that tells nothing",
}
_ADVICE = re.compile(r"; 'unified-checkout doctor' [^;.]*")
"""What errors advise, and who reads this does already."""
_STYLES = {Outcome.OK: "green", Outcome.FAILED: "bold red", Outcome.SKIPPED: "dim"}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    account: str | None
    """None for the configuration as a whole."""
    check: str
    outcome: Outcome
    detail: str
    """What was found; where the check failed, what to do."""


def examine(
    offline: Annotated[
        bool, typer.Option("--offline", help="Send nothing: leave out the reads.")
    ] = False,
    output: DocumentOption = Document.TABLE,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Check the configuration, the shape of the keys, and one read from each account.

    Each failed check says what to do. Keys are never printed. The exit code is 1 if any check
    failed.
    """
    from unified_checkout.cli.formats import write_document
    from unified_checkout.cli.terminal import show, waiting

    with waiting():
        checks = list(checks_of(config, None if offline else watching(verbose)))
    failed = any(check.outcome is Outcome.FAILED for check in checks)
    if output is Document.JSON:
        write_document({"ok": not failed, "checks": [asdict(check) for check in checks]})
    else:
        show(_table(checks))
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def checks_of(path: Path | None, observers: Sequence[Observer] | None) -> Iterator[Check]:
    """Every check of a configuration, in the order in which they matter.

    Args:
        path: the file.
        observers: are told of what is asked; None where nothing may be.
    """
    from unified_checkout.config import read_configuration
    from unified_checkout.errors import ConfigurationError
    from unified_checkout.telltales import plain_path

    try:
        configuration = read_configuration(path)
    except ConfigurationError as error:
        yield Check(None, "configuration", Outcome.FAILED, str(error))
        return
    found = plain_path(configuration.file or "in environment variables alone")
    yield Check(None, "configuration", Outcome.OK, found)
    for name in configuration.tables:
        yield from _account_checks(configuration, name, observers)
    if configuration.gateway:
        yield from _gateway_checks(configuration)


def _gateway_checks(configuration: Configuration) -> Iterator[Check]:
    """Whether the gateway would start, and what each of its tokens reaches."""
    from unified_checkout.errors import ConfigurationError
    from unified_checkout.extras import needing
    from unified_checkout.gateway.settings import GatewaySettings, problems_of

    check = "gateway"
    try:
        with needing("gateway", "the gateway needs"):
            import_module("unified_checkout.gateway.server")
        settings = GatewaySettings.read(configuration.gateway)
    except ConfigurationError as error:
        yield Check(None, check, Outcome.FAILED, str(error))
        return
    problems = problems_of(configuration, settings)
    for problem in problems:
        yield Check(None, check, Outcome.FAILED, problem)
    if not problems:
        yield Check(None, check, Outcome.OK, f"listens at {settings.listen}")
        for line in _tokens(settings):
            yield Check(None, "token", *line)


def _tokens(settings: GatewaySettings) -> Iterator[tuple[Outcome, str]]:
    from unified_checkout import clocks

    for name, token in settings.tokens.items():
        sees = [word for word in ("buyers", "pages") if getattr(token, word)]
        told = f"{name} reaches {', '.join(token.accounts)}" + (
            f"; sees {' and '.join(sees)}" if sees else ""
        )
        if token.expires is not None and token.expires <= clocks.utc_now():
            yield Outcome.FAILED, f"{name} has expired; make another one, or take its table out"
        else:
            yield Outcome.OK, told


def _account_checks(
    configuration: Configuration, name: str, observers: Sequence[Observer] | None
) -> Iterator[Check]:
    """The checks of one account, up to the first that fails."""
    from unified_checkout.errors import UnifiedCheckoutError
    from unified_checkout.telltales import named

    shown = named(name)
    check = "options"
    try:
        account = configuration.account(name)
        yield Check(shown, check, Outcome.OK, _options(account))
        if limits := _limits(account):
            yield Check(shown, "list", Outcome.OK, limits)
        check = "key"
        yield Check(shown, check, Outcome.OK, _key(account))
        check = "read"
        if observers is None:
            _check_what_sending_takes(account)
            yield Check(shown, check, Outcome.SKIPPED, "nothing is sent with --offline")
        else:
            yield Check(shown, check, Outcome.OK, _read(account, observers))
    except UnifiedCheckoutError as error:
        yield Check(shown, check, Outcome.FAILED, _ADVICE.sub("", str(error)))


def _options(account: Account) -> str:
    adapter = account.adapter()
    return f"{adapter.title} at {adapter.options.base_url}"


def _limits(account: Account) -> str:
    """What the account's list holds or leaves out that may surprise."""
    from unified_checkout.cli.providers import limits_of
    from unified_checkout.model.query import ListSessions

    adapter = account.adapter()
    excludes = adapter.compile(ListSessions()).excludes
    return "; ".join(limits_of(adapter.rows, adapter.untold, excludes))


def _key(account: Account) -> str:
    """What the key is, and what was warned of while it was looked for."""
    from unified_checkout.config import credentials_of

    adapter = account.adapter()
    with catch_warnings(record=True) as warned:
        simplefilter("always")
        key = credentials_of(account, adapter).api_key.get_secret_value()
    return "; but ".join([_KEYS[adapter.key_kind(key)], *(str(one.message) for one in warned)])


def _read(account: Account, observers: Sequence[Observer]) -> str:
    """What one read finds: of a list that is only had in windows of time, in the newest."""
    from unified_checkout.client import Client
    from unified_checkout.model.query import ListSessions

    adapter = account.adapter()
    rows, last = adapter.rows, adapter.compile(ListSessions()).reach.longest
    once = account.model_copy(update={"max_attempts": 1})
    with Client([once], observers=observers) as client:
        sessions = client.sessions.page(limit=1, last=last).sessions
    if not sessions:
        when = "yet" if last is None else f"of the last {last.days} days"
        return f"the key reads {rows}; there are none {when}"
    return f"the key reads {rows}; the newest is of {sessions[0].created:%Y-%m-%d}"


def _check_what_sending_takes(account: Account) -> None:
    """Make sure that nothing is missing for sending, as far as that is known without it.

    Raises:
        ConfigurationError: if an extra is, or the environment names a way that cannot be taken.
    """
    from unified_checkout.client.moments import library_of_locks
    from unified_checkout.transport.routes import Route

    Route.to(account.adapter().options.base_url)
    if account.share_rate:
        library_of_locks(account.name)


def _table(checks: list[Check]) -> Table:
    from unified_checkout.cli.terminal import cell, column, plain_table

    table = plain_table(
        column("account"), column("check"), column("outcome"), column("detail", narrow="fold")
    )
    for check in checks:
        table.add_row(
            cell(check.account),
            check.check,
            cell(check.outcome, _STYLES[check.outcome]),
            cell(check.detail),
        )
    return table
