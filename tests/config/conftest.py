"""An installed provider of an invented name, and an environment that configures nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

WriteFile = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _acme_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent / "installed")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user's home that holds no file; the working directory is empty too."""
    for variable in os.environ:
        if variable.startswith(("UNIFIED_CHECKOUT_", "XDG_CONFIG")):
            monkeypatch.delenv(variable)
    home = tmp_path / "home"
    working_directory = tmp_path / "work"
    home.mkdir()
    working_directory.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(working_directory)
    return home


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    """Write a configuration file and tell where it is."""

    def write(text: str) -> Path:
        path = tmp_path / "some.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
