"""Sessions as Apache Arrow columns; needs the extra ``arrow``: ``unified-checkout[arrow]``.

A batch is built from its sessions and lets go of them, so that a long listing never stands in
memory as a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, chain, islice
from operator import attrgetter
from typing import Any

import pyarrow as pa

from unified_checkout.model.session import Address, Customer, Session

__all__ = ["ADDRESS", "CUSTOMER", "SCHEMA", "batch", "batches", "table"]

_AT_ONCE = 1000
"""Sessions that become columns together: so few that their fields stay in the processor's cache."""
_TIME = pa.timestamp("us", tz="UTC")
_EPOCH = datetime.fromtimestamp(0, UTC)

ADDRESS = pa.struct(
    dict.fromkeys(("line1", "line2", "city", "state", "postal_code", "country"), pa.string())
)
"""The columns of ``customer.address``."""

CUSTOMER = pa.struct(
    {**dict.fromkeys(("id", "email", "name", "phone"), pa.string()), "address": ADDRESS}
)
"""The columns of ``customer``."""

SCHEMA = pa.schema(
    {
        "account": pa.string(),
        "provider": pa.string(),
        "id": pa.string(),
        "created": _TIME,
        "status": pa.string(),
        "payment_status": pa.string(),
        "mode": pa.string(),
        "kind": pa.string(),
        "expires_at": _TIME,
        "amount_total": pa.int64(),
        "amount_subtotal": pa.int64(),
        "amount_discount": pa.int64(),
        "amount_shipping": pa.int64(),
        "amount_tax": pa.int64(),
        "amount_received": pa.int64(),
        "amount_refunded": pa.int64(),
        "amount_disputed": pa.int64(),
        "currency": pa.string(),
        "currency_exponent": pa.int64(),
        "currency_assumed": pa.bool_(),
        "customer": CUSTOMER,
        "customer_email": pa.string(),
        "customer_account": pa.string(),
        "payment_intents": pa.list_(pa.string()),
        "subscription": pa.string(),
        "setup_intent": pa.string(),
        "invoice": pa.string(),
        "payment_link": pa.string(),
        "client_reference_id": pa.string(),
        "url": pa.string(),
        "success_url": pa.string(),
        "cancel_url": pa.string(),
        "livemode": pa.bool_(),
        "metadata": pa.map_(pa.string(), pa.string()),
        "disputed": pa.bool_(),
        "provider_status": pa.string(),
    }
)
"""One column for each key of ``Session.to_dict``, in its order.

Times are timestamps, words are strings, ``customer`` is a struct and ``metadata`` a map. Columns
never change their type or meaning; later versions only add some.
"""


def batch(sessions: Iterable[Session]) -> pa.RecordBatch:
    """Sessions as one batch of :data:`SCHEMA`.

    Raises:
        OverflowError: for an amount that takes more than 64 bits.
    """
    return pa.RecordBatch.from_arrays(_attributes(sessions, SCHEMA), schema=SCHEMA)


def batches(sessions: Iterable[Session], size: int = 10_000) -> Iterator[pa.RecordBatch]:
    """Sessions as batches of ``size``, each read when it is asked for; the last may be smaller.

    >>> from unified_checkout import Client
    >>> from unified_checkout.sandbox import Sandbox
    >>> with Sandbox(sessions=30, seed=1) as sandbox, Client(sandbox.accounts) as client:
    ...     [batch.num_rows for batch in batches(client.sessions.list(), size=40)]
    [40, 40, 10]
    """
    rest = iter(sessions)
    while parts := list(_parts(islice(rest, size))):
        yield from pa.Table.from_batches(parts).combine_chunks().to_batches()


def table(sessions: Iterable[Session]) -> pa.Table:
    """Sessions as one table.

    >>> table([]).schema == SCHEMA
    True
    """
    return pa.Table.from_batches(batches(sessions), schema=SCHEMA)


def _parts(sessions: Iterator[Session]) -> Iterator[pa.RecordBatch]:
    while (part := batch(islice(sessions, _AT_ONCE))).num_rows:
        yield part


def _attributes(objects: Iterable[object], fields: Iterable[pa.Field]) -> list[pa.Array]:
    """A column for each field: the attribute of that name of each object.

    Each object is let go of before the next one is asked for.
    """
    names = [field.name for field in fields]
    values = list(chain.from_iterable(map(attrgetter(*names), objects)))
    return [
        _column(values[number :: len(names)], field.type) for number, field in enumerate(fields)
    ]


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
    return pa.array(since, type=pa.duration("us")).view(_TIME)


def _structs(objects: Sequence[object | None], kind: pa.StructType) -> pa.Array:
    """Objects, or None, as structs of their attributes."""
    nothing = _WITHOUT_ATTRIBUTES[kind]
    columns = _attributes([nothing if one is None else one for one in objects], kind)
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
