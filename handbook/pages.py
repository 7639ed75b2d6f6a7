"""The pages, and what stands fenced on them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).parent.parent

_FENCE = re.compile(
    r"(?:^<!-- (?P<note>(?:(?!-->).)*?) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_ELSEWHERE = re.compile(r"<!-- run by (?P<test>\S+) -->\n")


@attrs.frozen
class Block:
    """What stands between two fences."""

    language: str
    text: str
    start: int
    """Where the text begins on its page, and where it ends."""
    end: int
    note: str = ""
    """The comment in front of it, which readers do not see."""
    adjoins: bool = False
    """Whether nothing but blank lines stands between it and the block before."""


@attrs.frozen
class Page:
    """One page of the documentation: Markdown, or a notebook."""

    path: Path

    @property
    def name(self) -> str:
        """Where it lies in the repository."""
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        """What is written on it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def run_by(self) -> str | None:
        """The test that runs this page's blocks in a way of its own, if there is one."""
        found = _ELSEWHERE.match(self.text)
        return found["test"] if found else None

    def blocks(self) -> list[Block]:
        """What stands fenced on it, or in a notebook's cells, from the top."""
        if self.path.suffix == ".ipynb":
            return [Block("python", cell, 0, 0) for cell in _cells(self.text, "code")]
        return list(_fenced(self.text))


def pages() -> list[Page]:
    """Every page that is written here, in the order of their names."""
    patterns = ("*.md", "docs/**/*.md", "docs/**/*.ipynb", "providers/*/README.md", "tests/*.md")
    return [Page(path) for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def _fenced(text: str) -> Iterator[Block]:
    last = None
    for found in _FENCE.finditer(text):
        between = text[last : found.start()] if last is not None else "x"
        yield Block(
            found["language"],
            found["text"],
            found.start("text"),
            found.end("text"),
            note=found["note"] or "",
            adjoins=not between.strip(),
        )
        last = found.end()


def _cells(text: str, kind: str) -> list[str]:
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def unfenced(text: str) -> str:
    """A page without what stands fenced on it."""
    return _FENCE.sub("", text)


def slugs(text: str) -> set[str]:
    """The anchors of a page: what its headings are reached by."""
    heads = re.findall(r"^#+ (.+)$", unfenced(text), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", head) for head in heads]
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in plain}


def links(text: str) -> Iterator[tuple[str, str]]:
    """The targets of a page's links, and their anchors; those to the network apart."""
    plain = re.sub(r"`[^`\n]+`", "", unfenced(text))
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", plain):
        path, _, anchor = target.partition("#")
        yield path, anchor
