"""What the code writes: reference, picture, and what the programs of the pages print."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from typer.testing import CliRunner

from handbook import commands, figures, notebooks, picture, running
from handbook.pages import ROOT, pages


def _providers() -> str:
    from unified_checkout.cli.app import app

    return CliRunner().invoke(app, ["providers", "-o", "markdown"]).stdout


def _horizons() -> str:
    """The page on stores, with how long each provider's sessions may change."""
    from unified_checkout.adapters import installed, load
    from unified_checkout.store import Patience

    told = [(Patience().horizon_of(None).days, "where an adapter does not say")]
    for name in installed():
        adapter = load(name)
        if adapter.changes_for is not None:
            told.append((adapter.changes_for.days, adapter.title))
    rows = [
        f"| {', '.join(sorted(title for _, title in group))} | {days} days |"
        for days, group in groupby(sorted(told), key=lambda one: one[0])
    ]
    return _between("docs/store.md", "horizons", ["| provider | horizon |", "| --- | --- |", *rows])


def _between(page: str, name: str, lines: list[str]) -> str:
    """A page with a table between its marks."""
    marks = rf"(<!-- make docs: {name} -->\n)(?:(?!<!-- ).)*(<!-- end -->)"
    table = "\n".join(lines)
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.sub(marks, lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text, flags=re.DOTALL)


WRITTEN: dict[str, Callable[[], str]] = {
    "docs/providers.md": _providers,
    "docs/reference/commands.md": commands.page,
    "docs/architecture.svg": picture.page,
}
"""The files that are written by the code alone."""
PARTLY: dict[str, Callable[[], str]] = {"docs/store.md": _horizons}
"""The pages of which it writes a part."""


def write_figures() -> None:
    """Write the figures of all pages as they were measured, and as the code has them.

    Raises:
        Wrong: if one of them comes from nowhere.
    """
    for page in pages():
        if page.path.suffix == ".md" and figures.rewrite(page):
            print(f"written: {page.name}")


def write_all() -> None:
    """Write all of it anew, and say what changed.

    Raises:
        SystemExit: if a page fails; the others are written all the same.
    """
    write_figures()
    for name, make in (WRITTEN | PARTLY).items():
        _replace(ROOT / name, make())
    wrong = []
    for page in pages():
        if page.run_by or page.name in WRITTEN:
            continue
        before = page.text
        rewrite = notebooks.rewrite if page.path.suffix == ".ipynb" else running.rewrite
        try:
            with TemporaryDirectory() as folder:
                rewrite(page, Path(folder))
        except running.Wrong as error:
            wrong.append(str(error))
        if page.text != before:
            print(f"written: {page.name}")
    if wrong:
        raise SystemExit("\n".join(wrong))


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        print(f"written: {path.relative_to(ROOT)}")
