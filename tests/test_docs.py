"""The documents say what is true: their programs run, their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("providers/*/README.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("program", blocks(ROOT / "README.md", "python"))
def test_the_readme_s_programs_run(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(program, "README.md", "exec"), {})
    assert "complete | " in capsys.readouterr().out


def test_the_programs_about_reading_run_and_print_what_they_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = "\n".join(blocks(ROOT / "docs/reading.md", "python"))
    exec(compile(program, "docs/reading.md", "exec"), {"__name__": "reading"})
    printed = capsys.readouterr().out.splitlines()
    said = re.findall(r"^ *print\(.*\)  # ([^:\n]+|.*again)(?::.*)?$", program, re.MULTILINE)
    assert len(said) == 5
    assert [line for line in said if line not in printed] == []


def test_the_program_about_columns_runs_and_prints_what_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    [program] = blocks(ROOT / "docs/columns.md", "python")
    exec(compile(program, "docs/columns.md", "exec"), {})
    said = re.findall(r"^ *print\(.*\)  # (.+)$", program, re.MULTILINE)
    assert len(said) == 3
    assert capsys.readouterr().out.splitlines() == said


def test_the_program_about_the_store_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks(ROOT / "docs/store.md", "python")), "docs/store.md", "exec"), {})
    assert capsys.readouterr().out == "True\n"


@pytest.mark.parametrize("program", blocks(ROOT / "docs/reports.md", "python"))
def test_the_program_about_reports_runs(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(program, "docs/reports.md", "exec"), {})
    assert "USD" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


def test_the_readme_names_every_field_of_the_query() -> None:
    from unified_checkout import ListSessions

    readme = (ROOT / "README.md").read_text()
    assert not [field for field in ListSessions.model_fields if f"`{field}`" not in readme]


def test_every_target_of_the_makefile_is_explained() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    assert not [target for target in targets if f"make {target}" not in contributing]
