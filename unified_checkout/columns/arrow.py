"""From sessions to columns.

A batch is built from its sessions and lets go of them, so that a long listing never stands in
memory as a list.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate, chain, islice
from operator import attrgetter
from typing import Any

import pyarrow as pa

from unified_checkout.columns.schema import (
    ADDRESS,
    CUSTOMER,
    DECIMALS,
    MONEY,
    RAW,
    TIME,
    schema,
)
from unified_checkout.frames import frameless
from unified_checkout.model.session import Address, Customer, Session

_AT_ONCE = 1000
"""Sessions that become columns together: so few that their fields stay in the processor's cache."""
SIZE = 10_000
"""Rows of a batch where nothing else is asked for."""
_EPOCH = datetime.fromtimestamp(0, UTC)


def batch(
    sessions: Iterable[Session], *, raw: bool = False, decimals: bool = False
) -> pa.RecordBatch:
    """Sessions as one batch; :func:`schema` says which columns it has.

    Raises:
        OverflowError: for an amount that takes more than 64 bits; with ``decimals``, also for one
            with more than nine decimals.
    """
    return _batch(sessions, schema(raw=raw, decimals=decimals))


def batches(
    sessions: Iterable[Session], size: int = SIZE, *, raw: bool = False, decimals: bool = False
) -> Iterator[pa.RecordBatch]:
    """Sessions as batches of ``size``, each read when it is asked for; the last may be smaller.

    >>> from unified_checkout import Client
    >>> from unified_checkout.sandbox import Sandbox
    >>> shop = Sandbox(sessions=90, seed=1, providers=["stripe"])
    >>> with shop, Client(shop.accounts) as client:
    ...     [batch.num_rows for batch in batches(client.sessions.list(), size=40)]
    [40, 40, 10]
    """
    columns = schema(raw=raw, decimals=decimals)
    rest = iter(sessions)
    while parts := list(_parts(islice(rest, size), columns)):
        yield from _joined(parts)


async def batches_async(
    sessions: AsyncIterable[Session], columns: pa.Schema
) -> AsyncGenerator[pa.RecordBatch, None]:
    """Sessions as batches of these columns, as :func:`batches` gives them."""
    few: list[Session] = []
    parts: list[pa.RecordBatch] = []
    async for session in sessions:
        few.append(session)
        if len(few) < _AT_ONCE:
            continue
        parts.append(_batch(few, columns))
        few.clear()
        if len(parts) * _AT_ONCE >= SIZE:
            for one in _joined(parts):
                yield one
            parts.clear()
    if few:
        parts.append(_batch(few, columns))
    for one in _joined(parts):
        yield one


def table(sessions: Iterable[Session], *, raw: bool = False, decimals: bool = False) -> pa.Table:
    """Sessions as one table.

    >>> table([]).schema == schema()
    True
    """
    return pa.Table.from_batches(
        batches(sessions, raw=raw, decimals=decimals), schema=schema(raw=raw, decimals=decimals)
    )


async def table_async(
    sessions: AsyncIterable[Session], *, raw: bool = False, decimals: bool = False
) -> pa.Table:
    """Sessions as one table."""
    columns = schema(raw=raw, decimals=decimals)
    found = [one async for one in batches_async(sessions, columns)]
    return pa.Table.from_batches(found, schema=columns)


def _parts(sessions: Iterator[Session], columns: pa.Schema) -> Iterator[pa.RecordBatch]:
    while (part := _batch(islice(sessions, _AT_ONCE), columns)).num_rows:
        yield part


def _joined(parts: Sequence[pa.RecordBatch]) -> list[pa.RecordBatch]:
    if not parts:
        return []
    whole: list[pa.RecordBatch] = pa.Table.from_batches(parts).combine_chunks().to_batches()
    return whole


def values_of(objects: Iterable[object], names: Sequence[str]) -> dict[str, list[Any]]:
    """By name, the attribute of that name of each object.

    Each object is let go of before the next one is asked for.
    """
    values = list(chain.from_iterable(map(attrgetter(*names), objects)))
    return {name: values[number :: len(names)] for number, name in enumerate(names)}


def batch_of(values: Mapping[str, Sequence[Any]], columns: pa.Schema) -> pa.RecordBatch:
    """The values of sessions, by field, as one batch of these columns; ``raw`` is no field.

    Raises:
        OverflowError: for an integer that takes more than 64 bits.
        UnicodeEncodeError: for a text that holds half a character.
    """
    made = [_column(values[one.name], one.type) for one in columns]
    return pa.RecordBatch.from_arrays(made, schema=columns)


@frameless  # what the sessions hold is in the frames
def _batch(sessions: Iterable[Session], columns: pa.Schema) -> pa.RecordBatch:
    stored = [field for field in columns if field.name not in DECIMALS]
    values = values_of(sessions, ["raw_bytes" if one == RAW else one.name for one in stored])
    made = {one.name: _column(values[one.name], one.type) for one in stored if one != RAW}
    if RAW.name in columns.names:
        made[RAW.name] = _texts(values["raw_bytes"])
    for name, amount in DECIMALS.items():
        if name in columns.names:
            made[name] = _decimals(amount, values)
    return pa.RecordBatch.from_arrays([made[name] for name in columns.names], schema=columns)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind in _WITHOUT_ATTRIBUTES:
        return _structs(values, kind)
    if pa.types.is_map(kind):
        return _maps(values)
    if pa.types.is_timestamp(kind):
        return _times(values)
    return pa.array(values, type=kind)


def _times(moments: Sequence[datetime | None]) -> pa.Array:
    """Moments, or None, as timestamps, without asking each one how far it is from UTC."""
    since = [None if moment is None else moment - _EPOCH for moment in moments]
    return pa.array(since, type=pa.duration("us")).view(TIME)


def _texts(sent: Sequence[bytes]) -> pa.Array:
    return pa.array([one.decode(errors="replace") for one in sent], type=RAW.type)


def _decimals(name: str, values: Mapping[str, Sequence[Any]]) -> pa.Array:
    """One amount of each session in its currency's main unit, where all that takes is known."""
    known = zip(values[name], values["currency"], values["currency_exponent"], strict=True)
    amounts = [None if None in one else Decimal(f"{one[0]}e{-one[2]}") for one in known]
    try:
        return pa.array(amounts, type=MONEY)
    except pa.ArrowInvalid:
        raise OverflowError(
            f"{name}: a currency's exponent asks for more digits than a decimal column has, "
            f"which are {MONEY.precision - MONEY.scale} and {MONEY.scale} decimals"
        ) from None


def _structs(objects: Sequence[object | None], kind: pa.StructType) -> pa.Array:
    """Objects, or None, as structs of their attributes."""
    nothing = _WITHOUT_ATTRIBUTES[kind]
    values = values_of(
        [nothing if one is None else one for one in objects], [field.name for field in kind]
    )
    columns = [_column(values[field.name], field.type) for field in kind]
    missing = pa.array([one is None for one in objects], type=pa.bool_())
    return pa.StructArray.from_arrays(columns, fields=list(kind), mask=missing)


def _maps(mappings: Sequence[Mapping[str, str] | None]) -> pa.Array:
    """Mappings of strings, or None, as maps: all keys and all values, and where each one ends."""
    present: list[Mapping[str, str]] = [mapping or {} for mapping in mappings]
    keys = pa.array(list(chain.from_iterable(present)), type=pa.string())
    values = chain.from_iterable(mapping.values() for mapping in present)
    ends = pa.array([0, *accumulate(map(len, present))], type=pa.int32())
    missing = pa.array([mapping is None for mapping in mappings], type=pa.bool_())
    return pa.MapArray.from_arrays(
        ends, keys, pa.array(list(values), type=pa.string()), mask=missing
    )


_WITHOUT_ATTRIBUTES: Mapping[pa.StructType, object] = {CUSTOMER: Customer(), ADDRESS: Address()}


def whole_text(text: str) -> str:
    r"""A text with another sign for each half of a character, which no column can hold.

    >>> whole_text("caf\u00e9 \ud83c") == "caf\u00e9 \ufffd"
    True
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
