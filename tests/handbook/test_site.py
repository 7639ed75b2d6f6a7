"""The site is built from the pages as they are: no link lost, nothing fetched from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_public_names import OURS, PUBLIC

from handbook import assembly
from handbook.pages import pages

pytest.importorskip("zensical", reason="the extra docs is not installed")


def test_the_site_has_every_page_and_can_be_searched(tmp_path: Path) -> None:
    site = tmp_path / "site"
    assembly.build_site(tmp_path)
    built = {str(path.relative_to(site)) for path in site.rglob("*.html")}
    for page in pages():
        name = page.name.replace("README.md", "index.md").rpartition(".")[0]
        assert f"{name}.html" in built
    reference = "".join(
        path.read_text(encoding="utf-8") for path in (site / "docs/reference").glob("*.html")
    )
    shown = {*re.findall(r'id="(unified_checkout[\w.]*)"', reference)}
    missing = {
        f"{module}.{name}"
        for module in OURS
        for name in PUBLIC[module]
        # A function named like its module is shown by the module's address.
        if not shown
        & {f"{module}.{name}", f"{module}.{name}.{name}", f"unified_checkout.errors.{name}"}
    }
    assert missing == set()
    assert "open set" in (site / "search.json").read_text(encoding="utf-8")
    assert 'src="../iframe-worker.js"' in (site / "docs/store.html").read_text(encoding="utf-8")
    assert (site / "iframe-worker.js").stat().st_size > 500


def test_a_link_that_leads_nowhere_stops_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(book: Path) -> None:
        book.mkdir()
        (book / "index.md").write_text("# Home\n\n[lost](nowhere.md)\n", encoding="utf-8")

    monkeypatch.setattr(assembly, "lay_out", broken)
    with pytest.raises(SystemExit, match="does not exist"):
        assembly.build_site(tmp_path)
