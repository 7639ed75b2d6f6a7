"""What was read, kept in a file until it is written into the store at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa

from unified_checkout.columns import batches
from unified_checkout.engine.runtime import Observer
from unified_checkout.errors import StoreError
from unified_checkout.model.session import Session
from unified_checkout.store.shape import AMOUNTS, ARRIVED, READ_AT

_AT_ONCE = 10_000
"""Sessions of one batch: so few that a database merges them in little memory."""
_LARGEST = 2**63 - 1
_INSTEAD = "\N{REPLACEMENT CHARACTER}"
_REFUSED = (b"\\u0000", b"\\ud", b"\\uD")
"""How JSON writes what not every database takes: a NUL, and the half of a character."""


class Arrivals(Observer):
    """When each session of a listing arrived. It forgets a session that was asked for."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._moments: dict[str, datetime] = {}

    def arrived(self, account: str, sessions: Sequence[Session]) -> None:
        """Note the moment."""
        now = self._now()
        self._moments.update((session.id, now) for session in sessions)

    def of(self, id: str) -> datetime:
        """When this session arrived."""
        return self._moments.pop(id)


class Spool:
    """Sessions on their way into a store, in a file of a temporary folder.

    Args:
        path: the file; it must not exist.
        raw: whether the provider's own text is kept.
    """

    def __init__(self, path: Path, *, raw: bool) -> None:
        self._path = path
        self._raw = raw
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
        with pa.OSFile(str(self._path), "wb") as file, pa.ipc.new_stream(file, ARRIVED) as stream:
            waiting: dict[str, tuple[Session, datetime]] = {}
            try:
                for session in sessions:
                    waiting[session.id] = session, arrivals.of(session.id)
                    if len(waiting) == _AT_ONCE:
                        self._write(stream, waiting)
            finally:
                if waiting:
                    self._write(stream, waiting)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """What the file holds."""
        if self.rows:
            with pa.OSFile(str(self._path)) as file, pa.ipc.open_stream(file) as stream:
                yield from stream

    def remove(self) -> None:
        """Delete the file."""
        with suppress(FileNotFoundError):
            self._path.unlink()

    def _write(
        self, stream: pa.ipc.RecordBatchStreamWriter, waiting: dict[str, tuple[Session, datetime]]
    ) -> None:
        sessions = [self._storable(session) for session, _ in waiting.values()]
        [told] = batches(sessions, len(sessions))
        texts = [_text(session.raw_bytes) if self._raw else None for session, _ in waiting.values()]
        moments = [moment for _, moment in waiting.values()]
        arrived = [*told.columns, pa.array(moments, READ_AT.type), pa.array(texts, pa.string())]
        stream.write_batch(pa.RecordBatch.from_arrays(arrived, schema=ARRIVED))
        self.rows += len(waiting)
        waiting.clear()

    def _storable(self, session: Session) -> Session:
        """The session, what not every database takes replaced; ``raw`` has it still."""
        suspect = any(sign in session.raw_bytes for sign in _REFUSED)
        large = [name for name in AMOUNTS if abs(getattr(session, name) or 0) > _LARGEST]
        if not suspect and not large:
            return session
        plain: Session = _clean(session) if suspect else session
        if large:
            lacking: dict[str, Any] = dict.fromkeys(large)
            plain = attrs.evolve(plain, **lacking)
        self.altered += plain != session
        return plain


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
