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
from unified_checkout.cli.ending import EXIT_CODES

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


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_a_page_installs_from_where_the_readme_says_it_is(page: Page) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "It is not on the package index yet." in readme, "then pages may name it"
    if page.name != "docs/reference/commands.md":  # it shows messages of the code
        assert "pip install 'unified-checkout" not in page.text


def test_a_new_adapter_s_page_has_no_link_to_a_project_that_is_not_there() -> None:
    template = ROOT / "unified_checkout/testing/template/README.md.template"
    assert "pypi.org" not in template.read_text(encoding="utf-8")


def test_the_only_version_compares_itself_with_none() -> None:
    """Nobody had another: what changed before a first release changed for nobody."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^## \[", changes, re.MULTILINE)) == 1, "then this test has had its day"
    compared = (
        r"\b(?:sooner|faster|no longer|used to|is gone|takes? the place of|it was taken|hold now)\b"
    )
    assert re.findall(compared, changes) == []


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_a_page_tells_what_is_there_and_not_how_it_came_about(page: Page) -> None:
    assert (
        re.findall(r"\b(?:rewritten since|through so far)\b", unfenced(page.text), re.IGNORECASE)
        == []
    )


def test_the_page_says_what_the_run_of_everything_does() -> None:
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [told] = [part for part in page.split("\n\n") if "`.ci/run` does what" in part]
    check = re.search(
        r"^check:(.*?)(?:##.*)?$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
    )
    loop = re.search(r"^for target in (.*?);", run, re.MULTILINE)
    assert check is not None
    assert loop is not None
    assert {*loop[1].split()} - {*check[1].split()} == {*re.findall(r"`make ([a-z-]+)`", told)} - {
        "check"
    }
    for installed in re.findall(r"missing\+=\((\w+)\)", run):
        assert installed in told.lower()


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


def variables_read() -> dict[str, str]:
    """The variables of the environment that the package looks at, each with the file that does."""
    found: dict[str, str] = {}
    for path in (ROOT / "unified_checkout").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        constants = dict(re.findall(r'^(\w+) = "([A-Z_]+)"$', text, re.MULTILINE))
        asked = re.findall(r'os\.environ(?:\.get\(|\[)"?(\w+)"?', text)
        asked += re.findall(r'"?(\w+)"? in os\.environ', text)
        asked += [name for call, name in THROUGH_A_LIBRARY.items() if call in text]
        for name in (constants.get(one, one) for one in asked):
            if name.isupper():
                found[name] = str(path.relative_to(ROOT))
    return found


THROUGH_A_LIBRARY = {
    "user_config_path": "XDG_CONFIG_HOME",
    "user_cache_path": "XDG_CACHE_HOME",
    "expanduser": "HOME",
}
BETWEEN_OUR_PROCESSES = {"PROMETHEUS_MULTIPROC_DIR", "UNIFIED_CHECKOUT_GATEWAY_SETUP"}
"""What the gateway tells its own workers."""


def test_every_variable_that_is_looked_at_stands_in_the_table() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|.*\|$", page, re.MULTILINE)
    table = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    read = variables_read()
    assert {"UNIFIED_CHECKOUT_CONFIG", "CI", "SSL_CERT_FILE", "XDG_CACHE_HOME"} <= {*read}
    missing = {*read} - table - BETWEEN_OUR_PROCESSES
    assert {name: read[name] for name in missing} == {}


@pytest.mark.parametrize("page", ["docs/command-line.md", "docs/reference/commands.md"])
def test_a_page_on_exit_codes_names_the_commands_that_end_otherwise(page: str) -> None:
    """Those that serve until they are stopped (tests/cli/test_sandbox, tests/gateway)."""
    [row] = re.findall(r"^\| 143 \|(.*)\|$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert "`sandbox`" in row
    assert "`gateway`" in row
    assert "sandbox and the gateway" in " ".join(EXIT_CODES.split())


def test_the_page_on_outputs_names_what_each_command_takes() -> None:
    page = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*) \| `--(?:output|format)` (.*) \|$", page, re.MULTILINE)
    told = {
        name: {*re.findall(r"\w+", takes)} - {"or"}
        for names, takes in rows
        for name in re.findall(r"`([a-z]+)`", names)
    }
    options = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    taken = {}
    for part in options.split("\n## ")[1:]:
        if found := re.search(r"--(?:output|format) <([a-z|]+)>", part):
            taken[part.partition("\n")[0]] = {*found[1].split("|")}
    assert told == taken
