"""How long sessions take to complete, and what came of each week's: never later than the truth."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store.month import DAY, Month

from unified_checkout.report import (
    Cohort,
    Completion,
    SessionTable,
    Span,
    Stored,
    StoredAccount,
    read_store,
)
from unified_checkout.report.completion import HORIZONS
from unified_checkout.store import Store

FIRST = datetime(2026, 9, 1, 12, tzinfo=UTC)
"""When the first slice of every account began."""
BERLIN = ZoneInfo("Europe/Berlin")
TIME = pa.timestamp("us", tz="UTC")
SESSIONS = pa.schema(
    {
        **dict.fromkeys(("account", "provider"), pa.string()),
        "created": TIME,
        **dict.fromkeys(("status", "payment_status", "mode"), pa.string()),
        **dict.fromkeys(("amount_total", "amount_refunded", "amount_disputed"), pa.int64()),
        "currency": pa.string(),
        "currency_exponent": pa.int64(),
        "currency_assumed": pa.bool_(),
        **dict.fromkeys(("email", "customer_email", "client_reference_id"), pa.string()),
        "complete_seen": TIME,
        "seen_open": pa.bool_(),
    }
)
SLICES = pa.schema(
    {
        **dict.fromkeys(("run", "account"), pa.string()),
        **dict.fromkeys(("began", "ended", "covers_from", "covers_to"), TIME),
    }
)

some_time = st.timedeltas(timedelta(0), timedelta(days=9))


@st.composite
def some_slices(draw: st.DrawFn, account: str) -> list[dict[str, Any]]:
    """What a store read of an account: each time what was new, and sometimes all of it once more."""
    slices = []
    now, mark = FIRST, datetime(1970, 1, 1, tzinfo=UTC)
    for number in range(draw(st.integers(1, 8))):
        began, until = now, now - draw(st.sampled_from([timedelta(0), timedelta(hours=2)]))
        parts = draw(st.integers(1, 3))
        since = draw(st.sampled_from([mark - timedelta(minutes=10), FIRST - timedelta(days=400)]))
        step = (until - since) / parts
        for part in range(parts):
            now += draw(st.timedeltas(timedelta(seconds=1), timedelta(minutes=9)))
            covers_from = max(since, until - step * (part + 1))
            times = {"covers_from": covers_from, "covers_to": until, "began": began, "ended": now}
            slices.append({"run": f"{number}", "account": account, **times})
        mark = max(mark, until)
        now += draw(st.timedeltas(timedelta(minutes=1), timedelta(days=3)))
    return slices


@st.composite
def some_session(draw: st.DrawFn) -> dict[str, Any]:
    created = FIRST + draw(some_time) - timedelta(days=2)
    status = draw(st.sampled_from(["complete", "complete", "open", "expired", None]))
    seen = created + draw(some_time) if draw(st.booleans()) else None
    return {
        "account": draw(st.sampled_from(["a", "b"])),
        "provider": "acme",
        "created": created,
        "status": status,
        "complete_seen": seen,
        "seen_open": seen is not None and draw(st.booleans()),
    }


def complete_by(session: dict[str, Any], slices: list[dict[str, Any]]) -> datetime | None:
    """By when a session was complete: it was read as that, or was there when it was first read."""
    own = [one for one in slices if one["account"] == session["account"]]
    if session["status"] != "complete" or session["created"] < min(o["began"] for o in own):
        return None
    if session["complete_seen"] is not None:
        return session["complete_seen"]  # type: ignore[no-any-return]
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in own:
        runs[one["run"]].append(one)
    return min(
        (
            max(one["ended"] for one in run)
            for run in runs.values()
            if min(one["covers_from"] for one in run) <= session["created"] <= run[0]["covers_to"]
        ),
        default=None,
    )


def stored(until: datetime, *names: str) -> Stored:
    return Stored(
        tuple(
            StoredAccount(
                account=name, provider="acme", mark=until, complete_since=until, shows_open=True
            )
            for name in names
        )
    )


def rows_within(rows: list[tuple[dict[str, Any], timedelta | None]]) -> dict[str, int]:
    return {
        name: sum(took is not None and took <= horizon for _, took in rows)
        for name, horizon in HORIZONS.items()
    }


def check(
    told: Completion | Cohort, rows: list[tuple[dict[str, Any], timedelta | None]]
) -> list[timedelta]:
    known = sorted(took for _, took in rows if took is not None)
    assert told.complete == sum(one["status"] == "complete" for one, _ in rows)
    assert told.known == len(known)
    seen = [one for one, took in rows if took is not None and one["seen_open"]]
    assert told.seen_open == len(seen)
    expected = rows_within(rows)
    if told.complete and not known:
        assert {one.sessions for one in told.within} == {None}
    else:
        assert {one.horizon: one.sessions for one in told.within} == expected
    return known


@settings(deadline=None, max_examples=20)
@given(
    st.lists(some_session(), max_size=30),
    some_slices("a"),
    some_slices("b"),
    st.sets(st.just("b")),
    st.timedeltas(timedelta(0), timedelta(days=60)),
)
def test_every_figure_is_that_of_its_sessions(
    sessions: list[dict[str, Any]],
    of_a: list[dict[str, Any]],
    of_b: list[dict[str, Any]],
    hidden: set[str],
    later: timedelta,
) -> None:
    slices, until = [*of_a, *of_b], FIRST + later
    span = Span(FIRST - timedelta(days=1), FIRST + timedelta(days=6))
    with SessionTable() as table:
        table.add_stored(
            pa.Table.from_pylist(sessions, SESSIONS),
            pa.Table.from_pylist(slices, SLICES),
            stored(until - timedelta(microseconds=1), "a", "b"),
        )
        told = table.figures(span, zone="Europe/Berlin", without_open=hidden)
    rows = []
    for one in sessions:
        if span.start <= one["created"] < span.end and one["account"] not in hidden:
            by = complete_by(one, slices)
            rows.append((one, None if by is None else max(by - one["created"], timedelta(0))))
    assert told.completion is not None
    known = check(told.completion, rows)
    assert told.completion.median == (known[-(-len(known) // 2) - 1] if known else None)
    ninth = known[-(-len(known) * 9 // 10) - 1] if known else None
    assert told.completion.ninth_decile == ninth
    weeks: dict[str, list[Any]] = defaultdict(list)
    for one, took in rows:
        weeks[f"{one['created'].astimezone(BERLIN):%G-W%V}"].append((one, took))
    assert told.cohorts is not None
    assert [cohort.week for cohort in told.cohorts] == sorted(weeks)
    for cohort in told.cohorts:
        own = weeks[cohort.week]
        check(cohort, own)
        assert cohort.sessions == len(own)
        assert cohort.open == sum(one["status"] == "open" for one, _ in own)
        monday = datetime.strptime(f"{cohort.week}-1", "%G-W%V-%u").replace(tzinfo=BERLIN)
        end = monday + timedelta(days=7)
        assert cohort.passed == tuple(
            name for name, horizon in HORIZONS.items() if end.astimezone(UTC) + horizon <= until
        )
        assert cohort.partial is (monday < span.start or end > span.end)  # type: ignore[operator]


@attrs.define(eq=False)
class Watched(Month):
    """A month that notes when each session was first complete."""

    became: dict[str, float] = attrs.field(init=False, factory=dict)

    def something_happens(self) -> None:
        self.note()
        super().something_happens()
        self.note()

    def note(self) -> None:
        for fact in self.imitation.truth():
            if fact.status in ("complete", "paid"):
                self.became.setdefault(fact.id, self.now)


@pytest.fixture(scope="module", params=["stripe", "flex"])
def lived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Watched, Path]:
    month = Watched(request.param, 11)
    month.lag = 3 * DAY  # some come so late that several lists have passed their creation
    path = tmp_path_factory.mktemp("month") / "month.duckdb"
    with pytest.MonkeyPatch.context() as longer:
        longer.setattr("store.month.RUNS", 30)
        assert month.live(Store.open(path)).complete
    return month, path


def test_no_session_was_complete_later_than_is_said(lived: tuple[Watched, Path]) -> None:
    month, path = lived
    with SessionTable() as table, Store.open(path) as store:
        read_store(table, store)
        table.figures()
        database: duckdb.DuckDBPyConnection = table._database
        told = database.execute(
            "SELECT epoch(created), took / 1e6 FROM lives WHERE took IS NOT NULL"
        ).fetchall()
        rows = store.query("SELECT id, created FROM sessions").to_pylist()
    created: dict[float, list[str]] = defaultdict(list)
    for one in rows:
        created[one["created"].timestamp()].append(one["id"])
    checked = 0
    for moment, took in told:
        ids = created[moment]
        if len(ids) == 1 and ids[0] in month.became:
            checked += 1
            assert moment + took >= month.became[ids[0]] - 1
    assert checked


def test_lists_tell_nothing_of_it() -> None:
    with SessionTable() as table:
        told = table.figures()
    assert (told.completion, told.cohorts) == (None, None)
    plain = json.loads(json.dumps(told.to_dict()))
    assert (plain["completion"], plain["cohorts"]) == (None, None)


def test_a_store_without_a_session_has_no_time() -> None:
    with SessionTable() as table:
        table.add_stored(SESSIONS.empty_table(), SLICES.empty_table(), stored(FIRST, "a"))
        told = table.figures()
    assert told.completion is not None
    assert (told.completion.median, told.completion.known, told.cohorts) == (None, 0, ())
