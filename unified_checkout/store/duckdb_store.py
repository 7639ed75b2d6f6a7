"""A store in a DuckDB file."""

# ruff: noqa: S608 - the statements are made of the names of our own columns, values are bound

from __future__ import annotations

import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

import duckdb
import filelock
import pyarrow as pa

from unified_checkout import database, forks
from unified_checkout.clocks import now, within
from unified_checkout.errors import StoreError, StoreInUse, UnusableStore
from unified_checkout.paths import path_of
from unified_checkout.store import shape
from unified_checkout.store.plan import Horizon, Known
from unified_checkout.store.store import NO_SELECT, NO_STORE, Store
from unified_checkout.store.writing import Slice, Written, known_of, write
from unified_checkout.telltales import plain_path, without_secrets

T = TypeVar("T")

_SETTINGS: database.Settings = {
    "autoinstall_known_extensions": False,
    "memory_limit": "256MB",
    "preserve_insertion_order": False,
    "threads": 1,
    "checkpoint_threshold": "1KB",
}
_READING: database.Settings = {**_SETTINGS, "memory_limit": "512MB", "threads": 2}
"""What is written has so few rows at once that a second thread costs more than it gains."""
_POLL = 0.1
"""Seconds between two tries to open a file that another program holds."""
_TURNS: dict[Path, Lock] = {}
"""For each file that this process used, whose turn it is."""
_INHERITED: list[duckdb.DuckDBPyConnection] = []
"""Engines of the process from which this one was forked."""
_NO_FILE = "is no file that a store can be in; name another one"
"""Of a folder, a pipe or a device, some of which have no end."""
_LOCKED = "Could not set lock"
_UPDATED = [name for name in shape.COLUMNS if name not in shape.KEYS["sessions"]]
_ASKING = (duckdb.StatementType.SELECT, duckdb.StatementType.MULTI)
"""The types of a ``SELECT`` and of a ``PIVOT``, which makes several statements of itself."""


class DuckDBStore(Store):
    """A store in a DuckDB file; see :meth:`Store.open`."""

    def __init__(self, path: Path, *, wait: float, for_reading: bool = False) -> None:
        self._path = path
        self._wait = wait
        self._for_reading = for_reading
        self._known_as_ours = self._of_before = False
        self._engine: duckdb.DuckDBPyConnection | None = None
        forks.in_children(self, DuckDBStore._begin_in_child)
        if not self._is_there():
            if for_reading:
                raise UnusableStore(NO_STORE.format(plain_path(path)))
            self._make()
        with self._opened() as connection:
            self._check(connection)
        self._known_as_ours = True
        if for_reading:
            return
        if not os.access(path, os.W_OK) or not os.access(self.folder, os.W_OK):
            raise UnusableStore(f"{plain_path(path)} or its folder cannot be written")
        if self._of_before:
            self._mend()

    @property
    def name(self) -> str:
        """The file's own."""
        return self._path.name

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self._path.absolute().parent

    @contextmanager
    def for_one_sync(self) -> Iterator[None]:
        """Hold the lock file beside the store."""
        lock = filelock.FileLock(f"{self._path}.lock", mode=0o600)
        try:
            attempt = partial(lock.acquire, blocking=False)
            held = within(self._wait, attempt, filelock.Timeout, pause=_POLL)
        except filelock.Timeout:
            raise StoreInUse(
                f"another sync of {plain_path(self._path)} is under way; "
                "wait for its end, or wait longer with --wait SECONDS"
            ) from None
        except OSError as error:
            raise UnusableStore(f"{plain_path(self._path)}: {error.strerror}") from None
        with held:
            yield

    def known(self, account: str, horizon: Horizon) -> tuple[str | None, Known]:
        """See :meth:`Store.known`."""
        with self._opened() as connection:
            return known_of(_Transaction(connection), account, horizon)

    def apply(self, one: Slice) -> Written:
        """See :meth:`Store.apply`."""
        with self._opened() as connection:
            self._make_log()
            database.rows(connection, "BEGIN")
            written = write(_Transaction(connection), one)
            database.rows(connection, "COMMIT")
            database.rows(connection, "CHECKPOINT store")
        return written

    def _selected(self, statement: str) -> pa.Table:
        with self._opened(for_reading=True) as connection:
            statements = connection.extract_statements(statement)
            if [one.type in _ASKING for one in statements] != [True]:
                raise StoreError(NO_SELECT)
            return database.table(connection, statement)

    def check_publishable(self, path: Path) -> None:
        """See :meth:`Store.check_publishable`.

        A copy of what is there is looked at, since a program that keeps it open may have locked it.
        """
        path = path_of(path)
        shown, looked_at = plain_path(path), _beside(path, "old")
        try:
            if path.exists():
                if not path.is_file():
                    raise UnusableStore(f"{shown} {_NO_FILE}")
                _copy(path, looked_at)
                DuckDBStore(looked_at, wait=self._wait, for_reading=True).close()
            elif not os.access(path.absolute().parent, os.W_OK):
                raise UnusableStore(f"{shown} cannot be written")
        except OSError as error:
            raise UnusableStore(f"{shown} cannot be replaced: {_said(error)}") from None
        except UnusableStore as error:
            if not path.is_file():
                raise
            raise UnusableStore(
                f"{shown} is no store, and is left alone; name another file"
            ) from error
        finally:
            with suppress(OSError):
                looked_at.unlink()

    def publish(self, path: Path) -> None:
        """See :meth:`Store.publish`."""
        path = path_of(path)
        self.check_publishable(path)
        unfinished = _beside(path, "new")
        try:
            with self._opened() as connection:
                database.rows(connection, "CHECKPOINT store")
                _copy(self._path, unfinished)
            unfinished.replace(path)
        except OSError as error:
            raise StoreError(f"{plain_path(path)} was not written: {_said(error)}") from None
        finally:
            with suppress(OSError):
                unfinished.unlink()

    def close(self) -> None:
        """See :meth:`Store.close`."""
        engine, self._engine = self._engine, None
        if engine is not None:
            with suppress(duckdb.Error):
                engine.close()

    def _begin_in_child(self) -> None:
        """The parent's engine has none of its threads here, and can not even be closed."""
        if self._engine is not None:
            _INHERITED.append(self._engine)
        self._engine = None
        _TURNS.clear()

    def _is_there(self) -> bool:
        shown = plain_path(self._path)
        try:
            found = os.stat(self._path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise UnusableStore(f"{shown} cannot be opened: {_said(error)}") from None
        except ValueError:
            raise UnusableStore(f"{shown} is no name that a file can have") from None
        if not stat.S_ISREG(found.st_mode):
            raise UnusableStore(f"{shown} {_NO_FILE}")
        return True

    def _make(self) -> None:
        """Make the file under another name first, so that it is whole when it bears its own."""
        unfinished = _beside(self._path, "new")
        try:
            connection = _engine_for(unfinished)
            try:
                _attach(connection, unfinished, "(STORAGE_VERSION 'v1.4.0')")
                for statement in shape.definitions(keys=False):
                    database.rows(connection, statement)
                database.rows(connection, "CHECKPOINT store")
            finally:
                connection.close()
            unfinished.chmod(0o600)
            with suppress(FileExistsError):
                os.link(unfinished, self._path)
        except (duckdb.Error, OSError) as error:
            folder = self._path.parent
            why = _said(error) if os.path.isdir(folder) else f"no folder {plain_path(folder)}"
            raise UnusableStore(f"{plain_path(self._path)} cannot be made: {why}") from None
        finally:
            for left in (unfinished, _log_of(unfinished)):
                with suppress(OSError):
                    left.unlink()

    def _check(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Refuse what is no store of ours.

        Raises:
            UnusableStore: if it is none, or a newer one.
        """
        shown = plain_path(self._path)
        try:
            found = database.rows(connection, "SELECT version FROM unified_checkout_store")
        except (duckdb.BinderException, duckdb.CatalogException):
            found = []
        if len(found) != 1 or not isinstance(version := found[0][0], int):
            raise UnusableStore(
                f"{shown} is a database of another program, and is left alone; name another file"
            )
        if version > shape.VERSION:
            raise UnusableStore(
                f"{shown} was written by a newer version of unified-checkout (its tables are of "
                f"version {version}, known here is {shape.VERSION}); upgrade unified-checkout"
            )
        self._of_before = not database.rows(
            connection,
            "SELECT 1 FROM duckdb_columns() WHERE database_name = 'store' "
            "AND table_name = 'accounts' AND column_name = 'left_off'",
        )

    def _mend(self) -> None:
        """Give a store that an earlier version made the columns that it lacks."""
        with self._opened() as connection:
            self._make_log()
            for statement in (*shape.ADDITIONS, f"CREATE OR REPLACE VIEW {shape.VIEW}"):
                database.rows(connection, statement)
            database.rows(connection, "CHECKPOINT store")

    @contextmanager
    def _opened(self, *, for_reading: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """The file, opened; what fails leaves it as it was.

        Args:
            for_reading: the database itself refuses to write, whatever it is told.

        Raises:
            StoreInUse: if another program holds it for longer than the store waits.
            UnusableStore: if it is no database, or of a newer format.
            StoreError: for anything else that fails.
        """
        with self._alone_in_process():
            connection = self._when_free(partial(self._attached, for_reading=for_reading))
            try:
                yield connection
                database.rows(connection, "USE memory")
                database.rows(connection, "DETACH store")
            except duckdb.Error as error:
                self.close()
                raise self._standing(error) from error
            except BaseException:
                self.close()
                raise

    def _standing(self, error: Exception) -> StoreError:
        return StoreError(f"{plain_path(self._path)} stands as before: {_said(error)}")

    def _make_log(self) -> None:
        """Make the log for the owner alone, as the file is: DuckDB would let everybody read it."""
        log = _log_of(self._path)
        try:
            with open(log, "ab", opener=_for_owner):
                log.chmod(0o600)
        except OSError as error:
            raise self._standing(error) from error

    def _attached(self, *, for_reading: bool) -> duckdb.DuckDBPyConnection:
        """The engine, which is costly to start and so is kept, with the file, which is not.

        What may be another program's is only read: its log, too, is left to that program.
        """
        if self._engine is None:
            self._engine = _engine_for(self._path, _READING if self._for_reading else _SETTINGS)
        only_read = for_reading or self._for_reading or not self._known_as_ours
        _attach(self._engine, self._path, "(READ_ONLY)" if only_read else "")
        return self._engine

    @contextmanager
    def _alone_in_process(self) -> Iterator[None]:
        """Keep other threads from the file: its own lock holds against other processes alone."""
        turn = _TURNS.setdefault(self._path.resolve(), Lock())
        if not turn.acquire(timeout=self._wait):
            raise StoreInUse(f"another thread holds {plain_path(self._path)}; wait longer")
        try:
            yield
        finally:
            turn.release()

    def _when_free(self, attempt: Callable[[], T]) -> T:
        until = now() + self._wait
        while True:
            try:
                return attempt()
            except duckdb.Error as error:
                if _LOCKED not in str(error):
                    self.close()
                    raise UnusableStore(
                        f"{plain_path(self._path)} cannot be opened as a store: {_said(error)}"
                    ) from None
                if now() >= until:
                    holder = re.search(r"PID (\d+)", str(error))
                    raise StoreInUse(
                        f"{plain_path(self._path)} is held by another program"
                        f"{f' (PID {holder[1]})' if holder else ''}; close it there, "
                        "or wait longer with --wait SECONDS"
                    ) from None
                time.sleep(_POLL)


class _Transaction:
    """See :class:`unified_checkout.store.writing.Connection`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return database.rows(self._connection, statement, list(values))

    def offer(self, table: str, rows: pa.Table) -> str:
        name = f"incoming_{table}"
        self._connection.register(name, rows)
        return name

    def upsert(self, incoming: str, kept: Sequence[str], *, held: int) -> None:
        columns = ", ".join([*shape.COLUMNS, "read_at"])
        told = ", ".join(
            f"{name} = {f'coalesce(s.{name}, d.{name})' if name in kept else f's.{name}'}"
            for name in _UPDATED
        )
        # the file has no index that would see to it that a session is there once
        twice, written = "GROUP BY account, id HAVING count(*) > 1 LIMIT 1", incoming
        if not held:
            self.rows(f"INSERT INTO sessions ({columns}) SELECT {columns} FROM {incoming}")
        else:
            written = f"sessions WHERE (account, id) IN (SELECT account, id FROM {incoming})"
            self.rows(
                f"MERGE INTO sessions AS d USING {incoming} AS s "
                "ON d.account = s.account AND d.id = s.id "
                f"WHEN MATCHED AND s.read_at >= d.read_at THEN UPDATE SET {told}, "
                "read_at = s.read_at, gone_since = NULL, missed_since = NULL "
                f"WHEN NOT MATCHED THEN INSERT ({columns}) VALUES "
                f"({', '.join(f's.{name}' for name in [*shape.COLUMNS, 'read_at'])})"
            )
        if self.rows(f"SELECT 1 FROM {written} {twice}"):
            raise StoreError("a session would be in the store twice; nothing was written")


def _engine_for(path: Path, settings: database.Settings = _SETTINGS) -> duckdb.DuckDBPyConnection:
    """An engine that keeps what does not fit into memory beside the file."""
    engine = database.connected(settings)
    database.rows(engine, "SET TimeZone = 'UTC'")
    database.rows(engine, f"SET temp_directory = '{_quoted(path)}.tmp'")
    return engine


def _attach(engine: duckdb.DuckDBPyConnection, path: Path, manner: str) -> None:
    database.rows(engine, f"ATTACH '{_quoted(path)}' AS store {manner}")
    database.rows(engine, "USE store")


def _log_of(path: Path) -> Path:
    """Where DuckDB keeps what is not yet in the file."""
    return path.with_name(f"{path.name}.wal")


def _copy(path: Path, copy: Path) -> None:
    """Copy a file into a new one, which its owner alone can read from the first byte on."""
    with path.open("rb") as read, open(copy, "xb", opener=_for_owner) as written:
        shutil.copyfileobj(read, written, 1 << 20)


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _beside(path: Path, word: str) -> Path:
    """A file that nobody else makes, while several make one there at the same time."""
    return path.with_name(f"{path.name}.{uuid4().hex[:12]}-{word}")


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("'", "''")


_TELLING = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.FatalException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
)
"""Errors that say nothing of a session."""


def _said(error: Exception) -> str:
    """The first line of what an error says, unless that may repeat what a session holds."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, _TELLING):
        return without_secrets(str(error).splitlines()[0])
    return type(error).__name__
