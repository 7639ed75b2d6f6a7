"""``demo --report``: the sandbox's sessions, synced into a store and made a page."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import suppress
from datetime import UTC, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from unified_checkout import clocks

if TYPE_CHECKING:
    from unified_checkout.report import Comparison, Covered, Figures
    from unified_checkout.store import Store

_DAYS = 60
_SUFFIX = ".duckdb"
_MARK = "demo "
"""Begins the names of a demo's runs; no other run has a blank behind that word."""
_WROTE = f"SELECT DISTINCT starts_with(run, '{_MARK}') AS a_demo FROM runs"  # noqa: S608

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

    The page takes the place of nothing but a report, the store of nothing but a demo's own.

    Raises:
        ConfigurationError: if an extra is not installed, or a file cannot be written.
    """
    from unified_checkout.report.extra import check_drawing

    check_drawing()
    from unified_checkout.cli.formats import write_lines
    from unified_checkout.cli.terminal import waiting
    from unified_checkout.cli.writing import written_to
    from unified_checkout.client import Client
    from unified_checkout.paths import path_of
    from unified_checkout.printing import printable
    from unified_checkout.report.html import page
    from unified_checkout.sandbox import Sandbox
    from unified_checkout.sandbox.trial import readable_providers
    from unified_checkout.store import Store, sync
    from unified_checkout.telltales import plain_path

    path = path_of(path)
    place = _store_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, Store.open(made := Path(folder, "demo.duckdb")) as store:
        with written_to(path):
            with (
                waiting(),
                Sandbox(sessions=sessions, seed=seed, providers=readable_providers()) as sandbox,
                Client(sandbox.accounts) as client,
            ):
                sync(client, store)
            write_lines([page(*_figures(store))])
        _mark(made)
        _check_replaceable(place)
        store.publish(place)
    shown = _NEXT.format(
        page=printable(plain_path(path)),
        store=printable(plain_path(place)),
        program=program,
        month=f"{clocks.utc_now():%Y-%m}",
    )
    typer.echo(f"\nThe page, and the store that it is made of\n\n{shown}")
    if _has_a_screen():
        webbrowser.open(path.absolute().as_uri())


def _store_of(page: Path) -> Path:
    """Where the store of a page goes.

    Raises:
        ConfigurationError: if none can be put there.
    """
    from unified_checkout.errors import ConfigurationError
    from unified_checkout.telltales import plain_path

    if not page.name or page.suffix.lower() == _SUFFIX:
        raise ConfigurationError(
            f"{plain_path(page)} is no name for a page, beside which its store is to lie under "
            f"the same name with {_SUFFIX}; name another page, such as report.html"
        )
    place = page.with_suffix(_SUFFIX)
    _check_replaceable(place)
    return place


def _check_replaceable(place: Path) -> None:
    """Refuse to put a demo's store where something else is.

    Raises:
        ConfigurationError: unless nothing is there, or a store into which demos alone wrote.
    """
    from unified_checkout.errors import ConfigurationError, StoreError
    from unified_checkout.store import Store
    from unified_checkout.telltales import plain_path

    if not os.path.lexists(place):
        return
    wrote: list[dict[str, bool]] = []
    with (
        suppress(ConfigurationError, StoreError),
        Store.open(place, wait=0, for_reading=True) as store,
    ):
        wrote = store.query(_WROTE).to_pylist()
    if wrote != [{"a_demo": True}]:
        raise ConfigurationError(
            f"{plain_path(place)} is there already, and not all of it is of a demo; name another page"
        )


def _mark(made: Path) -> None:
    """Note in a store that a demo made what it holds."""
    import duckdb

    with duckdb.connect(made) as connection:
        connection.execute("UPDATE runs SET run = ? || run", [_MARK])


def _figures(store: Store) -> tuple[Figures, list[Comparison], None, list[Covered]]:
    from unified_checkout.report import (
        Against,
        Comparison,
        Dimension,
        SessionTable,
        Span,
        read_store,
    )

    with SessionTable() as table:
        stored = read_store(table, store)
        until = stored.until or clocks.utc_now()
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
