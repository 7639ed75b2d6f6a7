"""The sandbox as a whole: starting, stopping, changing, remembering."""

from __future__ import annotations

import asyncio
import builtins
import http.client
import re
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from house import PROVIDERS, THREE

from unified_checkout.adapters import installed
from unified_checkout.errors import ConfigurationError, UnknownAccount, UnknownProvider
from unified_checkout.sandbox import Facts, Sandbox, faults

if TYPE_CHECKING:
    from sandbox.conftest import Fetch

NOW = 1_795_000_000
ACCOUNTS = [*THREE]


def test_every_provider_has_an_account_and_a_port_of_its_own(sandbox: Sandbox) -> None:
    assert [account.name for account in sandbox.accounts] == ACCOUNTS
    assert [account.provider for account in sandbox.accounts] == ACCOUNTS
    urls = [account.base_url for account in sandbox.accounts]
    assert len(set(urls)) == 3
    assert urls == [sandbox.url(name) for name in ACCOUNTS]


def test_a_variable_for_other_servers_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "many")
    with Sandbox(sessions=1, providers=["stripe"]) as another:
        assert another.accounts


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        (b"state=paid&page=2", b"state=paid&page=2"),
        (b"key=fsk_test_obviously_fake_sandbox_key", b"***"),
    ],
)
def test_what_is_posted_is_heard(sandbox: Sandbox, body: bytes, heard: bytes) -> None:
    connection = http.client.HTTPConnection(sandbox.url("flex").removeprefix("http://"))
    connection.request("POST", "/v1/checkout/sessions", body, {"content-type": "text/plain"})
    connection.getresponse().read()
    connection.close()
    received = sandbox.requests("flex")[-1]
    assert (received.method, received.body) == ("POST", heard)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_what_is_served_is_the_truth(sandbox: Sandbox, fetch: Fetch, account: str) -> None:
    assert fetch(account, limit=100).ids == [facts.id for facts in sandbox.truth(account)]


def test_the_same_seed_and_time_hold_the_same_sessions(sandbox: Sandbox) -> None:
    with Sandbox(sessions=60, seed=1, now=NOW, providers=ACCOUNTS) as other:
        assert other.truth("flex") == sandbox.truth("flex")
    with Sandbox(sessions=60, seed=2, now=NOW, providers=ACCOUNTS) as other:
        assert other.truth("flex") != sandbox.truth("flex")


def test_providers_hold_sessions_of_their_own(sandbox: Sandbox) -> None:
    moments = [{facts.created for facts in sandbox.truth(name)} for name in ACCOUNTS]
    assert moments[0] != moments[1] != moments[2]


def test_the_same_facts_at_every_provider() -> None:
    told = [Facts(serial=str(number), created=NOW, amount_total=number) for number in range(5)]
    with Sandbox(facts=told, providers=ACCOUNTS) as sandbox:
        for name in ACCOUNTS:
            held = sandbox.truth(name)
            assert [facts.serial for facts in held] == ["0", "1", "2", "3", "4"]
            assert [facts.amount_total for facts in held] == [0, 1, 2, 3, 4]
        assert len({sandbox.truth(name)[0].id for name in ACCOUNTS}) == 3


def test_some_providers_only() -> None:
    with Sandbox(sessions=1, providers=["flex"]) as sandbox:
        assert [account.name for account in sandbox.accounts] == ["flex"]


def test_an_unknown_provider() -> None:
    with pytest.raises(UnknownProvider, match="acme"), Sandbox(providers=["acme"]):
        pass
    with pytest.raises(UnknownProvider, match="acme"), Sandbox(ports={"acme": 1}):
        pass
    with pytest.raises(UnknownProvider, match="acme"), Sandbox(options={"acme": {}}):
        pass


def test_an_unknown_account(sandbox: Sandbox) -> None:
    with pytest.raises(UnknownAccount, match="acme"):
        sandbox.truth("acme")


def test_a_sandbox_that_is_not_entered() -> None:
    with pytest.raises(ConfigurationError, match="not running"):
        Sandbox().truth("flex")


def test_options_reach_the_provider() -> None:
    options = {"leanrails": {"sends_next_cursor": False}}
    with Sandbox(sessions=1, options=options, providers=["leanrails"]) as sandbox:
        assert sandbox.truth("leanrails")


def test_a_port_of_ones_choice_that_is_free_again_afterwards() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    for _ in range(2):
        with Sandbox(sessions=1, ports={"flex": port}) as sandbox:
            assert sandbox.url("flex") == f"http://127.0.0.1:{port}"


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=f"port {port} for stripe"),
            Sandbox(sessions=1, ports={"stripe": port}),
        ):
            pass


def test_several_sandboxes_at_once_and_one_after_another() -> None:
    before = set(threading.enumerate())
    for _ in range(3):
        with Sandbox(sessions=1) as one, Sandbox(sessions=1) as other:
            assert one.url("flex") != other.url("flex")
    assert set(threading.enumerate()) <= before


def test_stopping_cuts_what_is_under_way(sandbox: Sandbox) -> None:
    with Sandbox(sessions=1, latency=60.0) as slow:
        host, port = slow.url("flex").removeprefix("http://").split(":")
        waiting = socket.create_connection((host, int(port)), timeout=10)
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while not slow.requests("flex"):
            pass
    with waiting:
        assert waiting.recv(100) == b""


def test_from_a_coroutine() -> None:
    async def ask() -> bytes:
        with Sandbox(sessions=1) as sandbox:
            host, port = sandbox.url("flex").removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

    assert asyncio.run(ask()).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_arriving_vanishing_changing(sandbox: Sandbox, fetch: Fetch, account: str) -> None:
    before = [facts.id for facts in sandbox.truth(account)]
    arrived = sandbox.arrive(account, 2)
    assert fetch(account, limit=3).ids == [arrived[1].id, arrived[0].id, before[0]]
    sandbox.vanish(account, arrived[0].id)
    assert fetch(account, limit=2).ids == [arrived[1].id, before[0]]
    changed = sandbox.change(account, before[0], status="expired", amount_total=7)
    assert sandbox.truth(account)[1] == changed
    assert fetch(account, limit=2).rows[1]["amount_total"] == 7


def test_facts_of_ones_own_may_arrive(sandbox: Sandbox) -> None:
    held = sandbox.arrive("stripe", [Facts(serial="mine", created=NOW - 40 * 86_400)])
    assert held[0] in sandbox.truth("stripe")[1:]


def test_what_is_not_held_cannot_change(sandbox: Sandbox) -> None:
    with pytest.raises(KeyError, match="flex holds no session 'fcs_nothing'"):
        sandbox.vanish("flex", "fcs_nothing")
    with pytest.raises(KeyError, match="flex holds no session 'fcs_nothing'"):
        sandbox.change("flex", "fcs_nothing", status="open")


MINE = Facts(serial="mine", created=NOW)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (lambda one, _: one.misbehave("flex", 429), "misbehave: a fault is 429; allowed: those of"),
        (lambda one, _: one.misbehave("flex", faults.Status), "a fault is of type type"),
        (lambda one, _: one.misbehave("flex", [faults.Html()]), "a fault is of type list"),
        (lambda one, _: one.arrive("flex", MINE), "facts is of type Facts; allowed: a whole"),
        (lambda one, _: one.arrive("flex", [MINE, 7]), "facts is of type list; allowed"),
        (lambda one, _: one.arrive("flex", iter([7])), "facts is of type list; allowed"),
        (lambda one, _: one.arrive("flex", -1), "facts is -1; allowed: a whole number from 0"),
        (lambda one, _: one.arrive("flex", True), "facts is of type bool"),
        (lambda one, _: one.arrive("flex", "2"), "facts is of type str"),
        (lambda one, id: one.change("flex", id, statut="open"), "did you mean 'status'"),
        (lambda one, id: one.change("flex", id, status=7), "status is of type int; allowed: a str"),
        (lambda one, _: one.on_request("flex", 7), "on_request: hook is 7; allowed: a function"),
    ],
)
def test_what_cannot_be_told_is_named(
    sandbox: Sandbox, told: Callable[[Any, str], object], said: str
) -> None:
    held = sandbox.truth("flex")
    with pytest.raises(ConfigurationError, match=said):
        told(sandbox, held[0].id)
    assert sandbox.truth("flex") == held


ANY: Any = faults


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda: ANY.Status("429"), "Status: status is of type str; allowed: an int"),
        (lambda: ANY.Status(429, retry_after=[]), "a number or a str or None"),
        (lambda: ANY.Status(429, headers=["x"]), "a mapping of strings to strings"),
        (lambda: ANY.Status(429, times="3"), "times is of type str; allowed: an int or None"),
        (lambda: ANY.Latency("1"), "Latency: seconds is of type str; allowed: a number"),
        (lambda: ANY.Latency(float("nan")), "Latency: seconds is of type float"),
        (lambda: ANY.HugeBody(compressed=1), "compressed is of type int; allowed: a bool"),
        (lambda: ANY.MalformedRow("0", "id"), "row is of type str; allowed: an int"),
    ],
)
def test_a_fault_of_a_wrong_type_is_named(fault: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        fault()


def test_a_hook_acts_between_two_pages(sandbox: Sandbox, fetch: Fetch) -> None:
    ids = [facts.id for facts in sandbox.truth("stripe")]
    gone = ids[5]

    def vanish(number: int) -> None:
        if number == 2:
            sandbox.vanish("stripe", gone)

    fetch("stripe")
    sandbox.on_request("stripe", vanish)
    assert fetch("stripe", limit=6).ids == ids[:6]
    assert fetch("stripe", limit=6).ids == [*ids[:5], ids[6]]
    sandbox.on_request("stripe", None)
    assert fetch("stripe", limit=6).status == 200


def test_what_a_hook_raises_is_raised_in_the_end() -> None:
    def fail(number: int) -> None:
        raise LookupError(f"request {number}")

    sandbox = Sandbox(sessions=1)
    sandbox.__enter__()
    sandbox.on_request("flex", fail)
    host, port = sandbox.url("flex").removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"500" in connection.recv(1000)
    with pytest.raises(LookupError, match="request 1"):
        sandbox.__exit__(None, None, None)


def test_requests_are_remembered_without_the_key(sandbox: Sandbox, fetch: Fetch) -> None:
    fetch("stripe", limit=3, status="open")
    fetch("flex", email="buyer+1@example.com")
    asked = sandbox.requests("stripe")[0]
    assert (asked.method, asked.path) == ("GET", "/v1/checkout/sessions")
    assert asked.parameters == (("limit", "3"), ("status", "open"))
    assert asked.headers["authorization"] == "Basic ***"
    assert sandbox.requests("flex")[0].parameters == (("email", "buyer+1@example.com"),)
    assert "example" not in repr(asked.headers["host"])
    sandbox.clear_requests()
    assert sandbox.requests("stripe") == sandbox.requests("flex") == []


def test_a_request_is_shown_without_header_values(sandbox: Sandbox, fetch: Fetch) -> None:
    fetch("stripe")
    shown = repr(sandbox.requests("stripe")[0])
    assert "authorization" in shown
    assert "Basic" not in shown


def test_forgetting_faults(sandbox: Sandbox, fetch: Fetch) -> None:
    sandbox.misbehave("flex", faults.Status(500, times=None))
    assert fetch("flex").status == 500
    sandbox.behave("flex")
    assert fetch("flex").status == 200


def test_the_configuration_it_writes(sandbox: Sandbox) -> None:
    tables = tomllib.loads(sandbox.config_toml())["accounts"]
    assert list(tables) == ACCOUNTS
    for account in sandbox.accounts:
        table = tables[account.name]
        assert table["provider"] == account.provider
        assert table["base_url"] == account.base_url
        assert table["api_key"] == account.api_key.get_secret_value()
        assert table["requests_per_second"] == account.requests_per_second


def test_a_rate_is_told_to_the_accounts_and_enforced() -> None:
    with Sandbox(sessions=1, requests_per_second=5) as sandbox:
        assert {account.requests_per_second for account in sandbox.accounts} == {5}


def test_the_extra_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without_uvicorn(name: str, *details: Any, **more: Any) -> Any:
        if name.startswith("uvicorn"):
            raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")
        return original(name, *details, **more)

    monkeypatch.delitem(sys.modules, "unified_checkout.sandbox.server", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_uvicorn)
    with pytest.raises(ConfigurationError, match=r"pip install 'unified-checkout\[sandbox\]'"):
        Sandbox().__enter__()


def test_importing_it_imports_no_server() -> None:
    code = (
        "import sys, unified_checkout.sandbox; print({'starlette', 'uvicorn'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"


def test_every_shipped_provider_is_imitated() -> None:
    assert set(PROVIDERS) <= set(installed())
    with Sandbox(sessions=1) as sandbox:
        assert set(PROVIDERS) <= {account.name for account in sandbox.accounts}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sessions": "x"}, "sessions is of type str; allowed: a whole number from 0 to 1,000,000"),
        ({"sessions": -1}, "sessions is -1; allowed: a whole number from 0 to 1,000,000"),
        ({"sessions": 10**11}, "sessions is 100000000000; allowed: a whole number from 0 to"),
        ({"sessions": True}, "sessions is of type bool; allowed: a whole number from 0 to"),
        ({"seed": "sk_test_key"}, "seed is of type str; allowed: a whole number"),
        ({"providers": "stripe"}, "providers is of type str; allowed: None or a list of names"),
        ({"facts": [1]}, "facts is of type list; allowed: None or a list of Facts"),
        ({"ports": {"stripe": 70_000}}, "ports is of type dict; allowed: a whole number from 0"),
        ({"now": "today"}, "now is of type str; allowed: None or whole Unix seconds"),
        ({"latency": -0.5}, "latency is -0.5; allowed: seconds from 0 on"),
        ({"latency": float("nan")}, "latency is of type float; allowed: seconds from 0 on"),
        ({"requests_per_second": 0}, "requests_per_second is 0; allowed: None or a number above"),
    ],
)
def test_a_wrong_argument_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^Sandbox: {re.escape(said)}"):
        Sandbox(**wrong)


def test_names_may_be_gone_through_once() -> None:
    with Sandbox(sessions=1, providers=iter(["flex"])) as sandbox:
        assert [account.name for account in sandbox.accounts] == ["flex"]


def test_what_stands_in_the_place_of_an_account_is_named() -> None:
    facts = Facts(serial="1", created=NOW)
    with (
        Sandbox(sessions=1, providers=["flex"]) as sandbox,
        pytest.raises(UnknownAccount, match=r"^Facts is no name of an account; configured: flex$"),
    ):
        sandbox.arrive(facts)  # type: ignore[arg-type]


def test_facts_of_one_serial_are_refused_in_words() -> None:
    facts = Facts(serial="1", created=NOW)
    with (
        pytest.raises(ConfigurationError, match=r"^two facts share the serial '1'$"),
        Sandbox(facts=[facts, facts], providers=["flex"]),
    ):
        raise AssertionError
