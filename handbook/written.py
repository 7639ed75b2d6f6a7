"""What the code writes: reference, picture, and what the programs of the pages print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from typer.testing import CliRunner

from handbook import commands, figures, notebooks, picture, running
from handbook.pages import ROOT, pages


def _providers() -> str:
    from unified_checkout.cli.app import app

    return CliRunner().invoke(app, ["providers", "-o", "markdown"]).stdout


WRITTEN: dict[str, Callable[[], str]] = {
    "docs/providers.md": _providers,
    "docs/reference/commands.md": commands.page,
    "docs/architecture.svg": picture.page,
}
"""The files that are written by the code alone."""


def write_all() -> None:
    """Write all of it anew, and say what changed.

    Raises:
        SystemExit: if a page fails; the others are written all the same.
    """
    for name, make in WRITTEN.items():
        _replace(ROOT / name, make())
    wrong = []
    for page in pages():
        if page.run_by or page.name in WRITTEN:
            continue
        before = page.text
        if page.path.suffix == ".md":
            figures.rewrite(page)
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
