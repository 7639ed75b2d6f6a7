"""What a buyer wrote cannot steer the terminal on which it is shown."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import NOW
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
