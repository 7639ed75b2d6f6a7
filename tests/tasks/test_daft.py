"""Daft reads what the client lists: the proof that tasks know no engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import THREE

from handbook.pages import pages
from unified_checkout import Client, ListSessions
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Status
from unified_checkout.tasks import Manner, Question

pytest.importorskip("daft", reason="Daft is not installed: pip install '.[daft]'")

SHELL = Path(__file__).parents[2] / "unified_checkout/daft.py"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=40, seed=5, providers=THREE) as sandbox:
        yield sandbox


def frame(sandbox: Sandbox, folder: Path, **fields: Any) -> Any:
    from unified_checkout.daft import read

    file = folder / "checkout.toml"
    file.write_text(sandbox.config_toml(), encoding="utf-8")
    return read(Question(query=ListSessions(**fields), manner=Manner(config=file)))


def test_a_frame_is_what_the_client_lists(sandbox: Sandbox, tmp_path: Path) -> None:
    order = [("account", "ascending"), ("id", "ascending")]
    with Client(sandbox.accounts) as client:
        listed = client.sessions.list(status="complete").to_arrow()
    rows = frame(sandbox, tmp_path, status="complete").to_arrow().cast(listed.schema)
    assert rows.sort_by(order).to_pylist() == listed.sort_by(order).to_pylist()


def test_daft_applies_its_own_conditions_and_bounds(sandbox: Sandbox, tmp_path: Path) -> None:
    read = frame(sandbox, tmp_path)
    opened = read.where(read["status"] == "open")
    with Client(sandbox.accounts) as client:
        assert opened.count_rows() == len(list(client.sessions.list(status="open")))
    assert read.count_rows() == len(THREE) * 40
    assert read.select("id").limit(3).count_rows() == 3


def test_an_account_that_fails_fails_the_frame(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.misbehave("flex", Status(401, times=None))
    with pytest.raises(Exception, match="flex"):
        frame(sandbox, tmp_path).collect()


def test_the_program_of_the_documents_runs(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [program] = [
        block.text
        for page in pages()
        for block in page.blocks()
        if block.note == "run by tests/tasks/test_daft.py"
    ]
    file = tmp_path / "checkout.toml"
    file.write_text(sandbox.config_toml(), encoding="utf-8")
    question = Question(query=ListSessions(), manner=Manner(config=file))
    exec(compile(program, "docs/spark.md", "exec"), {"question": question})
    assert "'account': 'stripe'" in capsys.readouterr().out


def test_the_shell_is_short() -> None:
    assert len(SHELL.read_text(encoding="utf-8").splitlines()) <= 80
