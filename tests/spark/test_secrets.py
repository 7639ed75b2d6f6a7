"""A key is nowhere: not in what Spark writes, shows or says, whatever was tried with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest
from spark.conftest import KEYS, Read, Spark

from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Status

pytestmark = pytest.mark.needs_spark

PASTED = {
    "api_key": "kX7dHar4LsQ9vT2mPasted",
    "apiKey": "sk_test_pasted0obviously0fake",
    "customer": "rk_live_pasted0obviously0fake",
}
"""What somebody may paste into an option, also where something harmless belongs."""
EXPLAINED = ("simple", "extended", "codegen", "cost", "formatted")


def pages(spark: Spark) -> Iterator[str]:
    """All that the user interface and the REST interface show."""
    port = spark.session.sparkContext.uiWebUrl.rpartition(":")[2]
    app = spark.session.sparkContext.applicationId
    root = f"http://127.0.0.1:{port}"
    rest = f"{root}/api/v1/applications/{app}"
    listed = text(f"{rest}/sql?details=true&planDescription=true&length=1000")
    yield listed
    names = ("jobs", "stages", "executors", "environment")
    addresses = [f"{rest}/{name}" for name in names] + [f"{root}/{name}/" for name in names]
    addresses += [f"{root}/SQL/", f"{root}/executors/threadDump/?executorId=driver"]
    executions = [one["id"] for one in json.loads(listed)]
    assert executions
    addresses += [f"{root}/SQL/execution/?id={number}" for number in executions]
    yield from map(text, addresses)


def text(address: str) -> str:
    with urlopen(address, timeout=60) as answer:  # loopback
        shown: str = answer.read().decode()
        return shown


def commands() -> Iterator[str]:
    """The command line of every process, as a process list shows it."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


def test_a_key_is_nowhere(
    spark: Spark,
    sandbox: Sandbox,
    config: Path,
    read: Read,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from pyspark.errors import PySparkException

    said: list[str] = []

    def fails(action: object) -> None:
        with pytest.raises(PySparkException) as caught:
            action()  # type: ignore[operator]
        said.extend((str(caught.value), repr(caught.value), caught.value.getMessage() or ""))

    sql = spark.session.sql
    frame = read()
    frame.createOrReplaceTempView("sessions")
    made = f"USING unified_checkout OPTIONS (config '{config}', accounts 'stripe')"
    sql(f"CREATE OR REPLACE TEMPORARY VIEW of_one {made}")
    counted = "SELECT account, count(*) FROM {} GROUP BY account"
    assert len(sql(counted.format("sessions")).collect()) == 3
    assert len(sql(counted.format("of_one")).collect()) == 1
    for mode in EXPLAINED:
        frame.explain(mode=mode)
        sql("SELECT * FROM of_one WHERE status = 'open'").explain(mode=mode)
    frame.write.parquet(str(tmp_path / "written"))

    sandbox.misbehave("flex", Status(401, times=None))
    fails(read(accounts="flex").collect)
    fails(sql("SELECT * FROM sessions").collect)
    for name, key in PASTED.items():
        fails(spark.session.read.format("unified_checkout").option(name, key).load)
        options = f"USING unified_checkout OPTIONS (config '{config}', `{name}` '{key}')"
        fails(partial(sql, f"CREATE TEMPORARY VIEW pasted {options}"))

    told = capfd.readouterr()
    places = {
        "the event log": [one.read_text() for one in spark.events.rglob("*") if one.is_file()],
        "the pages": list(pages(spark)),
        "the log": [spark.log.read_text()],
        "standard output": [told.out, told.err],
        "what was written": [
            one.read_bytes().decode("latin-1") for one in tmp_path.rglob("written/*")
        ],
        "the process list": list(commands()),
    }
    assert all(map("".join, places.values()))
    keys = [*KEYS.values(), *PASTED.values()]
    found = {
        (place, key)
        for place, texts in places.items()
        for key in keys
        for text in texts
        if key in text
    }
    assert found == set()
    assert [key for key in keys for text in said if key in text] == []
