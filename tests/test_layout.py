"""How the house is laid out: short files, and a core that names no provider.

What counts as naming is code: identifiers and strings. Comments and docstrings may tell a reader
about a provider.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import house
import pytest

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "unified_checkout").rglob("*.py"))
CODE = CORE + sorted((ROOT / "providers").rglob("*.py"))

PROVIDERS = {*house.PROVIDERS, "fluveo", "withflex"}
THEIR_WORDS = {
    "checkout_session_id",
    "checkout_sessions",
    "client_secret",
    "created_at",
    "customer_details",
    "ending_before",
    "expand_customer",
    "expand_payment_intent",
    "has_more",
    "starting_after",
    "test_mode",
    "total_details",
}
"""Parameters and wire fields that only a provider uses: where one is also a word of the common
language, such as ``customer`` or ``next_cursor``, nothing tells the two apart."""


def docstrings(tree: ast.AST) -> set[ast.AST]:
    """The strings that stand alone: docstrings, of attributes too."""
    alone = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return {value for value in alone if isinstance(value, ast.Constant)}


def code_words(source: str) -> Iterator[tuple[int, str]]:
    """Every identifier and string of a module with its line, docstrings apart."""
    tree = ast.parse(source)
    prose = docstrings(tree)
    for node in ast.walk(tree):
        if node in prose:
            continue
        line = getattr(node, "lineno", 0)
        for _, value in ast.iter_fields(node):
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str | bytes):
                    yield line, text if isinstance(text, str) else text.decode("latin-1")


DIALECT = ROOT / "unified_checkout" / "gateway"
"""The room that speaks Stripe's dialect, and has its words."""


SOURCE = ROOT / "unified_checkout" / "store" / "dlt.py"
"""Its function is called as dlt's own sources are, by what it gives: ``checkout_sessions``."""


def offences(source: str) -> list[str]:
    """Where a module's code names a provider, or a word that is only a provider's."""
    found = []
    for line, text in code_words(source):
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+|_", " ", text).lower().split()
        named = PROVIDERS.intersection(spaced)
        named |= {word for word in THEIR_WORDS if re.search(rf"\b{word}\b", text)}
        found += [f"line {line}: {word}" for word in sorted(named)]
    return found


LONGEST = 500
"""Lines of a module at the most."""


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_names_no_provider_and_none_of_its_parameters(path: Path) -> None:
    found = offences(path.read_text(encoding="utf-8"))
    if path.is_relative_to(DIALECT):
        words = THEIR_WORDS - {"checkout_session_id", "test_mode"} | {"stripe"}
        found = [one for one in found if one.rpartition(" ")[2] not in words]
    if path == SOURCE:
        found = [one for one in found if not one.endswith(" checkout_sessions")]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "stripe = 1",
        "class StripeThing: ...",
        "def to_flex(): ...",
        "call(leanrails=1)",
        "def f(flex): ...",
        "from unified_checkout_flex import x",
        "x.has_more",
        "x = 'data has_more'",
        "x = f'https://api.stripe.com/{y}'",
        "x = b'ending_before'",
        "x = {'created': 1, 'starting_after': 2}",
    ],
)
def test_naming_one_in_code_is_noticed(code: str) -> None:
    assert len(offences(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        '"""Stripe pages with starting_after."""',
        'x: int\n"""As in Flex, has_more."""',
        "x = 1  # LeanRails has none",
        "flexible = 'a striped, flexible thing'",
        "page.next_cursor",
    ],
)
def test_prose_and_other_words_are_left_alone(code: str) -> None:
    assert offences(code) == []


PROVIDED = sorted((ROOT / "providers").rglob("*.py"))
DOORS = {
    *("unified_checkout.adapters", "unified_checkout.adapters.rules"),
    *("unified_checkout.sandbox", "unified_checkout.model.session"),
}
"""What a provider may import of the library; of others, it may import what types its data."""


def imported(source: str) -> set[str]:
    """The modules that a module imports."""
    nodes = list(ast.walk(ast.parse(source)))
    named = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return named | {
        node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module
    }


@pytest.mark.parametrize("path", PROVIDED, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_provider_imports_itself_and_the_public_doors(path: Path) -> None:
    itself = path.relative_to(ROOT / "providers").parts[0]
    strange = {
        name
        for name in imported(path.read_text(encoding="utf-8")) - DOORS
        if (top := name.split(".")[0]) not in {itself, "attrs", "msgspec", "pydantic"}
        and top not in sys.stdlib_module_names
    }
    assert strange == set()
