"""What was read, kept in a file until it is written into the store at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa

from unified_checkout.columns import SCHEMA
from unified_checkout.columns.arrow import batch_of, values_of, whole_text
from unified_checkout.engine.runtime import Observer
from unified_checkout.errors import StoreError
from unified_checkout.model.session import Session
from unified_checkout.store.shape import ARRIVED, READ_AT

_AT_ONCE = 1000
"""Sessions that become columns together."""
_PARTS = 10
"""So many times as many are a batch: few enough for a database to merge in little memory."""
_LARGEST = 2**63 - 1
_INSTEAD = "\N{REPLACEMENT CHARACTER}"
_NUL = b"\0"


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
        names = [*SCHEMA.names, "raw_bytes"] if self._raw else SCHEMA.names
        with pa.OSFile(str(self._path), "wb") as file, pa.ipc.new_stream(file, ARRIVED) as stream:
            while (values := values_of(islice(remaining, _AT_ONCE), names))["id"]:
                values = _last_of_each(values)
                ids = values["id"]
                if not self._parts or self._parts[-1] == _PARTS or not together.isdisjoint(ids):
                    self._parts.append(0)
                    together = set()
                self._parts[-1] += 1
                together.update(ids)
                self._write(stream, values, arrivals.of(ids))

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
        values: Mapping[str, Sequence[Any]],
        moments: Sequence[datetime],
    ) -> None:
        texts = map(_text, values["raw_bytes"]) if self._raw else repeat(None, len(moments))
        arrived = [
            *self._told(values).columns,
            pa.array(moments, READ_AT.type),
            pa.array(list(texts), pa.string()),
        ]
        stream.write_batch(pa.RecordBatch.from_arrays(arrived, schema=ARRIVED))
        self.rows += len(moments)

    def _told(self, values: Mapping[str, Sequence[Any]]) -> pa.RecordBatch:
        """The columns of a listing, what not every database takes replaced; ``raw`` has it still."""
        try:
            columns = batch_of(values, SCHEMA)
        except (OverflowError, UnicodeEncodeError):
            pass
        else:
            if not any(_NUL in text for text in _written(columns.columns)):
                return columns
        plain = {name: [_plain(one) for one in values[name]] for name in SCHEMA.names}
        self.altered += len(
            {
                place
                for name, told in plain.items()
                for place, (one, other) in enumerate(zip(told, values[name], strict=True))
                if one is not other and one != other
            }
        )
        return batch_of(plain, SCHEMA)


def _last_of_each(values: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The same without what comes again later, by the ids."""
    last = {id: place for place, id in enumerate(values["id"])}
    if len(last) == len(values["id"]):
        return values
    return {name: [told[place] for place in last.values()] for name, told in values.items()}


def _written(columns: Iterable[pa.Array]) -> Iterator[bytes]:
    """All texts in the columns and in what these are made of, as they lie in memory."""
    for column in columns:
        if pa.types.is_string(column.type):
            _, _, texts = column.buffers()
            if texts is not None:
                yield texts.to_pybytes()
        elif pa.types.is_struct(column.type):
            yield from _written(column.field(place) for place in range(column.type.num_fields))
        elif pa.types.is_map(column.type):
            yield from _written((column.keys, column.items))
        elif pa.types.is_list(column.type):
            yield from _written((column.values,))


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").replace("\0", _INSTEAD)


def _plain(value: Any) -> Any:
    """A field of a session, or a part of one, as every database takes it.

    Without NUL and halves of characters in its texts, and null where it is too large a number.
    """
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return whole_text(value).replace("\0", _INSTEAD)
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, int) and abs(value) > _LARGEST:
        return None
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value))]
        return attrs.evolve(value, **{name: _plain(getattr(value, name)) for name in names})
    return value
