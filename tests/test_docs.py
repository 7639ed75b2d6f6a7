"""The README and CONTRIBUTING leave nothing out that they promise to name."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_readme_names_every_field_of_the_query() -> None:
    from unified_checkout import ListSessions

    readme = (ROOT / "README.md").read_text()
    assert not [field for field in ListSessions.model_fields if f"`{field}`" not in readme]


def test_the_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_every_target_of_the_makefile_is_explained() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    assert not [target for target in targets if f"make {target}" not in contributing]


SPELT = {100: "a hundred", 1000: "a thousand", 3600: "an hour", 10_000: "ten thousand"}
SPELT[1_000_000] = "a million"


def test_how_long_a_run_is_without_its_variable_is_as_the_makefile_has_it() -> None:
    usual = dict(re.findall(r"^([A-Z]+) = (\d+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    rows = [row for row in (ROOT / "CONTRIBUTING.md").read_text().splitlines() if row[:1] == "|"]
    told = {name: row for row in rows for name in re.findall(r"`([A-Z]+)=\.\.\.`", row)}
    assert set(usual) <= set(told)
    wrong = [name for name, number in usual.items() if SPELT[int(number)] not in told[name]]
    assert wrong == []
