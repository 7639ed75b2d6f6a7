"""Every provider of the house, over the sandbox: what reading a page costs, and all of them merged."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import attrs

from benchmarks.lab import Lab
from unified_checkout import Account, Client
from unified_checkout.adapters import ListSessions, Place, Response, installed
from unified_checkout.client import channels_of
from unified_checkout.config import load_accounts
from unified_checkout.engine.plan import make_plan
from unified_checkout.engine.runtime import Observer
from unified_checkout.sandbox import Sandbox

DELAY = 0.06
"""Seconds that an answer takes where round trips count."""
SESSIONS = 200
TIMES = 20


class Pages(Observer):
    """Keeps the largest answer that each account gave."""

    def __init__(self) -> None:
        self.largest: dict[str, Response] = {}

    def answered(self, account: str, request: Any, outcome: Any, seconds: float) -> None:
        if not isinstance(outcome, Response) or outcome.status != 200:
            return
        kept = self.largest.get(account)
        if b"access_token" not in outcome.body and (
            kept is None or len(kept.body) < len(outcome.body)
        ):
            self.largest[account] = outcome


def translation(lab: Lab) -> None:
    """A page of each provider's, decoded and translated, by the byte and by the row.

    What is made of a row costs much the same whatever its size, so that short rows are dear by the
    byte.
    """
    spent = _spent(lab.scale.rounds)
    for provider, one in spent.items():
        row = {"ns a byte": one.byte * 1e9, "µs a row": one.row * 1e6, "bytes": one.row / one.byte}
        lab.line("a page", provider, **row)
    dearest = max(one.byte for one in spent.values())
    lab.verdict("a page by the byte, dearest / Stripe", dearest / spent["stripe"].byte, 1.2)


def all_merged(lab: Lab) -> None:
    """Every provider's account, 60 ms away: one by one, and merged."""
    with _served(lab.scale.few) as accounts:
        alone = {account.name: _listed([account]) for account in accounts}
        together = _listed(accounts)
    for name, seconds in alone.items():
        lab.line("60 ms, every provider", name, sessions=lab.scale.few, seconds=seconds)
    lab.line("60 ms, every provider", "all merged", seconds=together)
    lab.verdict(
        "60 ms: every provider merged / slowest alone", together / max(alone.values()), 1.15
    )


@attrs.frozen
class Spent:
    """Seconds of processor time."""

    byte: float
    row: float


def _spent(rounds: int) -> dict[str, Spent]:
    pages = Pages()
    with (
        Sandbox(sessions=SESSIONS, seed=1) as sandbox,
        Client(sandbox.accounts, observers=[pages]) as client,
    ):
        for _ in client.sessions.list(kind="any"):
            pass
        channels = channels_of(sandbox.accounts)
    spent: dict[str, Spent] = {}
    for account, response in pages.largest.items():
        adapter = channels[account].adapter
        plan = make_plan(ListSessions(kind="any"), {account: adapter}, _now())
        place = Place(size=plan.accounts[0].page_size)
        readings, rows = [], len(adapter.parse_page(response, place).sessions)
        for _ in range(rounds):
            begun = time.process_time()
            for _ in range(TIMES):
                adapter.parse_page(response, place)
            readings.append((time.process_time() - begun) / TIMES)
        seconds = median(readings)
        spent[account] = Spent(seconds / len(response.body), seconds / rows)
    return spent


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _listed(accounts: Sequence[Account]) -> float:
    begun = time.monotonic()
    with Client(accounts) as client:
        listing = client.sessions.list(kind="any")
        for _ in listing:
            pass
    listing.coverage.raise_if_incomplete()
    return time.monotonic() - begun


@contextmanager
def _served(sessions: int) -> Iterator[Sequence[Account]]:
    """The sandbox in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "checkout.toml"
        command = [sys.executable, "-m", "unified_checkout", "sandbox", "--latency", str(DELAY)]
        command += ["--sessions", str(sessions), "--write-config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            while not config.exists() and server.poll() is None:
                server.stdout.readline()
            accounts = load_accounts(config)
            assert {account.provider for account in accounts} >= set(installed())
            try:
                yield accounts
            finally:
                server.terminate()
