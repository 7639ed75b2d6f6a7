"""What Paystack really sends: transactions, and two forms of what follows a page.

Only what the common language needs; the rest stays in the raw bytes. Sources: the list, fetch and
pagination pages (https://paystack.com/docs/api/transaction, .../api/pagination) with their samples,
and rows of test accounts that others have published.
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Struct

from unified_checkout.adapters import kit

Row = TypeVar("Row")

DECIMALS = 2
"""Digits after the point, in every currency."""

Anything = msgspec.Raw
"""An object, an empty one, a text or null: what matters is whether there is something in it."""

_NOTHING = (b"", b"null", b"{}", b"[]", b'""', b"0", b"false")
_BLANKS = b" \t\r\n"

Count = Annotated[int, msgspec.Meta(ge=0)]


class Customer(Struct, frozen=True, gc=False):
    """Whom the transaction is with."""

    id: Count | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None


class Source(Struct, frozen=True, gc=False):
    """Where the transaction came from; null or missing on old rows."""

    entry_point: str | None = None
    """How it was begun; a single transaction may lack it."""


class Transaction(Struct, frozen=True, gc=False):
    """A transaction: all attempts on one payment page, or one charge without any."""

    id: Count
    created_at: str
    """The same as ``createdAt``, which stands beside it in every row seen."""
    amount: int | None = None
    """What was charged, which may be more than was asked."""
    requested_amount: int | None = None
    channel: str | None = None
    currency: str | None = None
    customer: Customer | None = None
    domain: str | None = None
    ip_address: str | None = None
    log: Anything = Anything()
    """What happened on the payment page."""
    metadata: msgspec.Raw = msgspec.Raw()
    """An object, null, an empty text or another one."""
    plan: Anything = Anything()
    pos_transaction_data: Anything = Anything()
    reference: str | None = None
    source: Source | None = None
    status: str | None = None


class Meta(Struct, frozen=True, rename="camel"):
    """What follows a page: a cursor, or the number of pages, whichever was asked for."""

    next: str | None = None
    """The cursor of the next page; the end is null, nothing, or the text ``null``."""
    page: Count | None = None
    page_count: Count | None = None
    """Only where pages are numbered."""
    total: Count | None = None


class Page(Struct, Generic[Row], frozen=True):
    """One response to the list request."""

    rows: list[Row] = msgspec.field(name="data")
    meta: Meta
    status: bool | str = True
    """Whether the request succeeded; one sample has it as a text."""


PAGE = kit.page_decoder(Page, Transaction)


def holds_something(sent: Anything) -> bool:
    """Whether there is more than nothing, null, or what is empty; looked at, not decoded.

    >>> [holds_something(Anything(text)) for text in (b'{"id": 1}', b"{ }", b"null", b"")]
    [True, False, False, False]
    """
    return bytes(sent).translate(None, _BLANKS) not in _NOTHING
