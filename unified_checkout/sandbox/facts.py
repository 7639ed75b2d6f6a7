"""``Facts``: one business fact, one checkout session, in words of no provider."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import shake_256

import attrs

from unified_checkout.model.session import Customer

DAY = 86_400
"""Seconds in a day: how long the buyer usually has to finish a session."""

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""The characters most providers build their ids from."""


@attrs.frozen(kw_only=True)
class Facts:
    """One checkout session, as the merchant would tell it.

    A provider's sandbox *adopts* facts: it replaces what its provider cannot express by what that
    provider would hold instead, and gives the session the provider's id. Fields that a
    ``Session`` has too bear the same name.

    >>> lunch = Facts(serial="lunch", created=1_790_000_000, status="complete", amount_total=1250)
    >>> lunch.currency, lunch.expires_at - lunch.created
    ('usd', 86400)
    """

    serial: str
    """What tells this fact from others. The ids are made from it, so that the same fact held by
    several providers can be found again at each."""
    created: int
    """Unix seconds."""
    id: str = ""
    """The provider's id, given on adoption; whatever stands here before is replaced."""
    status: str | None = "open"
    """``open``, ``paid``, ``complete``, ``canceled``, ``expired`` or ``failed``; None where the
    provider sends null."""
    payment_status: str | None = "unpaid"
    mode: str | None = "payment"
    kind: str | None = "checkout"
    """What the session is to the merchant, in the words of ``SessionKind``."""
    expires_at: int | None = attrs.field(
        default=attrs.Factory(lambda self: self.created + DAY, takes_self=True)
    )
    amount_total: int | None = None
    """All amounts are minor units of ``currency``; None is null or absent, never zero."""
    amount_subtotal: int | None = None
    amount_discount: int | None = None
    amount_shipping: int | None = None
    amount_tax: int | None = None
    amount_received: int | None = None
    amount_refunded: int | None = None
    amount_disputed: int | None = None
    currency: str | None = "usd"
    customer: Customer | None = None
    """The buyer; a guest has no ``customer.id``."""
    customer_email: str | None = None
    """The prefilled address."""
    customer_account: str | None = None
    payment_intents: tuple[str, ...] = ()
    subscription: str | None = None
    setup_intent: str | None = None
    invoice: str | None = None
    payment_link: str | None = None
    client_reference_id: str | None = None
    hosted: bool = True
    """Whether the buyer is sent to the provider's page, or the page is embedded in a shop's."""
    url: str | None = None
    """The hosted page, given on adoption."""
    success_url: str | None = None
    cancel_url: str | None = None
    livemode: bool = False
    metadata: Mapping[str, str] | None = attrs.field(factory=dict)
    disputed: bool | None = False

    @property
    def customer_id(self) -> str | None:
        """The id of the provider's customer object; None for a guest."""
        return self.customer.id if self.customer else None

    @property
    def email(self) -> str | None:
        """The address the buyer gave."""
        return self.customer.email if self.customer else None

    def token(self, purpose: str, length: int, alphabet: str = BASE62) -> str:
        """Characters that look random and are always the same for this fact and purpose.

        >>> Facts(serial="lunch", created=0).token("id", 8)
        'l5SgG6lP'
        """
        digest = shake_256(f"{purpose}:{self.serial}".encode()).digest(length)
        return "".join(alphabet[byte % len(alphabet)] for byte in digest)

    def one_in(self, count: int, purpose: str) -> bool:
        """True for about one fact in ``count``, always the same ones for a purpose."""
        digest = shake_256(f"{purpose}:{self.serial}".encode()).digest(4)
        return int.from_bytes(digest, "big") % count == 0
