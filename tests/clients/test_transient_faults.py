"""What passes by itself: retried, and if it does not pass, told by type with what was read."""

from __future__ import annotations

import errno
import os

import attrs
import pytest
from asking import names
from clients.setting import ACCOUNTS, Open, impatient

from unified_checkout import (
    ConnectionFailed,
    ListSessions,
    RateLimited,
    RetryRefused,
    ServerError,
    TransientError,
    UnreadableBody,
)
from unified_checkout.adapters import kit
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import (
    Fault,
    GzipGarbage,
    Html,
    Reset,
    Status,
    Truncated,
    WrongLength,
)

TRANSIENT: list[tuple[Fault, type[TransientError]]] = [
    (Reset(after=0), ConnectionFailed),
    (Reset(after=500), ConnectionFailed),
    (WrongLength(excess=10), ConnectionFailed),
    (WrongLength(excess=-10), UnreadableBody),
    (Truncated(keep=0.5), UnreadableBody),
    (Truncated(keep=0), UnreadableBody),
    (GzipGarbage(), UnreadableBody),
    (Html(status=200), UnreadableBody),
    (Html(status=502), ServerError),
    (Status(500), ServerError),
    (Status(503, retry_after=0), ServerError),
    (Status(408), ServerError),
    (Status(429, retry_after=0), RateLimited),
    (Status(429, retry_after="some day"), RateLimited),
]

every_account = pytest.mark.parametrize("account", ACCOUNTS)
every_transient_fault = pytest.mark.parametrize(
    ("fault", "kind"), TRANSIENT, ids=lambda value: getattr(value, "__name__", str(value))
)
PAGED = ListSessions(page_size=20, limit=61)
"""Page after page: with so small a limit no list is read in several windows of time at once."""


def ids(sandbox: Sandbox, account: str) -> list[str]:
    return [facts.id for facts in sandbox.truth(account)]


@every_account
@every_transient_fault
def test_a_fault_that_passes_leaves_no_trace_but_a_retry(
    open_client: Open, sandbox: Sandbox, account: str, fault: Fault, kind: type[TransientError]
) -> None:
    ask = open_client(impatient(sandbox, account))
    sandbox.misbehave(account, fault)
    reading = ask.read(PAGED)
    assert [session.id for session in reading.sessions] == ids(sandbox, account)
    [covered] = reading.coverage.accounts
    assert covered.complete
    assert covered.retries == 1
    assert covered.requests == len(sandbox.requests(account))


@every_account
@every_transient_fault
def test_a_fault_that_stays_is_told_by_its_type(
    open_client: Open, sandbox: Sandbox, account: str, fault: Fault, kind: type[TransientError]
) -> None:
    ask = open_client(impatient(sandbox, account, max_attempts=3))
    sandbox.misbehave(account, attrs.evolve(fault, times=None))
    error = ask.read(PAGED).failure(kind)
    assert (error.account, error.provider, error.sessions) == (account, account, ())
    [covered] = error.coverage.accounts
    assert not covered.complete
    assert covered.reason == str(error)
    assert (covered.requests, covered.retries, covered.rows_read) == (3, 2, 0)
    assert len(sandbox.requests(account)) == 3


@every_account
@every_transient_fault
def test_a_fault_on_a_later_page_takes_nothing_back(
    open_client: Open, sandbox: Sandbox, account: str, fault: Fault, kind: type[TransientError]
) -> None:
    ask = open_client(impatient(sandbox, account, max_attempts=2))
    sandbox.misbehave(account, Fault(times=2), attrs.evolve(fault, times=2))
    reading = ask.read(PAGED)
    error = reading.failure(kind)
    read = [*reading.sessions, *error.sessions]
    assert [session.id for session in read] == ids(sandbox, account)[: len(read)]
    assert len(read) == 40
    [covered] = error.coverage.accounts
    assert not covered.complete
    assert covered.rows_read == len(read)

    sandbox.behave(account)
    rest = ask.read(PAGED, cursor=reading.answer.cursor)
    assert rest.error is None
    assert names([*reading.sessions, *rest.sessions]) == [
        (account, id) for id in ids(sandbox, account)
    ]


@every_account
@every_transient_fault
def test_a_single_session_is_fetched_with_the_same_patience(
    open_client: Open, sandbox: Sandbox, account: str, fault: Fault, kind: type[TransientError]
) -> None:
    ask = open_client(impatient(sandbox, account, max_attempts=2))
    wanted = ids(sandbox, account)[7]
    sandbox.misbehave(account, fault)
    assert ask.get(wanted, account).id == wanted
    sandbox.misbehave(account, attrs.evolve(fault, times=None))
    with pytest.raises(kind) as caught:
        ask.get(wanted, account)
    assert caught.value.account == account


class TestAdvice:
    """``Retry-After``: obeyed, but not for any length of time."""

    @every_account
    @pytest.mark.parametrize("advice", [3600, 61.0, "Fri, 31 Dec 2100 23:59:59 GMT"])
    def test_too_long_a_wait_is_not_begun(
        self, open_client: Open, sandbox: Sandbox, account: str, advice: float | str
    ) -> None:
        ask = open_client(impatient(sandbox, account))
        sandbox.misbehave(account, Status(429, retry_after=advice))
        error = ask.read(PAGED).failure(RateLimited)
        assert error.retry_after is not None
        assert error.retry_after >= 61
        assert f"{error.retry_after:g} s" in str(error)
        assert error.coverage.accounts[0].waited == 0
        assert len(sandbox.requests(account)) == 1

    @every_account
    def test_how_long_is_too_long_is_the_accounts_to_say(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        ask = open_client(impatient(sandbox, account, max_wait=0))
        sandbox.misbehave(account, Status(429, retry_after=0.01))
        assert isinstance(ask.read(PAGED).error, RateLimited)
        sandbox.misbehave(account, Status(429, retry_after=0))
        assert ask.read(PAGED).error is None

    @every_account
    def test_too_long_an_advice_binds_nobody_who_asks_again(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        ask = open_client(impatient(sandbox, account))
        sandbox.misbehave(account, Status(429, retry_after=3600))
        assert isinstance(ask.read(PAGED).error, RateLimited)
        assert ask.read(PAGED).error is None

    @every_account
    def test_it_is_waited_for_and_counted(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        ask = open_client(impatient(sandbox, account))
        sandbox.misbehave(account, Status(429, retry_after=0.05, times=2))
        [covered] = ask.read(PAGED).coverage.accounts
        assert covered.complete
        assert covered.retries == 2
        assert covered.waited >= 0.1

    def test_stripe_names_the_limit_that_was_hit(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox, "stripe", max_attempts=1))
        sandbox.misbehave("stripe", Status(429))
        error = ask.read(PAGED).failure(RateLimited)
        assert error.reason == "endpoint-rate"
        assert error.request_id is not None

    def test_stripe_may_forbid_to_try_again(self, open_client: Open, sandbox: Sandbox) -> None:
        ask = open_client(impatient(sandbox, "stripe"))
        sandbox.misbehave("stripe", Status(500, headers={"stripe-should-retry": "false"}))
        assert isinstance(ask.read(PAGED).error, RetryRefused)
        assert len(sandbox.requests("stripe")) == 1


SCARCE = [
    OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
    OSError(errno.ENFILE, os.strerror(errno.ENFILE)),
    OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
    MemoryError(),
]


@pytest.mark.parametrize("scarce", SCARCE, ids=["files", "files of all", "memory", "heap"])
@pytest.mark.parametrize("times", [1, None])
def test_a_machine_that_has_not_enough_is_no_mistake_of_an_adapter(
    open_client: Open,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    times: int | None,
    scarce: Exception,
) -> None:
    """An adapter opens what it knows of currencies when a first page has come."""
    really, left = kit.iso_exponent, times

    def iso_exponent(currency: str) -> int | None:
        nonlocal left
        if left != 0:
            left = None if left is None else left - 1
            raise scarce
        return really(currency)

    monkeypatch.setattr(kit, "iso_exponent", iso_exponent)
    found = open_client(impatient(sandbox, "flex")).read(PAGED)
    if times is not None:
        assert [session.id for session in found.sessions] == ids(sandbox, "flex")
        return
    error = found.failure(TransientError)
    assert "this machine has not enough for the answer to be read" in str(error)
    assert "mistake" not in str(error)
