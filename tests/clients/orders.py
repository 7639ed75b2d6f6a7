"""A shop's program: it knows its account by name, and nothing of the provider behind it.

``python orders.py Client checkout.toml``; the first word may be ``AsyncClient``.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from unified_checkout import AsyncClient, Client, Session

QUESTIONS: dict[str, dict[str, Any]] = {
    "everything": {},
    "the last days": {"created": {"gte": "2026-11-15T00:00:00Z"}, "page_size": 7},
    "a span": {"created": {"gt": "2026-11-08", "lte": "2026-11-12"}},
    "finished orders": {"status": "complete"},
    "what was left": {"status": ("open", "expired"), "limit": 5},
    "a customer": {"customer": "cus_3"},
    "a buyer": {"email": "buyer2@example.com", "status": "complete"},
    "an order": {"client_reference_id": "order-11"},
    "a payment": {"payment_intent": "pi_16"},
    "test sessions in dollars": {"livemode": False, "currency": "usd", "mode": "payment"},
    "canceled orders": {"status": "canceled"},
}


def row(session: Session) -> str:
    finished = session.status == "complete"
    columns = [
        session.account,
        session.created,
        session.expires_at,
        session.status,
        session.mode,
        session.livemode,
        session.client_reference_id,
        session.total,
        session.subtotal,
        session.discount,
        session.shipping,
        session.tax,
        session.currency,
        session.customer_email,
        session.payment_intents,
        session.success_url,
        session.metadata,
        session.customer.email if finished and session.customer else None,
    ]
    return " | ".join(str(column) for column in columns)


def report(client: Client) -> None:
    for name, question in QUESTIONS.items():
        sessions = client.sessions.list(**question, expand="customer")
        print(name, *map(row, sessions), sep="\n  ")
        sessions.coverage.raise_if_incomplete()


async def report_async(client: AsyncClient) -> None:
    for name, question in QUESTIONS.items():
        sessions = client.sessions.list(**question, expand="customer")
        print(name, *[row(session) async for session in sessions], sep="\n  ")
        sessions.coverage.raise_if_incomplete()


async def main_async(config: str) -> None:
    async with AsyncClient.from_config(config) as client:
        await report_async(client)


def main(kind: str, config: str) -> None:
    if kind == "AsyncClient":
        asyncio.run(main_async(config))
        return
    with Client.from_config(config) as client:
        report(client)


if __name__ == "__main__":
    main(*sys.argv[1:])
