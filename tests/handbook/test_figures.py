"""Figures on pages are what was measured, or what the code says."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from drafting import Draft

from benchmarks import __main__ as program
from benchmarks.figures import keep
from benchmarks.lab import QUICK, Findings, Lab, Line, Scale, Verdict
from benchmarks.parts import PARTS
from handbook import figures
from handbook.pages import ROOT, Page, pages
from handbook.running import Wrong

PAGES = [page for page in pages() if page.path.suffix == ".md"]
PROVIDERS = re.compile(r"\b(\w+) (?:payment )?(?:providers|APIs|adapters)\b", re.IGNORECASE)
ALL = re.compile(
    r"\ball (\w+)\s+(?:payment )?providers\b|\b(\w+)\s+packages\s+under\s+`?providers/",
    re.IGNORECASE,
)
"""What counts them all, however few are said."""
MANY = figures.WORDS[6:]


def called(page: Page) -> str:
    return page.name


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Draft:
    """A page to be written, and what was measured for it."""
    part = {"figures": {"speed": {"Client": {"cpu µs": 15.94, "MB": 53}}, "ratio": {"": {"is": 2}}}}
    kept = tmp_path / "figures.json"
    kept.write_text(json.dumps({"part": part}), encoding="utf-8")
    monkeypatch.setattr(figures, "MEASURED", kept)
    figures.measured.cache_clear()
    monkeypatch.setattr(figures, "WHOLLY", {"draft.md"})
    return Draft(tmp_path / "draft.md")


@pytest.fixture(autouse=True)
def _forgets() -> None:
    figures.measured.cache_clear()


PROSE = """<!-- figures
speed | Client | cpu µs
ratio | is
code | unified_checkout:Account.max_attempts
ten: count | unified_checkout.adapters:installed
= 3.11
-->

It takes {} µs, {} times less, in {} attempts
at {} providers, with Python {}; `limit=7` and [a link](x.md#1) are no figures.
"""
TABLE = """<!-- table: speed | cpu µs | MB -->

| | CPU | peak |
| --- | --: | --: |
| **`Client`** | **{}** | {} |
"""
RIGHT = ("15.9", "2", "5", "ten", "3.11")


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_figure_on_a_page_is_what_it_comes_from(page: Page) -> None:
    assert figures.wrong(page) == [], "measured anew, or wrong: `make docs` writes it"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_wrong_figure_of_any_kind_is_noticed_and_written_anew(draft: Draft, place: int) -> None:
    shown: list[str] = [*RIGHT]
    shown[place] = "3.14"
    draft.path.write_text(PROSE.format(*shown), encoding="utf-8")
    assert len(figures.wrong(draft)) == 1
    figures.rewrite(draft)
    assert figures.wrong(draft) == []


def test_a_wrong_fact_is_noticed_and_left_to_people(draft: Draft) -> None:
    wrong = PROSE.format(*RIGHT[:4], "3.14")
    draft.path.write_text(wrong, encoding="utf-8")
    assert figures.wrong(draft) == ["3.14 should be 3.11: = 3.11"]
    assert not figures.rewrite(draft)
    assert draft.text == wrong


def test_a_wrong_word_is_noticed_and_written_anew(draft: Draft) -> None:
    right = PROSE.format(*RIGHT)
    draft.path.write_text(right.replace("at ten", "at nine"), encoding="utf-8")
    with pytest.raises(Wrong, match="4 numbers, 5 sources"):
        figures.wrong(draft)
    draft.path.write_text(
        right.replace("ten:", "nine:").replace("at ten", "at nine"), encoding="utf-8"
    )
    assert figures.wrong(draft) == [
        "nine should be ten: count | unified_checkout.adapters:installed"
    ]
    figures.rewrite(draft)
    assert draft.text == right


def test_what_is_right_is_left_as_it_is(draft: Draft) -> None:
    draft.path.write_text(PROSE.format(*RIGHT) + "\n" + TABLE.format("16", "53"), encoding="utf-8")
    assert figures.wrong(draft) == []
    before = draft.text
    figures.rewrite(draft)
    assert draft.text == before


@pytest.mark.parametrize("cells", [("15.8", "53"), ("15.9", "54")])
def test_a_wrong_cell_of_a_table_is_noticed_and_written_anew(
    draft: Draft, cells: tuple[str, str]
) -> None:
    draft.path.write_text(TABLE.format(*cells), encoding="utf-8")
    assert len(figures.wrong(draft)) == 1
    figures.rewrite(draft)
    assert draft.text == TABLE.format("15.9", "53")


def test_a_number_without_a_source_is_noticed(
    draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft.path.write_text(
        "# 1\n\nIt takes 3.4 µs, or 8.\n\n```text\n17 ms\n```\n", encoding="utf-8"
    )
    assert figures.wrong(draft) == ["3.4 has no source", "8 has no source"]
    monkeypatch.setattr(figures, "WHOLLY", set())
    assert figures.wrong(draft) == ["3.4 has no source"]


@pytest.mark.parametrize(
    "source", ["speed | Client | cpu", "code | unified_checkout:Nobody", "nonsense"]
)
def test_a_source_that_is_not_there_is_noticed(draft: Draft, source: str) -> None:
    draft.path.write_text(f"<!-- figures\n{source}\n-->\n\nIt takes 3.\n", encoding="utf-8")
    with pytest.raises(Wrong):
        figures.wrong(draft)


def test_a_number_more_than_there_are_sources_is_noticed(draft: Draft) -> None:
    draft.path.write_text("<!-- figures\n= 3\n-->\n\nIt takes 3 or 4.\n", encoding="utf-8")
    with pytest.raises(Wrong, match="2 numbers, 1 sources"):
        figures.wrong(draft)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("code | benchmarks.parts:DELAY | ms", 60),
        ("code | unified_checkout.store:Store.open.wait", 60),
        ("limit | unified_checkout:ListSessions.page_size", 1000),
        ("count | benchmarks.parts:PARTS", len(PARTS)),
    ],
)
def test_the_code_tells_constants_defaults_and_counts(source: str, value: float) -> None:
    assert figures.value_of(source) == value


def test_a_process_of_its_own_finds_every_source_and_writes_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "handbook", "figures"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_a_page_counts_the_providers_right(page: Page) -> None:
    right = figures.WORDS[int(figures.value_of("count | unified_checkout.adapters:installed"))]
    told = {word.lower() for word in PROVIDERS.findall(page.text)}
    assert told & {*MANY} <= {right}
    told = {(one or other).lower() for one, other in ALL.findall(page.text)}
    assert told & {*figures.WORDS} <= {right}


def test_the_layout_names_every_package_of_a_provider() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    packages = {path.name for path in (ROOT / "providers").glob("unified_checkout_*")}
    assert {*re.findall(r"(unified_checkout_\w+)/", page)} == packages


def test_every_part_that_pages_quote_names_its_command_and_its_machine() -> None:
    kept = json.loads(figures.MEASURED.read_text(encoding="utf-8"))
    for name, part in kept.items():
        assert part["figures"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", part["measured"]), name
        assert part["python"]
        assert part["machine"]
        named = re.findall(r"(?:BENCH=|--quick )(\w+)", part["command"])
        assert set(named) <= set(PARTS)
        assert named or "no command repeats it" in part["note"]


def test_what_was_taken_by_hand_says_so() -> None:
    """And what `make bench` repeats is all the rest."""
    text = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    marked = re.findall(r"<!-- figures\n(.*?)\n-->\n\n(.+?)(?=\n\n|\Z)", text, re.DOTALL)
    taken = [shown for sources, shown in marked if ", by hand |" in sources]
    assert len(taken) == 4
    assert [shown for shown in taken if "by hand" not in shown] == []


@pytest.mark.parametrize(
    ("how", "kept"), [({}, ["other"]), ({"quick": True}, []), ({"rounds": 1}, [])]
)
def test_a_full_run_alone_is_kept_part_by_part(
    how: dict[str, Any], kept: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bench(Lab):
        def __init__(self, scale: Scale) -> None:
            self.scale, self.findings = scale, Findings()
            self.line("streaming", "of the part before")

        def __exit__(self, *_: object) -> None: ...

    def part(lab: Lab) -> None:
        """One."""
        lab.line("other", "Client", MB=7)

    monkeypatch.setattr(program, "Lab", Bench)
    monkeypatch.setattr(program, "PARTS", {"other": part})
    monkeypatch.setattr(program, "written", lambda _: ROOT / "nothing")
    monkeypatch.setattr(program, "keep", functools.partial(keep, path=tmp_path / "figures.json"))
    program.main(["other"], **how)
    path = tmp_path / "figures.json"
    told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    assert [*told] == kept
    assert [part["figures"] for part in told.values()] == [{"other": {"Client": {"MB": 7}}}] * len(
        kept
    )


def test_a_run_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text('{"kept": {"figures": {}}, "other": {"figures": {}}}', encoding="utf-8")
    line = Line(part="kept", name="Client", figures={"cpu µs": 15.123456, "sessions": 50_000.0})
    verdict = Verdict(what="CPU", figure=0.87654, reach=0.8)
    keep("kept", [line], [verdict], QUICK, path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["kept"]["figures"] == {
        "kept": {"Client": {"cpu µs": 15.12, "sessions": 50_000}},
        "CPU": {"": {"measured": 0.8765, "to reach": 0.8}},
    }
    assert kept["other"] == {"figures": {}}
    assert str(ROOT) not in path.read_text(encoding="utf-8")
