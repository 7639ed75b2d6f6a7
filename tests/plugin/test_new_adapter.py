"""``new-adapter`` lays out a package, and its failing test leads step by step to a passing suite."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from unified_checkout import ConfigurationError
from unified_checkout.cli.app import app
from unified_checkout.testing.skeleton import lay_out

FINISHED = Path(__file__).parent / "acme-checkout"
STEPS = [
    ("sandbox.py", "Step 2 of 6, adapter.py"),
    ("adapter.py", "Step 3 of 6, dialect.py"),
    ("dialect.py", "Step 4 of 6, wire.py"),
    ("wire.py", "Step 5 of 6, session.py"),
    ("session.py", "Step 6 of 6, errors.py"),
    ("errors.py", " passed"),
]
"""A file to finish, and what the suite says then."""


def conformance(project: Path) -> str:
    """What the project's own test says, in a process of its own."""
    others = ["-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
    quiet = ["-x", "-q", *others, "-c", os.devnull]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *quiet, "tests"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


def test_the_test_names_the_next_step_until_there_is_none(tmp_path: Path) -> None:
    project = lay_out("acme", tmp_path)
    assert "NotImplementedError: Step 1 of 6, sandbox.py" in conformance(project)
    for file, said in STEPS:
        shutil.copy(FINISHED / "acme_checkout" / file, project / "acme_checkout")
        assert said in conformance(project), f"after {file}"


def test_the_files_are_those_of_a_finished_package(tmp_path: Path) -> None:
    project = lay_out("acme", tmp_path)
    finished = {
        path.relative_to(FINISHED)
        for path in FINISHED.rglob("*")
        if path.is_file() and not any(part.startswith((".", "__py")) for part in path.parts)
    }
    assert {path.relative_to(project) for path in project.rglob("*") if path.is_file()} == finished


def test_nothing_of_the_template_is_left_in_it(tmp_path: Path) -> None:
    project = lay_out("new-pay", tmp_path)
    assert project.name == "new-pay-checkout"
    for path in project.rglob("*"):
        if path.is_file():
            assert "template" not in path.name
            assert "$" not in path.read_text(encoding="utf-8")


def test_it_is_formatted_and_free_of_lint(tmp_path: Path) -> None:
    project = lay_out("new-pay", tmp_path)
    for command in (["check", "--select", "E,F,I,B,UP,N,RUF"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "100", "."]
        run = subprocess.run(ruff, cwd=project, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    "name", ["New", "2pay", "new pay", "new--pay", "-pay", "", "../pay", "pay_"]
)
def test_a_name_that_cannot_be_used_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a provider's name: write lower-case"):
        lay_out(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'stripe' is installed; names are unique"):
        lay_out("stripe", tmp_path)


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "new-pay-checkout").mkdir()
    with pytest.raises(ConfigurationError, match="exists already; nothing was written"):
        lay_out("new-pay", tmp_path)
    assert list((tmp_path / "new-pay-checkout").iterdir()) == []


def test_the_command_says_what_was_written_and_what_comes_next(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["new-adapter", "new-pay", "--into", str(tmp_path)])
    assert run.exit_code == 0
    for path in (tmp_path / "new-pay-checkout").rglob("*.py"):
        assert str(path) in run.output
    assert "pytest -x" in run.output


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["new-adapter", "Nope!", "--into", str(tmp_path)])
    assert run.exit_code == 2
    assert "Traceback" not in run.output
    assert "cannot be a provider's name" in run.output


def test_a_full_disk_is_told_with_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails in writing names no file, as opening one does."""

    def write_text(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", write_text)
    with pytest.raises(ConfigurationError, match=r"acme-checkout/.* cannot be written: No space"):
        lay_out("acme", tmp_path)


def test_a_folder_that_is_called_like_a_key_is_not_repeated(tmp_path: Path) -> None:
    parent = tmp_path / "sk_live_51PlantedAndNotToBeSeen"
    lay_out("acme", parent)
    with pytest.raises(ConfigurationError, match="exists already") as caught:
        lay_out("acme", parent)
    assert parent.name not in str(caught.value)
