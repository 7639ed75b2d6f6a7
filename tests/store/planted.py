"""A buyer whom a store cannot take in, and no crash report shows."""

from __future__ import annotations

from time import time

import pytest
from crashes import reported

from unified_checkout import Client, StoreError
from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Facts, Sandbox
from unified_checkout.store import Store, sync

BUYER = Customer(id="cus_1", email="planted.buyer@example.com", name="Planted Buyer")


def assert_no_buyer_is_shown(store: Store) -> None:
    """Sync into a store that refuses what is written."""
    now = int(time())
    facts = [
        Facts(serial=str(one), created=now - 60 - one, status="complete", customer=BUYER)
        for one in range(5)
    ]
    with (
        Sandbox(facts=facts, providers=["stripe"]) as shop,
        Client(shop.accounts) as client,
        pytest.raises(StoreError) as caught,
    ):
        sync(client, store)
    text = reported(caught.value)
    assert [one for one in (BUYER.email, BUYER.name) if str(one) in text] == []
