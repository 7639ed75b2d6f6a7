"""A process that is forked while a cassette records or replays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from transport.children import in_child

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox
from unified_checkout.testing import Cassette, CassetteError
from unified_checkout.testing.cassettes import tape

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork")


def test_what_a_forked_process_asks_is_not_lost_unsaid(file: Path, sandbox: Sandbox) -> None:
    def refused() -> str:
        with pytest.raises(CassetteError) as caught:
            client.sessions.page(accounts="flex", limit=1)
        return str(caught.value)

    with Cassette(file), Client(sandbox.accounts) as client:
        client.sessions.page(accounts="stripe", limit=1)
        assert in_child(refused) == (
            f"{file} records what one process asks, and this one was forked from it; "
            "ask in that one, or fork first and let each process record a cassette of its own"
        )
    assert {one.request.account for one in tape.read(file).exchanges} == {"stripe"}


def test_a_forked_process_writes_no_file_and_takes_none_back(file: Path, sandbox: Sandbox) -> None:
    cassette = Cassette(file)
    with cassette, Client(sandbox.accounts) as client:
        client.sessions.page(accounts="stripe", limit=1)
        in_child(cassette.close)
        assert not file.exists()
    assert file.exists()


def test_a_replay_answers_in_a_forked_process_too(file: Path, sandbox: Sandbox) -> None:
    for _ in range(2):
        with Cassette(file), Client(sandbox.accounts) as client:
            client.sessions.page(accounts="stripe", limit=1)
    with Cassette(file), Client(sandbox.accounts) as client:
        assert in_child(lambda: len(client.sessions.page(accounts="stripe", limit=1).sessions)) == 1
        client.sessions.page(accounts="stripe", limit=1)


def test_a_process_that_was_forked_first_records_a_cassette_of_its_own(
    file: Path, sandbox: Sandbox
) -> None:
    def record() -> None:
        with Cassette(file), Client(sandbox.accounts) as client:
            client.sessions.page(accounts="flex", limit=1)

    in_child(record)
    assert {one.request.account for one in tape.read(file).exchanges} == {"flex"}


def test_a_forked_process_waits_for_no_thread_of_its_parent_s(file: Path, sandbox: Sandbox) -> None:
    for _ in range(2):
        with Cassette(file) as cassette, Client(sandbox.accounts) as client:
            client.sessions.page(accounts="stripe", limit=1)
            with busy(cassette):
                in_child(cassette.close)


@contextmanager
def busy(cassette: Cassette) -> Iterator[None]:
    """Let a thread be in the midst of keeping or of playing an answer."""
    with cassette._recorder._lock:
        yield
