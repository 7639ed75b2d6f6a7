"""What pages name in passing is there: targets of make, extras, parts of the benchmark, commands and options."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator

import pytest
from typer.main import get_command

from benchmarks.parts import PARTS
from handbook.pages import ROOT, Page, pages, unfenced
from unified_checkout.cli.app import app

PAGES = [page for page in pages() if page.name not in {"CHANGELOG.md", "docs/comparison.md"}]
TARGETS = {
    *re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
}
EXTRAS = {
    *tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
}

COMMANDS = vars(get_command(app))["commands"]


def called(page: Page) -> str:
    return page.name


def spans(text: str) -> list[str]:
    """What stands between backticks, but for what stands fenced."""
    return re.findall(r"`([^`]+)`", unfenced(text))


def missing_targets(text: str) -> set[str]:
    """The targets of make in code spans that are not in the Makefile."""
    return {
        target for span in spans(text) for target in re.findall(r"(?:^| )make ([a-z-]+)", span)
    } - TARGETS


def missing_extras(text: str) -> set[str]:
    """The extras of this package that are named and not declared."""
    lists = re.findall(r"(?:unified[-_]checkout|['\" ]\.)\[([a-z][a-z,-]*)\]", text)
    named = {one for extras in lists for one in extras.split(",")}
    return (named | {*re.findall(r"\bextra\s+`([a-z-]+)`", text)}) - EXTRAS


def missing_parts(text: str) -> set[str]:
    """The parts that a benchmark is asked for and that it does not have."""
    asked = [quoted or word for quoted, word in re.findall(r'BENCH=(?:"([^"`]*)"|([\w-]+))', text)]
    return {one for words in asked for one in words.split()} - {*PARTS, "--quick"}


def missing_options(text: str) -> Iterator[str]:
    """The commands of the program in code spans that it does not have, or has without that option."""
    for span in spans(text):
        program, *words = span.split()
        if program != "unified-checkout" or not words or words[0].startswith("-"):
            continue
        command = COMMANDS.get(words[0])
        if command is not None and words[1:] and words[1] in vars(command).get("commands", {}):
            command = vars(command)["commands"][words[1]]
        if command is None:
            yield words[0]
            continue
        known = {"--help", *(option for one in command.params for option in one.opts)}
        known |= {option for one in command.params for option in one.secondary_opts}
        yield from (
            f"{words[0]} {word}"
            for word in words
            if word.startswith("--") and word.partition("=")[0] not in known
        )


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_a_page_names_only_what_is_there(page: Page) -> None:
    assert missing_targets(page.text) == set()
    assert missing_extras(page.text) == set()
    assert missing_parts(page.text) == set()
    assert [*missing_options(page.text)] == []


def test_what_the_code_says_to_install_can_be_installed() -> None:
    for room in ("unified_checkout", "providers"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            lists = re.findall(r"pip install '?unified-checkout\[([a-z,-]+)\]", text)
            assert {one for extras in lists for one in extras.split(",")} <= EXTRAS, path


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        (missing_targets, "run `make nonsense` first"),
        (missing_targets, "`UNIFIED_CHECKOUT_SPARK=1 make nonsense`"),
        (missing_extras, "`pip install 'unified-checkout[store,nonsense]'`"),
        (missing_extras, "`pip install '.[nonsense]'`"),
        (missing_extras, "the extra `nonsense` brings it"),
        (missing_parts, '`make bench BENCH="store nonsense"`'),
        (missing_options, "`unified-checkout nonsense --help`"),
        (missing_options, "`unified-checkout sync --nonsense`"),
        (missing_options, "`unified-checkout gateway token --nonsense`"),
    ],
)
def test_what_is_not_there_is_noticed(missing: Callable[[str], Iterable[str]], text: str) -> None:
    assert len([*missing(text)]) == 1
