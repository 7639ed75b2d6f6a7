"""What one account, or one session, cannot be read for keeps nobody from reading the others."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from contextvars import ContextVar
from pathlib import Path

import attrs
import pytest
from store.tables import column, stored, truth

from unified_checkout import Client, InvalidQuery
from unified_checkout.adapters import Request
from unified_checkout.engine.runtime import Observer
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.sandbox.exchange import Answer, Received
from unified_checkout.sandbox.provider import ProviderSandbox
from unified_checkout.store import Manner, Store, sync
from unified_checkout.store.together import GivenUp, together


@attrs.frozen
class Unreadable(faults.Fault):
    """What is asked of one session is refused."""

    id: str

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return provider.failure(400) if self.id in request.path else answer


@pytest.mark.parametrize("at_once", [1, 8])
def test_an_account_without_a_key_does_not_end_the_sync_of_the_others(
    sandbox: Sandbox, tmp_path: Path, at_once: int
) -> None:
    config = tmp_path / "checkout.toml"
    stripe, flex = (f"[accounts.{name}]" for name in ("stripe", "flex"))
    first, other = sandbox.config_toml().split(flex)
    assert first.startswith(stripe)
    key = next(line for line in first.splitlines() if line.startswith("api_key"))
    first = first.replace(key, 'api_key = { env = "NOBODY_SETS_THIS" }')
    config.write_text(first + flex + other)
    store, manner = Store.open(tmp_path / "some.duckdb"), Manner(accounts_at_once=at_once)
    with Client.from_config(config) as client:
        run = sync(client, store, manner=manner)
        assert {one.account: one.complete for one in run.slices} == {"stripe": False, "flex": True}
        [said] = [one.reason for one in run.slices if not one.complete]
        assert "NOBODY_SETS_THIS is not set" in said
        assert {account for account, _ in stored(store)} == {"flex"}
        id = sandbox.truth("stripe")[0].id
        run = sync(client, store, only=[id], accounts=["stripe"], manner=manner)
        assert [(one.complete, one.rows_gone) for one in run.slices] == [(False, 0)]
    assert column(store, "SELECT count(*) FROM runs WHERE NOT complete") == [2]


def test_a_session_that_cannot_be_read_keeps_nobody_from_reading_the_others(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    ids = [one.id for one in sandbox.truth("stripe")[:5]]
    sandbox.misbehave("stripe", Unreadable(ids[1], times=None))
    run = sync(client, store, only=[*ids, "cs_test_none"], accounts=["stripe"])
    assert {id for _, id in stored(store)} == {*ids} - {ids[1]}
    [one] = run.slices
    assert not one.complete
    assert "HTTP 400" in one.reason
    assert one.requests > len(ids)


def test_a_key_that_is_refused_is_tried_once(
    sandbox: Sandbox, client: Client, store: Store
) -> None:
    ids = [one.id for one in sandbox.truth("stripe")[:5]]
    sandbox.misbehave("stripe", faults.Status(401, times=None))
    assert not sync(client, store, only=ids, accounts=["stripe"]).complete
    assert len(sandbox.requests("stripe")) == 1


def test_ids_at_a_provider_that_gives_no_single_session_are_refused_before_anything_is_asked(
    store: Store,
) -> None:
    with (
        Sandbox(sessions=3, providers=["paypal"]) as sandbox,
        Client(sandbox.accounts) as client,
        pytest.raises(InvalidQuery, match="no single session"),
    ):
        sync(client, store, only=["PAY-1"])
    assert not sandbox.requests("paypal")


class Both(Observer):
    """Lets no request go before both accounts are about to be asked."""

    def __init__(self) -> None:
        self.asked = {"stripe": threading.Event(), "flex": threading.Event()}
        self.together = True

    def sent(self, account: str, request: Request, attempt: int) -> None:
        self.asked[account].set()
        self.together &= all(one.wait(30) for one in self.asked.values())


def test_accounts_are_read_at_the_same_time(sandbox: Sandbox, store: Store) -> None:
    both = Both()
    with Client(sandbox.accounts, observers=[both]) as client:
        assert sync(client, store).complete
        assert both.together
        assert stored(store) == truth(client)


ASKED_FOR: ContextVar[str] = ContextVar("asked_for", default="nobody")


def test_whoever_reads_sees_the_caller_s_context_variables() -> None:
    def told(check: object) -> Iterator[str]:
        yield ASKED_FOR.get()

    token = ASKED_FOR.set("the caller")
    try:
        assert list(together([told, told], 2)) == ["the caller"] * 2
    finally:
        ASKED_FOR.reset(token)


def test_the_first_failure_ends_what_is_read_together() -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(check: object) -> Iterator[int]:
        begun.set()
        try:
            while True:
                check()  # type: ignore[operator]
                yield 1
        except GivenUp:
            ended.set()
            raise

    def failing(check: object) -> Iterator[int]:
        begun.wait(30)
        raise RuntimeError("a fault of ours")
        yield 2

    with closing(together([endless, failing], 2)) as read, pytest.raises(RuntimeError):
        assert set(read) == {1}
    assert ended.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_uses_the_store_too(client: Client, store: Store) -> None:
    sync(client, store)
    if (child := os.fork()) == 0:
        code = 1
        try:
            code = 0 if len(stored(store)) == 60 else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert len(stored(store)) == 60
