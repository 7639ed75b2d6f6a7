"""``mcp``: the same questions as tools for agents."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from unified_checkout.cli.options import Config
from unified_checkout.cli.watching import Verbose, watching

if TYPE_CHECKING:
    from unified_checkout.mcp.answers import Reveal


def serve_tools(
    reveal: Annotated[
        str,
        typer.Option(
            help="What else is told, apart from the rest: buyers, metadata, or both with a comma.",
            metavar="WHAT",
            show_default=False,
        ),
    ] = "",
    config: Config = None,
    verbose: Verbose = 0,
) -> None:
    """Serve read-only tools for agents over standard input and output, until the input ends.

    The tools are summarize_sessions, list_sessions, get_session, explain_query and list_accounts.
    What buyers wrote is not told unless it is revealed; addresses of pages and secrets never are.

    Needs the extra: pip install 'unified-checkout[mcp]'.
    """
    from unified_checkout.client import AsyncClient
    from unified_checkout.extras import needing

    with needing("mcp", "the tools need"):
        from unified_checkout.mcp.server import serve
    told = _revealed(reveal)
    client = AsyncClient.from_config(config, observers=watching(verbose))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    serve(client, told)


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once: a thread that waits for input cannot be told to, and nothing is to be saved."""
    os._exit(128 + number)


def _revealed(written: str) -> set[Reveal]:
    from unified_checkout.mcp.answers import Reveal

    words = {word.strip() for word in written.split(",")} - {""}
    try:
        return {Reveal(word) for word in words}
    except ValueError:
        raise typer.BadParameter(
            f"write one or several of {', '.join(Reveal)}", param_hint="--reveal"
        ) from None
