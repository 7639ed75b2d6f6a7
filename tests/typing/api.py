"""The public interface as a user writes it: checked by mypy and pyright, never run.

A line that ends in ``type: ignore`` must be an error: mypy complains where it is none.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, assert_type

from pydantic import SecretStr

from unified_checkout import (
    Account,
    AsyncClient,
    Client,
    Coverage,
    CreatedRange,
    Customer,
    ListSessions,
    Money,
    Page,
    PaymentStatus,
    Session,
    SessionKind,
    SessionMode,
    SessionStatus,
)
from unified_checkout.adapters import Adapter
from unified_checkout.errors import ProviderError, RateLimited, UnifiedCheckoutError


def accounts() -> list[Account]:
    plain = Account(name="us", provider="stripe", api_key="sk_test_obviously_fake")
    secret = Account(
        name="eu",
        provider="flex",
        api_key=SecretStr("fsk_test_obviously_fake"),
        base_url="http://127.0.0.1:8080",
        timeout=10,
        requests_per_second=math.inf,
        max_attempts=3,
        max_wait=5.0,
        max_body_bytes=1_000_000,
        api_version="2026-01-01",
    )
    assert_type(plain.api_key, SecretStr)
    assert_type(plain.timeout, float)
    assert_type(plain.requests_per_second, float | None)
    assert_type(secret.adapter(), Adapter[Any])
    Account(name="us", provider="stripe")  # type: ignore[call-arg]
    Account(name="us", provider="stripe", api_key=1)  # type: ignore[arg-type]
    Account(name="us", provider="stripe", api_key="x", timeout="soon")  # type: ignore[arg-type]
    return [plain, secret]


def listing(client: Client) -> None:
    sessions = client.sessions.list(
        created={"gte": datetime.now(UTC), "lt": date(2026, 1, 31)},
        status=["complete", SessionStatus.EXPIRED],
        payment_status=PaymentStatus.PAID,
        mode="payment",
        email="buyer@example.com",
        currency=("usd", "eur"),
        livemode=False,
        accounts="us",
        expand=["customer"],
        limit=10,
        page_size=50,
        provider_options={"stripe": {"expand": ["data.customer"]}},
        on_error="report",
    )
    for session in sessions:
        assert_type(session, Session)
    assert_type(iter(sessions), Iterator[Session])
    assert_type(sessions.coverage, Coverage)
    assert_type(sessions.coverage.complete, bool)
    assert_type(sessions.cursor, str)
    sessions.coverage.raise_if_incomplete()

    client.sessions.list(last=timedelta(days=30))
    client.sessions.list(last="30d", cursor=sessions.cursor)
    client.sessions.list(created=CreatedRange(gte=datetime.now(UTC)))
    client.sessions.list(created="2026-10", kind="any")
    client.sessions.list(created=date(2026, 1, 31), kind=[SessionKind.CHECKOUT, "renewal"])
    client.sessions.list(status=("open", "failed"), mode={"setup"}, currency="usdc")
    client.sessions.list(status=tuple(SessionStatus), payment_status=["paid", "unpaid"])
    client.sessions.list(statuses="complete")  # type: ignore[call-arg]
    client.sessions.list(status="paid")  # type: ignore[arg-type]
    client.sessions.list(status=["open", "paid"])  # type: ignore[list-item]
    client.sessions.list(status=PaymentStatus.UNKNOWN)  # type: ignore[arg-type]
    client.sessions.list(payment_status="complete")  # type: ignore[arg-type]
    client.sessions.list(mode="checkout")  # type: ignore[arg-type]
    client.sessions.list(kind="payment")  # type: ignore[arg-type]
    client.sessions.list(created=2026)  # type: ignore[arg-type]
    client.sessions.list(limit="10")  # type: ignore[arg-type]
    client.sessions.list(on_error="ignore")  # type: ignore[arg-type]


def asking(
    client: Client, *, limit: int | None, email: str | None, since: datetime | None
) -> ListSessions:
    """What a program has not been given, it passes on as None: no condition, or no limit."""
    client.sessions.list(limit=limit, email=email, created={"gte": since}, livemode=None)
    client.sessions.list(status=None, payment_status=None, mode=None, currency=None, last=None)
    client.sessions.list(customer=None, customer_account=None, payment_intent=None, created=None)
    client.sessions.list(payment_link=None, subscription=None, client_reference_id=None)
    client.sessions.page(has_disputes=None, accounts=None, page_size=None, kind=None)
    client.sessions.explain(limit=limit)
    ListSessions(status="paid")  # type: ignore[arg-type]
    CreatedRange(lt=since, gte=None)
    return ListSessions(limit=limit, email=email, created={"lt": since}, kind=SessionKind.INVOICE)


def paging(client: Client, query: ListSessions) -> None:
    page = client.sessions.page(query)
    assert_type(page, Page)
    assert_type(page.sessions, tuple[Session, ...])
    assert_type(page.next_cursor, str | None)
    assert_type(page.previous_cursor, str | None)
    client.sessions.page(query, cursor=page.next_cursor)
    print(client.sessions.explain(query), client.sessions.explain(status="open"))


def one(client: Client) -> Session:
    return client.sessions.get("cs_test_obviously_fake", account="us")


def reading(session: Session) -> None:
    assert_type(session.account, str)
    assert_type(session.created, datetime)
    assert_type(session.status, SessionStatus | None)
    assert_type(session.payment_status, PaymentStatus | None)
    assert_type(session.mode, SessionMode | None)
    assert_type(session.kind, SessionKind | None)
    assert_type(session.amount_total, int | None)
    assert_type(session.total, Money | None)
    assert_type(session.customer, Customer | None)
    assert_type(session.payment_intents, tuple[str, ...])
    assert_type(session.raw, dict[str, Any])
    assert_type(session.to_dict(), dict[str, Any])
    assert_type(session.to_json(), str)
    if session.total is not None:
        assert_type(session.total.amount, Decimal)
        assert_type(session.total + session.total, Money)
        assert_type(sum([session.total, session.total]), Money | Literal[0])
        assert_type(session.total >= session.total, bool)
        print(session.total < 1)  # type: ignore[operator]
    session.id = "cs_other"  # type: ignore[misc]
    print(session.totals)  # type: ignore[attr-defined]


def failing(client: Client) -> None:
    try:
        list(client.sessions.list())
    except RateLimited as error:
        assert_type(error.retry_after, float | None)
    except ProviderError as error:
        assert_type(error.account, str)
        assert_type(error.status, int | None)
        assert_type(error.request_id, str | None)
    except UnifiedCheckoutError:
        raise


def synchronous() -> None:
    with Client.from_config("checkout.toml") as client:
        assert_type(client, Client)
        listing(client)
    Client(accounts()).close()


async def asynchronous() -> None:
    async with AsyncClient(accounts()) as client:
        assert_type(client, AsyncClient)
        sessions = client.sessions.list(status="complete")
        async for session in sessions:
            assert_type(session, Session)
        assert_type(aiter(sessions), AsyncIterator[Session])
        assert_type(sessions.coverage, Coverage)
        assert_type(await client.sessions.page(last="30d"), Page)
        assert_type(await client.sessions.get("cs_test_obviously_fake", account="us"), Session)
        print(client.sessions.explain())
    await AsyncClient.from_config().close()
