"""What was refunded of a payment: entries of their own tell it, weeks later perhaps.

Sources: developer.paypal.com/docs/integration/direct/transaction-search/transaction-event-codes for
the codes; by ``reporting_transactions_v1.json`` ``paypal_reference_id`` is "a related, pre-existing
transaction or event", of the kind ``TXN`` a transaction. That every refund names its payment there
is inferred.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from unified_checkout.adapters import Parameters, Session, SessionKind, kit
from unified_checkout_paypal import wire

REFUND = "T1107"
"""The merchant gave something back."""
REVERSAL = "T1106"
"""PayPal took it back; whether that is a refund or a dispute it does not say."""
NOBODY = ""
"""The key of refunds that name no payment."""
_COMPLETED = "S"
_HIDE = {"transaction_id", "transaction_type", "transaction_amount"}
_HIDE |= {"payment_instrument_type", "store_id", "terminal_id"}


def shown(parameters: Parameters) -> bool:
    """Whether a list that is asked for so holds every refund that was completed.

    A refund is in the currency of its payment (``payments_payment_v2.json``).
    """
    asked = dict(parameters)
    return _HIDE.isdisjoint(asked) and asked.get("transaction_status", _COMPLETED) == _COMPLETED


def tells_of(entry: Session) -> str | None:
    """The transaction id of the payment that a refund or a reversal names."""
    if entry.kind is not SessionKind.OTHER or entry.mode is not None:
        return None
    info = _info(entry)
    if info.transaction_event_code not in (REFUND, REVERSAL):
        return None
    names = info.paypal_reference_id_type in ("TXN", None)
    return (info.paypal_reference_id if names else None) or NOBODY


def joined(payment: Session, told: Mapping[str, Collection[Session]]) -> Session:
    """A payment with what was refunded of it, as far as that is certain.

    A refund that names no payment may be of any that was there before it.
    """
    received = payment.mode is not None and (payment.amount_total or 0) > 0
    if not received or any(one.created >= payment.created for one in told.get(NOBODY, ())):
        return payment
    (id,) = payment.payment_intents
    entries = [one for one in told.get(id, ()) if one.provider_status == _COMPLETED]
    amounts = [
        one.amount_total
        for one in entries
        if one.currency == payment.currency and _info(one).transaction_event_code == REFUND
    ]
    refunded = [-amount for amount in amounts if amount is not None]
    if len(refunded) < len(entries):
        return payment
    return attrs.evolve(payment, amount_refunded=sum(refunded))


def _info(entry: Session) -> wire.Info:
    return kit.decode(wire.PAGE.row, entry.raw_bytes).transaction_info
