"""``Store``: sessions in tables that stay true."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from os import PathLike, fspath
from pathlib import Path
from threading import TIMEOUT_MAX
from types import TracebackType
from typing import TYPE_CHECKING, Self

from unified_checkout.errors import ConfigurationError, StoreError, UnusableStore
from unified_checkout.extras import needing
from unified_checkout.frames import frameless
from unified_checkout.paths import path_of

if TYPE_CHECKING:
    import pyarrow as pa

    from unified_checkout.store.plan import Horizon, Known
    from unified_checkout.store.writing import Slice, Written

WAIT = 60.0
"""Seconds to wait for others that hold a store, if nothing is said."""

NO_STORE = "{}: there is no store; make one with: unified-checkout sync"

NO_SELECT = "a store is only asked; write one SELECT, and nothing else"


class Store(ABC):
    """Sessions in the tables of a database. It holds the database only while it reads or writes."""

    @staticmethod
    @frameless  # an address may hold a password
    def open(place: str | PathLike[str], *, wait: float = WAIT, for_reading: bool = False) -> Store:
        """The store in a DuckDB file or a PostgreSQL database, made where there is none.

        Args:
            place: the path of the file, or ``postgresql://...``; there it is the schema
                ``unified_checkout``.
            wait: seconds to wait for another program that holds the store.
            for_reading: nothing is made or written; a file need not be writable.

        Raises:
            UnusableStore: if it is none of ours, or of a newer version, or cannot be opened; or,
                for reading, if there is none.
            StoreInUse: if it is held for longer than ``wait``.
            ConfigurationError: if the extra ``store``, or ``postgres``, is not installed, or for a
                ``wait`` below 0.

        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, Store.open(f"{folder}/checkout.duckdb") as store:
        ...     store.query("SELECT count(*) AS sessions FROM sessions").to_pylist()
        [{'sessions': 0}]
        """
        if not isinstance(wait, int | float) or not 0 <= wait <= TIMEOUT_MAX:
            raise ConfigurationError("wait: give seconds, from 0 on")
        if not isinstance(place, str | PathLike):
            raise ConfigurationError(
                f"a store is the path of a file or an address, not of type {type(place).__name__}"
            )
        written = fspath(place)
        in_server = written.startswith(("postgresql://", "postgres://"))
        if "://" in written and not in_server:
            raise UnusableStore(
                "a store is the path of a DuckDB file, such as checkout.duckdb, or the address of "
                "a PostgreSQL database, such as postgresql://localhost/shop"
            )
        if in_server:
            with needing("postgres", "this store needs"):
                from unified_checkout.store.postgres_store import PostgresStore

            return PostgresStore(written, wait=wait, for_reading=for_reading)
        with needing("store", "this store needs"):
            from unified_checkout.store.duckdb_store import DuckDBStore

        return DuckDBStore(path_of(written), wait=wait, for_reading=for_reading)

    @property
    @abstractmethod
    def name(self) -> str:
        """What tells it from the other stores of its folder."""

    @property
    @abstractmethod
    def folder(self) -> Path | None:
        """Where what was read waits to be written; None for the system's temporary folder."""

    @abstractmethod
    def for_one_sync(self) -> AbstractContextManager[None]:
        """Keep other syncs away.

        Raises:
            StoreInUse: if another sync is under way for longer than the store waits.
        """

    @abstractmethod
    def known(self, account: str, horizon: Horizon) -> tuple[str | None, Known]:
        """The provider that an account was read from before, and what is known of the account.

        Args:
            account: its name.
            horizon: which of its sessions may have changed.
        """

    @abstractmethod
    def apply(self, one: Slice) -> Written:
        """Write a slice, its mark and its run in one transaction.

        Raises:
            StoreError: if that fails; the store is then as before.
        """

    def query(self, statement: str) -> pa.Table:
        """What a ``SELECT`` gives, as one table of one state of the store, which stays as it is.

        In PostgreSQL sums and decimals come as text.

        Raises:
            StoreError: if it cannot be read, or is not one ``SELECT`` that only reads.
        """
        if not isinstance(statement, str):
            raise StoreError(NO_SELECT)
        return self._selected(statement)

    @abstractmethod
    def _selected(self, statement: str) -> pa.Table:
        """The same, of a text."""

    @abstractmethod
    def check_publishable(self, path: Path) -> None:
        """Make sure that a copy may be put there.

        Raises:
            UnusableStore: if what is there is no store, or nothing can be written there.
            ConfigurationError: if there is no file to copy.
        """

    @abstractmethod
    def publish(self, path: Path) -> None:
        """Copy the store, and let the copy take the name at once, also from under a reader.

        Raises:
            StoreError: if that fails; what bears the name then stays.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; what is done with it afterwards opens it again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
