"""The normalized words. Each set is open: a provider's unknown word becomes ``unknown``."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class SessionStatus(StrEnum):
    """Where a checkout session stands."""

    OPEN = "open"
    """The buyer may still finish it."""
    COMPLETE = "complete"
    """The buyer finished it; the money may still be in flight."""
    EXPIRED = "expired"
    """It ran out before the buyer finished it."""
    CANCELED = "canceled"
    """The merchant ended it. Only some providers have this."""
    FAILED = "failed"
    """The payment failed for good; the buyer can no longer finish it. Only some providers have
    this."""
    UNKNOWN = "unknown"
    """A word this version does not know; ``Session.provider_status`` has it."""


class SessionKind(StrEnum):
    """What a session is to the merchant."""

    CHECKOUT = "checkout"
    """A buyer was sent to pay: what this library is about."""
    RENEWAL = "renewal"
    """A further period of a subscription, charged without the buyer."""
    INVOICE = "invoice"
    """A bill that was sent to a customer."""
    IN_PERSON = "in_person"
    """Taken at a till or a terminal."""
    OTHER = "other"
    """Something else that is known, such as a charge by hand."""
    UNKNOWN = "unknown"
    """The provider does not say which of these it is."""


class PaymentStatus(StrEnum):
    """Whether the money is there."""

    PAID = "paid"
    UNPAID = "unpaid"
    NO_PAYMENT_REQUIRED = "no_payment_required"
    UNKNOWN = "unknown"


class SessionMode(StrEnum):
    """What the session is for."""

    PAYMENT = "payment"
    SUBSCRIPTION = "subscription"
    SETUP = "setup"
    ORDER = "order"
    OFF_SESSION = "off_session"
    UNKNOWN = "unknown"


StatusWord = Literal["open", "complete", "expired", "canceled", "failed", "unknown"]
"""A status as it may be written in a query, for type checkers; so are those that follow."""
KindWord = Literal["checkout", "renewal", "invoice", "in_person", "other", "unknown"]
PaymentStatusWord = Literal["paid", "unpaid", "no_payment_required", "unknown"]
ModeWord = Literal["payment", "subscription", "setup", "order", "off_session", "unknown"]
