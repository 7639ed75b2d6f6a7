"""Runs of pytest in a folder of its own, as a user's project has them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

WITHOUT = [
    f"-pno:{plugin}"
    for plugin in ("anyio", "asyncio", "hypothesispytest", "pytest_cov", "schemathesis")
]
"""Plugins that take long to import and do nothing here."""


def pytest_in(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the project's tests, without anything of this run's environment that would meddle."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "UNIFIED_CHECKOUT", "CI", "COV"))
    }
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", *WITHOUT]
    return run_in(folder, [*command, *arguments], {**kept, **environment})


def run_in(
    folder: Path, command: list[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def cassettes(folder: Path) -> dict[str, str]:
    root = folder / "cassettes"
    return {
        file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
        for file in root.rglob("*")
        if file.is_file()
    }
