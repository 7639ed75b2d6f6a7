"""``list`` and ``get``: the sessions themselves."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from unified_checkout.cli.ending import ExitCode, report, say, say_coverage
from unified_checkout.cli.options import (
    Config,
    DeadlineOption,
    EscapeOption,
    Filters,
    Manners,
    MaxRequestsOption,
    Output,
    OutputOption,
    account_names,
    say_slips,
    with_filters,
)
from unified_checkout.cli.watching import Verbose, watched_client

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from unified_checkout.client import Client, SessionList, Sessions
    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.errors import NotFound
    from unified_checkout.model.query import ListSessions
    from unified_checkout.model.session import Session

SCREENFUL = 50
"""How many sessions a table shows unless more are asked for."""
_TELLING = 6
"""So many characters of an id, its beginning, are enough to look for it."""
_CUT_OFF = re.compile(r"(?:…|\\u2026|\.{2,})\Z")
"""What a table, or whoever copies from it, puts behind the beginning of an id."""
_SEARCHED = 1000
"""So many of the newest sessions are searched for an id that begins like what was given."""


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
    escape: EscapeOption = True,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """List sessions, newest first.

    A table shows the newest 50 unless --limit or --all says otherwise. The other outputs give all,
    each session as soon as it is read. Standard error gets one line about what was covered, and
    the cursor to go on with where more may follow.

    Amounts in them are minor units, times are UTC. In CSV, amount_total.decimal and the like
    are the same amounts with their decimals.
    """

    screenful = output is Output.TABLE and filters.limit is None and not every
    query = filters.query()
    say_slips(query)
    if screenful:
        size = query.page_size and max(query.page_size, SCREENFUL)
        query = query.model_copy(update={"limit": SCREENFUL, "page_size": size})
    with watched_client(config, verbose) as client:
        if screenful:
            coverage = _show_page(client, query, manners)
        else:
            answer = client.sessions.list(query, **manners.given())
            coverage = _write(answer, output, escape=escape)
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
            help="The account to read from; needed where the form of the id does not tell.",
            metavar="NAME",
            show_default=False,
            autocompletion=account_names,
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The provider's own bytes instead.")] = False,
    max_requests: MaxRequestsOption = None,
    deadline: DeadlineOption = None,
    output: OutputOption = Output.TABLE,
    escape: EscapeOption = True,
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Show sessions in full, by their ids.

    The beginning of an id, as a narrow table shows it, is looked for among the newest 1,000
    sessions of the account. An id of the gateway's, of a list that merges accounts, names its own.

    For one id, JSON is the session; for several, an object that holds those that were found, and
    the ids that were not. Where an id is not found, the exit code is 1; so it is where
    --max-requests or --deadline ends it, and then nothing is shown.
    """
    from unified_checkout.cli.ending import told
    from unified_checkout.cli.formats import write_raw
    from unified_checkout.cli.sessions import write_found
    from unified_checkout.client.sessions import budget_of
    from unified_checkout.errors import NotFound

    if raw and output is not Output.TABLE:
        raise typer.BadParameter(
            "--raw gives the provider's own bytes; leave out --output", param_hint="--raw"
        )
    budget = budget_of(max_requests, deadline)
    with watched_client(config, verbose) as client:
        configured = {one.name for one in client.accounts}
        asked = client.sessions.within(budget)
        found = _named(asked, ids, account, configured)
        for id, one in found.items():
            if isinstance(one, NotFound):
                found[id] = _by_beginning(asked, id, one)
    sessions = [one for one in found.values() if not isinstance(one, NotFound)]
    if raw:
        write_raw(b"\n".join(session.raw_bytes for session in sessions))
    else:
        write_found(found, output, escape=escape)
    for id, one in found.items():
        if isinstance(one, NotFound):
            say(f"Error: {_shown(id)}: {told(one)}")
    if len(sessions) < len(found):
        raise typer.Exit(ExitCode.FAILED)


def _named(
    sessions: Sessions, ids: Sequence[str], account: str | None, configured: Collection[str]
) -> dict[str, Session | NotFound]:
    """The sessions of these ids; one of the gateway's says itself at which account, and which id."""
    from unified_checkout.gateway.identity import Identity, identity_of

    places: dict[str, Identity] = {}
    for id in ids if account is None else ():
        identity = identity_of(id)
        if identity is not None and identity.account in configured:
            places[id] = identity
    others = [id for id in ids if id not in places]
    found = sessions.get_many(others, account=account) if others else {}
    for id, place in places.items():
        single = sessions.get_many([place.id], account=place.account)
        found[id] = single[place.id]
    return {id: found[id] for id in ids}


def _by_beginning(sessions: Sessions, id: str, missing: NotFound) -> Session | NotFound:
    """The one among the newest sessions whose id begins like this, as tables show it shortened."""
    beginning = _CUT_OFF.sub("", id)
    if len(beginning) < _TELLING:
        return missing
    newest = sessions.list(accounts=missing.account, kind="any", limit=_SEARCHED)
    found, searched = [], 0
    for session in newest:
        searched += 1
        if session.id.startswith(beginning):
            found.append(session)
    if not found and searched == _SEARCHED:
        told = (
            f"none of the newest {_SEARCHED:,} sessions begins like this; an older one is found "
            "by its whole id, which list -o jsonl shows"
        )
        missing.hint = f"{missing.hint}; {told}" if beginning == id else told
    if len(found) > 1:
        say(
            f"{_shown(id)}: {len(found)} of the newest sessions begin like this; give more of the id"
        )
    return found[0] if len(found) == 1 else missing


def _shown(id: str) -> str:
    """An id as it was given, without what may be secret."""
    from unified_checkout.telltales import without_secrets

    return without_secrets(id)


def _show_page(client: Client, query: ListSessions, manners: Manners) -> Coverage:
    from unified_checkout.cli.sessions import show_sessions
    from unified_checkout.cli.terminal import waiting
    from unified_checkout.errors import BudgetSpent

    try:
        with waiting():
            page = client.sessions.page(query, **manners.given())
    except BudgetSpent as spent:  # it got nowhere; coverage says what to allow
        show_sessions(())
        coverage: Coverage = spent.coverage
        return coverage
    show_sessions(page.sessions)
    if page.next_cursor is not None and page.coverage.complete:
        more = _more(page.coverage)
        say(f"{len(page.sessions)} shown, and {more}: give --limit N, or --all")
    else:
        _say_how_to_go_on(page.next_cursor, page.coverage)
    return page.coverage


def _write(answer: SessionList, output: Output, *, escape: bool) -> Coverage:
    from unified_checkout.cli.ending import abandon
    from unified_checkout.cli.rows import CutOff
    from unified_checkout.cli.sessions import write_sessions
    from unified_checkout.client.listings import continuation
    from unified_checkout.errors import ProviderError

    try:
        write_sessions(answer, output, escape=escape)
    except CutOff as cut:
        abandon(sys.stdout)
        _say_that_it_is_cut_off(continuation(answer))
        say_coverage(answer.coverage)
        raise cut.ending from None
    except (ProviderError, KeyboardInterrupt) as ending:
        if output in (Output.JSONL, Output.CSV) and _delivered(answer.coverage):
            _say_how_to_go_on(continuation(answer), answer.coverage)
        if isinstance(ending, KeyboardInterrupt) and output is not Output.TABLE:
            say_coverage(answer.coverage)
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


def _say_that_it_is_cut_off(cursor: str | None) -> None:
    told = "the output is cut off behind its last whole row"
    say(told if cursor is None else f"{told}; to go on after that, give --cursor {cursor}")


def _delivered(coverage: Coverage) -> bool:
    return any(account.delivered for account in coverage.accounts)


def _more(coverage: Coverage) -> str:
    return "there are more" if coverage.more else "there may be more"
