"""``~`` is the home wherever a path is given: not every path comes through a shell."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from unified_checkout import Client, ConfigurationError, read_store
from unified_checkout.cli import sandbox as command
from unified_checkout.gateway.settings import GatewaySettings
from unified_checkout.paths import path_of
from unified_checkout.report import read_rates
from unified_checkout.sandbox import Sandbox
from unified_checkout.spark.options import read_options
from unified_checkout.store import Store
from unified_checkout.testing import Cassette, plugin

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that is not the home, in which nothing is called ``~``."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def held(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_store_a_copy_of_it_and_a_report(ask: Run, run: Run, elsewhere: Path) -> None:
    ask("sync", "--to", "~/s.duckdb", "--publish", "~/copy.duckdb")
    Path.home().joinpath("rates.toml").write_text(
        'source = "invented"\ncurrency = "usd"\n[rates]\nusd = 1\n', encoding="utf-8"
    )
    run("report", "~/s.duckdb", "--format", "json", "--out", "~/r.json")
    written = held(Path.home())
    assert written == ["copy.duckdb", "r.json", "rates.toml", "s.duckdb", "s.duckdb.lock"]
    assert held(elsewhere) == []
    assert read_store("~/copy.duckdb").to_arrow().num_rows > 0
    assert read_rates(Path("~/rates.toml")).source == "invented"


def test_a_demo_s_page(run: Run, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    run("demo", "--sessions", "2", "--report", "~/new/d.html")
    assert held(Path.home() / "new") == ["d.duckdb", "d.html"]
    assert held(elsewhere) == []


def test_a_sandbox_s_configuration(
    run: Run, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped:
        def wait(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "Event", Stopped)
    run("sandbox", "--sessions", "1", "--write-config", "~/checkout.toml")
    assert held(Path.home()) == ["checkout.toml"]
    assert held(elsewhere) == []


def test_an_adapter(run: Run, elsewhere: Path) -> None:
    run("new-adapter", "acme", "--into", "~")
    assert len(held(Path.home())) == 1
    assert held(elsewhere) == []


def test_cassettes(run: Run, ask: Run, sandbox: Sandbox, elsewhere: Path) -> None:
    [account] = [one for one in sandbox.accounts if one.name == "flex"]
    with Cassette("~/recorded/flex.yaml"), Client([account]) as client:
        client.sessions.page()
    assert held(Path.home() / "recorded") == ["flex.yaml"]
    assert "in 1 cassette\n" in run("cassettes", "check", "~/recorded").stderr
    told = ask("cassettes", "drift", "~/recorded", "--account", "flex").stderr
    assert "1 request compared, 0 differences" in told
    assert held(elsewhere) == []


def test_columns(client: Client, elsewhere: Path) -> None:
    client.sessions.list(limit=3).to_parquet("~/three.parquet")
    assert held(Path.home()) == ["three.parquet"]
    assert held(elsewhere) == []


def test_a_folder_of_cassettes_in_the_settings_of_pytest(pytestconfig: pytest.Config) -> None:
    class Settings:
        rootpath = pytestconfig.rootpath

        def getini(self, name: str) -> str:
            return "~/recorded"

    settings: Any = Settings()
    assert plugin._path(settings, "flex") == Path.home() / "recorded" / "flex.yaml"


def test_what_a_configuration_names(elsewhere: Path) -> None:
    settings = GatewaySettings(certificate=Path("~/chain.pem"), private_key=Path("~/key.pem"))
    assert settings.certificate == Path.home() / "chain.pem"
    assert settings.private_key == Path.home() / "key.pem"
    options = read_options({"config": "~/checkout.toml"})
    assert options.question.manner.config == Path.home() / "checkout.toml"


@pytest.mark.parametrize("written", ["~", "~/s.duckdb"])
def test_where_there_is_no_home_it_is_said(
    run: Run, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    for door in (path_of, Store.open, read_store, Cassette):
        with pytest.raises(ConfigurationError, match="HOME names none"):
            door(written)
    told = run("report", "--live", "--format", "json", "--out", written, code=2).stderr
    assert told == "Error: ~ stands for the home of a user, and HOME names none\n"
    assert held(elsewhere) == []
