"""A cassette records once and replays ever after, for both clients, from one file."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import attrs
import pytest
from house import THREE
from testing.conftest import NOW

from unified_checkout import (
    Account,
    AsyncClient,
    AuthenticationError,
    Client,
    ClientClosed,
    ConnectionFailed,
    MissingEnvironmentVariable,
    Page,
    Session,
)
from unified_checkout.adapters import load
from unified_checkout.sandbox import Facts, Sandbox, faults
from unified_checkout.testing import Cassette, CassetteError, CassetteLeak, CassetteMismatch
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.stillness import network_blocked
from unified_checkout.transport.threaded import REQUEST_THREAD

Ask = Callable[..., list[Session]]


def ask_sync(accounts: list[Account], **query: Any) -> list[Session]:
    with Client(accounts) as client:
        return list(client.sessions.list(**query))


def ask_async(accounts: list[Account], **query: Any) -> list[Session]:
    async def ask() -> list[Session]:
        async with AsyncClient(accounts) as client:
            return [session async for session in client.sessions.list(**query)]

    return asyncio.run(ask())


asks = pytest.mark.parametrize("ask", [ask_sync, ask_async])


def gone(account: Account) -> Account:
    """The account, at an address where nobody answers any more."""
    return account.model_copy(update={"base_url": "http://127.0.0.1:1"})


def data(sessions: list[Session]) -> list[dict[str, Any]]:
    return [attrs.asdict(session) for session in sessions]


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["id"]))


@pytest.mark.parametrize("record", [ask_sync, ask_async])
@asks
def test_what_one_client_records_either_replays(
    record: Ask, ask: Ask, file: Path, sandbox: Sandbox
) -> None:
    accounts = sandbox.accounts
    with Cassette(file):
        recorded = record(accounts, page_size=5)
    sandbox.clear_requests()
    with Cassette(file) as cassette:
        replayed = ask([gone(account) for account in accounts], page_size=5)
    assert len(recorded) == 36
    assert data(replayed) == data(recorded)
    assert cassette.replaying
    assert {account.name: sandbox.requests(account.name) for account in accounts} == {
        account.name: [] for account in accounts
    }


@asks
def test_a_replay_needs_no_key(ask: Ask, file: Path, sandbox: Sandbox) -> None:
    [account] = [one for one in sandbox.accounts if one.name == "flex"]
    with Cassette(file):
        recorded = ask([account], page_size=5)
    fields = {**account.model_dump(), "api_key": {"env": "NO_SUCH_KEY"}}
    with Cassette(file):
        assert data(ask([Account.model_validate(fields)], page_size=5)) == data(recorded)


@asks
def test_a_key_that_is_missing_while_recording(ask: Ask, file: Path, sandbox: Sandbox) -> None:
    fields = {**sandbox.accounts[0].model_dump(), "api_key": {"env": "NO_SUCH_KEY"}}
    with pytest.raises(MissingEnvironmentVariable), Cassette(file):
        ask([Account.model_validate(fields)])
    assert not file.exists()


def test_a_file_is_the_same_whenever_it_is_recorded(file: Path) -> None:
    texts = []
    for _ in range(2):
        file.unlink(missing_ok=True)
        with (
            Sandbox(sessions=5, seed=1, now=NOW, providers=THREE) as sandbox,
            Cassette(file, now=moment(NOW)),
        ):
            ask_sync(sandbox.accounts, page_size=2)
        texts.append(file.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@asks
def test_accounts_of_one_provider_are_told_apart(ask: Ask, file: Path) -> None:
    with (
        Sandbox(sessions=3, seed=1, now=NOW, providers=THREE) as one,
        Sandbox(sessions=3, seed=2, now=NOW, providers=THREE) as two,
    ):
        accounts = [
            one.accounts[0].model_copy(update={"name": "north"}),
            two.accounts[0].model_copy(update={"name": "south"}),
        ]
        with Cassette(file):
            recorded = ask_sync(accounts)
    with Cassette(file):
        replayed = ask(accounts[::-1])
    assert {session.account for session in replayed} == {"north", "south"}
    assert by_id(data(replayed)) == by_id(data(recorded))


def test_the_requests_can_be_asserted_on(file: Path, sandbox: Sandbox) -> None:
    [account, *_] = sandbox.accounts
    with Cassette(file) as cassette:
        ask_sync([account], limit=2, page_size=2)
    [request] = cassette.requests
    assert request.parameters == (("limit", "2"),)
    assert "authorization" not in {name.lower() for name in request.headers}


@asks
def test_a_changed_request_fails_and_shows_the_difference(
    ask: Ask, file: Path, sandbox: Sandbox
) -> None:
    [account, *_] = sandbox.accounts
    with Cassette(file):
        ask_sync([account], status="open", limit=2, page_size=2)
    with pytest.raises(CassetteMismatch) as failure, Cassette(file):
        ask([account], status="open", limit=3, page_size=3)
    assert "    - limit=2\n    + limit=3\n      status=open\n" in str(failure.value)
    assert f"If that is meant, delete {file} and run this again" in str(failure.value)


def test_a_changed_header_is_a_changed_request(file: Path, sandbox: Sandbox) -> None:
    account = next(one for one in sandbox.accounts if one.provider == "stripe")
    with Cassette(file):
        ask_sync([account], limit=1)
    older = account.model_copy(update={"api_version": "2025-09-30.clover"})
    with pytest.raises(CassetteMismatch, match=r"\+ Stripe-Version: 2025"), Cassette(file):
        ask_sync([older], limit=1)


def test_code_that_swallows_the_failure_does_not_pass(file: Path, sandbox: Sandbox) -> None:
    [account, *_] = sandbox.accounts
    with Cassette(file):
        ask_sync([account], limit=1)
    cassette = Cassette(file)
    cassette.open()
    ask_sync([account], limit=1)
    with pytest.raises(AssertionError):
        ask_sync([account], limit=1)
    with pytest.raises(CassetteMismatch, match="asked once more"):
        cassette.close()


def test_what_is_left_unplayed_fails_and_is_named(file: Path, sandbox: Sandbox) -> None:
    [account, *_] = sandbox.accounts
    with Cassette(file):
        sessions = ask_sync([account], limit=4, page_size=2)
    with pytest.raises(CassetteMismatch) as failure, Cassette(file):
        ask_sync([account], limit=2, page_size=2)
    assert "1 of the requests" in str(failure.value)
    assert sessions[1].id in str(failure.value)


def test_with_nothing_recorded_and_nothing_to_be_recorded_a_request_fails(
    file: Path, sandbox: Sandbox
) -> None:
    with (
        pytest.raises(CassetteMismatch, match="there is no cassette"),
        Cassette(file, record="none"),
    ):
        ask_sync(sandbox.accounts[:1])


def test_nothing_asked_needs_no_file(file: Path) -> None:
    with Cassette(file, record="none"):
        pass
    with Cassette(file):
        pass
    assert not file.exists()


def test_a_test_that_fails_writes_nothing(file: Path, sandbox: Sandbox) -> None:
    with pytest.raises(IndexError), Cassette(file):
        ask_sync(sandbox.accounts, limit=1)[1]
    assert not file.exists()


def test_rewriting_replaces_the_file_and_keeps_it_if_that_fails(
    file: Path, sandbox: Sandbox
) -> None:
    with Cassette(file):
        ask_sync(sandbox.accounts[:1], limit=1)
    before = file.read_text(encoding="utf-8")
    with pytest.raises(ZeroDivisionError), Cassette(file, record="rewrite"):
        raise ZeroDivisionError
    assert file.read_text(encoding="utf-8") == before
    with Cassette(file, record="rewrite"):
        ask_sync(sandbox.accounts[:1], limit=2)
    assert file.read_text(encoding="utf-8") != before


@asks
def test_a_relative_time_means_the_same_in_a_replay(ask: Ask, file: Path, sandbox: Sandbox) -> None:
    with Cassette(file, now=moment(NOW)):
        recorded = ask_sync(sandbox.accounts, last="30d")
    with Cassette(file):
        replayed = ask(sandbox.accounts, last="30d")
    assert recorded
    assert data(replayed) == data(recorded)


@asks
def test_an_address_is_found_by_the_original_and_by_its_substitute(ask: Ask, file: Path) -> None:
    with Sandbox(sessions=40, seed=3, now=NOW, providers=THREE) as sandbox:
        email = next(
            facts.email
            for facts in sandbox.truth("leanrails")
            if facts.email and facts.status == "complete"
        )
        every = {
            account.name: sum(facts.email == email for facts in sandbox.truth(account.name))
            for account in sandbox.accounts
        }
        with Cassette(file):
            recorded = ask_sync(sandbox.accounts, email=email)
    assert {session.account for session in recorded} >= {"leanrails"}
    assert len(recorded) <= sum(every.values())
    [stands_in] = {session.customer.email for session in recorded if session.customer}
    assert stands_in is not None
    assert email not in file.read_text(encoding="utf-8")
    for address in (email, stands_in):
        with Cassette(file):
            assert data(ask(sandbox.accounts, email=address)) == data(recorded)


def page_sync(accounts: list[Account]) -> Page:
    with Client(accounts) as client:
        return client.sessions.page(page_size=1)


def page_async(accounts: list[Account]) -> Page:
    async def ask() -> Page:
        async with AsyncClient(accounts) as client:
            return await client.sessions.page(page_size=1)

    return asyncio.run(ask())


@pytest.mark.parametrize("page_of", [page_sync, page_async])
def test_a_replay_waits_for_nobody(
    page_of: Callable[[list[Account]], Page], file: Path, sandbox: Sandbox
) -> None:
    [account, *_] = sandbox.accounts
    sandbox.misbehave(account.name, faults.Status(429, retry_after=0))
    with Cassette(file):
        recorded = ask_sync([account], limit=1)
    text = file.read_text(encoding="utf-8")
    assert text.count("retry-after: '0'") == 1
    file.write_text(text.replace("retry-after: '0'", "retry-after: '5'"), encoding="utf-8")
    slow = account.model_copy(update={"requests_per_second": 0.2})
    with Cassette(file):
        page = page_of([slow])
    assert data(list(page.sessions)) == data(recorded)
    assert [account.waited for account in page.coverage.accounts] == [0.0]


@asks
def test_advice_that_is_too_long_is_not_followed_in_a_replay_either(
    ask: Ask, file: Path, sandbox: Sandbox
) -> None:
    [account, *_] = sandbox.accounts
    sandbox.misbehave(account.name, faults.Status(429, retry_after=61))
    for _ in range(2):
        with Cassette(file), pytest.raises(Exception, match="advises to wait 61 s"):
            ask([account])


@asks
def test_a_connection_that_breaks_is_recorded_too(ask: Ask, file: Path, sandbox: Sandbox) -> None:
    account = sandbox.accounts[0].model_copy(update={"max_attempts": 1})
    sandbox.misbehave(account.name, faults.Reset(times=None))
    for _ in range(2):
        with Cassette(file), pytest.raises(ConnectionFailed):
            ask([account])
    assert "failure: ConnectionFailed" in file.read_text(encoding="utf-8")


@asks
@pytest.mark.parametrize("record", [ask_sync, ask_async])
def test_an_answer_nobody_waited_for_need_not_come(
    record: Ask, ask: Ask, file: Path, sandbox: Sandbox
) -> None:
    slow, wrong = sandbox.accounts[:2]
    wrong = wrong.model_copy(update={"api_key": type(wrong.api_key)("sk_test_obviously_wrong")})
    sandbox.misbehave(slow.name, faults.Latency(0.5))
    with Cassette(file), pytest.raises(AuthenticationError):
        record([slow, wrong])
    with Cassette(file), pytest.raises(AuthenticationError):
        ask([slow, wrong])
    assert file.read_text(encoding="utf-8").count("failure: unanswered") == 1
    with Cassette(file), pytest.raises(AuthenticationError):
        ask([wrong])


def test_a_closed_client_asks_nothing(file: Path, sandbox: Sandbox) -> None:
    client = Client(sandbox.accounts)
    client.close()
    for _ in range(2):
        with Cassette(file) as cassette:
            ask_sync(sandbox.accounts[:1], limit=1)
            with pytest.raises(ClientClosed):
                client.sessions.page()
        assert len(cassette.requests) == 1


def test_what_an_abandoned_client_still_asks_is_no_affair_of_a_later_replay(
    file: Path, sandbox: Sandbox
) -> None:
    account, other, *_ = sandbox.accounts
    with Cassette(file):
        recorded = ask_sync([account], limit=1)

    replay_began = Event()

    def ask_too_late() -> None:
        assert replay_began.wait(timeout=60)
        with pytest.raises(ConnectionFailed):
            ask_sync([other], limit=1)

    abandoned = Thread(target=ask_too_late, name=REQUEST_THREAD)
    abandoned.start()
    with Cassette(file) as cassette:
        replay_began.set()
        abandoned.join(timeout=60)
        assert data(ask_sync([account], limit=1)) == data(recorded)
    assert len(cassette.requests) == 1
    assert sandbox.requests(other.name) == []


@asks
def test_a_list_is_not_divided_since_that_depends_on_speed(ask: Ask, file: Path) -> None:
    place = Sandbox(sessions=120, providers=["stripe"], seed=1, now=NOW, latency=0.01)
    with place as sandbox, Cassette(file) as cassette:
        ask(sandbox.accounts, page_size=3)
    names = {name for request in cassette.requests for name, _ in request.parameters}
    assert names == {"limit", "starting_after"}


def test_a_compressed_body_is_kept_as_text(file: Path, sandbox: Sandbox) -> None:
    [account, *_] = sandbox.accounts
    sandbox.misbehave(account.name, faults.HugeBody(size=1_000_000, compressed=True))
    with Cassette(file):
        recorded = ask_sync([account], limit=1)
    text = file.read_text(encoding="utf-8")
    assert len(text) < 10_000
    assert f'"{recorded[0].id}"' in text
    with Cassette(file):
        assert data(ask_sync([account], limit=1)) == data(recorded)


def test_unusual_text_is_kept_to_the_letter(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("flex", "leanrails", "stripe"):
        adapter = load(provider)
        tells_of_nobody = {**adapter.sensitive, "client_reference_id": None}
        monkeypatch.setattr(adapter, "sensitive", tells_of_nobody)
    reference = "№\u2028\x85\x7f\ufeff\t'\"\\ 🎁 \ud83d trailing "
    lunch = Facts(serial="lunch", created=NOW, client_reference_id=reference.replace("\ud83d", ""))
    with Sandbox(facts=[lunch], now=NOW, providers=THREE) as sandbox:
        with Cassette(file):
            recorded = ask_sync(sandbox.accounts)
        with Cassette(file):
            replayed = ask_sync(sandbox.accounts)
    assert {session.client_reference_id for session in replayed} == {lunch.client_reference_id}
    assert data(replayed) == data(recorded)


def test_what_scrubbing_misses_is_found_before_it_is_written(
    file: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = next(facts.email for facts in sandbox.truth("stripe") if facts.email)
    with monkeypatch.context() as blind:
        blind.setattr(Scrubber, "response", lambda self, response: response)
        cassette = Cassette(file)
        cassette.open()
        ask_sync(sandbox.accounts)
    with pytest.raises(CassetteLeak) as failure:
        cassette.close()
    assert "an e-mail address" in str(failure.value)
    assert "customer_details.name is not a substitute" in str(failure.value)
    assert email not in str(failure.value)
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.mkdir [BOMB]",
        "version: 1\nrecorded_from: !!python/object/apply:os.mkdir [BOMB]\n",
        "version: 2\nrecorded_from: sandbox\nrecorded_at: 2026-11-20T00:00:00Z\nexchanges: []\n",
        "version: 1\nrecorded_from: sandbox\nrecorded_at: '2026-11-20'\nexchanges: []\n",
        "version: 1\nrecorded_from: sandbox\nrecorded_at: 2026-11-20T00:00:00Z\nmore: 1\n",
        "a: [",
        "\x00",
        "",
    ],
)
def test_a_file_that_is_no_cassette_is_refused_and_runs_no_code(
    text: str, file: Path, tmp_path: Path
) -> None:
    bomb = tmp_path / "exploded"
    file.write_text(text.replace("BOMB", str(bomb)), encoding="utf-8")
    with pytest.raises(CassetteError, match="is not a cassette"), Cassette(file):
        pass
    assert not bomb.exists()


def connect(place: tuple[str, int]) -> None:
    socket.create_connection(place).close()


def connect_ex(place: tuple[str, int]) -> None:
    with socket.socket() as raw:
        raw.connect_ex(place)


@pytest.mark.parametrize("reach_out", [connect, connect_ex])
def test_a_replay_that_uses_the_network_fails_even_if_nobody_notices(
    reach_out: Callable[[tuple[str, int]], None], file: Path, sandbox: Sandbox
) -> None:
    with Cassette(file):
        ask_sync(sandbox.accounts, limit=1)
    place = "127.0.0.1", int(sandbox.url("stripe").rpartition(":")[2])
    cassette = Cassette(file)
    cassette.open()
    ask_async(sandbox.accounts, limit=1)
    with pytest.raises(OSError, match="stays offline"):
        reach_out(place)
    with pytest.raises(CassetteMismatch, match="stays offline"):
        cassette.close()
    connect(place)


def test_a_pair_of_sockets_may_be_made_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def pair_by_connection() -> tuple[socket.socket, socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            client = socket.socket()
            client.connect(server.getsockname())
            return client, server.accept()[0]

    monkeypatch.setattr(socket, "socketpair", pair_by_connection)
    noted: list[str] = []
    with network_blocked(noted.append):
        for one in socket.socketpair():
            one.close()
    assert noted == []
