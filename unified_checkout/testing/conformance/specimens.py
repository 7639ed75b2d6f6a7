"""The facts that the laws are checked on: a shop's history, and what a history rarely holds."""

from __future__ import annotations

import attrs

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Facts
from unified_checkout.sandbox.facts import DAY
from unified_checkout.sandbox.invention import Invention

SESSIONS = 80
NOW = 1_790_000_000
"""The time at which everything happens, in Unix seconds."""
YEAR = 365 * DAY

SPECIMEN = Facts(
    serial="specimen",
    created=NOW - 86_000,
    expires_at=NOW + 400,
    status="complete",
    payment_status="paid",
    amount_total=12_345,
    amount_subtotal=11_000,
    amount_discount=655,
    amount_shipping=503,
    amount_tax=1_497,
    amount_received=12_201,
    amount_refunded=347,
    amount_disputed=1_009,
    disputed=True,
    customer=Customer(
        id="cus_specimen",
        email="Quirina.Specimen@example.com",
        name="Quirina Specimen",
        phone="+12025550100",
        address=Address(
            line1="1 Sample Street",
            line2="Back Door",
            city="Exampleton",
            state="Examplia",
            postal_code="99999",
            country="NZ",
        ),
    ),
    customer_email="prefilled@example.net",
    payment_intents=("pi_specimen",),
    payment_link="plink_specimen",
    client_reference_id="order-1",
    success_url="https://shop.example.com/thanks",
    cancel_url="https://shop.example.com/cart",
    metadata={"wish": "Ring twice, says Quirina 🎁"},
)
"""A session with nearly everything in it, and no value in it twice."""

EVERYTHING_ELSE = attrs.evolve(
    SPECIMEN,
    serial="subscribed",
    mode="subscription",
    subscription="sub_specimen",
    setup_intent="seti_specimen",
    invoice="in_specimen",
    customer_account="acct_specimen",
    payment_intents=("pi_one", "pi_two"),
)
"""Another, with what a session that is paid once does not have."""
_PLAIN = attrs.evolve(SPECIMEN, amount_disputed=0, disputed=False)
_AMOUNTS = (0, 1, 9, 10, 1_999, 115_000, 123_456_789_019)
"""Amounts that go wrong where they pass through a number with a binary fraction."""


def history(provider: str) -> list[Facts]:
    """What a shop holds, the earlier first: its history, the specimen, and the oddities."""
    invention = Invention(seed=4, provider=provider, now=NOW)
    return [*OLD, *invention.history(SESSIONS), *ODDITIES, SPECIMEN]


OLD = tuple(
    attrs.evolve(
        _PLAIN,
        serial=f"old-{days}",
        created=NOW - days * DAY,
        expires_at=NOW - (days - 1) * DAY,
        client_reference_id=f"order-of-old-{days}",
        status=status,
        payment_status="paid" if status == "complete" else "unpaid",
    )
    for days, status in ((12 * 365, "complete"), (5 * 365, "expired"), (5 * 365 - 200, "complete"),
                         (500, "canceled"), (367, "complete"))
)  # fmt: skip
"""Sessions years old, which no default may hide."""

ODDITIES = (
    Facts(serial="bare", created=NOW - 3 * DAY, expires_at=None, metadata=None, disputed=None),
    *(
        attrs.evolve(_PLAIN, serial=f"amount-{amount}", created=NOW - 2 * DAY, amount_total=amount)
        for amount in _AMOUNTS
    ),
    *(
        attrs.evolve(_PLAIN, serial=f"twin-{twin}", created=NOW - DAY, amount_total=700 + twin)
        for twin in range(3)
    ),
    EVERYTHING_ELSE,
    attrs.evolve(_PLAIN, serial="set up", mode="setup", setup_intent="seti_another"),
    attrs.evolve(_PLAIN, serial="guest", customer=Customer(email="guest@example.org"), metadata={}),
    attrs.evolve(_PLAIN, serial="nobody", customer=None, livemode=True, status="open"),
)
"""What a history rarely holds: twins, guests, nobody, and amounts of every size."""
