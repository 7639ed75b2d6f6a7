"""A redirect is never followed: it could carry the key to another host."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from clients.setting import ACCOUNTS, Open, impatient

from unified_checkout import UnexpectedRedirect
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Redirect

every_account = pytest.mark.parametrize("account", ACCOUNTS)


@pytest.fixture
def other_host() -> Iterator[socket.socket]:
    """A server that answers nobody; whoever tries it is left in its queue."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def address(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}/v1/checkout/sessions"


@every_account
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_host_never_hears_of_it(
    open_client: Open, sandbox: Sandbox, account: str, status: int, other_host: socket.socket
) -> None:
    ask = open_client(impatient(sandbox, account))
    sandbox.misbehave(account, Redirect(address(other_host), status=status, times=2))
    error = ask.read().failure(UnexpectedRedirect)
    assert (error.account, error.provider, error.status) == (account, account, status)
    with pytest.raises(UnexpectedRedirect):
        ask.get("cs_test_nothing", account)
    with pytest.raises(BlockingIOError):
        other_host.accept()


@every_account
@pytest.mark.parametrize("location", [None, "/v1/elsewhere", "//[", "https://user:pass@[::1", ""])
def test_it_is_not_followed_on_the_same_host_either(
    open_client: Open, sandbox: Sandbox, account: str, location: str | None
) -> None:
    ask = open_client(impatient(sandbox, account))
    sandbox.misbehave(account, Redirect(location, times=None))
    assert isinstance(ask.read().error, UnexpectedRedirect)
    assert len(sandbox.requests(account)) == 1
