"""What was read, kept in a file until it is written into the store at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa

from unified_checkout.columns.arrow import batch
from unified_checkout.engine.runtime import Observer
from unified_checkout.errors import StoreError
from unified_checkout.model.session import Session
from unified_checkout.store.shape import AMOUNTS, ARRIVED, READ_AT

_AT_ONCE = 1000
"""Sessions that become columns together."""
_PARTS = 10
"""So many times as many are a batch: few enough for a database to merge in little memory."""
_LARGEST = 2**63 - 1
_INSTEAD = "\N{REPLACEMENT CHARACTER}"
_ESCAPE = b"\\u"
_REFUSED = (b"\\u0000", b"\\ud", b"\\uD")
"""How JSON writes what not every database takes: a NUL, and the half of a character."""


class Arrivals(Observer):
    """When each session of a listing arrived. It forgets a session that was asked for."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._moments: dict[str, datetime] = {}

    def arrived(self, account: str, sessions: Sequence[Session]) -> None:
        """Note the moment."""
        self._moments.update(dict.fromkeys([session.id for session in sessions], self._now()))

    def of(self, ids: Iterable[str]) -> list[datetime]:
        """When these sessions arrived."""
        return [self._moments.pop(id) for id in ids]


class Spool:
    """Sessions on their way into a store, in a file of a temporary folder.

    Args:
        path: the file; it must not exist.
        raw: whether the provider's own text is kept.
    """

    def __init__(self, path: Path, *, raw: bool) -> None:
        self._path = path
        self._raw = raw
        self._parts: list[int] = []
        """How many parts of the file each batch is made of."""
        self.rows = 0
        """How many sessions it holds."""
        self.altered = 0
        """Of how many sessions something was replaced that not every database takes."""

    def fill(self, sessions: Iterable[Session], arrivals: Arrivals) -> None:
        """Write the sessions into the file as they are read.

        Raises:
            StoreError: if the file cannot be written, on a full disk say.
        """
        try:
            self._fill(sessions, arrivals)
        except OSError as error:
            raise StoreError(
                "what was read cannot be kept until it is written into the store: "
                f"{os.strerror(error.errno) if error.errno else 'the disk refuses it'}"
            ) from error

    def _fill(self, sessions: Iterable[Session], arrivals: Arrivals) -> None:
        remaining = iter(sessions)
        together: set[str] = set()
        with pa.OSFile(str(self._path), "wb") as file, pa.ipc.new_stream(file, ARRIVED) as stream:
            while some := list(islice(remaining, _AT_ONCE)):
                last = {session.id: session for session in some}
                if not self._parts or self._parts[-1] == _PARTS or not together.isdisjoint(last):
                    self._parts.append(0)
                    together = set()
                self._parts[-1] += 1
                together.update(last)
                self._write(stream, list(last.values()), arrivals.of(last))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """What the file holds; no session is twice in one of them."""
        if self.rows:
            with pa.OSFile(str(self._path)) as file, pa.ipc.open_stream(file) as stream:
                for parts in self._parts:
                    some = pa.Table.from_batches(islice(stream, parts), ARRIVED)
                    [whole] = some.combine_chunks().to_batches()
                    yield whole

    def remove(self) -> None:
        """Delete the file."""
        with suppress(FileNotFoundError):
            self._path.unlink()

    def _write(
        self,
        stream: pa.ipc.RecordBatchStreamWriter,
        sessions: Sequence[Session],
        moments: Sequence[datetime],
    ) -> None:
        texts = [_text(session.raw_bytes) if self._raw else None for session in sessions]
        arrived = [
            *self._told(sessions).columns,
            pa.array(moments, READ_AT.type),
            pa.array(texts, pa.string()),
        ]
        stream.write_batch(pa.RecordBatch.from_arrays(arrived, schema=ARRIVED))
        self.rows += len(sessions)

    def _told(self, sessions: Sequence[Session]) -> pa.RecordBatch:
        """The columns of a listing, what not every database takes replaced; ``raw`` has it still."""
        plain = [_plain(one) if _ESCAPE in one.raw_bytes else one for one in sessions]
        try:
            told = batch(plain)
        except OverflowError:
            plain = [_without_large(session) for session in plain]
            told = batch(plain)
        pairs = zip(plain, sessions, strict=True)
        self.altered += sum(one is not other and one != other for one, other in pairs)
        return told


def _plain(session: Session) -> Session:
    suspect = any(sign in session.raw_bytes for sign in _REFUSED)
    plain: Session = _clean(session) if suspect else session
    return plain


def _without_large(session: Session) -> Session:
    large = [name for name in AMOUNTS if abs(getattr(session, name) or 0) > _LARGEST]
    lacking: dict[str, Any] = dict.fromkeys(large)
    return attrs.evolve(session, **lacking) if large else session


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").replace("\0", _INSTEAD)


def _clean(value: Any) -> Any:
    """A session, or a field of one, without NUL and halves of characters in its texts."""
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", _INSTEAD)
    if isinstance(value, tuple):
        return tuple(_clean(one) for one in value)
    if isinstance(value, Mapping):
        return {_clean(key): _clean(one) for key, one in value.items()}
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value)) if field.name != "raw_bytes"]
        return attrs.evolve(value, **{name: _clean(getattr(value, name)) for name in names})
    return value
