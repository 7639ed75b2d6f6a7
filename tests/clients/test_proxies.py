"""A proxy that the environment names is used, but not to reach this machine."""

from __future__ import annotations

import pytest
from clients.setting import Open, impatient

from unified_checkout import ListSessions, NotFound
from unified_checkout.sandbox import Sandbox

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_requests_go_through_it(
    open_client: Open,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    scheme: str,
) -> None:
    """The sandbox stands in for a proxy, which sees whole addresses."""
    monkeypatch.setenv(variable, sandbox.url("stripe").replace("http://", scheme))
    ask = open_client(impatient(sandbox, "stripe", base_url="http://api.example.com"))
    assert isinstance(ask.read(ListSessions(limit=3)).error, NotFound)
    [heard] = sandbox.requests("stripe")
    assert heard.path == "http://api.example.com/v1/checkout/sessions"
    assert heard.parameters == (("limit", "3"),)


def test_some_hosts_are_exempt(
    open_client: Open, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", NOWHERE)
    monkeypatch.setenv("no_proxy", "127.1")
    host = sandbox.url("stripe").replace("127.0.0.1", "127.1")
    assert len(open_client(impatient(sandbox, "stripe", base_url=host)).read().sessions) == 60


def test_this_machine_is(
    open_client: Open, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", NOWHERE)
    monkeypatch.setenv("all_proxy", NOWHERE)
    assert len(open_client(impatient(sandbox)).read().sessions) == 180
