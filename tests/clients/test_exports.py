"""A listing as a whole, from either client: all of it or nothing, and nobody is deceived."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asking import Asker, names
from clients.setting import impatient
from columns.invented import plain, told, told_in_full

from unified_checkout import (
    AlreadyRead,
    AsyncClient,
    AsyncSessionList,
    BudgetSpent,
    Client,
    ConfigurationError,
    IncompleteAnswer,
    InvalidCursor,
    ListingInUse,
    ListSessions,
    PermissionDenied,
    SessionList,
)
from unified_checkout.columns import SCHEMA, schema
from unified_checkout.columns.parquet import ParquetFile
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Status

PAGED = ListSessions(page_size=10)
FORMS = ["to_arrow", "to_pandas", "to_polars", "to_parquet"]


def export(ask: Asker, listing: SessionList | AsyncSessionList, form: str, **asked: Any) -> Any:
    """What a form of export gives; of a Parquet file, what is read from it."""
    path = asked.pop("path", None)
    called = getattr(listing, form)(*([] if path is None else [path]), **asked)
    given = ask.finished(called)
    return given if path is None else pq.read_table(path)


def ids(frame: Any) -> list[tuple[str, str]]:
    """Account and id of each row, of a table or a frame."""
    columns = [frame[name] for name in ("account", "id")]
    lists = [one.to_pylist() if hasattr(one, "to_pylist") else list(one) for one in columns]
    return [*zip(*lists, strict=True)]


def requests(sandbox: Sandbox) -> int:
    return sum(len(sandbox.requests(account.name)) for account in sandbox.accounts)


def place(form: str, folder: Path) -> dict[str, Any]:
    return {"path": folder / "sessions.parquet"} if form == "to_parquet" else {}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_has_all_sessions_in_order(ask: Asker, form: str, tmp_path: Path) -> None:
    listed = ask.all(PAGED)
    found = export(ask, ask.client.sessions.list(PAGED), form, **place(form, tmp_path))
    assert ids(found) == names(listed)


@pytest.mark.parametrize("form", ["to_arrow", "to_parquet"])
@pytest.mark.parametrize("added", [{}, {"raw": True, "decimals": True}])
def test_every_field_of_every_session_is_there(
    ask: Asker, form: str, added: dict[str, bool], tmp_path: Path
) -> None:
    listed = ask.all(PAGED)
    listing = ask.client.sessions.list(PAGED)
    found = export(ask, listing, form, **place(form, tmp_path), **added)
    assert found.schema.equals(schema(**added))
    tell = told_in_full if added else told
    assert [plain(row) for row in found.to_pylist()] == [tell(session) for session in listed]
    assert listing.coverage.complete
    listing.coverage.raise_if_incomplete()


@pytest.mark.parametrize("form", FORMS)
def test_what_is_added_is_asked_for(ask: Asker, form: str, tmp_path: Path) -> None:
    for added in ({}, {"raw": True}, {"decimals": True}):
        listing = ask.client.sessions.list(limit=3)
        found = export(ask, listing, form, **place(form, tmp_path), **added)
        columns = getattr(found, "column_names", None) or [*found.columns]
        assert columns == schema(**added).names


def test_pandas_types_are_those_asked_for(ask: Asker) -> None:
    arrow = ask.finished(ask.client.sessions.list(limit=3).to_pandas())
    own = ask.finished(ask.client.sessions.list(limit=3).to_pandas(dtype_backend="numpy_nullable"))
    assert str(arrow["amount_received"].dtype) == "int64[pyarrow]"
    assert str(own["amount_received"].dtype) == "Int64"


@pytest.mark.parametrize("form", FORMS)
def test_a_listing_of_nothing_has_every_column(ask: Asker, form: str, tmp_path: Path) -> None:
    listing = ask.client.sessions.list(created={"lt": "1999-01-01"})
    found = export(ask, listing, form, **place(form, tmp_path))
    columns = getattr(found, "column_names", None) or [*found.columns]
    assert (len(found), columns) == (0, SCHEMA.names)


@pytest.mark.parametrize("form", FORMS)
def test_a_listing_is_exported_once(ask: Asker, form: str, tmp_path: Path) -> None:
    listing = ask.client.sessions.list(PAGED)
    export(ask, listing, form, **place(form, tmp_path))
    with pytest.raises(AlreadyRead):
        export(ask, listing, form, **place(form, tmp_path / "other"))


def test_a_listing_that_was_begun_gives_the_rest(ask: Asker, tmp_path: Path) -> None:
    listed = ask.all(PAGED)
    begun = ask.read(PAGED, take=13)
    assert ids(ask.finished(begun.answer.to_arrow())) == names(listed[13:])


def test_towards_newer_sessions_too(ask: Asker) -> None:
    [*_, last] = ask.all(PAGED)
    listing = ask.client.sessions.list(page_size=10, before=last, limit=7)
    found = ids(ask.finished(listing.to_arrow()))
    assert found == names(ask.all(PAGED)[-8:-1])
    with pytest.raises(InvalidCursor):
        _ = listing.cursor


@pytest.mark.parametrize("form", FORMS)
def test_where_a_provider_fails_there_is_nothing_and_the_cursor_begins_anew(
    sandbox: Sandbox, ask: Asker, form: str, tmp_path: Path
) -> None:
    listed = ask.all(PAGED)
    begun = ask.read(PAGED, take=13).answer
    sandbox.misbehave("flex", *[Status(403)] * 9)
    with pytest.raises(PermissionDenied):
        export(ask, begun, form, **place(form, tmp_path))
    sandbox.behave("flex")
    assert [*tmp_path.iterdir()] == []
    assert names(ask.all(PAGED, begun.cursor)) == names(listed[13:])
    with pytest.raises(IncompleteAnswer):
        export(ask, begun, form, **place(form, tmp_path))


@pytest.mark.parametrize("form", FORMS)
def test_a_spent_budget_leads_to_where_the_export_began(
    ask: Asker, form: str, tmp_path: Path
) -> None:
    listed = ask.all(PAGED)
    listing = ask.client.sessions.list(PAGED, max_requests=9)
    first = next(listing) if isinstance(listing, SessionList) else ask.finished(anext(listing))
    with pytest.raises(BudgetSpent) as caught:
        export(ask, listing, form, **place(form, tmp_path))
    assert caught.value.cursor is not None
    assert names([first, *ask.all(PAGED, caught.value.cursor)]) == names(listed)
    assert listing.cursor == caught.value.cursor
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("form", FORMS)
def test_a_budget_that_does_not_suffice_for_an_export_leads_nowhere(
    ask: Asker, form: str, tmp_path: Path
) -> None:
    """The same from where it began would end there again."""
    listing = ask.client.sessions.list(PAGED, max_requests=9)
    with pytest.raises(BudgetSpent, match="; allow max_requests=10 or more") as caught:
        export(ask, listing, form, **place(form, tmp_path))
    assert caught.value.cursor is None
    assert names(ask.all(PAGED, listing.cursor)) == names(ask.all(PAGED))


def test_a_budget_that_is_only_reported_gives_a_frame_and_leads_on(ask: Asker) -> None:
    listed = ask.all(PAGED)
    listing = ask.client.sessions.list(PAGED, max_requests=9, on_error="report")
    found = ids(ask.finished(listing.to_arrow()))
    assert 0 < len(found) < len(listed)
    assert not listing.coverage.complete
    assert found + names(ask.all(PAGED, listing.cursor)) == names(listed)


def test_a_file_is_never_incomplete(sandbox: Sandbox, ask: Asker, tmp_path: Path) -> None:
    path = tmp_path / "sessions.parquet"
    path.write_bytes(b"older")
    sandbox.misbehave("flex", *[Status(403)] * 9)
    listing = ask.client.sessions.list(PAGED, on_error="report")
    with pytest.raises(IncompleteAnswer, match="flex: INCOMPLETE"):
        ask.finished(listing.to_parquet(path))
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_bytes() == b"older"


def test_a_file_is_not_there_while_it_is_read(sandbox: Sandbox, ask: Asker, tmp_path: Path) -> None:
    path = tmp_path / "sessions.parquet"
    seen = []
    sandbox.on_request("stripe", lambda *_: seen.append(path.exists()))
    ask.finished(ask.client.sessions.list(PAGED).to_parquet(path))
    assert len(seen) > 1
    assert not any(seen)
    assert path.exists()


@pytest.mark.parametrize("method", ["write", "finish"])
def test_where_writing_fails_no_session_counts_as_taken(
    ask: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ParquetFile, method, full)
    listed = ask.all(PAGED)
    listing = ask.client.sessions.list(PAGED)
    with pytest.raises(OSError, match="No space left"):
        ask.finished(listing.to_parquet(tmp_path / "sessions.parquet"))
    assert [*tmp_path.iterdir()] == []
    assert names(ask.all(PAGED, listing.cursor)) == names(listed)
    with pytest.raises(IncompleteAnswer):
        ask.finished(listing.to_arrow())


def test_a_path_that_cannot_be_costs_no_request_and_another_one_works(
    sandbox: Sandbox, ask: Asker, tmp_path: Path
) -> None:
    listed = ask.all(PAGED)
    sandbox.clear_requests()
    listing = ask.client.sessions.list(PAGED)
    with pytest.raises(ConfigurationError, match="cannot be written: No such file or directory"):
        ask.finished(listing.to_parquet(tmp_path / "nowhere" / "sessions.parquet"))
    assert requests(sandbox) == 0
    found = export(ask, listing, "to_parquet", path=tmp_path / "sessions.parquet")
    assert ids(found) == names(listed)


@pytest.mark.parametrize(
    ("form", "library", "extra"),
    [
        ("to_arrow", "pyarrow", "columns"),
        ("to_parquet", "pyarrow", "columns"),
        ("to_pandas", "pandas", "pandas"),
        ("to_polars", "polars", "polars"),
    ],
)
def test_a_missing_library_is_told_before_anything_is_sent(
    sandbox: Sandbox,
    ask: Asker,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    form: str,
    library: str,
    extra: str,
) -> None:
    for module in [*sys.modules]:
        if module.startswith("unified_checkout.columns"):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    listing = ask.client.sessions.list(PAGED)
    with pytest.raises(ConfigurationError, match=rf"'unified-checkout\[{extra}\]'$"):
        export(ask, listing, form, **place(form, tmp_path))
    assert requests(sandbox) == 0


def test_listing_loads_none_of_the_libraries() -> None:
    program = (
        "import sys\n"
        "from unified_checkout import AsyncClient, Client\n"
        "from unified_checkout.sandbox import Sandbox\n"
        "with Sandbox(sessions=3, seed=1) as sandbox, Client(sandbox.accounts) as client:\n"
        "    list(client.sessions.list())\n"
        "print({'pyarrow', 'pandas', 'polars', 'numpy'} & {*sys.modules})\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "set()\n"


def test_of_two_exports_of_one_listing_at_once_one_is_told(sandbox: Sandbox) -> None:
    asked, go_on = Event(), Event()

    def wait(*_: object) -> None:
        asked.set()
        go_on.wait(10)

    sandbox.on_request("stripe", wait)
    with Client(impatient(sandbox, "stripe")) as client:
        listed = client.sessions.list(PAGED)
        found: list[pa.Table] = []
        first = Thread(target=lambda: found.append(listed.to_arrow()))
        first.start()
        asked.wait(10)
        with pytest.raises(ListingInUse):
            listed.to_arrow()
        go_on.set()
        first.join()
    assert [table.num_rows for table in found] == [len(sandbox.truth("stripe"))]


def test_a_cancelled_export_leaves_no_file(sandbox: Sandbox, tmp_path: Path) -> None:
    async def cancelled() -> int:
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        sandbox.on_request("stripe", lambda *_: loop.call_soon_threadsafe(asked.set))
        async with AsyncClient(impatient(sandbox, "stripe")) as client:
            listing = client.sessions.list(PAGED)
            export = asyncio.create_task(listing.to_parquet(tmp_path / "sessions.parquet"))
            await asked.wait()
            export.cancel()
            with pytest.raises(asyncio.CancelledError):
                await export
            sandbox.on_request("stripe", None)
            rest = client.sessions.list(PAGED, cursor=listing.cursor)
            return len([session async for session in rest])

    assert asyncio.run(cancelled()) == len(sandbox.truth("stripe"))
    assert [*tmp_path.iterdir()] == []


def test_a_table_of_one_client_is_that_of_the_other(sandbox: Sandbox, ask: Asker) -> None:
    with Client(impatient(sandbox)) as client:
        whole = client.sessions.list(PAGED).to_arrow(raw=True, decimals=True)
    assert ask.finished(ask.client.sessions.list(PAGED).to_arrow(raw=True, decimals=True)) == whole
