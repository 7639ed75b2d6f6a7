"""What a buyer wrote cannot steer the terminal on which it is shown."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import NOW, Run
from cli.program import PROGRAM, on_a_terminal
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout.cli.formats import plain_json
from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Facts, Sandbox

NAME = "Ev\x1b[31mil\x9b2J\u202e\x07\u200bK\u00f6ln"
FACTS = Facts(serial="1", created=NOW, status="complete", customer=Customer(id="cus_1", name=NAME))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The path of a configuration, and the id of its only session."""
    with Sandbox(facts=[FACTS], now=NOW, providers=["stripe"]) as sandbox:
        path = tmp_path / "checkout.toml"
        path.write_text(sandbox.config_toml(), encoding="utf-8")
        yield str(path), sandbox.truth("stripe")[0].id


@pytest.mark.parametrize(
    "command",
    ["list --output csv", "list --output json", "get ID --output jsonl", "get ID --raw"],
)
def test_nothing_that_a_buyer_wrote_steers_a_terminal(place: tuple[str, str], command: str) -> None:
    path, id = place
    told = on_a_terminal([*command.replace("ID", id).split(), "--config", path])
    assert "31mil" in told
    assert "K\u00f6ln" in told
    for line in re.split(r"\r*\n", told):
        assert line.isprintable()


@pytest.mark.parametrize("output", ["csv", "json", "jsonl"])
def test_a_pipe_gets_the_name_itself(place: tuple[str, str], output: str) -> None:
    path, _ = place
    ended = subprocess.run(
        [*PROGRAM, "list", "--output", output, "--config", path], capture_output=True, check=True
    )
    told = ended.stdout.decode()
    if output == "csv":
        assert next(csv.DictReader(told.splitlines(keepends=True)))["customer.name"] == NAME
    else:
        plain = json.loads(told)
        [session] = plain["sessions"] if output == "json" else [plain]
        assert session["customer"]["name"] == NAME


@given(st.dictionaries(st.text(), st.text()))
@pytest.mark.parametrize("indent", [None, 2])
def test_json_stays_equal(indent: int | None, value: dict[str, str]) -> None:
    told = plain_json(json.dumps(value, indent=indent, ensure_ascii=False))
    assert json.loads(told) == value
    assert told.replace("\n", "").isprintable()


STEERING = "\x1b[31m \x9b2J \u202e\x07\u2028\x7f"


@pytest.mark.parametrize(
    "arguments",
    [
        [STEERING],
        ["list", STEERING],
        ["summary", "--by", STEERING],
        ["sandbox", "--write-config", f"/nowhere/{STEERING}/x"],
    ],
    ids=lambda arguments: " ".join(arguments[:-1]) or "no command",
)
def test_what_was_typed_wrong_does_not_either(arguments: list[str]) -> None:
    told = on_a_terminal(arguments, code=2, TERM="dumb")
    for line in re.split(r"\r*\n", told):
        assert line.isprintable()


@pytest.mark.parametrize("command", ["new-adapter acme --into", "demo --sessions 1 --report"])
def test_a_folder_of_such_a_name_does_not_either(run: Run, tmp_path: Path, command: str) -> None:
    told = run(*command.split(), tmp_path / "\u202e\x07").stdout
    assert "\\u202e" in told
    assert all(line.isprintable() for line in told.split("\n"))


def test_a_sandbox_that_writes_into_one_does_not_either(tmp_path: Path) -> None:
    place = tmp_path / STEERING
    place.mkdir()
    command = [*PROGRAM, "sandbox", "--sessions", "1", "--write-config", str(place / "it.toml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None
        told = next(line for line in process.stdout if "--config" in line)
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    assert "\\u202e" in told
    assert told.removesuffix("\n").isprintable()
