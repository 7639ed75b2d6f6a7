"""A page that is wrong is noticed, and what it prints is written anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from drafting import Draft

from handbook import running
from handbook.assembly import strangers
from handbook.pages import links, slugs


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """A page to be written, beside the folder in which it is read."""
    (tmp_path / "desk").mkdir()
    return Draft(tmp_path / "draft.md")


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n\n"


@pytest.mark.parametrize(
    "wrong",
    [
        fenced("python", "1 / 0"),
        fenced("python", "print(6 * 7)") + fenced("text", "43"),
        fenced("sh", "unified-checkout lists"),
        fenced("sh", "unified-checkout --version") + fenced("text", "unified-checkout 7"),
        fenced("sh", "make nonsense"),
        fenced("sh", "pip install 'unified-checkout[nonsense]'"),
        fenced("sh", "cat nothing"),
        fenced("sh", "unified-checkout list --limit 3  # ends with 3"),
        fenced("cron", "0 4 * * *  cd /srv/checkout && . ./keys.env && unified-checkout doctor"),
        fenced(
            "cron",
            "0 4 * * *  cd /srv/checkout && . ./keys.env && .venv/bin/unified-checkout doctor",
        ),
        fenced("toml", "[accounts.us]\nprovider = 'nobody'"),
        fenced("json", "{"),
        fenced("klingon", "Qapla'"),
    ],
)
def test_what_is_wrong_on_a_page_is_noticed(draft: Draft, wrong: str) -> None:
    draft.path.write_text(wrong, encoding="utf-8")
    with pytest.raises(Exception, match=r"\S"):
        running.check(draft, draft.path.parent / "desk")


def test_a_page_is_read_from_the_top_in_one_folder_at_one_moment(draft: Draft) -> None:
    draft.path.write_text(
        fenced("python", "kept = 7")
        + fenced("sh", "export KEPT=seven\nunified-checkout list --limit 2 -o csv > two.csv")
        + fenced(
            "python", "import datetime, os, pathlib\nlines = pathlib.Path('two.csv').read_text()"
        )
        + fenced(
            "python",
            "print(kept, os.environ['KEPT'], len(lines.splitlines()))\nprint(datetime.date.today())",
        )
        + fenced("text", "7 seven 3\n2026-...-20")
        + fenced("sh", "unified-checkout list -o csv | head -n 1 | cut -d, -f1,2")
        + fenced("text", "account,provider")
        + fenced("sh", "unified-checkout get nobody --account stripe  # ends with 1"),
        encoding="utf-8",
    )
    running.check(draft, draft.path.parent / "desk")


def test_what_is_printed_is_written_where_the_page_says_something_else(draft: Draft) -> None:
    right = fenced("python", "print('a\\nb')") + fenced("text", "a\n...") + "Then:\n\n"
    apart = fenced("text", "left alone")
    draft.path.write_text(
        right + fenced("python", "print(6 * 7)") + fenced("text", "43") + "And:\n" + apart,
        encoding="utf-8",
    )
    running.rewrite(draft, draft.path.parent / "desk")
    assert draft.text == (
        right + fenced("python", "print(6 * 7)") + fenced("text", "42") + "And:\n" + apart
    )


def test_what_prints_nothing_leaves_a_page_as_it_is(draft: Draft) -> None:
    text = fenced("python", "1 + 1") + fenced("text", "2")
    draft.path.write_text(text, encoding="utf-8")
    with pytest.raises(running.Wrong, match="prints nothing"):
        running.rewrite(draft, draft.path.parent / "desk")
    assert draft.text == text


def test_anchors_are_those_of_headings_and_links_those_outside_of_code() -> None:
    text = "# A `b` & [c](d.md#e)\n\n```md\n# no\n[x](y)\n```\n`[u](v)` [w](https://example.com)"
    assert slugs(text) == {"a-b--c"}
    assert list(links(text)) == [("d.md", "e")]


@pytest.mark.parametrize(
    ("html", "asked"),
    [
        ('<script src="https://example.com/x.js">', ["https://example.com/x.js"]),
        ('<link rel="stylesheet" href="https://example.com/x.css">', ["https://example.com/x.css"]),
        ("<style>a { b: url(https://example.com/f) }", ["https://example.com/f"]),
        ('<a href="https://example.com/"><img src="a.png"><link href="b.css">', []),
    ],
)
def test_what_a_browser_would_fetch_from_elsewhere_is_noticed(html: str, asked: list[str]) -> None:
    assert strangers(html) == asked
