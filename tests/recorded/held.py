"""What a provider holds while its cassettes are recorded: invented, and always the same."""

from __future__ import annotations

from unified_checkout import Address, Customer
from unified_checkout.sandbox import Facts

NOW = 1_795_000_000
HOUR = 3600

JENNY = Customer(
    id="cus_000000000000000000j1",
    name="Jenny Sample",
    email="jenny@example.org",
    phone="+12025550123",
    address=Address(
        line1="1 Sample Street", city="Exampleton", state="CA", postal_code="00001", country="US"
    ),
)
ADA = Customer(id="cus_000000000000000000a1", name="Ada Sample", email="ada@example.net")

FACTS = [
    Facts(
        serial="lunch",
        created=NOW - HOUR,
        status="complete",
        payment_status="paid",
        amount_total=1250,
        amount_received=1250,
        customer=JENNY,
        customer_account="acct_00000000000000l1",
        payment_intents=("pi_000000000000000000l1",),
        payment_link="plink_00000000000000l1",
        client_reference_id="order-1",
        metadata={"note": "no onions, please"},
        success_url="https://shop.example.com/thanks?session_id={CHECKOUT_SESSION_ID}",
    ),
    Facts(
        serial="shirt",
        created=NOW - 2 * HOUR,
        amount_total=2500,
        customer=JENNY,
        customer_email="jenny@example.org",
    ),
    Facts(
        serial="paper",
        created=NOW - 3 * HOUR,
        status="complete",
        payment_status="paid",
        mode="subscription",
        amount_total=900,
        customer=ADA,
        subscription="sub_000000000000000000p1",
    ),
    Facts(serial="lamp", created=NOW - 4 * HOUR, status="expired", amount_total=3000, hosted=False),
    Facts(
        serial="sofa",
        created=NOW - 5 * HOUR,
        status="paid",
        payment_status="paid",
        amount_total=80_000,
        amount_received=80_000,
        amount_disputed=80_000,
        disputed=True,
        customer=ADA,
        payment_intents=("pi_000000000000000000s1",),
    ),
]
