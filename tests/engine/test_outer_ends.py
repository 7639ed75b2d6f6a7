"""What lies beyond the bounds of a question is judged by them, and is not taken for a repetition."""

from __future__ import annotations

from unified_checkout import Client, CreatedRange
from unified_checkout.sandbox import Facts, Sandbox

NOW = 1_790_000_000
OLD = [Facts(serial=f"old-{number}", created=NOW - 90 * 86_400 - number) for number in range(5)]
NEW = [Facts(serial=f"new-{number}", created=NOW - number) for number in range(7)]
SINCE = CreatedRange(gte="2026-09-01")


def test_sessions_older_than_the_bound_are_dropped_not_repeated() -> None:
    with (
        Sandbox(facts=[*NEW, *OLD], now=NOW, providers=["leanrails"]) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        sessions = client.sessions.list(created=SINCE)
        assert len(list(sessions)) == len(NEW)
        [covered] = sessions.coverage.accounts
    assert (covered.rows_read, covered.rows_dropped, covered.duplicates) == (12, 5, 0)
