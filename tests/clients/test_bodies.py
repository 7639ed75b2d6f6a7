"""How much of an answer is read, and for how long."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import pytest
from clients.setting import ACCOUNTS, Open, impatient

from unified_checkout import (
    RequestTimeout,
    ResponseTooLarge,
    UnreadableBody,
    UnsupportedAnswer,
)
from unified_checkout.sandbox import Answer, ProviderSandbox, Received, Sandbox
from unified_checkout.sandbox.faults import MEGABYTE, Drip, Fault, HugeBody, Latency

every_account = pytest.mark.parametrize("account", ACCOUNTS)
plain_or_compressed = pytest.mark.parametrize("compressed", [False, True])


@attrs.frozen
class Encoded(Fault):
    """The body comes in an encoding that nobody asked for."""

    encoding: str

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return attrs.evolve(answer, headers={**answer.headers, "content-encoding": self.encoding})


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


class TestTime:
    @every_account
    def test_a_drip_has_no_end_but_the_deadline(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        ask = open_client(impatient(sandbox, account, timeout=0.2, max_attempts=1))
        sandbox.misbehave(account, Drip(chunk=20, pause=0.02, times=None))
        error = ask.read().failure(RequestTimeout)
        assert (error.account, error.provider) == (account, account)
        assert "within 0.2 s" in str(error)
        with pytest.raises(RequestTimeout):
            ask.get(sandbox.truth(account)[0].id, account)

    @every_account
    def test_a_short_drip_is_a_whole_answer(
        self, open_client: Open, sandbox: Sandbox, account: str
    ) -> None:
        ask = open_client(impatient(sandbox, account))
        sandbox.misbehave(account, Drip(chunk=20_000, pause=0.001))
        assert len(ask.read().sessions) == 60

    @every_account
    def test_silence(self, open_client: Open, sandbox: Sandbox, account: str) -> None:
        ask = open_client(impatient(sandbox, account, timeout=0.1, max_attempts=2))
        sandbox.misbehave(account, Latency(seconds=60))
        reading = ask.read()
        assert reading.error is None
        assert len(reading.sessions) == 60
        assert reading.coverage.accounts[0].retries == 1
        sandbox.misbehave(account, Latency(seconds=60, times=2))
        assert isinstance(ask.read().error, RequestTimeout)


class TestSize:
    @every_account
    @plain_or_compressed
    def test_a_hundred_megabytes_are_not_read(
        self, open_client: Open, sandbox: Sandbox, account: str, compressed: bool
    ) -> None:
        ask = open_client(impatient(sandbox, account, max_body_bytes=MEGABYTE))
        sandbox.misbehave(account, HugeBody(100 * MEGABYTE, compressed=compressed))
        with memory_below(8 * MEGABYTE):
            error = ask.read().failure(ResponseTooLarge)
        assert (error.account, error.provider, error.status) == (account, account, 200)
        assert "1000000 bytes" in str(error)
        assert len(sandbox.requests(account)) == 1
        assert len(ask.read().sessions) == 60

    @every_account
    @plain_or_compressed
    def test_the_limit_is_the_accounts_to_say(
        self, open_client: Open, sandbox: Sandbox, account: str, compressed: bool
    ) -> None:
        ask = open_client(impatient(sandbox, account, max_body_bytes=3 * MEGABYTE))
        sandbox.misbehave(account, HugeBody(2 * MEGABYTE, compressed=compressed))
        assert len(ask.read().sessions) == 60


@every_account
@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "deflate"])
def test_a_body_that_is_not_coded_as_it_says(
    open_client: Open, sandbox: Sandbox, account: str, encoding: str
) -> None:
    ask = open_client(impatient(sandbox, account, max_attempts=2))
    sandbox.misbehave(account, Encoded(encoding, times=2))
    assert ask.read().failure(UnreadableBody).account == account
    assert len(sandbox.requests(account)) == 2


@every_account
@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br", "BR"])
def test_a_coding_that_nobody_asked_for_is_refused_by_name(
    open_client: Open, sandbox: Sandbox, account: str, encoding: str
) -> None:
    ask = open_client(impatient(sandbox, account))
    sandbox.misbehave(account, Encoded(encoding))
    error = ask.read().failure(UnsupportedAnswer)
    assert error.account == account
    assert f"'{encoding.lower().split(', ')[-1]}'" in str(error)
    [asked] = sandbox.requests(account)
    assert asked.headers["accept-encoding"] == "gzip"
