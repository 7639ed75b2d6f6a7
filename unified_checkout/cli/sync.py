"""``sync``: bring a store up to date."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unified_checkout.cli.ending import ExitCode, say
from unified_checkout.cli.options import (
    Config,
    DeadlineOption,
    Document,
    DocumentOption,
    MaxRequestsOption,
    account_names,
)
from unified_checkout.cli.watching import Verbose, watched_client

if TYPE_CHECKING:
    from rich.table import Table

    from unified_checkout.store import SyncRun, Written

_COUNTS = ("rows_read", "rows_new", "rows_changed", "rows_gone", "requests")


def sync_store(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="The DuckDB file, or postgresql://...; made where there is none.",
            metavar="STORE",
        ),
    ] = "checkout.duckdb",
    since: Annotated[
        str | None,
        typer.Option(
            help="How far back the store is to go; otherwise as before, or to the beginning.",
            metavar="TIME",
            show_default=False,
        ),
    ] = None,
    accounts: Annotated[
        list[str] | None,
        typer.Option(
            "--account",
            help="Read this account only; repeat for several.",
            metavar="NAME",
            show_default=False,
            autocompletion=account_names,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Read the session with this id, and nothing else; repeat for several.",
            metavar="ID",
            show_default=False,
        ),
    ] = None,
    recheck: Annotated[
        str | None,
        typer.Option(
            help="Read everything again that was created within this time, such as 90d.",
            metavar="SPAN",
            show_default=False,
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw/--no-raw", help="Whether the providers' own text is kept.")
    ] = True,
    wait: Annotated[
        float,
        typer.Option(help="Seconds to wait for others that hold the store.", metavar="SECONDS"),
    ] = 60.0,
    publish: Annotated[
        Path | None,
        typer.Option(
            help="Copy the store here afterwards, for programs that keep it open.",
            metavar="PATH",
            show_default=False,
        ),
    ] = None,
    max_requests: MaxRequestsOption = None,
    deadline: DeadlineOption = None,
    output: DocumentOption = Document.TABLE,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Bring all sessions into a store, and keep those in it right.

    The first time everything is read, later what is new and what may have changed. What a slice of
    a run read is written in one transaction, with what it proves; a run that is broken off leaves a
    whole store, and the next one goes on. The exit code is 3 where an account could not be read.

    Where --max-requests or --deadline stops it, the exit code is 3, too, and what is left of each
    account is said. The next run with either of them reads what was left, and nothing else.
    """
    from unified_checkout.cli.formats import write_document
    from unified_checkout.cli.progress import Progress, showing
    from unified_checkout.cli.terminal import note, show
    from unified_checkout.errors import BudgetSpent
    from unified_checkout.store import Manner, Store, sync

    oldest, again = _moment(since), _span(recheck)
    if only and not accounts:
        raise typer.BadParameter("name the account whose sessions they are", param_hint="--account")
    progress = Progress()

    def told(written: Written) -> None:
        progress.told(written)
        if verbose:
            note(f"{written.account}: {written.read}: {written.rows_read:,} sessions stored")

    manner = Manner(raw=raw, told=told, begins=progress.begins, reached=progress.reached)
    with watched_client(config, verbose, [progress]) as client:
        client.sessions.explain(accounts=accounts or None)  # a name that is none makes no store
        with Store.open(to, wait=wait) as store, showing(progress):
            if publish is not None:
                store.check_publishable(publish)
            try:
                run = sync(
                    client,
                    store,
                    since=oldest,
                    recheck=again,
                    only=only or None,
                    accounts=accounts or None,
                    manner=manner,
                    max_requests=max_requests,
                    deadline=deadline,
                )
            except BudgetSpent as error:
                say(f"INCOMPLETE: {error}")
                raise typer.Exit(ExitCode.INCOMPLETE) from None
            if publish is not None:
                store.publish(publish)
    if output is Document.JSON:
        write_document(run.to_dict())
    else:
        show(_table(run))
    if run.went_on:
        say(
            "this run read what an earlier one had left; what is new since then is for the next one"
        )
    failed = [one for one in run.slices if not one.complete]
    for one in failed:
        say(f"{one.account}: INCOMPLETE: {one.reason}")
    if run.stopped:
        say("what was read is in the store; run it again to go on")
    if failed:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _moment(written: str | None) -> datetime | None:
    from unified_checkout.model.times import midnight, moment

    if written is None:
        return None
    try:
        told = moment(written)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None
    return told if isinstance(told, datetime) else midnight(told)


def _span(written: str | None) -> timedelta | None:
    from unified_checkout.model.times import span

    try:
        return None if written is None else span(written)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--recheck") from None


def _table(run: SyncRun) -> Table:
    """What was read of each account."""
    from unified_checkout.cli.terminal import cell, column, plain_table

    totals: dict[str, dict[str, Any]] = {}
    for one in run.slices:
        total = totals.setdefault(one.account, {**dict.fromkeys(_COUNTS, 0), "complete": True})
        for name in _COUNTS:
            total[name] += getattr(one, name)
        total["complete"] &= one.complete
    table = plain_table(
        column("account"),
        *(column(name.removeprefix("rows_"), right=True) for name in _COUNTS),
        column("complete"),
    )
    for account, total in sorted(totals.items()):
        counts = (cell(f"{total[name]:,}") for name in _COUNTS)
        table.add_row(cell(account), *counts, cell("yes" if total["complete"] else "NO"))
    return table
