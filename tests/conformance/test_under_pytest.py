"""The suite as an author runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]

PROJECT = """
import pytest
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.reading import KeepsOnlyWhatItKnows
from unified_checkout.testing import AdapterConformance

class TestSound(AdapterConformance):
    adapter, sandbox = ToyAdapter, ToySandbox

class TestBroken(AdapterConformance):
    adapter, sandbox = KeepsOnlyWhatItKnows, ToySandbox

class TestSilenced(AdapterConformance):
    adapter, sandbox = KeepsOnlyWhatItKnows, ToySandbox

    def test_raw_is_lossless(self): ...

class TestExcused(AdapterConformance):
    adapter, sandbox = KeepsOnlyWhatItKnows, ToySandbox

    @pytest.mark.xfail(reason="raw is made anew", strict=True)
    def test_raw_is_lossless(self):
        super().test_raw_is_lossless()

class TestNowhere(AdapterConformance):
    adapter = ToyAdapter
"""


def python(*arguments: str, cwd: Path) -> str:
    """What a fresh interpreter prints."""
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


def test_each_suite_ends_as_it_should(tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(PROJECT)
    others = ["-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
    quiet = [*others, "-c", os.devnull, "-W", "error", "-rA"]
    chosen = ["-k", "raw_is_lossless or overridden", "test_project.py"]
    said = python("-m", "pytest", *quiet, *chosen, cwd=tmp_path)
    lines = [
        line.split() for line in said.splitlines() if line.split("::")[0].endswith("_project.py")
    ]
    ended = {name.partition("::")[2]: outcome for outcome, name, *_ in lines}
    raw, guard = "test_raw_is_lossless", "test_no_law_is_overridden_or_deleted"
    assert ended == {
        f"TestSound::{raw}": "PASSED",
        f"TestSound::{guard}": "PASSED",
        f"TestBroken::{raw}": "FAILED",
        f"TestBroken::{guard}": "PASSED",
        f"TestSilenced::{raw}": "PASSED",
        f"TestSilenced::{guard}": "FAILED",
        f"TestExcused::{raw}": "XFAIL",
        f"TestExcused::{guard}": "PASSED",
        f"TestNowhere::{raw}": "FAILED",
        f"TestNowhere::{guard}": "PASSED",
    }
    assert "raw_bytes must be the row as sent, byte for byte" in said
    assert "TestNowhere has no sandbox: set its attribute sandbox" in said


def test_naming_the_suite_is_what_loads_pytest(tmp_path: Path) -> None:
    program = (
        "import sys, unified_checkout.testing; print({'pytest', 'hypothesis'} & {*sys.modules})"
    )
    assert python("-c", program, cwd=tmp_path).strip() == "set()"
