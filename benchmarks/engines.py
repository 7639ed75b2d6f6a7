"""Spark against the plain way to the same columns; ``python -m benchmarks.engines`` is one of both."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.contenders import KEY
from benchmarks.lab import ROOT, Lab

ACCOUNTS = 9
SHAPES = ("stripe", "leanrails", "flex")
RATE = 25.0
"""Requests a second of each account, where a rate is kept to."""
VARIABLE = "BENCHMARK_KEY"
PACED = 5_000
"""Sessions of each account there."""


def spark(lab: Lab) -> None:
    """Nine accounts read by Spark, against one client that makes the same columns."""
    if find_spec("pyspark") is None or which("java") is None:
        lab.line("spark", "left out: no PySpark or no Java", sessions=0)
        return
    each = 2 * lab.scale.sessions
    rounds = max(1, lab.scale.rounds // 2)
    found = {
        who: [_run(lab, who, each, "local[2]") for _ in range(rounds)] for who in ("plain", "spark")
    }
    for who, runs in found.items():
        figures = {name: median(one[name] for one in runs) for name in runs[0]}
        sessions = figures.pop("sessions")
        told = {"cpu": "cpu µs", "wall": "wall µs", "warm": "cpu µs once it runs"}
        line = {told[name]: 1e6 * figure / sessions for name, figure in figures.items()}
        lab.line("spark", who, sessions=sessions, **line)
    whole, warm = (
        median(one[what] for one in found["spark"]) / median(one["cpu"] for one in found["plain"])
        for what in ("cpu", "warm")
    )
    lab.verdict("CPU, Spark with its start / plain columns", whole, 1.3)
    lab.verdict("CPU, Spark once it runs / plain columns", warm, 1.3)

    walls = {}
    for who in ("plain", "spark"):
        walls[who] = _run(lab, who, PACED, f"local[{ACCOUNTS}]", rate=RATE)["wall"]
        for number in range(ACCOUNTS):
            shape = SHAPES[number % 3]
            refused = lab.count(shape, PACED + number, rate=RATE)["refused"]
            lab.verdict(f"refused, {who}, account {number}", refused, 0)
        lab.line("spark", f"{who}, {RATE:g} requests/s each", **{"wall s": walls[who]})
    lab.verdict("time at a rate, Spark / one paced reader", walls["spark"] / walls["plain"], 1.2)


def _run(lab: Lab, who: str, each: int, master: str, **how: float) -> dict[str, float]:
    """What one reading of all accounts comes to, in a process of its own."""
    tables = []
    for number in range(ACCOUNTS):
        shape = SHAPES[number % 3]
        address = lab.address(shape, each + number, **how)
        rate = how.get("rate", "inf")
        tables.append(
            f'[accounts.{shape}{number}]\nprovider = "{shape}"\napi_key = {{ env = "{VARIABLE}" }}\n'
            f'base_url = "{address}"\nrequests_per_second = {rate}\n'
        )
    with TemporaryDirectory() as folder:
        config = Path(folder) / "checkout.toml"
        config.write_text("\n".join(tables), encoding="utf-8")
        words = [sys.executable, "-m", "benchmarks.engines", who, str(config), master]
        environment = {**os.environ, VARIABLE: KEY}
        ran = subprocess.run(
            words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    told: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    expected = sum(each + number for number in range(ACCOUNTS))
    if told["sessions"] != expected:
        raise RuntimeError(f"{who}: {told['sessions']} sessions of {expected}")
    return told


def plain(config: str) -> dict[str, float]:
    """One client, and its listing as Arrow batches that are let go of."""
    from unified_checkout import Client
    from unified_checkout.columns import batches

    begun = time.perf_counter()
    with Client.from_config(config) as client:
        rows = sum(batch.num_rows for batch in batches(client.sessions.list()))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "sessions": rows,
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.perf_counter() - begun,
    }


def with_spark(config: str, master: str) -> dict[str, float]:
    """A frame of the same that Spark reads whole, and lets go of."""
    from pyspark.sql import SparkSession, functions

    from unified_checkout.spark import register

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master(master)
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    register(session)
    told = {"config": config}
    few = {**told, "accounts": f"{SHAPES[0]}0", "created": "2001"}
    session.read.format("unified_checkout").options(**few).load().count()
    started, begun = _cpu_of_all(), time.perf_counter()
    frame = session.read.format("unified_checkout").options(**told).load()
    observed = frame.agg(
        functions.count("id"), functions.sum("amount_total"), functions.max("customer.email")
    )
    [[rows, *_]] = observed.collect()
    wall, spent = time.perf_counter() - begun, _cpu_of_all()
    session.stop()
    return {"sessions": rows, "cpu": spent, "warm": spent - started, "wall": wall}


def _cpu_of_all() -> float:
    """Seconds of this process and all that descend from it, those that ended included."""
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(sum(_times(number)) for number in _family(os.getpid())) / ticks


def _family(number: int) -> Iterator[int]:
    yield number
    for task in Path(f"/proc/{number}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _times(number: int) -> list[int]:
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return [int(one) for one in fields[11:15]]


if __name__ == "__main__":
    which_one, file, slots = sys.argv[1:]
    print(json.dumps(plain(file) if which_one == "plain" else with_spark(file, slots)))
