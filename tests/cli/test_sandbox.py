"""``sandbox`` and ``demo``: without a key and without a network."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import duckdb
import pytest
from cli.program import PROGRAM
from house import PROVIDERS, THREE
from typer.testing import Result

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store, sync

Run = Callable[..., Result]


def without_the_extra(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where neither starlette nor uvicorn is installed."""
    program = (
        "import sys; sys.modules.update(starlette=None, uvicorn=None)\n"
        "from unified_checkout.cli import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )


def test_demo_shows_plan_sessions_summary_coverage_and_what_next(run: Run) -> None:
    told = run("demo", "--sessions", 60, "--seed", 3).stdout
    parts = re.split(r"\n\n(?=The |By |What )", told)
    plan, table, summary, coverage, steps = parts
    assert [name for name in PROVIDERS if f"\n{name}: GET /" not in plan] == []
    rows = [line for line in table.splitlines() if re.match(r"\d{4}-", line)]
    assert len(rows) == 20
    assert rows == sorted(rows, key=lambda row: row[:19], reverse=True)
    assert len({row.split()[2] for row in rows}) >= 3
    assert re.search(r"\nprovider +currency +sessions ", summary)
    assert "\nall " in summary
    assert len(re.findall(r": complete, read to the end", coverage)) == len(PROVIDERS)
    assert "sandbox --write-config checkout.toml" in steps
    assert re.search(
        r"See a report, a page with charts:\n    .*demo(-report| --report report.html)\n", steps
    )


def test_demo_makes_a_report_and_its_store(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "new" / "report.html"
    told = run("demo", "--sessions", 12, "--report", page).stdout
    assert f"\n  {page}\n  {page.with_suffix('.duckdb')}\n" in told
    html = page.read_text(encoding="utf-8")
    assert f"Complete: all {len(PROVIDERS)} accounts" in html
    assert html.count("<figure") > 3
    command = ["report", page.with_suffix(".duckdb"), "--last", "60d", "--format", "json"]
    assert f"{page.with_suffix('.duckdb')} --created" in told
    assert json.loads(run(*command).stdout)["total"]["sessions"] > 0


def test_a_demo_takes_the_place_of_the_one_before(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    for _ in range(2):
        run("demo", "--sessions", 12, "--report", page)
    assert {one.name for one in tmp_path.iterdir()} == {"home", "report.html", "report.duckdb"}
    with duckdb.connect(page.with_suffix(".duckdb"), read_only=True) as reader:
        counts = reader.execute("SELECT count(*) FROM sessions GROUP BY account").fetchall()
    assert counts == [(12,)] * len(PROVIDERS)


def synced(place: Path, providers: Sequence[str]) -> None:
    with (
        Sandbox(sessions=5, seed=2, providers=providers) as sandbox,
        Client(sandbox.accounts) as client,
        Store.open(place) as store,
    ):
        assert sync(client, store).complete


def of_a_user(place: Path) -> None:
    synced(place, THREE)


def empty(place: Path) -> None:
    Store.open(place).close()


def of_another_program(place: Path) -> None:
    with duckdb.connect(place) as connection:
        connection.execute("CREATE TABLE runs AS SELECT 'demo 1' AS run")


def a_letter(place: Path) -> None:
    place.write_text("a letter", encoding="utf-8")


@pytest.mark.parametrize("made", [of_a_user, empty, of_another_program, a_letter])
def test_a_demo_leaves_alone_what_is_not_of_a_demo(
    run: Run, tmp_path: Path, made: Callable[[Path], None]
) -> None:
    page = tmp_path / "checkout.html"
    place = page.with_suffix(".duckdb")
    made(place)
    before, names = place.read_bytes(), set(tmp_path.iterdir())
    for report in (page, place):
        refused = run("demo", "--sessions", 1, "--report", report, code=2)
        assert "name another page" in refused.stderr
        assert place.read_bytes() == before
        assert set(tmp_path.iterdir()) == names


def test_a_demo_that_somebody_went_on_with_is_theirs(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    place = page.with_suffix(".duckdb")
    run("demo", "--sessions", 1, "--report", page)
    synced(place, THREE[:1])
    before = (page.read_bytes(), place.read_bytes())
    refused = run("demo", "--sessions", 1, "--report", page, code=2)
    assert "report.duckdb is there already" in refused.stderr
    assert (page.read_bytes(), place.read_bytes()) == before


def test_what_came_there_while_a_demo_was_made_is_left_alone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "report.html"
    place = page.with_suffix(".duckdb")
    made: list[bytes] = []

    def meanwhile() -> Sequence[str]:
        of_a_user(place)
        made.append(place.read_bytes())
        return THREE

    monkeypatch.setattr("unified_checkout.sandbox.trial.readable_providers", meanwhile)
    run("demo", "--sessions", 1, "--report", page, code=2)
    assert [place.read_bytes()] == made


def test_a_demo_whose_page_cannot_be_written_leaves_its_store(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run("demo", "--sessions", 1, "--report", page)
    before = page.with_suffix(".duckdb").read_bytes()
    page.write_text("a letter", encoding="utf-8")
    assert "is no report" in run("demo", "--sessions", 1, "--report", page, code=2).stderr
    assert page.with_suffix(".duckdb").read_bytes() == before
    assert page.read_text(encoding="utf-8") == "a letter"


@pytest.mark.parametrize("name", ["", ".", "report.duckdb", "report.DuckDB"])
def test_what_can_be_no_page_beside_its_store_is_refused(run: Run, name: str) -> None:
    refused = run("demo", "--sessions", 1, "--report", name, code=2)
    assert "name another page, such as report.html" in refused.stderr
    assert list(Path.cwd().iterdir()) == []


def test_demo_counts_the_sessions_it_shows(run: Run) -> None:
    told = run("demo", "--sessions", 2).stdout
    shown, read = re.findall(r"The newest (\d+) of (\d+) sessions", told)[0]
    rows = [line for line in told.splitlines() if re.match(r"\d{4}-\d\d-\d\d ", line)]
    assert int(shown) == int(read) == len(rows) < 20


def test_demo_without_the_extra_says_what_to_install() -> None:
    process = without_the_extra("demo")
    assert process.returncode == 2
    assert "pip install 'unified-checkout[sandbox]'" in process.stderr
    assert "Traceback" not in process.stderr


def test_other_commands_work_without_the_extra() -> None:
    assert without_the_extra("providers").returncode == 0


@pytest.fixture
def port_base() -> int:
    """The first of as many ports in a row as there are providers, all free."""
    for base in range(20_000, 30_000, len(PROVIDERS)):
        with ExitStack() as sockets, suppress(OSError):
            for port in range(base, base + len(PROVIDERS)):
                sockets.enter_context(socket.create_server(("127.0.0.1", port)))
            return base
    raise AssertionError("nowhere are enough ports in a row free")


def test_a_sandbox_serves_until_ctrl_c(tmp_path: Path, port_base: int) -> None:
    config = tmp_path / "checkout.toml"
    arguments = ["sandbox", "--sessions", "5", "--write-config", str(config)]
    asked = [*PROGRAM, *arguments, "--port-base", str(port_base)]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"Ctrl-C stops it.\n"
        with Client.from_config(config) as client:
            held = [client.sessions.list(accounts=one.name, kind="any") for one in client.accounts]
            counts = [len(list(listing)) for listing in held]
        process.send_signal(signal.SIGINT)
        told, complaints = process.communicate()
    assert counts == [5] * len(PROVIDERS)
    assert (process.returncode, complaints) == (0, b"")
    ports = [one.base_url.rpartition(":")[2] for one in client.accounts if one.base_url]
    assert ports == [str(port_base + number) for number in range(len(PROVIDERS))]
    assert [port for port in ports if port.encode() not in told] == []


def test_a_sandbox_prints_a_configuration_that_works(tmp_path: Path) -> None:
    asked = [*PROGRAM, "sandbox", "--sessions", "2"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate()
    document = tomllib.loads(
        "\n".join(re.findall(r"^(?:\[.*|\w+ = .*)$", told.decode(), re.MULTILINE))
    )
    assert list(document["accounts"]) == [*PROVIDERS]


def test_a_sandbox_does_not_replace_what_somebody_wrote(run: Run, config: Path) -> None:
    before = config.read_text(encoding="utf-8")
    told = run("sandbox", "--write-config", config, code=2).stderr
    assert "is not as this command wrote it" in told
    assert config.read_text(encoding="utf-8") == before


def start_and_stop(config: Path) -> int:
    """The exit code of a sandbox that is stopped as soon as it serves."""
    asked = [*PROGRAM, "sandbox", "--sessions", "1", "--write-config", str(config)]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate()
    return process.returncode


def test_a_sandbox_replaces_what_it_wrote_until_somebody_edits_it(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "checkout.toml"
    assert [start_and_stop(config), start_and_stop(config)] == [0, 0]
    edited = config.read_text(encoding="utf-8") + "\n[accounts.mine]\n"
    config.write_text(edited, encoding="utf-8")
    run("sandbox", "--write-config", config, code=2)
    assert config.read_text(encoding="utf-8") == edited


def test_a_sandbox_reads_no_device_to_see_who_wrote_it(run: Run) -> None:
    told = run("sandbox", "--write-config", "/dev/full", code=2).stderr
    assert "is not as this command wrote it" in " ".join(told.split())


def test_a_sandbox_says_that_there_is_no_such_folder(run: Run, tmp_path: Path) -> None:
    told = run("sandbox", "--write-config", tmp_path / "no" / "checkout.toml", code=2).stderr
    assert "there is no folder" in " ".join(told.split())


def test_a_sandbox_says_that_its_configuration_cannot_be_written(run: Run) -> None:
    told = run("sandbox", "--write-config", "/proc/x.toml", code=2).stderr
    assert "/proc/x.toml cannot be written: " in " ".join(told.split())


def test_an_adapter_that_cannot_be_written_is_no_traceback(run: Run) -> None:
    told = run("new-adapter", "acme", "--into", "/proc", code=2).stderr
    assert re.fullmatch(r"Error: /proc/acme-checkout\S* cannot be written: .*\n", told)


def test_a_sandbox_says_that_a_port_is_taken(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        told = run("sandbox", "--port-base", port, code=2).stderr
    assert f"port {port} for flex cannot be used" in told
