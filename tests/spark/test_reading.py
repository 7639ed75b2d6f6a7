"""What Spark reads is what the client reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from house import THREE
from spark.conftest import SESSIONS, Read, Spark

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Status

pytestmark = pytest.mark.needs_spark


def ids(frame: Any) -> list[tuple[str, str]]:
    return sorted((row.account, row.id) for row in frame.select("account", "id").collect())


@pytest.mark.quick
def test_a_frame_is_what_the_client_lists(
    spark: Spark, sandbox: Sandbox, client: Client, read: Read
) -> None:
    from pyspark.errors import PySparkException

    frame = read()
    listed = client.sessions.list().to_arrow()
    rows = frame.toArrow()
    order = [("account", "ascending"), ("id", "ascending")]
    assert rows.num_rows == len(THREE) * SESSIONS
    assert rows.sort_by(order).to_pylist() == listed.sort_by(order).to_pylist()

    completed = read(status="complete", created_gte="2026-11-01", accounts="stripe,flex")
    sandbox.clear_requests()
    expected = client.sessions.list(
        status="complete", created={"gte": "2026-11-01"}, accounts=["stripe", "flex"]
    )
    wanted = sorted((one.account, one.id) for one in expected)
    asked = [one.parameters for one in sandbox.requests("stripe")]
    sandbox.clear_requests()
    assert ids(completed) == wanted != []
    assert [one.parameters for one in sandbox.requests("stripe")] == asked
    assert sandbox.requests("leanrails") == []

    sandbox.misbehave("flex", Status(401, times=None))
    with pytest.raises(PySparkException, match="AuthenticationError"):
        read(accounts="flex").count()
    coverage = {row.account: row for row in read("checkout_coverage").collect()}
    assert [coverage[name].complete for name in sorted(THREE)] == [False, True, True]
    assert coverage["stripe"].delivered == SESSIONS
    assert "sessions created until" in spark.log.read_text()


def test_the_columns_are_those_that_were_asked_for_and_no_others(
    spark: Spark, client: Client, config: Path, read: Read
) -> None:
    from pyspark.errors import PySparkException

    rows = read(raw="true", decimals="true", accounts="stripe").toArrow()
    listed = client.sessions.list(accounts="stripe").to_arrow(raw=True, decimals=True)
    assert rows.column_names == listed.column_names
    assert sorted(rows["raw"].to_pylist()) == sorted(listed["raw"].to_pylist())
    source = spark.session.read.format("unified_checkout").option("config", str(config))
    with pytest.raises(PySparkException, match="give no schema"):
        source.schema("id string").load().count()


def test_a_frame_is_planned_once_and_a_new_one_anew(spark: Spark, read: Read) -> None:
    """So its upper bound is that of its first action, as the page says."""

    def plans() -> int:
        return spark.log.read_text().count("sessions created until")

    before, frame = plans(), read(accounts="stripe")
    for _ in range(2):
        assert frame.where("id is not null").count() == SESSIONS
    assert plans() == before + 1
    assert read(accounts="stripe").count() == SESSIONS
    assert plans() == before + 2
