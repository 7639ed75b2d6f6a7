"""``demo --report``: the sandbox's sessions, synced into a store and made a page."""

from __future__ import annotations

import os
import sys
import webbrowser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from unified_checkout.report import Comparison, Covered, Figures

_DAYS = 60

_NEXT = """\
  {page}
  {store}

  Ask for another one:
    {program} report {store} --created {month} --by provider --by currency
    {program} report {store} --last 30d --compare previous --format png --out report.png

  Report on your own accounts: put them into checkout.toml, then
    {program} sync
    {program} report checkout.duckdb --last 30d --format html --out report.html"""


def demonstrate_report(path: Path, program: str, *, sessions: int, seed: int) -> None:
    """Sync a sandbox into a store beside the page, write the page, and open it on a screen.

    Raises:
        ConfigurationError: if an extra is not installed, or a file cannot be written.
    """
    from unified_checkout.report.extra import check_drawing

    check_drawing()
    from unified_checkout.cli.formats import write_lines
    from unified_checkout.cli.terminal import waiting
    from unified_checkout.cli.writing import written_to
    from unified_checkout.client import Client
    from unified_checkout.report.html import page
    from unified_checkout.sandbox import Sandbox
    from unified_checkout.sandbox.trial import readable_providers
    from unified_checkout.store import Store, sync
    from unified_checkout.telltales import plain_path

    place = path.with_suffix(".duckdb")
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_to(path):
        with (
            waiting(),
            Store.open(place) as store,
            Sandbox(sessions=sessions, seed=seed, providers=readable_providers()) as sandbox,
            Client(sandbox.accounts) as client,
        ):
            sync(client, store)
        write_lines([page(*_figures(place))])
    shown = _NEXT.format(
        page=plain_path(path),
        store=plain_path(place),
        program=program,
        month=f"{datetime.now(UTC):%Y-%m}",
    )
    typer.echo(f"\nThe page, and the store that it is made of\n\n{shown}")
    if _has_a_screen():
        webbrowser.open(path.absolute().as_uri())


def _figures(place: Path) -> tuple[Figures, list[Comparison], None, list[Covered]]:
    from unified_checkout.report import (
        Against,
        Comparison,
        Dimension,
        SessionTable,
        Span,
        read_store,
    )
    from unified_checkout.store import Store

    with SessionTable() as table, Store.open(place, for_reading=True) as store:
        stored = read_store(table, store)
        until = stored.until or datetime.now(UTC)
        span = Span(until - timedelta(days=_DAYS), until)
        figures = table.figures(span, by=[Dimension.PROVIDER], without_open=stored.without_open)
        before = span.previous(UTC)
        then = table.total(before, without_open=stored.without_open)
    comparison = Comparison(against=Against.PREVIOUS, span=before, now=figures.total, then=then)
    return figures, [comparison], None, stored.covered([span, before])


def _has_a_screen() -> bool:
    """Whether somebody sits before this."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
