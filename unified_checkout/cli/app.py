"""The commands, and how they end."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from unified_checkout import __version__
from unified_checkout.cli import cassettes, gateway
from unified_checkout.cli.demo import demonstrate
from unified_checkout.cli.doctor import examine
from unified_checkout.cli.ending import EXIT_CODES, decent_ending
from unified_checkout.cli.explain import explain_query
from unified_checkout.cli.listing import get_session, list_sessions
from unified_checkout.cli.mcp import serve_tools
from unified_checkout.cli.new_adapter import begin_adapter
from unified_checkout.cli.providers import show_providers
from unified_checkout.cli.report import report_figures
from unified_checkout.cli.sandbox import serve
from unified_checkout.cli.summary import summarize_sessions
from unified_checkout.cli.sync import sync_store


class _Commands(TyperGroup):
    def main(self, *arguments: Any, **more: Any) -> Any:
        try:
            with decent_ending():
                return super().main(*arguments, **more)
        except typer.Exit as ending:
            sys.exit(ending.exit_code)

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        with decent_ending():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: Any) -> Any:
        with decent_ending():
            return super().invoke(ctx)


app = typer.Typer(
    name="unified-checkout",
    cls=_Commands,
    help="List checkout sessions across payment providers: explained before, certified after.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(list_sessions)
app.command("get")(get_session)
app.command("summary", short_help="Report completion, expiry, gross and average order value.")(
    summarize_sessions
)
app.command("report", short_help="Report sales, refunds, open value, abandonment and more.")(
    report_figures
)
app.command("sync", short_help="Bring all sessions into a store, and keep those in it right.")(
    sync_store
)
app.command("explain", short_help="Show what would be asked of each account; send nothing.")(
    explain_query
)
app.command("providers", short_help="Show which conditions each provider evaluates itself.")(
    show_providers
)
app.command("doctor", short_help="Check the configuration, the keys and a read of each.")(examine)
app.command("demo", short_help="Ask a local sandbox one question: no key, no network.")(demonstrate)
app.command("mcp", short_help="Serve read-only tools for agents over standard input and output.")(
    serve_tools
)
app.command("sandbox", short_help="Serve the imitation of every provider, until Ctrl-C.")(serve)
app.command("new-adapter", short_help="Lay out an adapter for another provider.")(begin_adapter)
app.add_typer(
    gateway.app,
    name="gateway",
    short_help="Serve any account to programs that were written for another API.",
)
app.add_typer(cassettes.app, name="cassettes")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"unified-checkout {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """What holds for every command."""
