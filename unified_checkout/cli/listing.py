"""``list`` and ``get``: the sessions themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from unified_checkout.cli.ending import ExitCode, report, say
from unified_checkout.cli.options import (
    Config,
    Filters,
    Manners,
    Output,
    OutputOption,
    with_filters,
)
from unified_checkout.cli.watching import Verbose, watched_client

if TYPE_CHECKING:
    from unified_checkout.client import Client, SessionList
    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.model.query import ListSessions

SCREENFUL = 50
"""How many sessions a table shows unless more are asked for."""


@with_filters
def list_sessions(
    filters: Filters,
    manners: Manners,
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help=f"Every session in a table, which otherwise shows the newest {SCREENFUL}, "
            "asked for in one page.",
        ),
    ] = False,
    output: OutputOption = Output.TABLE,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """List sessions, newest first.

    A table shows the newest 50 unless --limit or --all says otherwise. The other outputs give all,
    each session as soon as it is read. Standard error gets one line about what was covered, and
    the cursor to go on with where more may follow.

    Amounts in them are minor units, times are UTC. In CSV, text that a spreadsheet would take for
    a formula has an apostrophe in front.
    """

    screenful = output is Output.TABLE and filters.limit is None and not every
    query = filters.query()
    if screenful:
        query = query.model_copy(update={"page_size": SCREENFUL})
    with watched_client(config, verbose) as client:
        if screenful:
            coverage = _show_page(client, query, manners)
        else:
            answer = client.sessions.list(query, **manners.given())
            coverage = _write(answer, output)
    report(coverage)


def get_session(
    ids: Annotated[
        list[str],
        typer.Argument(
            help="The provider's id of the session; several may follow each other.",
            metavar="ID...",
            show_default=False,
        ),
    ],
    account: Annotated[
        str | None,
        typer.Option(
            help="The account to read from; needed where there are several.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The provider's own bytes instead.")] = False,
    output: OutputOption = Output.TABLE,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Show sessions in full, by their ids.

    For one id, JSON is the session; for several, an object that holds those that were found, and
    the ids that were not. Where an id is not found, the exit code is 1.
    """
    from unified_checkout.cli.ending import told
    from unified_checkout.cli.sessions import write_found
    from unified_checkout.errors import NotFound

    if raw and output is not Output.TABLE:
        raise typer.BadParameter(
            "--raw gives the provider's own bytes; leave out --output", param_hint="--raw"
        )
    with watched_client(config, verbose) as client:
        found = client.sessions.get_many(ids, account=account)
    sessions = [one for one in found.values() if not isinstance(one, NotFound)]
    if raw:
        sys.stdout.buffer.write(b"\n".join(session.raw_bytes for session in sessions))
    else:
        write_found(found, output)
    for id, one in found.items():
        if isinstance(one, NotFound):
            say(f"Error: {id}: {told(one)}")
    if len(sessions) < len(found):
        raise typer.Exit(ExitCode.FAILED)


def _show_page(client: Client, query: ListSessions, manners: Manners) -> Coverage:
    from unified_checkout.cli.sessions import show_sessions
    from unified_checkout.cli.terminal import waiting

    with waiting():
        page = client.sessions.page(query, **manners.given())
    show_sessions(page.sessions)
    if page.next_cursor is not None and page.coverage.complete:
        more = _more(page.coverage)
        say(f"{len(page.sessions)} shown, and {more}: give --limit N, or --all")
    else:
        _say_how_to_go_on(page.next_cursor, page.coverage)
    return page.coverage


def _write(answer: SessionList, output: Output) -> Coverage:
    from unified_checkout.cli.sessions import continuation, write_sessions
    from unified_checkout.errors import ProviderError

    try:
        write_sessions(answer, output)
    except ProviderError:
        if output in (Output.JSONL, Output.CSV):
            _say_how_to_go_on(continuation(answer), answer.coverage)
        raise
    if output is not Output.JSON:
        _say_how_to_go_on(continuation(answer), answer.coverage)
    return answer.coverage


def _say_how_to_go_on(cursor: str | None, coverage: Coverage) -> None:
    if cursor is None:
        return
    if coverage.complete:
        say(f"{_more(coverage)}; to go on after these, give --cursor {cursor}")
    else:
        say(f"what is written is right; to go on after it, give --cursor {cursor}")


def _more(coverage: Coverage) -> str:
    return "there are more" if coverage.more else "there may be more"
