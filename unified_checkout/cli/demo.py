"""``demo``: every provider, one question, no key and no network."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unified_checkout.cli.ending import exit_if_incomplete
from unified_checkout.cli.options import SeedOption

if TYPE_CHECKING:
    from unified_checkout.engine.plan import AccountPlan

ROWS = 20
CURRENCIES = ("usd", "eur", "gbp")

_NEXT = """\
  See a report, a page with charts:
    {report}

  Keep the sandbox running:
    {program} sandbox --write-config checkout.toml

  Ask it, in another terminal:
    {program} list --status complete --last 7d
    {program} summary --by week --by currency
    {program} explain --last 30d --currency eur

  Ask your own accounts: put them into checkout.toml, then
    {program} doctor"""


def demonstrate(
    sessions: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many each provider holds.", metavar="N")
    ] = 300,
    seed: SeedOption = 1,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Sync the sandbox into a store instead, and write a report of it as this page.",
            metavar="PAGE",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Ask a local sandbox of every provider one question: no key, no network.

    Needs the extra: pip install 'unified-checkout[sandbox]'; with --report, also report.
    """
    if report is not None:
        from unified_checkout.cli.demo_report import demonstrate_report

        demonstrate_report(report, _program(), sessions=sessions, seed=seed)
        return
    from unified_checkout import clocks
    from unified_checkout.cli.sessions import show_sessions
    from unified_checkout.cli.summary import DEFAULT, show_summary
    from unified_checkout.cli.terminal import show_hanging, waiting
    from unified_checkout.client import Client
    from unified_checkout.model.query import ListSessions
    from unified_checkout.report.summary import summarize
    from unified_checkout.sandbox import Sandbox
    from unified_checkout.sandbox.trial import readable_providers

    month_ago = clocks.utc_now().date() - timedelta(days=30)
    query = ListSessions.model_validate({"created": {"gte": month_ago}, "currency": CURRENCIES})
    held = Sandbox(sessions=sessions, seed=seed, providers=readable_providers())
    with held as sandbox, Client(sandbox.accounts) as client:
        _head("The plan: what is asked of each provider, and what is applied here")
        for account in client.sessions.explain(query).accounts:
            show_hanging(_plan_of(account), indent=2)
        answer = client.sessions.list(query)
        with waiting():
            read = list(answer)
    newest = read[:ROWS]
    _head(
        f"The newest {len(newest)} of {len(read):,} sessions, from {len(client.accounts)} providers"
    )
    show_sessions(newest)
    _head("By provider and currency")
    show_summary(summarize(read, DEFAULT, without_open=answer.coverage.without_open))
    _head("What this answer covers")
    for covered in answer.coverage.accounts:
        show_hanging(str(covered), indent=2)
    _head("What to type next")
    typer.echo(_NEXT.format(program=_program(), report=_report_command()))
    exit_if_incomplete(answer.coverage)


def _plan_of(account: AccountPlan) -> str:
    """An account's plan in short: what is asked first, and what is applied here."""
    asked = ", ".join(account.requests)
    applied = ", ".join(map(str, account.residual)) or "nothing"
    return f"{account.account}: {asked}; applied here: {applied}"


def _head(text: str) -> None:
    typer.echo(f"\n{text}\n")


def _report_command() -> str:
    """What to type for a report: where make started this, make installs what it needs."""
    return (
        "make demo-report"
        if "MAKELEVEL" in os.environ
        else f"{_program()} demo --report report.html"
    )


def _program() -> str:
    """What to type to run this program again from here."""
    name = "unified-checkout"
    return name if shutil.which(name) else sys.argv[0]
