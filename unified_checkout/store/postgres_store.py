"""A store in a PostgreSQL database, in a schema of its own."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa

from unified_checkout.clocks import now
from unified_checkout.errors import ConfigurationError, StoreError, StoreInUse, UnusableStore
from unified_checkout.signals import heeding_signals
from unified_checkout.store import shape
from unified_checkout.store.address import place_of, variables_beside
from unified_checkout.store.plan import Horizon, Known
from unified_checkout.store.store import NO_SELECT, NO_STORE, Store
from unified_checkout.store.writing import Slice, Written, known_of, write
from unified_checkout.telltales import without_secrets

T = TypeVar("T")

SCHEMA = "unified_checkout"
_SYNC_LOCK = 0x75636F_01
_WRITE_LOCK = 0x75636F_02
_POLL = 0.1
_ONLY_READ = "25006"
"""The SQLSTATE of what a transaction that only reads refuses."""
_UPDATED = [name for name in shape.COLUMNS if name not in shape.KEYS["sessions"]]


class PostgresStore(Store):
    """A store in a PostgreSQL database; see :meth:`Store.open`."""

    def __init__(self, url: str, *, wait: float, for_reading: bool = False) -> None:
        self._place = place_of(url)
        self._url = url
        self._wait = wait
        self._held: Transaction | None = None
        """The one that keeps other syncs away, while there is one."""
        with self._opened() as transaction:
            if not for_reading:
                transaction.rows(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
            if not transaction.rows(
                "SELECT 1 FROM information_schema.schemata WHERE schema_name = $1", [SCHEMA]
            ):
                if for_reading:
                    raise UnusableStore(NO_STORE.format("the database"))
                self._make(transaction)
            self._check(transaction)
            self._name = self._told_apart(transaction)
            if not for_reading:
                self._mend(transaction)

    @property
    def name(self) -> str:
        """The schema's, with what tells the database from others."""
        return self._name

    @property
    def folder(self) -> None:
        """There is none."""

    def _told_apart(self, transaction: Transaction) -> str:
        """The schema's name with a hash of the server and the database, and of no secret."""
        [[database, asks]] = transaction.rows(
            "SELECT current_database(), "
            "has_function_privilege(to_regprocedure('pg_control_system()'), 'EXECUTE')"
        )
        server = asks and transaction.rows("SELECT system_identifier FROM pg_control_system()")
        told = repr((self._place, database, server)).encode()
        return f"{SCHEMA}-{hashlib.sha256(told).hexdigest()[:12]}"

    @contextmanager
    def for_one_sync(self) -> Iterator[None]:
        """Hold an advisory lock of the database."""
        until = now() + self._wait
        with self._opened() as transaction:
            while not transaction.rows(f"SELECT pg_try_advisory_lock({_SYNC_LOCK})")[0][0]:
                if now() >= until:
                    raise StoreInUse(
                        "another sync of this database is under way; "
                        "wait for its end, or wait longer with --wait SECONDS"
                    )
                time.sleep(_POLL)
            transaction.commit()
            self._held = transaction
            try:
                yield
            finally:
                self._held = None

    def known(self, account: str, horizon: Horizon) -> tuple[str | None, Known]:
        """See :meth:`Store.known`."""
        with self._opened() as transaction:
            return known_of(transaction, account, horizon)

    def apply(self, one: Slice) -> Written:
        """See :meth:`Store.apply`."""
        with self._opened() as transaction:
            transaction.rows(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
            written = write(transaction, one)
            transaction.commit()
        return written

    def _selected(self, statement: str) -> pa.Table:
        with self._opened() as transaction:
            transaction.rows("SET TRANSACTION READ ONLY")
            return transaction.table(statement)

    def check_publishable(self, path: Path) -> None:
        """There is no file to copy.

        Raises:
            ConfigurationError: always.
        """
        raise ConfigurationError("only a store in a file can be published as a copy")

    def publish(self, path: Path) -> None:
        """The same."""
        self.check_publishable(path)

    def close(self) -> None:
        """Nothing is held between two uses."""

    def _make(self, transaction: Transaction) -> None:
        transaction.rows(f"CREATE SCHEMA {SCHEMA}")
        for statement in shape.definitions(keys=True):
            transaction.rows(statement)
        transaction.commit()

    def _check(self, transaction: Transaction) -> None:
        """Refuse what is no store of ours.

        Raises:
            UnusableStore: if it is none, or a newer one.
        """
        found = transaction.rows(
            "SELECT 1 FROM information_schema.columns WHERE table_schema = $1 AND data_type = 'bigint' "
            "AND table_name = 'unified_checkout_store' AND column_name = 'version'",
            [SCHEMA],
        ) and transaction.rows("SELECT version FROM unified_checkout_store")
        if len(found) != 1:
            raise UnusableStore(
                f"the database has a schema {SCHEMA} of another program, which is left alone; "
                "name another database"
            )
        [[version]] = found
        if version > shape.VERSION:
            raise UnusableStore(
                "the store was written by a newer version of unified-checkout (its tables are of "
                f"version {version}, known here is {shape.VERSION}); upgrade unified-checkout"
            )

    def _mend(self, transaction: Transaction) -> None:
        """Take the key of ``session_metadata`` from a store that an earlier version made, and give
        it the columns that it lacks.

        Only who owns the tables may.

        Raises:
            UnusableStore: if a column is not there, and somebody else owns the table.
        """
        lacking = transaction.rows(
            "SELECT pg_has_role(t.relowner, 'USAGE') FROM pg_class AS t "
            "WHERE t.relname = 'accounts' AND t.relnamespace = to_regnamespace($1) AND NOT EXISTS "
            "(SELECT 1 FROM pg_attribute WHERE attrelid = t.oid AND attname = 'left_off')",
            [SCHEMA],
        )
        if lacking == [(False,)]:
            raise UnusableStore(
                "the store was made by an earlier version of unified-checkout; sync once as the "
                "owner of its tables, which adds what they lack"
            )
        if lacking:
            for statement in shape.ADDITIONS:
                transaction.rows(statement)
            transaction.commit()
        if transaction.rows(
            "SELECT 1 FROM pg_constraint AS k JOIN pg_class AS t ON t.oid = k.conrelid "
            "WHERE k.conname = 'session_metadata_pkey' AND pg_has_role(t.relowner, 'USAGE') "
            "AND k.connamespace = to_regnamespace($1)",
            [SCHEMA],
        ):
            transaction.rows("ALTER TABLE session_metadata DROP CONSTRAINT session_metadata_pkey")
            transaction.rows(shape.METADATA_INDEX)
            transaction.commit()

    @contextmanager
    def _opened(self) -> Iterator[Transaction]:
        """A transaction, which is taken back unless it is committed.

        Raises:
            UnusableStore: if there is no way to the database.
            StoreError: for anything that the database refuses.
        """
        try:
            connection = self._held.beside() if self._held else postgresql.connect(self._url)
        except adbc_driver_manager.Error as error:
            # what is quoted may be a part of the address, and so of the password
            said = re.sub(r'"[^"]*"', '"..."', str(error).replace(self._url, "..."))
            place = f" at {self._place}" if self._place else ""
            raise UnusableStore(
                f"the database{place} cannot be reached: "
                f"{without_secrets(' '.join(said.splitlines()))}{_of_environment(self._url)}"
            ) from None
        try:
            transaction = Transaction(connection)
            transaction.rows(f"SET search_path TO {SCHEMA}, pg_temp")
            transaction.rows("SET TIME ZONE 'UTC'")
            yield transaction
        except adbc_driver_manager.Error as error:
            raise StoreError(
                "the store stands as before: the database refused "
                f"(SQLSTATE {error.sqlstate or 'not told'})"
            ) from error
        finally:
            with suppress(adbc_driver_manager.Error):
                connection.close()


def _of_environment(url: str) -> str:
    """What to add to a failure, of which what the environment tells may be the cause."""
    names = ", ".join(variables_beside(url))
    return f"; the environment has its say, too, by {names}" if names else ""


class Transaction:
    """See :class:`unified_checkout.store.writing.Connection`."""

    def __init__(self, connection: postgresql.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and give its rows, if any."""

        def work(cursor: postgresql.Cursor) -> list[tuple[Any, ...]]:
            cursor.execute(statement, tuple(values) or None)
            return list(cursor.fetchall()) if cursor.description else []

        return self._done(work)

    def table(self, statement: str) -> pa.Table:
        """What a ``SELECT`` gives."""

        def work(cursor: postgresql.Cursor) -> pa.Table:
            cursor.execute(statement)
            if not cursor.description:
                raise StoreError(NO_SELECT)
            return cursor.fetch_arrow_table()

        try:
            return self._done(work)
        except adbc_driver_manager.Error as error:
            if error.sqlstate == _ONLY_READ:
                raise StoreError(NO_SELECT) from None
            raise

    def offer(self, table: str, rows: pa.Table) -> str:
        """Put rows into a temporary table."""
        name = f"incoming_{table}"

        def work(cursor: postgresql.Cursor) -> None:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
            cursor.adbc_ingest(name, rows, mode="create", temporary=True)

        self._done(work)
        return f"pg_temp.{name}"

    def _done(self, work: Callable[[postgresql.Cursor], T]) -> T:
        """What work with a cursor gives, which a signal may end."""
        with self._connection.cursor() as cursor:
            return heeding_signals(partial(work, cursor), cursor.adbc_cancel)

    def upsert(self, incoming: str, kept: Sequence[str], *, held: int) -> None:
        """Put rows into ``sessions`` unless a later reading is there."""
        told = ", ".join(
            f"{name} = "
            + (f"coalesce(excluded.{name}, s.{name})" if name in kept else f"excluded.{name}")
            for name in _UPDATED
        )
        columns = ", ".join([*shape.COLUMNS, "read_at"])
        self.rows(
            f"INSERT INTO sessions AS s ({columns}) SELECT {columns} FROM {incoming} "  # noqa: S608
            f"ORDER BY account, id ON CONFLICT (account, id) DO UPDATE SET {told}, "
            "read_at = excluded.read_at, gone_since = NULL, missed_since = NULL "
            "WHERE excluded.read_at >= s.read_at"
        )

    def beside(self) -> postgresql.Connection:
        """Another connection to the same database, which is cheap to make."""
        return self._connection.adbc_clone()

    def commit(self) -> None:
        """Let what was done be done."""
        self._connection.commit()
