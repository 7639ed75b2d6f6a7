"""The site: every page where it stands in the repository, so that links hold on both."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

from handbook import notebooks
from handbook.pages import ROOT, pages

_SHIM = "https://unpkg.com/iframe-worker/shim"
_PICTURES = {".svg", ".png"}
_SECTIONS = {
    "Begin": ("README.md", "docs/index.md", "docs/start.md", "docs/people/*"),
    "How to": ("docs/how-to/*", "docs/notebooks/*"),
    "What to know": ("docs/promises.md", "docs/comparison.md", "docs/providers.md", "docs/p*.md"),
    "Reference": ("docs/reference/*",),
    "Providers": ("providers/*",),
    "The house": (
        "docs/architecture.md",
        "docs/decisions/*",
        "docs/writing*",
        "[A-Z]*.md",
        "tests/*",
    ),
    "Subjects": ("docs/*.md",),
}
"""What the navigation shows, in which order: each page where it fits first."""


def build_site(folder: Path = ROOT / "dist") -> None:
    """Lay the pages out, and build the site into ``site`` of a folder.

    Raises:
        SystemExit: if a link or an anchor leads nowhere, or a page would ask the network.
    """
    site = folder / "site"
    lay_out(folder / "book")
    shutil.rmtree(site, ignore_errors=True)
    settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    config = folder / "site.toml"
    settings = settings.replace("{SOURCES}", str(ROOT)).replace(
        "nav = []", f"nav = {_navigation()}"
    )
    config.write_text(settings, encoding="utf-8")
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "-f", str(config)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(re.sub(r"\x1b\[[\d;]*m", "", run.stdout + run.stderr))
    _stay_at_home(site)
    print(f"{site}/index.html: {len(list(site.rglob('*.html')))} pages")


def lay_out(book: Path) -> None:
    """Copy the pages into a folder as they lie in the repository; notebooks as Markdown."""
    shutil.rmtree(book, ignore_errors=True)
    for page in pages():
        target = book / page.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.path.suffix == ".ipynb":
            notebooks.as_markdown(page, target.with_suffix(".md"))
        else:
            text = page.text.replace(".ipynb)", ".md)")
            target.write_text(text, encoding="utf-8")
    for path in sorted((ROOT / "docs").rglob("*")):
        if path.suffix in _PICTURES:
            shutil.copyfile(path, book / path.relative_to(ROOT))
    plugin = Path("tests/plugin/acme-checkout/README.md")
    (book / plugin).parent.mkdir(parents=True)
    shutil.copyfile(ROOT / plugin, book / plugin)


def _navigation() -> str:
    """The sections and their pages, as TOML."""
    left = [page.name.replace(".ipynb", ".md") for page in pages()]
    sections = []
    for title, patterns in _SECTIONS.items():
        mine = [name for pattern in patterns for name in left if fnmatch(name, pattern)]
        left = [name for name in left if name not in mine]
        sections.append(f"{{{json.dumps(title)} = {json.dumps(list(dict.fromkeys(mine)))}}}")
    return f"[{', '.join(sections)}]"


def _stay_at_home(site: Path) -> None:
    """Keep what the search needs on a file system beside the pages, and check that is all."""
    shutil.copyfile(Path(__file__).parent / "assets/iframe-worker.js", site / "iframe-worker.js")
    for page in sorted(site.rglob("*.html")):
        up = "../" * (len(page.relative_to(site).parts) - 1)
        text = page.read_text(encoding="utf-8").replace(_SHIM, f"{up}iframe-worker.js")
        page.write_text(text, encoding="utf-8")
        if fetched := strangers(text):
            raise SystemExit(f"{page.relative_to(site)} would fetch {', '.join(fetched)}")


def strangers(html: str) -> list[str]:
    """The addresses of other machines that a browser would ask for this page."""
    return re.findall(r'(?:src=|<link [^>]*href=|url\()["\']?(https?:[^"\')> ]+)', html)
