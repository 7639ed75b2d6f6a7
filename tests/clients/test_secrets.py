"""No key and no address of a buyer's is ever written where somebody might read it."""

from __future__ import annotations

import json
import logging
import pickle
import socket
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import attrs
import pytest
from asking import Asker
from clients.setting import ACCOUNTS, NOW, Open, impatient
from house import THREE
from pydantic import SecretStr

from unified_checkout import (
    Account,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    InvalidQuery,
    ListSessions,
    ProviderError,
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


def with_locals(error: BaseException) -> str:
    """A traceback as crash reporters send it, with the variables of every frame."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def is_ours(record: logging.LogRecord) -> bool:
    """Whether a record is no head of an answer, which httpcore logs as it is at the lowest level."""
    return "receive_response_headers.complete" not in record.getMessage()


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """One key for all providers, and one buyer for all sessions."""
    buyer = Customer(id="cus_1", email=EMAIL, name="Planted Buyer")
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
    assert not found(KEY, printed(error))
    assert not found(EMAIL, printed(error))
    assert not found(KEY, with_locals(error))
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
    assert not found(KEY, printed(caught.value) + with_locals(caught.value))
    assert not found(EMAIL, printed(caught.value))


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
    shown = printed(error) + with_locals(error)
    assert not found(key, shown)
    assert not found(EMAIL, printed(error))
    assert key.encode() not in pickle.dumps(error)


@every_account
def test_a_key_that_is_refused(open_client: Open, sandbox: Sandbox, account: str) -> None:
    ask = open_client(impatient(sandbox, account, api_key=SecretStr(f"{KEY}_and_wrong")))
    error = ask.read(QUESTION).failure(AuthenticationError)
    assert not found(KEY, printed(error) + with_locals(error))


@every_account
def test_a_host_that_is_not_there(open_client: Open, sandbox: Sandbox, account: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        nowhere = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ask = open_client(impatient(sandbox, account, base_url=nowhere, max_attempts=1))
    error = ask.read(QUESTION).failure(ConnectionFailed)
    assert nowhere in str(error)
    assert not found(KEY, printed(error) + with_locals(error))
    assert not found(EMAIL, printed(error))


@pytest.mark.parametrize("address", ["http://shop:{}@127.0.0.1", "http://127.0.0.1/?key={}"])
def test_an_address_that_holds_a_secret_is_refused(open_client: Open, address: str) -> None:
    account = Account(name="us", provider="flex", api_key="x", base_url=address.format(KEY))
    with pytest.raises(ConfigurationError, match="base_url: must be a plain address") as caught:
        open_client([account])
    assert not found(KEY, printed(caught.value))


def test_an_address_that_is_none(ask: Asker) -> None:
    with pytest.raises(InvalidQuery) as caught:
        ask.client.sessions.list(email=f"{EMAIL} ")
    assert not found(EMAIL, printed(caught.value))
