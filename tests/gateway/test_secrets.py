"""What is planted is found in no log, no number, no error and no trace."""

from __future__ import annotations

import logging
import socket
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import quote

import attrs
import pytest
from clients.test_secrets import found
from gateway.serving import NOW, Noting, Running, serving
from house import PROVIDERS
from prometheus_client import generate_latest
from telemetry import Telemetry

from unified_checkout import Customer, ProviderError
from unified_checkout.adapters import Request, Response
from unified_checkout.gateway import door
from unified_checkout.sandbox import Answer, Facts, ProviderSandbox, Received, Sandbox
from unified_checkout.sandbox.faults import Fault

EMAIL = "planted+buyer@example.com"
SECRET = "kX7dHar4LsQ2plantedw9"
PAGE = f"https://pay.example.com/c/{SECRET}#fid{SECRET}"
WORD = "planted-word-of-a-header"
HEADERS = ("User-Agent", "X-Forwarded-For", "X-Stripe-Client-Telemetry", "Cookie")


@attrs.frozen
class Echo(Fault):
    """The provider repeats in its error all that it was sent, and more."""

    status: int = 400

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        sent = f"{request.headers.get('authorization')} {request.parameters} {request.path}"
        text = f"{provider.api_key} sent {sent} for {EMAIL} at {PAGE}"
        told = {"message": text, "detail": text, "code": text, "type": text, "title": text}
        return Answer.json({"error": told, "errors": [told], **told}, self.status)


class Tracing(Noting):
    """Tells OpenTelemetry, too."""

    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__()
        self._observer = telemetry.observer

    def opened(self, addresses: Mapping[str, str]) -> None:
        self._observer.opened(addresses)

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        super().answered(account, request, outcome, seconds)
        self._observer.answered(account, request, outcome, seconds)

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        super().retried(account, error, delay)
        self._observer.retried(account, error, delay)


@pytest.fixture(scope="module")
def planted() -> Iterator[Sandbox]:
    buyer = Customer(id="cus_1", email=EMAIL, name="Planted Buyer")
    facts = [
        Facts(
            serial=str(number),
            created=NOW - 60 * number,
            status="complete" if number % 2 else "open",
            customer=buyer,
            customer_email=EMAIL,
        )
        for number in range(6)
    ]
    with Sandbox(facts=facts, now=NOW) as sandbox:
        yield sandbox


def asked(gateway: Running, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status and the whole answer to a request that is not kept alive."""
    lines = [f"GET {path} HTTP/1.1", "Host: x", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return int(received.split(b" ", 2)[1]), received.decode()


def questions(token: str, key: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Good ones, and all that a confused or hostile caller may write in a wrong place."""
    path, bearer = "/v1/checkout/sessions", {"Authorization": f"Bearer {token}"}
    yield f"{path}?limit=3", bearer
    for secret in (token, key, EMAIL, PAGE):
        written = quote(secret, safe="")
        yield f"{path}/{written}", bearer
        for name in ("customer", "starting_after", "limit", "created[gte]", "expand[]", written):
            yield f"{path}?{name}={written}", bearer
        yield f"/{written}", bearer
        for name in ("Stripe-Account", "Stripe-Version", "Stripe-Context"):
            yield path, {**bearer, name: secret}
        yield path, {"Authorization": f"Bearer {secret}x"}
        yield path, {"Authorization": f"Basic {secret}"}
    yield f"{path}?limit=1", {**bearer, **dict.fromkeys(HEADERS, WORD)}


@attrs.define
class Overheard:
    """All that a gateway writes, but for good answers."""

    caplog: pytest.LogCaptureFixture
    telemetry: Telemetry
    metrics: Noting
    refused: list[str] = attrs.field(factory=list)

    def ask(self, gateway: Running, path: str, headers: dict[str, str]) -> int:
        """Ask, and keep what is refused."""
        status, text = asked(gateway, path, headers)
        if status != 200:
            self.refused.append(text)
        return status

    def check(self, secrets: Collection[str]) -> None:
        """None of these is anywhere."""
        records = [*self.caplog.get_records("setup"), *self.caplog.get_records("call")]
        lines = [f"{one.getMessage()} {one.args!r} {one.exc_text}" for one in records]
        spans = [span.to_json() for span in self.telemetry.exporter.get_finished_spans()]
        numbers = generate_latest(self.metrics.registry).decode()
        measured = str(self.telemetry.reader.get_metrics_data())
        told = {
            "errors": self.refused,
            "log": lines,
            "spans": spans,
            "numbers": [numbers, measured],
        }
        for place, texts in told.items():
            assert texts
            whole = "\n".join(texts)
            assert [secret for secret in secrets if found(secret, whole)] == [], place


@pytest.fixture
def overheard(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], telemetry: Telemetry
) -> Iterator[Overheard]:
    caplog.set_level(logging.DEBUG)
    yield Overheard(caplog, telemetry, Tracing(telemetry))
    assert capfd.readouterr() == ("", "")


def pages(sandbox: Sandbox) -> set[str]:
    """The addresses of all open pages."""
    return {one.url for name in PROVIDERS for one in sandbox.truth(name) if one.url is not None}


def test_what_callers_write_in_a_wrong_place(planted: Sandbox, overheard: Overheard) -> None:
    keys = [account.api_key.get_secret_value() for account in planted.accounts]
    with serving(planted.accounts, metrics=overheard.metrics) as gateway:
        statuses = {
            overheard.ask(gateway, path, headers)
            for path, headers in questions(gateway.tokens["most"], keys[-1])
        }
    assert statuses == {200, 400, 401, 403, 404}
    secrets = {*gateway.tokens.values(), *keys, EMAIL, *pages(planted), SECRET, WORD}
    overheard.check(secrets)


def test_what_providers_write_into_their_errors(planted: Sandbox, overheard: Overheard) -> None:
    accounts = [
        one.model_copy(update={"max_attempts": 2, "retry_delay": 0.0, "max_wait": 0.0})
        for one in planted.accounts
    ]
    with serving(accounts, metrics=overheard.metrics) as gateway:
        for account in accounts:
            path = "/v1/checkout/sessions"
            if account.name not in ("gocardless", "mollie"):
                path += f"?customer_details[email]={quote(EMAIL)}"
            headers = {"Authorization": f"Bearer {gateway.tokens[account.name]}"}
            for status in (400, 401, 429, 500):
                planted.misbehave(account.name, Echo(status, times=None))
                assert overheard.ask(gateway, path, headers) in (400, 429, 502)
                planted.behave(account.name)
    keys = {account.api_key.get_secret_value() for account in accounts}
    overheard.check({*gateway.tokens.values(), *keys, EMAIL, *pages(planted), SECRET})


def test_what_a_fault_of_our_own_holds(
    planted: Sandbox, overheard: Overheard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError(f"{EMAIL} {PAGE}")

    with serving(planted.accounts, metrics=overheard.metrics) as gateway:
        headers = {"Authorization": f"Bearer {gateway.tokens['stripe']}"}
        assert overheard.ask(gateway, "/v1/checkout/sessions?limit=1", headers) == 200
        monkeypatch.setattr(door, "question", broken)
        assert overheard.ask(gateway, "/v1/checkout/sessions?limit=1", headers) == 500
    overheard.check({*gateway.tokens.values(), EMAIL, SECRET})
