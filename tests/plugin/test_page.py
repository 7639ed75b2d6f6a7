"""The page on writing an adapter shows what the finished package really says."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from unified_checkout.adapters import Compiled, JsonAdapter, ProviderPage, Reach
from unified_checkout.testing import skeleton
from unified_checkout.testing.conformance import suite

PAGE = (Path(__file__).parents[2] / "docs/writing-an-adapter.md").read_text(encoding="utf-8")
PLUGIN = Path(__file__).parent / "acme-checkout"
PUBLIC = {
    "unified_checkout.adapters",
    "unified_checkout.adapters.rules",
    "unified_checkout.sandbox",
    "unified_checkout.testing",
}
SHOWN = re.findall(r"^```(?:python|toml)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("excerpt", SHOWN, ids=lambda excerpt: excerpt.strip().splitlines()[0])
def test_every_excerpt_stands_in_the_package_word_for_word(excerpt: str) -> None:
    files = [*PLUGIN.rglob("*.py"), PLUGIN / "pyproject.toml"]
    assert any(excerpt in file.read_text(encoding="utf-8") for file in files)


def test_the_package_s_files_are_all_shown_or_named() -> None:
    named = {file.name for file in (PLUGIN / "acme_checkout").glob("*.py")} - {"__init__.py"}
    assert not [name for name in named if name not in PAGE]


def test_every_group_of_laws_is_explained() -> None:
    groups = {base.__name__ for base in suite.AdapterConformance.__bases__}
    explained = {
        f"{word.capitalize().removesuffix('s')}Laws"
        for word in re.findall(r"^\| (\w+) \|", PAGE, re.MULTILINE)
    }
    assert groups <= explained


def test_every_law_that_the_page_names_exists() -> None:
    named = set(re.findall(r"\btest_\w+(?=\()", PAGE))
    assert named
    assert named <= set(suite.LAWS)


@pytest.mark.parametrize(
    "record", [Reach, Compiled, ProviderPage, JsonAdapter], ids=lambda kind: kind.__name__
)
def test_everything_that_can_be_declared_is_named(record: type) -> None:
    if attrs.has(record):
        names = set(attrs.fields_dict(record))
    else:
        names = {name for kind in record.__mro__ for name in vars(kind).get("__annotations__", {})}
    assert not [name for name in names if not re.search(rf"\b{name}\b", PAGE)]


def test_the_package_imports_public_names_alone() -> None:
    """Also what ``new-adapter`` lays out."""
    template = Path(skeleton.__file__).parent / "template"
    for file in [*PLUGIN.rglob("*.py"), *template.rglob("*.py.template")]:
        found = re.findall(
            r"from (unified_checkout[\w.]*) import", file.read_text(encoding="utf-8")
        )
        assert set(found) <= PUBLIC, file
