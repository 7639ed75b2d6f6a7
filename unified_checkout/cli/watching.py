"""What is told on standard error while sessions are read: waits, and with ``-v`` more."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from unified_checkout.client import Client
    from unified_checkout.engine.runtime import Observer

Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        help="Tell of retries and waits on standard error; -vv: of every request, too.",
        show_default=False,
    ),
]
_LONG = 2.0
"""Seconds. A wait that is as long is told of, whether asked for or not."""


def watched_client(config: Path | None, verbose: int, observers: Sequence[Observer] = ()) -> Client:
    """A client for the configured accounts that tells what it waits for, and these observers."""
    from unified_checkout.client import Client

    return Client.from_config(config, observers=[*watching(verbose), *observers])


def watching(verbose: int) -> list[Observer]:
    """Who tells what is waited for, as far as the log does not, which is told if asked for."""
    from unified_checkout.cli.terminal import note
    from unified_checkout.observers import LOG

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            note(record.getMessage())

    if not verbose:
        return [_long_waits()]
    LOG.handlers = [Lines()]
    LOG.setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
    return []


def _long_waits() -> Observer:
    """Whoever tells of waits that take long."""
    from unified_checkout.cli.terminal import note
    from unified_checkout.engine.runtime import Observer
    from unified_checkout.errors import ProviderError
    from unified_checkout.observers import reason_to_wait

    class LongWaits(Observer):
        def retried(self, account: str, error: ProviderError, delay: float) -> None:
            self.waiting(account, delay, reason_to_wait(error))

        def waiting(self, account: str, seconds: float, reason: str) -> None:
            if seconds >= _LONG:
                note(f"{account}: waiting {seconds:.0f} s: {reason}")

    return LongWaits()
