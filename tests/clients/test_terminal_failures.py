"""What does not pass: told at once, by type, with where it happened, and never as zero rows."""

from __future__ import annotations

from http import HTTPStatus

import attrs
import pytest
from clients.setting import ACCOUNTS, Open, impatient
from pydantic import SecretStr

from unified_checkout import (
    AuthenticationError,
    InvalidRequest,
    ListSessions,
    MalformedPage,
    NotFound,
    PagingError,
    PermissionDenied,
    ProviderError,
    TerminalError,
)
from unified_checkout.sandbox import Answer, ProviderSandbox, Received, Sandbox
from unified_checkout.sandbox.faults import (
    Clamp,
    EmptyPage,
    Fault,
    MalformedRow,
    RepeatedPage,
    Status,
    Truncated,
)

every_account = pytest.mark.parametrize("account", ACCOUNTS)
PAGED = ListSessions(page_size=20, limit=61)


@attrs.frozen
class Numbered(Fault):
    """The answer carries the provider's id of the request, whichever way that provider sends it."""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        ids = {"request-id": "req_1", "x-request-id": "req_1"}
        return attrs.evolve(answer, headers={**answer.headers, **ids})


@every_account
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (HTTPStatus.BAD_REQUEST, InvalidRequest),
        (HTTPStatus.UNAUTHORIZED, AuthenticationError),
        (HTTPStatus.PAYMENT_REQUIRED, InvalidRequest),
        (HTTPStatus.FORBIDDEN, PermissionDenied),
        (HTTPStatus.NOT_FOUND, NotFound),
        (HTTPStatus.CONFLICT, InvalidRequest),
        (HTTPStatus.UNPROCESSABLE_ENTITY, InvalidRequest),
    ],
)
@pytest.mark.parametrize("good_pages", [0, 2])
def test_a_refusal_is_no_empty_list(
    open_client: Open,
    sandbox: Sandbox,
    account: str,
    status: HTTPStatus,
    kind: type[TerminalError],
    good_pages: int,
) -> None:
    ask = open_client(impatient(sandbox, account))
    alternatives = 1 + (
        account == "leanrails" and status == HTTPStatus.NOT_FOUND and not good_pages
    )
    sandbox.misbehave(account, Fault(times=good_pages), Status(status, times=alternatives))
    reading = ask.read(PAGED)
    error = reading.failure(kind)
    assert error.status == status
    assert (error.account, error.provider) == (account, account)
    assert len(reading.sessions) + len(error.sessions) == 20 * good_pages
    assert not reading.coverage.complete
    assert len(sandbox.requests(account)) == good_pages + alternatives


@every_account
def test_a_wrong_key(open_client: Open, sandbox: Sandbox, account: str) -> None:
    ask = open_client(impatient(sandbox, account, name="mine", api_key=SecretStr("wrong")))
    error = ask.read().failure(AuthenticationError)
    assert f"account 'mine' ({account}, HTTP 401" in str(error)
    assert "api_key" in error.hint
    with pytest.raises(AuthenticationError):
        ask.page(PAGED)
    with pytest.raises(AuthenticationError):
        ask.get("cs_test_nothing", "mine")


@every_account
def test_a_session_that_does_not_exist(open_client: Open, sandbox: Sandbox, account: str) -> None:
    ask = open_client(impatient(sandbox))
    with pytest.raises(NotFound) as caught:
        ask.get("cs_test_nothing", account)
    assert caught.value.account == account


@every_account
@pytest.mark.parametrize("field", ["amount_total", "client_reference_id", "status"])
def test_a_malformed_row_is_named(
    open_client: Open, sandbox: Sandbox, account: str, field: str
) -> None:
    ask = open_client(impatient(sandbox, account))
    sandbox.misbehave(account, Numbered(times=None))
    sandbox.misbehave(account, MalformedRow(row=37, field=field, value=["private"]))
    error = ask.read().failure(MalformedPage)
    assert (error.account, error.provider) == (account, account)
    assert (error.request_id, error.row, error.field) == ("req_1", 37, field)
    for told in (f"account '{account}'", "request req_1", "row 37", f"field '{field}'"):
        assert told in str(error)
    assert "private" not in str(error)
    assert len(sandbox.requests(account)) == 1


@every_account
@pytest.mark.parametrize("fault", [Truncated(), Status(500), Status(401), Status(429)])
def test_every_failed_answer_is_told_with_its_request_id(
    open_client: Open, sandbox: Sandbox, account: str, fault: Fault
) -> None:
    ask = open_client(impatient(sandbox, account, max_attempts=1))
    sandbox.misbehave(account, Numbered(times=None))
    sandbox.misbehave(account, fault)
    error = ask.read().error
    assert isinstance(error, ProviderError)
    assert error.request_id == "req_1"
    assert "request req_1" in str(error)


@every_account
def test_a_page_that_repeats_itself(open_client: Open, sandbox: Sandbox, account: str) -> None:
    ask = open_client(impatient(sandbox, account))
    sandbox.misbehave(account, Fault(times=2), RepeatedPage())
    reading = ask.read(PAGED)
    assert isinstance(reading.error, PagingError)
    assert [session.id for session in reading.sessions] == [
        facts.id for facts in sandbox.truth(account)[:40]
    ]


@pytest.mark.parametrize("account", ["leanrails", "stripe"])
@pytest.mark.parametrize("good_pages", [0, 1])
def test_an_empty_page_that_promises_more(
    open_client: Open, sandbox: Sandbox, account: str, good_pages: int
) -> None:
    ask = open_client(impatient(sandbox, account))
    sandbox.misbehave(account, Fault(times=good_pages), EmptyPage())
    reading = ask.read(PAGED)
    assert isinstance(reading.error, PagingError)
    assert len(reading.sessions) == 20 * good_pages
    assert not reading.coverage.complete


@every_account
def test_shorter_pages_than_asked_for_are_no_end(
    open_client: Open, sandbox: Sandbox, account: str
) -> None:
    ask = open_client(impatient(sandbox, account))
    sandbox.misbehave(account, Clamp(limit=7, times=None))
    reading = ask.read(PAGED)
    assert reading.error is None
    assert [session.id for session in reading.sessions] == [
        facts.id for facts in sandbox.truth(account)
    ]
    assert reading.coverage.complete
