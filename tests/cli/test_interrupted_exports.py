"""Ctrl-C and SIGTERM while the reader of a pipe is slow: no row is lost, torn or there twice."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from cli.program import PROGRAM

from unified_checkout import Client
from unified_checkout.sandbox import Facts, Sandbox

NOW = 1_795_000_000
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
SHORT, LONG = 1_000, 20_000
"""How much of a row its metadata is, in bytes; a long one does not fit into the last free page of a
pipe."""


pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs Linux's /proc"
)


@pytest.fixture(scope="module")
def holding(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """More than a pipe holds."""
    facts = [
        Facts(serial=f"row-{number}", created=NOW - number, metadata={"note": "x" * request.param})
        for number in range(120 if request.param == SHORT else 24)
    ]
    with Sandbox(facts=facts, providers=["stripe"], now=NOW) as sandbox:
        yield sandbox


class Export:
    """An export into a pipe that nobody reads until it is said so."""

    def __init__(self, sandbox: Sandbox, folder: Path, output: str, unbuffered: str) -> None:
        config = folder / "checkout.toml"
        config.write_text(sandbox.config_toml(), encoding="utf-8")
        asked = ["list", "-o", output, "--page-size", "10", "--config", str(config)]
        self._sandbox, self._output = sandbox, output
        self._reading, self._writing = os.pipe()
        self.process = subprocess.Popen(
            [*PROGRAM, *asked],
            stdout=self._writing,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )

    def send_while_it_is_stuck(self, *signals: signal.Signals) -> None:
        """Send signals when the pipe is full, and wait until they have done what they can."""
        while select.select([], [self._writing], [], 0)[1] or not self._waits():
            assert self.process.poll() is None
            Event().wait(0.01)
        for number in signals:
            self.process.send_signal(number)
        while not self._waits():
            Event().wait(0.01)

    def _waits(self) -> bool:
        """Whether it has heeded its signals, and sleeps or is over."""
        told = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        status = dict(line.split(":\t", 1) for line in told.splitlines())
        return not int(status["ShdPnd"], 16) and status["State"][0] in "SZ"

    def read(self) -> tuple[bytes, str, int]:
        """What stands in the pipe and comes through it; what is said; the exit code."""
        os.close(self._writing)
        with open(self._reading, "rb") as pipe:
            written = pipe.read()
        _, told = self.process.communicate(timeout=20)
        return written, told.decode(), self.process.returncode

    def ids(self, written: str) -> list[str]:
        """The rows that were written."""
        match self._output:
            case "json":
                return [row["id"] for row in json.loads(written)["sessions"]]
            case "jsonl":
                return [json.loads(line)["id"] for line in written.splitlines()]
            case _:
                rows = csv.DictReader(io.StringIO(written, newline=""), strict=True)
                return [row["id"] for row in rows if json.loads(row["metadata"])]

    def cursor(self, written: str, told: str) -> str:
        """Where it says that one goes on."""
        if self._output == "json" and "--cursor" not in told:
            return str(json.loads(written)["next_cursor"])
        return str(re.findall(r"--cursor (\S+)", told)[0])

    def is_whole(self, ids: list[str], cursor: str) -> bool:
        """Whether these and what follows the cursor are all that there is, once and in order."""
        with Client(self._sandbox.accounts) as client:
            rest = [session.id for session in client.sessions.list(cursor=cursor)]
        return ids + rest == [facts.id for facts in self._sandbox.truth("stripe")]


@pytest.mark.parametrize(
    ("holding", "output", "sent", "unbuffered"),
    [
        (SHORT, "json", signal.SIGINT, ""),
        (SHORT, "jsonl", signal.SIGTERM, "1"),
        (SHORT, "csv", signal.SIGINT, "1"),
        (LONG, "json", signal.SIGTERM, "1"),
        (LONG, "jsonl", signal.SIGINT, "1"),
        (LONG, "csv", signal.SIGTERM, ""),
    ],
    indirect=["holding"],
)
def test_an_interrupted_export_is_gone_on_with_at_the_next_row(
    holding: Sandbox, tmp_path: Path, output: str, sent: signal.Signals, unbuffered: str
) -> None:
    export = Export(holding, tmp_path, output, unbuffered)
    export.send_while_it_is_stuck(sent)
    written, told, code = export.read()
    assert code == CODES[sent]
    assert "coverage: INCOMPLETE" in told
    ids = export.ids(written.decode())
    assert ids
    assert export.is_whole(ids, export.cursor(written.decode(), told))


@pytest.mark.parametrize("output", ["json", "csv"])
@pytest.mark.parametrize("holding", [LONG], indirect=True)
def test_a_second_signal_breaks_off_a_row_that_nobody_reads(
    holding: Sandbox, tmp_path: Path, output: str
) -> None:
    export = Export(holding, tmp_path, output, "")
    export.send_while_it_is_stuck(signal.SIGINT, signal.SIGTERM)
    assert export.process.wait(timeout=20) == 143
    written, told, _ = export.read()
    ending = "]}" if output == "json" else ""
    whole = written.decode()[: written.rindex(b"\n")].rstrip(",") + ending
    cut_off = "the output is cut off behind its last whole row; to go on after that, give --cursor "
    assert told.startswith(cut_off)
    assert export.is_whole(export.ids(whole), export.cursor(whole, told))
