"""The parts of the benchmark: what each compares, and which figures come of it."""

from __future__ import annotations

import math
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import attrs

from benchmarks.engines import spark
from benchmarks.gateway import gateway, workers
from benchmarks.lab import Lab
from benchmarks.reports import reports
from benchmarks.residual import per_condition
from benchmarks.stores import store, store_memory
from benchmarks.ten import all_merged, translation
from benchmarks.worker import Job, Readings

DELAY = 0.06
"""Seconds that an answer takes where round trips count."""
BUDGET = 100.0
"""Requests a second where a rate is kept to."""
PAGE = 100
PROVIDERS = ("stripe", "leanrails", "flex")


def streaming(lab: Lab) -> None:
    """Sessions that are let go of, one after the other."""
    many, few = lab.scale.sessions, lab.scale.slow
    found = lab.measured(
        [
            lab.job("httpx and orjson", "floor", many),
            lab.job("the same again", "floor", many),
            lab.job("Client", "client", many),
            lab.job("Client, with a residual", "client", many, query={"livemode": False}),
            lab.job("Client without the engine", "decoding", many),
            lab.job("async httpx and orjson", "async_floor", many),
            lab.job("AsyncClient", "async_client", many),
            lab.job("requests and .json()", "requests_loop", many),
            lab.job("dlt rest_api", "dlt_rest_api", few),
            lab.job("stripe-python", "stripe_python", few),
        ]
    )
    floor, ours = found["httpx and orjson"], found["Client"]
    _lines(lab, "streaming", found, floor)
    without = found["Client without the engine"]
    engine = median(ours.each("cpu")) - median(without.each("cpu"))
    lab.line("streaming", "the engine: Client with less without", **{"cpu µs": engine * 1e6})
    lab.verdict("CPU, Client / floor", ours.ratio(floor), 0.80)
    async_ratio = found["AsyncClient"].ratio(found["async httpx and orjson"])
    lab.verdict("CPU, AsyncClient / async floor", async_ratio, 1.15)
    _beaten(lab, "CPU, stripe-python / Client", found["stripe-python"].ratio(ours), 40)
    _beaten(lab, "CPU, dlt / Client", found["dlt rest_api"].ratio(ours), 5)


def conditions(lab: Lab) -> None:
    """What it costs to test a condition on a session, whatever the provider claims."""
    found = per_condition(PAGE, lab.scale.sessions // PAGE, lab.scale.rounds)
    for name, spent in found.items():
        lab.line("conditions", name, **{"cpu µs": spent})
    lab.verdict("CPU µs, dearest of one condition on one session", max(found.values()), 0.3)


def kept(lab: Lab) -> None:
    """Sessions that are all kept in a list."""
    many, few = lab.scale.sessions, lab.scale.slow
    found = lab.measured(
        [
            lab.job("httpx and orjson", "floor", many, kept=True),
            lab.job("Client", "client", many, kept=True),
            lab.job("AsyncClient", "async_client", many, kept=True),
            lab.job("requests and .json()", "requests_loop", many, kept=True),
            lab.job("dlt rest_api", "dlt_rest_api", many, kept=True),
            lab.job("Client, fewer", "client", few, kept=True),
            lab.job("stripe-python, fewer", "stripe_python", few, kept=True),
        ],
        warm=False,
    )
    floor, ours = found["httpx and orjson"], found["Client"]
    _lines(lab, "kept", found, floor)
    lab.verdict("CPU, Client / floor, kept", ours.ratio(floor), 0.45)
    fewer = found["stripe-python, fewer"].ratio(found["Client, fewer"])
    _beaten(lab, "CPU, stripe-python / Client, kept", fewer, 40)
    _beaten(lab, "CPU, dlt / Client, kept", found["dlt rest_api"].ratio(ours), 5)


def weight(lab: Lab) -> None:
    """What kept sessions weigh."""
    jobs = [
        lab.job("httpx and orjson", "floor", lab.scale.sessions, kept=True, traced=True),
        lab.job("Client", "client", lab.scale.sessions, kept=True, traced=True),
    ]
    found = lab.measured(jobs, rounds=1, warm=False)
    for name, readings in found.items():
        lab.line("weight", name, **{"KB each": readings.each("weight")[0] / 1000})
    lab.verdict("KB for a kept session", found["Client"].each("weight")[0] / 1000, 7.5)


def memory(lab: Lab) -> None:
    """The memory of a process that lets go of a great many sessions."""
    many = lab.scale.many
    found = lab.measured(
        [
            lab.job("a tenth as many", "client", many // 10),
            lab.job("very many", "client", many),
        ],
        rounds=1,
        warm=False,
    )
    for name, readings in found.items():
        lab.line(
            "memory", name, **{"sessions": readings.job.sessions, "peak MB": readings.peak / 1e6}
        )
    lab.verdict("MB, streaming very many", found["very many"].peak / 1e6, 100)


def waiting(lab: Lab) -> None:
    """Answers that take 60 ms each, with a budget of requests and without."""
    many, few = lab.scale.sessions, lab.scale.few
    jobs = [
        _far(lab, "page after page", "decoding", ["stripe"], few),
        _far(lab, "Client, no budget", "client", ["stripe"], many),
        _far(lab, "Client, 100/s", "client", ["stripe"], many, rate=BUDGET),
        _far(lab, "AsyncClient, 100/s", "async_client", ["stripe"], many, rate=BUDGET),
        _far(lab, "Client, 100/s, Flex", "client", ["flex"], many, rate=BUDGET),
    ]
    found = lab.measured(jobs, warm=False)
    bound = many / PAGE / BUDGET
    for name, readings in found.items():
        seconds = median(reading.wall for reading in readings)
        lab.line("60 ms", name, sessions=readings.job.sessions, seconds=seconds)
    paced = median(reading.wall for reading in found["Client, 100/s"])
    lab.verdict("60 ms, 100/s: time / bound", paced / bound, 1.08)
    refused = sum(
        lab.count(shape, many, delay=DELAY, rate=BUDGET)["refused"] for shape in ("stripe", "flex")
    )
    lab.verdict("60 ms, 100/s: 429s", refused, 0)
    faster = found["page after page"].ratio(found["Client, no budget"], "wall")
    _beaten(lab, "60 ms: page after page / Client", faster, 6.5)


def first(lab: Lab) -> None:
    """One session, 60 ms away."""
    jobs = [
        _far(lab, "httpx and orjson", "one_request", ["stripe"], 1),
        _far(lab, "Client", "client", ["stripe"], 1, query={"limit": 1}),
    ]
    lab.count("stripe", lab.scale.sessions, delay=DELAY)
    found = lab.measured(jobs, rounds=20)
    for name, readings in found.items():
        beyond = 1000 * (median(reading.wall for reading in readings) - DELAY)
        lab.line("one session", name, **{"ms beyond": beyond})
    mine = 1000 * (median(reading.wall for reading in found["Client"]) - DELAY)
    lab.verdict("60 ms: ms beyond, for one session", mine, 3)
    asked = lab.count("stripe", lab.scale.sessions, delay=DELAY)["requests"]
    lab.verdict("60 ms: requests for one session", asked / (2 * 21), 1)


def merged(lab: Lab) -> None:
    """Three accounts, 60 ms away: one by one, and merged."""
    few = lab.scale.few
    alone = [_far(lab, name, "client", [name], few, rate=BUDGET) for name in PROVIDERS]
    together = _far(lab, "all merged", "client", PROVIDERS, few, rate=BUDGET)
    found = lab.measured([*alone, together], warm=False)
    seconds = {
        name: median(reading.wall for reading in readings) for name, readings in found.items()
    }
    for name, spent in seconds.items():
        lab.line("60 ms, accounts", name, sessions=found[name].job.sessions, seconds=spent)
    slowest = max(seconds[name] for name in PROVIDERS)
    lab.verdict("60 ms: merged / slowest alone", seconds["all merged"] / slowest, 1.1)


def growth(lab: Lab) -> None:
    """How cost grows with sessions, with accounts and with the size of pages."""
    many = lab.scale.sessions
    jobs = [
        lab.job(f"{count:,} sessions", "client", count) for count in (many // 10, many, 10 * many)
    ]
    jobs += [
        lab.job(f"pages of {size}", "client", many // 10, query={"page_size": size})
        for size in (10, 25, 50, 100)
    ]
    address = lab.address("stripe", many // 10)
    for count in (1, 2, 4, 8):
        job = lab.job(f"{count} accounts", "client", many // 10)
        accounts = {f"stripe{number}": address for number in range(count)}
        jobs.append(attrs.evolve(job, addresses=accounts, sessions=count * many // 10))
    _lines(lab, "growth", lab.measured(jobs))


def columns(lab: Lab) -> None:
    """Sessions as Arrow columns, against pyarrow's own reader of JSON."""
    many = lab.scale.columns
    found = lab.measured(
        [
            attrs.evolve(lab.job("pyarrow.json", "pyarrow_json", many), cores=()),
            attrs.evolve(lab.job("arrow.batches", "arrow_batches", many), cores=()),
        ],
        warm=False,
    )
    for name, readings in found.items():
        table, above = readings[0].weight, readings.peak - readings[0].start
        lab.line(
            "columns",
            name,
            **{
                "sessions": many,
                "cpu µs": readings.microseconds("cpu"),
                "wall µs": readings.microseconds("wall"),
                "table MB": table / 1e6,
                "peak above start MB": above / 1e6,
            },
        )
    ours = found["arrow.batches"]
    lab.verdict("columns: time / pyarrow.json", ours.ratio(found["pyarrow.json"], "wall"), 1)
    lab.verdict("columns: CPU / pyarrow.json", ours.ratio(found["pyarrow.json"]), 1)
    lab.verdict("columns: peak / table", (ours.peak - ours[0].start) / ours[0].weight, 2)


def startup(lab: Lab) -> None:
    """Importing the library, and asking the command for help."""
    use = "from unified_checkout import Client"
    command = str(Path(sys.executable).parent / "unified-checkout")
    commands = {
        "its third-party dependencies": [sys.executable, "-c", _importing(_third_party(use))],
        "import unified_checkout": [sys.executable, "-c", "import unified_checkout"],
        use: [sys.executable, "-c", use],
        "unified-checkout --help": [command, "--help"],
    }
    spent: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(4 * lab.scale.rounds + 1):
        for name, words in commands.items():
            seconds = _cpu_of(words)
            if number:
                spent[name].append(seconds)
    alone = spent["its third-party dependencies"]
    ratios = {
        name: median(mine / bare for mine, bare in zip(seconds, alone, strict=True))
        for name, seconds in spent.items()
    }
    for name, ratio in ratios.items():
        lab.line("start-up", name, **{"cpu ms": 1000 * median(spent[name]), "ratio": ratio})
    for name, reach in (("import unified_checkout", 1.2), ("unified-checkout --help", 1.5)):
        lab.verdict(f"{name} / dependencies", ratios[name], reach)


def _third_party(statement: str) -> list[str]:
    """The modules, neither ours nor Python's, that a statement loads, in order."""
    program = f"import sys; before = set(sys.modules); {statement}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    own = {*sys.stdlib_module_names, "unified_checkout"}
    return [name for name in loaded.stdout.split() if name.partition(".")[0] not in own]


def _importing(names: list[str]) -> str:
    return f"""
import importlib
for name in {names!r}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
"""


def _cpu_of(command: list[str]) -> float:
    """The processor time of a command, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _far(
    lab: Lab,
    name: str,
    contender: str,
    providers: Sequence[str],
    sessions: int,
    *,
    rate: float = math.inf,
    query: Mapping[str, Any] | None = None,
) -> Job:
    """A job on listings that are 60 ms away and refuse what comes faster than its budget."""
    listed = sessions if sessions > 1 else lab.scale.sessions
    return Job(
        name=name,
        contender=contender,
        addresses={
            provider: lab.address(provider, listed, delay=DELAY, rate=rate)
            for provider in providers
        },
        sessions=sessions * len(providers),
        cores=lab.core,
        rate=rate,
        query=dict(query or {}),
    )


def _lines(
    lab: Lab, part: str, found: Mapping[str, Readings], floor: Readings | None = None
) -> None:
    for name, readings in found.items():
        figures = {
            "sessions": readings.job.sessions,
            "cpu µs": readings.microseconds("cpu"),
            "wall µs": readings.microseconds("wall"),
            "peak MB": readings.peak / 1e6,
        }
        if floor is not None:
            figures["cpu / floor"] = readings.ratio(floor)
        lab.line(part, name, **figures)


def _beaten(lab: Lab, what: str, figure: float, reach: float) -> None:
    lab.verdict(what, figure, reach, more_is_better=True)


PARTS: Mapping[str, Callable[[Lab], None]] = {
    part.__name__: part
    for part in (
        *(streaming, conditions, kept, weight, memory),
        *(waiting, first, merged, growth, columns, startup),
        *(translation, all_merged, spark, reports, gateway, workers),
        *(store, store_memory),
    )
}
"""All parts by name, in the order they run."""
