"""What figures need of sessions, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from unified_checkout.columns import SCHEMA
from unified_checkout.columns.arrow import batch_of, values_of, whole_text
from unified_checkout.model.session import Customer, Session
from unified_checkout.report.sql import FIELDS

_COLUMNS = pa.schema(
    [SCHEMA.field(name) for name in (*FIELDS, "customer", "customer_email", "client_reference_id")]
)
_AT_ONCE = 1000
"""Sessions that become columns together."""
_PARTS = 10
"""So many times as many are a table."""
_FEWEST, _MOST = -(2**63), 2**63 - 1


def tables(sessions: Iterable[Session]) -> Iterator[pa.Table]:
    """Tables of what figures need, each read when it is asked for.

    An amount of more than 64 bits becomes null and half a character another sign, as in a store:
    one session keeps no report from the figures of the others.
    """
    parts = _parts(iter(sessions))
    while some := list(islice(parts, _PARTS)):
        yield pa.Table.from_batches(some)


def _parts(sessions: Iterator[Session]) -> Iterator[pa.RecordBatch]:
    while (values := values_of(islice(sessions, _AT_ONCE), _COLUMNS.names))["account"]:
        try:
            yield batch_of(values, _COLUMNS)
        except (OverflowError, UnicodeEncodeError):
            yield batch_of(_fitting(values), _COLUMNS)


def _fitting(values: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    buyers = values["customer"]
    emails = [None if buyer is None else buyer.email for buyer in buyers]
    plain = {name: [_plain(one) for one in column] for name, column in values.items()}
    return plain | {"customer": [Customer(email=_plain(email)) for email in emails]}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, int) and not _FEWEST <= value <= _MOST:
        return None
    return value
