"""``list`` and ``get``: the sessions themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from unified_checkout.cli.ending import report, say
from unified_checkout.cli.options import (
    Config,
    Filters,
    OnError,
    OnErrorOption,
    Output,
    OutputOption,
    with_filters,
)

if TYPE_CHECKING:
    from unified_checkout.client import Client, SessionList
    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.model.query import ListSessions

SCREENFUL = 50
"""How many sessions a table shows unless more are asked for."""


@with_filters
def list_sessions(
    filters: Filters,
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help=f"Every session in a table, which otherwise shows the newest {SCREENFUL}, "
            "asked for in one page.",
        ),
    ] = False,
    cursor: Annotated[
        str | None,
        typer.Option(
            help="Go on where an earlier answer to the same query ended.",
            metavar="CURSOR",
            show_default=False,
        ),
    ] = None,
    on_error: OnErrorOption = OnError.RAISE,
    output: OutputOption = Output.TABLE,
    config: Config = None,
) -> None:
    """List sessions, newest first.

    A table shows the newest 50 unless --limit or --all says otherwise. The other outputs give all,
    each session as soon as it is read. Standard error gets one line about what was covered.

    Amounts in them are minor units, times are UTC. In CSV, text that a spreadsheet would take for
    a formula has an apostrophe in front.
    """
    from unified_checkout.client import Client

    screenful = output is Output.TABLE and filters.limit is None and not every
    query = filters.query()
    if screenful:
        query = query.model_copy(update={"page_size": SCREENFUL})
    with Client.from_config(config) as client:
        if screenful:
            coverage = _show_page(client, query, cursor, on_error)
        else:
            answer = client.sessions.list(query, cursor=cursor, on_error=on_error.value)
            coverage = _write(answer, output)
    report(coverage)


def get_session(
    id: Annotated[
        str,
        typer.Argument(help="The provider's id of the session.", metavar="ID", show_default=False),
    ],
    account: Annotated[
        str | None,
        typer.Option(
            help="The account to read it from; needed where there are several.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The provider's own bytes instead.")] = False,
    output: OutputOption = Output.TABLE,
    config: Config = None,
) -> None:
    """Show one session in full."""
    from unified_checkout.cli.sessions import write_session
    from unified_checkout.client import Client

    if raw and output is not Output.TABLE:
        raise typer.BadParameter(
            "--raw gives the provider's own bytes; leave out --output", param_hint="--raw"
        )
    with Client.from_config(config) as client:
        session = client.sessions.get(id, account=account)
    if raw:
        sys.stdout.buffer.write(session.raw_bytes)
    else:
        write_session(session, output)


def _show_page(
    client: Client, query: ListSessions, cursor: str | None, on_error: OnError
) -> Coverage:
    from unified_checkout.cli.sessions import show_sessions
    from unified_checkout.cli.terminal import waiting

    with waiting():
        page = client.sessions.page(query, cursor=cursor, on_error=on_error.value)
    show_sessions(page.sessions)
    if page.next_cursor is not None and page.coverage.complete:
        say(f"{len(page.sessions)} shown, and there are more: give --limit N, or --all")
    else:
        _say_how_to_go_on(page.next_cursor)
    return page.coverage


def _write(answer: SessionList, output: Output) -> Coverage:
    from unified_checkout.cli.sessions import continuation, write_sessions
    from unified_checkout.errors import ProviderError

    try:
        write_sessions(answer, output)
    except ProviderError:
        if output in (Output.JSONL, Output.CSV):
            _say_how_to_go_on(continuation(answer))
        raise
    if output is not Output.JSON:
        _say_how_to_go_on(continuation(answer))
    return answer.coverage


def _say_how_to_go_on(cursor: str | None) -> None:
    if cursor is not None:
        say(f"what is written is right; to go on after it, give --cursor {cursor}")
