"""The parts of the benchmark: what each compares, and which figures come of it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.lab import ROOT, Lab
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
    _lines(lab, found, floor)
    without = found["Client without the engine"]
    engine = median(ours.each("cpu")) - median(without.each("cpu"))
    lab.line("streaming", "the engine: Client with less without", **{"cpu µs": engine * 1e6})
    lab.verdict("CPU, Client / floor", ours.ratio(floor), 1.10)
    async_ratio = found["AsyncClient"].ratio(found["async httpx and orjson"])
    lab.verdict("CPU, AsyncClient / async floor", async_ratio, 1.15)
    _beaten(lab, "CPU, stripe-python / Client", found["stripe-python"].ratio(ours), 40)
    _beaten(lab, "CPU, dlt / Client", found["dlt rest_api"].ratio(ours), 5)


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
        ]
    )
    floor, ours = found["httpx and orjson"], found["Client"]
    _lines(lab, found, floor)
    lab.verdict("CPU, Client / floor, kept", ours.ratio(floor), 0.50)
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
        lab.line("memory", name, **{"sessions": readings.job.sessions, "peak MB": readings.peak})
    lab.verdict("MB, streaming very many", found["very many"].peak, 100)


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
        jobs.append(_with(job, addresses=accounts, sessions=count * many // 10))
    _lines(lab, lab.measured(jobs), None)
