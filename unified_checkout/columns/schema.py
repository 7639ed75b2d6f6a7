"""Which columns there are, and of which types."""

from __future__ import annotations

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")

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
        "created": TIME,
        "status": pa.string(),
        "payment_status": pa.string(),
        "mode": pa.string(),
        "kind": pa.string(),
        "expires_at": TIME,
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

RAW = pa.field("raw", pa.large_string())

MONEY = pa.decimal128(28, 9)
"""Wide enough for every amount of 64 bits, and narrow enough to be multiplied by a rate, which
Arrow refuses where all 38 digits are taken."""

DECIMALS = {f"{name}_decimal": name for name in SCHEMA.names if name.startswith("amount_")}
"""The decimal columns, and which amount each one shows."""


def schema(*, raw: bool = False, decimals: bool = False) -> pa.Schema:
    """The columns as they are asked for: those of :data:`SCHEMA`, in its order, and those added.

    Args:
        raw: add ``raw``, the provider's object as text. Bytes that are no UTF-8 become U+FFFD.
        decimals: add, behind each amount in minor units, the same in the currency's main unit:
            1250 of ``amount_total`` are 12.50 of ``amount_total_decimal``, if the exponent is 2.
            It is null where the amount, its currency or the exponent is not known.

    >>> schema(decimals=True).names[9:12]
    ['amount_total', 'amount_total_decimal', 'amount_subtotal']
    >>> schema(raw=True).names[-1]
    'raw'
    """
    fields = list(SCHEMA)
    if decimals:
        for name, amount in DECIMALS.items():
            place = [field.name for field in fields].index(amount)
            fields.insert(place + 1, pa.field(name, MONEY))
    return pa.schema([*fields, RAW] if raw else fields)
