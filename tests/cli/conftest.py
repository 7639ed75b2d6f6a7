"""A sandbox to ask, a configuration for it, and the command line in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from house import THREE
from typer.main import get_command
from typer.testing import CliRunner, Result

from unified_checkout import Client
from unified_checkout.cli.app import app
from unified_checkout.observers import LOG
from unified_checkout.sandbox import Sandbox

NOW = 1_795_000_000
"""2026-11-18T11:06:40Z"""

Run = Callable[..., Result]

_MEDDLING = ("UNIFIED_CHECKOUT_", "XDG_CONFIG", "COLUMNS", "PYTHONUNBUFFERED", "FORCE_COLOR")


@pytest.fixture(scope="package", autouse=True)
def _commands_are_made_once() -> Iterator[None]:
    """Typer would make all of them for each that runs, which takes longer than most run."""
    with patch("typer.testing._get_command", cache(get_command)):
        yield


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    handlers, level = LOG.handlers, LOG.level
    yield
    LOG.handlers = handlers
    LOG.setLevel(level)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=130, seed=7, now=NOW, providers=THREE) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration but the one a test gives, and no terminal to suit."""
    for variable in os.environ:
        if variable.startswith(_MEDDLING):
            monkeypatch.delenv(variable)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox.accounts) as client:
        yield client


@pytest.fixture
def config(sandbox: Sandbox, tmp_path: Path) -> Path:
    path = tmp_path / "sandbox.toml"
    path.write_text(sandbox.config_toml(), encoding="utf-8")
    return path


@pytest.fixture
def sandbox_config(config: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sandbox's configuration, used without being named."""
    monkeypatch.setenv("UNIFIED_CHECKOUT_CONFIG", str(config))
    return config


@pytest.fixture
def run() -> Run:
    """Run a command, and expect an exit code; None expects any."""

    def run(*arguments: object, code: int | None = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert code in (None, result.exit_code), (result.stderr, result.exception)
        return result

    return run


@pytest.fixture
def ask(run: Run, config: Path) -> Run:
    """Run a command on the sandbox."""

    def ask(*arguments: object, code: int | None = 0) -> Result:
        return run(*arguments, "--config", config, code=code)

    return ask
