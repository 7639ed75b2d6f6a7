"""Every page is true: its programs and commands run and print what it says, its links lead on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handbook import notebooks, running
from handbook.pages import ROOT, Page, links, pages, slugs
from handbook.written import PARTLY, WRITTEN

PAGES = pages()
RUNNING = [page for page in PAGES if page.run_by is None and page.path.suffix == ".md"]
NOTEBOOKS = [page for page in PAGES if page.path.suffix == ".ipynb"]
ELSEWHERE = sorted(
    {
        (page.name, note.removeprefix("run by "))
        for page in PAGES
        for note in [f"run by {page.run_by}", *(block.note for block in page.blocks())]
        if note.startswith("run by tests/")
    }
)


def called(page: Page) -> str:
    return page.name


@pytest.mark.parametrize("page", RUNNING, ids=called)
def test_what_stands_on_a_page_runs_and_prints_what_the_page_says(
    page: Page, tmp_path: Path
) -> None:
    running.check(page, tmp_path)


@pytest.mark.parametrize("page", NOTEBOOKS, ids=called)
def test_a_notebook_runs_prints_what_it_keeps_and_draws(page: Page, tmp_path: Path) -> None:
    said = notebooks.said(page, tmp_path)
    assert said == notebooks.printed(page)
    assert "drawn" in [one for told in said for one in told]


@pytest.mark.parametrize(("page", "test"), ELSEWHERE)
def test_what_another_test_runs_is_run_there(page: str, test: str) -> None:
    """A test that runs something of a page finds it by the page's name, or by that note."""
    code = (ROOT / test).read_text(encoding="utf-8")
    assert Path(page).name in code or f'"run by {test}"' in code


@pytest.mark.parametrize("name", WRITTEN | PARTLY)
def test_what_the_code_writes_is_as_the_code_is(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == (WRITTEN | PARTLY)[name](), "make docs writes it anew"


@pytest.mark.parametrize("page", [page for page in PAGES if page.path.suffix == ".md"], ids=called)
def test_links_lead_to_a_file_and_to_a_heading_of_it(page: Page) -> None:
    lost = []
    for target, anchor in links(page.text):
        path = page.path.parent / target if target else page.path
        if not path.exists() or (
            anchor and path.suffix == ".md" and anchor not in slugs(path.read_text("utf-8"))
        ):
            lost.append(f"{target}#{anchor}")
    assert lost == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        path = ahead.pop()
        seen.add(path)
        if path.suffix == ".md":
            linked = {
                (path.parent / target).resolve() for target, _ in links(path.read_text("utf-8"))
            }
            ahead += [one for one in linked - seen if one.suffix in {".md", ".ipynb"}]
    assert [page.name for page in PAGES if page.path not in seen] == []


def test_what_promises_are_proved_by_is_there() -> None:
    proofs = re.findall(
        r"`(tests/\S+\.py)::(test_\w+)`", (ROOT / "docs/promises.md").read_text("utf-8")
    )
    assert len(proofs) > 20
    lost = [
        f"{file}::{name}"
        for file, name in proofs
        if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert lost == []
