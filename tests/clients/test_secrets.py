"""No key and no address of a buyer's is ever written where somebody might read it."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import pickle
import socket
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import attrs
import pytest
from asking import Asker
from clients.setting import ACCOUNTS, NOW, Open, impatient
from crashes import reported
from house import THREE
from pydantic import SecretStr
from rich.pretty import pretty_repr

from unified_checkout import (
    Account,
    AsyncClient,
    AuthenticationError,
    Client,
    ConfigurationError,
    ConnectionFailed,
    InvalidCursor,
    InvalidQuery,
    ListSessions,
    ProviderError,
    SessionList,
)
from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Answer, Facts, ProviderSandbox, Received, Sandbox
from unified_checkout.sandbox.faults import (
    Drip,
    Fault,
    GzipGarbage,
    Html,
    HugeBody,
    MalformedRow,
    Redirect,
    RepeatedPage,
    Reset,
    Status,
    Truncated,
)
from unified_checkout_flex.sandbox import FlexSandbox
from unified_checkout_leanrails.sandbox import LeanRailsSandbox
from unified_checkout_stripe.sandbox import StripeSandbox

KEY = "sk_test_planted_and_not_to_be_seen"
OPAQUE = "kX7dHar4Ls+bCd/Ef0123"
"""A key that does not give itself away by its look."""
EMAIL = "o'planted+buyer@example.com"
BUYER = "Planted Buyer"
PAGE = "/c/pay/"
"""In the addresses of hosted pages."""
KINDS = (FlexSandbox, LeanRailsSandbox, StripeSandbox)

every_account = pytest.mark.parametrize("account", ACCOUNTS)


@attrs.frozen
class Echo(Fault):
    """The provider repeats what it was sent: in its error, or else in the head of its answer."""

    status: int = 403
    form: Callable[[str], str] = str
    """How the key is written there."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        key = self.form(provider.api_key)
        signed = request.headers.get("authorization", "")
        message = f"Key {key} ({signed}) may not ask for {EMAIL}"
        problem = {"loc": ["query", "email"], "msg": message, "type": key}
        told = {"error": {"message": message, "code": key}, "detail": [problem]}
        id = f"{provider.api_key} {EMAIL} \x9b31m"
        return Answer(
            status=self.status,
            headers={"request-id": id, "x-request-id": id},
            body=b"[]" if self.status == 200 else json.dumps(told).encode(),
        )


FAULTS = [
    Echo(),
    Drip(chunk=1, pause=0.02),
    GzipGarbage(),
    Html(502),
    HugeBody(100_000),
    Redirect(),
    Reset(),
    Status(401),
    Status(429, retry_after=3600),
    Truncated(),
]
PAGE_FAULTS = [MalformedRow(row=0, field="amount_total", value=[EMAIL]), RepeatedPage()]


def found(secret: str, text: object) -> bool:
    """Whether a text gives a secret away, in any of the forms in which it travels."""
    forms = (secret, quote(secret), quote_plus(secret), *map(encoded, (secret, f"{secret}:")))
    return any(form in str(text) for form in forms)


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def printed(error: BaseException) -> str:
    """What a program prints of an error, and of what caused it."""
    chain = [one for one in (error, error.__cause__, error.__context__) if one is not None]
    shown = [f"{one} {one!r} {one.args!r} {vars(one)!r}" for one in chain]
    return "\n".join([*shown, *traceback.format_exception(error)])


def given_away(error: BaseException, *keys: str) -> list[str]:
    """The secrets that what a program prints of an error, or a crash report of it, shows."""
    text = f"{printed(error)}\n{reported(error)}"
    return [secret for secret in (KEY, EMAIL, BUYER, PAGE, *keys) if found(secret, text)]


def is_ours(record: logging.LogRecord) -> bool:
    """Whether a record is no head of an answer, which httpcore logs as it is at the lowest level."""
    return "receive_response_headers.complete" not in record.getMessage()


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """One key for all providers, and one buyer for all sessions."""
    buyer = Customer(id="cus_1", email=EMAIL, name=BUYER)
    facts = [
        Facts(
            serial=str(number),
            created=NOW - number,
            status="complete",
            customer=buyer,
            customer_email=EMAIL,
            metadata={"email": EMAIL},
        )
        for number in range(30)
    ]
    for kind in KINDS:
        monkeypatch.setattr(kind, "api_key", KEY)
    with Sandbox(facts=facts, now=NOW, providers=THREE) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does, at whatever level a program listens."""
    caplog.set_level(logging.DEBUG)
    yield
    for record in filter(is_ours, (*caplog.get_records("setup"), *caplog.get_records("call"))):
        assert not found(KEY, f"{record.getMessage()} {record.args!r}")
        assert not found(OPAQUE, f"{record.getMessage()} {record.args!r}")
        assert not found(EMAIL, f"{record.getMessage()} {record.args!r}")


QUESTION = ListSessions(email=EMAIL, page_size=10)
IMPATIENCE = {"max_attempts": 1, "timeout": 0.2, "max_body_bytes": 60_000}


@every_account
def test_what_a_listing_shows(
    open_client: Open, sandbox: Sandbox, account: str, caplog: pytest.LogCaptureFixture
) -> None:
    ask = open_client(impatient(sandbox, account))
    reading = ask.read(QUESTION)
    assert len(reading.sessions) == 30
    page = ask.page(QUESTION)
    session = ask.get(reading.sessions[0].id, account)
    assert session.customer_email == EMAIL
    plan = ask.explain(QUESTION)
    shown: list[object] = [
        ask.client,
        ask.client.accounts,
        ask.client.sessions,
        reading.answer,
        reading.answer.cursor,
        reading.sessions,
        reading.coverage,
        reading.coverage.to_dict(),
        page,
        session,
        session.customer,
        plan,
        sandbox.requests(account),
    ]
    for one in shown:
        assert not found(KEY, f"{one} {one!r}")
    for one in shown[:-1]:
        assert not found(EMAIL, f"{one} {one!r}")
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    for plain in (plan, reading.sessions, reading.coverage):
        assert KEY.encode() not in pickle.dumps(plain)


@every_account
@pytest.mark.parametrize("fault", [*FAULTS, *PAGE_FAULTS], ids=lambda one: type(one).__name__)
def test_what_a_failure_shows(
    open_client: Open, sandbox: Sandbox, account: str, fault: Fault
) -> None:
    ask = open_client(impatient(sandbox, account, **IMPATIENCE))
    sandbox.misbehave(account, Fault(), fault)
    error = ask.read(QUESTION).error
    assert isinstance(error, ProviderError)
    assert given_away(error) == []
    assert KEY.encode() not in pickle.dumps(error)


@every_account
@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: type(one).__name__)
def test_what_a_single_failure_shows(
    open_client: Open, sandbox: Sandbox, account: str, fault: Fault
) -> None:
    ask = open_client(impatient(sandbox, account, **IMPATIENCE))
    sandbox.misbehave(account, fault)
    with pytest.raises(ProviderError) as caught:
        ask.get(sandbox.truth(account)[0].id, account)
    assert given_away(caught.value) == []


@pytest.mark.parametrize(
    "echo", [Echo(), Echo(form=quote_plus), Echo(401), Echo(200)], ids=lambda one: str(one.status)
)
@pytest.mark.parametrize("key", [KEY, OPAQUE])
@every_account
def test_what_an_echo_shows(
    open_client: Open,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    account: str,
    key: str,
    echo: Echo,
) -> None:
    for kind in KINDS:
        monkeypatch.setattr(kind, "api_key", key)
    ask = open_client(impatient(sandbox, account, api_key=SecretStr(key), max_attempts=1))
    sandbox.misbehave(account, echo)
    error = ask.read(QUESTION).error
    assert isinstance(error, ProviderError)
    assert error.request_id is None
    assert given_away(error, key) == []
    assert key.encode() not in pickle.dumps(error)


@every_account
def test_a_key_that_is_refused(open_client: Open, sandbox: Sandbox, account: str) -> None:
    ask = open_client(impatient(sandbox, account, api_key=SecretStr(f"{KEY}_and_wrong")))
    error = ask.read(QUESTION).failure(AuthenticationError)
    assert given_away(error) == []


@every_account
def test_a_host_that_is_not_there(open_client: Open, sandbox: Sandbox, account: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        nowhere = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ask = open_client(impatient(sandbox, account, base_url=nowhere, max_attempts=1))
    error = ask.read(QUESTION).failure(ConnectionFailed)
    assert nowhere in str(error)
    assert given_away(error) == []


@pytest.mark.parametrize("address", ["http://shop:{}@127.0.0.1", "http://127.0.0.1/?key={}"])
def test_an_address_that_holds_a_secret_is_refused(open_client: Open, address: str) -> None:
    account = Account(name="us", provider="flex", api_key="x", base_url=address.format(KEY))
    with pytest.raises(ConfigurationError, match="base_url: must be a plain address") as caught:
        open_client([account])
    assert not found(KEY, printed(caught.value))


def test_an_address_that_is_none(ask: Asker) -> None:
    with pytest.raises(InvalidQuery) as caught:
        ask.client.sessions.list(email=f"{EMAIL} ")
    assert given_away(caught.value) == []


@every_account
def test_what_rich_shows(open_client: Open, sandbox: Sandbox, account: str) -> None:
    ask = open_client(impatient(sandbox, account))
    page = ask.page(QUESTION)
    session = page.sessions[0]
    plan = ask.explain(QUESTION)
    shown: list[object] = [session, session.customer, page, plan, plan.query, plan.accounts]
    shown += [ask.client, ask.client.accounts, ask.read(QUESTION).coverage]
    text = "\n".join(map(pretty_repr, shown))
    assert [one for one in (KEY, EMAIL, BUYER, PAGE) if found(one, text)] == []
    assert pretty_repr(session, max_width=1000) == repr(session)


def asked_badly(ask: Asker) -> Iterator[Callable[[], object]]:
    """Questions for one buyer that fail before anything is sent, in every form of asking."""
    sessions = ask.client.sessions
    wrong: list[dict[str, Any]] = [
        {"accounts": "nope"},
        {"status": "nope"},
        {"nope": 1},
        {"last": "2d", "created": {"lt": "2020-01-01"}},
    ]
    for more in wrong:
        for method in (sessions.list, sessions.page, sessions.explain):
            yield partial(method, email=EMAIL, **more)
    places: list[dict[str, Any]] = [
        {"cursor": "x"},
        {"after": "x"},
        {"max_requests": 0},
        {"deadline": -1},
    ]
    for more in places:
        for method in (sessions.list, sessions.page):
            yield partial(method, email=EMAIL, **more)
    for method in (sessions.list, sessions.page, sessions.explain):
        yield partial(method, QUESTION, email=EMAIL)
    yield partial(sessions.list, sessions.explain(QUESTION), email=EMAIL)


def answered(question: Callable[[], object]) -> None:
    answer = question()
    if inspect.iscoroutine(answer):
        asyncio.run(answer)


def test_what_a_refused_question_shows(ask: Asker) -> None:
    for number, question in enumerate(asked_badly(ask)):
        with pytest.raises((InvalidQuery, InvalidCursor, ConfigurationError)) as caught:
            answered(question)
        assert given_away(caught.value) == [], number


EXPORTS: dict[str, Callable[[SessionList], object]] = {
    "to_arrow": SessionList.to_arrow,
    "to_arrow, raw": lambda sessions: sessions.to_arrow(raw=True),
    "to_pandas": SessionList.to_pandas,
    "to_polars": SessionList.to_polars,
    "to_parquet": lambda sessions: sessions.to_parquet("sessions.parquet"),
}
BROKEN: dict[str, tuple[Fault, ...]] = {
    "at once": (Status(401),),
    "on the second page": (Fault(), Status(401)),
    "by a row": (Fault(), MalformedRow(row=1, field="amount_total", value=[EMAIL])),
    "by an amount": (Fault(), MalformedRow(row=1, field="amount_total", value=10**30)),
}


def with_an_open_page(sandbox: Sandbox) -> None:
    """Let Stripe's newest session be one whose page can be opened by who has its address."""
    fact = Facts(serial="open", created=NOW, status="open", customer_email=EMAIL)
    sandbox.arrive("stripe", [fact])
    assert PAGE in str(sandbox.truth("stripe")[0].url)


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
@pytest.mark.parametrize("faults", BROKEN.values(), ids=BROKEN)
def test_what_a_failing_export_shows(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    faults: tuple[Fault, ...],
    export: Callable[[SessionList], object],
) -> None:
    monkeypatch.chdir(tmp_path)
    with_an_open_page(sandbox)
    sandbox.misbehave("stripe", *faults)
    with Client(impatient(sandbox, "stripe", max_attempts=1)) as client:
        sessions = client.sessions.list(page_size=10)
        with pytest.raises((ProviderError, OverflowError)) as caught:
            export(sessions)
    assert given_away(caught.value) == []


@pytest.mark.parametrize("faults", BROKEN.values(), ids=BROKEN)
def test_what_a_failing_export_for_asyncio_shows(
    sandbox: Sandbox, faults: tuple[Fault, ...]
) -> None:
    async def export() -> object:
        async with AsyncClient(impatient(sandbox, "stripe", max_attempts=1)) as client:
            return await client.sessions.list(page_size=10).to_arrow()

    with_an_open_page(sandbox)
    sandbox.misbehave("stripe", *faults)
    with pytest.raises((ProviderError, OverflowError)) as caught:
        asyncio.run(export())
    assert given_away(caught.value) == []


TOKEN = "A21_obviously_fake_token_1234567"


@attrs.frozen
class WrongToken(Fault):
    """A token comes in an answer that is not as documented."""

    answer: object

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return Answer(body=json.dumps(self.answer).encode())


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": TOKEN, "expires_in": "soon"},
        {"access_token": TOKEN, "expires_in": [1]},
        [{"access_token": TOKEN}],
        {"access_token": [TOKEN]},
    ],
    ids=str,
)
def test_what_a_token_in_a_wrong_answer_shows(open_client: Open, answer: object) -> None:
    with Sandbox(sessions=3, providers=["paypal"]) as sandbox:
        sandbox.misbehave("paypal", WrongToken(answer))
        error = open_client(impatient(sandbox, "paypal", max_attempts=1)).read().error
    assert isinstance(error, ProviderError)
    assert given_away(error, TOKEN) == []
