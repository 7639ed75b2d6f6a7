"""Reading goes on in another process, whatever became of the first."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import attrs
import pytest
from asking import expected, names
from clients import saving
from clients.setting import ACCOUNTS, Open, impatient

from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Fault, Latency


@attrs.frozen
class Program:
    """``saving``, run as a process of its own."""

    kind: str
    config: Path
    file: Path

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, saving.__file__, self.kind, str(self.config), str(self.file)]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def run(self) -> None:
        with self.start() as process:
            assert process.wait(timeout=60) == 0

    def saved(self) -> list[tuple[str, str]]:
        """Account and id of what was saved, in whole lines."""
        lines = self.file.read_text().splitlines(keepends=True)
        return [(one.split()[0], one.split()[1]) for one in lines if one.endswith("\n")]


@pytest.fixture(params=["Client", "AsyncClient"])
def program(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Program:
    config = tmp_path / "checkout.toml"
    config.write_text(sandbox.config_toml())
    return Program(request.param, config, tmp_path / "saved.txt")


def truth(sandbox: Sandbox) -> list[tuple[str, str]]:
    return expected({name: sandbox.truth(name) for name in ACCOUNTS}, {})


def test_another_process_reads_exactly_the_rest(
    open_client: Open, sandbox: Sandbox, program: Program
) -> None:
    begun = open_client(impatient(sandbox)).read(saving.QUERY, take=64)
    program.file.write_text(saving.line(begun.sessions[-1], begun.answer.cursor))
    program.run()
    assert [*names(begun.sessions[:-1]), *program.saved()] == truth(sandbox)


@pytest.mark.parametrize("account", ["leanrails", "stripe"])
def test_a_process_that_is_killed_loses_and_repeats_nothing(
    sandbox: Sandbox, program: Program, account: str
) -> None:
    asked_again = Event()
    sandbox.on_request(account, lambda number: asked_again.set() if number == 4 else None)
    sandbox.misbehave(account, Fault(times=3), Latency(seconds=600))
    with program.start() as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        assert asked_again.wait(timeout=60)
        process.kill()
        assert process.wait(timeout=60) == -signal.SIGKILL
    cut_off = program.saved()
    assert cut_off == truth(sandbox)[: len(cut_off)]
    assert 0 < len(cut_off) < len(truth(sandbox))

    program.run()
    assert program.saved() == truth(sandbox)


def test_a_line_that_was_cut_off_is_read_again(sandbox: Sandbox, program: Program) -> None:
    program.run()
    whole = program.file.read_text()
    program.file.write_text(whole[: whole.index("\n", len(whole) // 2) + 30])
    program.run()
    assert program.saved() == truth(sandbox)
