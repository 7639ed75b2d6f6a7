"""A stream gives what is new and what has changed, and its sinks merge it by account and id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from house import THREE
from spark.conftest import SESSIONS, Spark

from handbook.pages import pages
from unified_checkout import Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.spark import into_store
from unified_checkout.store import Store

pytestmark = pytest.mark.needs_spark

PROGRAMS = [
    block.text
    for page in pages()
    for block in page.blocks()
    if block.note == "run by tests/spark/test_streaming.py"
]


def run(spark: Spark, config: Path, folder: Path, sink: Any) -> int:
    """Let the stream go as far as it gets now; gives how many rows it had."""
    stream = (
        spark.session.readStream.format("unified_checkout").option("config", str(config)).load()
    )
    writing = (
        stream.writeStream.foreachBatch(sink)
        .option("checkpointLocation", str(folder / "checkpoint"))
        .trigger(availableNow=True)
        .start()
    )
    writing.awaitTermination()
    return sum(one["numInputRows"] for one in writing.recentProgress)


def told(client: Client) -> dict[tuple[str, str], str | None]:
    return {(one.account, one.id): one.status for one in client.sessions.list()}


def change(sandbox: Sandbox) -> None:
    """One session completes, and one begins."""
    [opened, *_] = [one for one in sandbox.truth("stripe") if one.status == "open"]
    sandbox.change("stripe", opened.id, status="complete")
    sandbox.arrive("flex")


def test_a_stream_merges_into_a_store(
    spark: Spark, sandbox: Sandbox, client: Client, config: Path, tmp_path: Path
) -> None:
    def stored() -> dict[tuple[str, str], str | None]:
        rows = store.query("SELECT account, id, status FROM sessions").to_pylist()
        return {(row["account"], row["id"]): row["status"] for row in rows}

    with Store.open(tmp_path / "checkout.duckdb") as store:
        assert run(spark, config, tmp_path, into_store(store)) == len(THREE) * SESSIONS
        assert stored() == told(client)
        change(sandbox)
        assert run(spark, config, tmp_path, into_store(store)) >= 2
        assert stored() == told(client)
        changes = store.query("SELECT field, before, after FROM session_changes").to_pylist()
        assert {"field": "status", "before": "open", "after": "complete"} in changes


def test_the_sink_of_the_documents_merges_into_parquet(
    spark: Spark, sandbox: Sandbox, client: Client, config: Path, tmp_path: Path
) -> None:
    [program] = [one for one in PROGRAMS if "def merge" in one]
    names: dict[str, Any] = {"spark": spark.session, "folder": tmp_path / "table"}
    exec(compile(program, "docs/spark.md", "exec"), names)

    def written() -> dict[tuple[str, str], str | None]:
        rows = names["sessions"]().select("account", "id", "status").collect()
        assert len(rows) == len({(row.account, row.id) for row in rows})
        return {(row.account, row.id): row.status for row in rows}

    assert run(spark, config, tmp_path, names["merge"]) == len(THREE) * SESSIONS
    assert written() == told(client)
    change(sandbox)
    run(spark, config, tmp_path, names["merge"])
    assert written() == told(client)


def test_the_stream_of_the_documents_fills_a_store(
    spark: Spark, client: Client, config: Path, tmp_path: Path
) -> None:
    [program] = [one for one in PROGRAMS if "into_store" in one]
    for said, here in (
        ('"checkout.toml"', f'"{config}"'),
        ('"checkout.duckdb"', f'"{tmp_path}/checkout.duckdb"'),
        ('"/var/lib/checkout/checkpoint"', f'"{tmp_path}/checkpoint"'),
        ('processingTime="1 hour"', "availableNow=True"),  # or it goes on
    ):
        assert said in program
        program = program.replace(said, here)
    exec(
        compile(program.rstrip() + ".awaitTermination()", "docs/spark.md", "exec"),
        {"spark": spark.session},
    )
    with Store.open(tmp_path / "checkout.duckdb") as store:
        [row] = store.query("SELECT count(*) AS held FROM sessions").to_pylist()
    assert row["held"] == len(told(client))
