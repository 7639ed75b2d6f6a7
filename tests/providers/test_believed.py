"""A plan says, for every provider, of which conditions sessions that do not tell are believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from house import PROVIDERS, adapter_of, known

from unified_checkout.adapters import Pushdown
from unified_checkout.engine.plan import make_plan
from unified_checkout.model.query import ListSessions

NOW = datetime(2026, 11, 20, tzinfo=UTC)
CONDITIONS = {
    "client_reference_id": "order-1",
    "currency": "usd",
    "customer": "cus_1",
    "customer_account": "acct_1",
    "email": "buyer@example.com",
    "has_disputes": True,
    "livemode": True,
    "mode": "payment",
    "payment_intent": "pi_1",
    "payment_link": "plink_1",
    "payment_status": "paid",
    "status": "complete",
    "subscription": "sub_1",
}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("field", CONDITIONS)
def test_what_is_inexact_is_said_to_be_believed(provider: str, field: str) -> None:
    if field in known(provider).unanswerable:
        return
    query = ListSessions.model_validate({field: CONDITIONS[field]})
    made = make_plan(query, {"shop": adapter_of(provider)}, NOW)
    (account,) = made.accounts
    inexact = [
        str(verdict.predicate)
        for verdict in account.compiled.verdicts
        if verdict.pushdown is Pushdown.INEXACT
    ]
    told = [line for line in str(made).splitlines() if line.split()[:1] == ["believed"]]
    asked = account.compiled.streams and not account.refused
    assert len(told) == bool(inexact and asked)
    assert all(predicate in line for line in told for predicate in inexact)
