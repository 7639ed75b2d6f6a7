"""A 404: what the provider says of a session, and what something in between says of an address."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
from house import PROVIDERS

from unified_checkout import AddressNotFound, Client, NotFound, ProviderError
from unified_checkout.sandbox import Sandbox, faults
from unified_checkout.sandbox.exchange import Answer, Received
from unified_checkout.sandbox.provider import ProviderSandbox


@attrs.frozen
class Between(faults.Fault):
    """A 404 of something between here and the provider."""

    body: bytes = b""

    def spoil(self, answer: Answer, request: Received, provider: ProviderSandbox) -> Answer:
        return Answer(status=404, headers={}, body=self.body, delivery=answer.delivery)


BODIES = (
    b"",
    b"<html><head><title>404 Not Found</title></head></html>",
    b"404 page not found",
    b'{"message": "no Route matched with those values"}',
    b'{"timestamp": "2026-11-20T08:00:00Z", "path": "/x"}',
)


@pytest.fixture(params=PROVIDERS)
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Client]:
    [account] = [one for one in sandbox.accounts if one.name == request.param]
    with Client([account]) as client:
        yield client
    sandbox.behave(request.param)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=5, seed=4) as sandbox:
        yield sandbox


def failure(client: Client, sandbox: Sandbox, id: str | None, fault: faults.Fault) -> ProviderError:
    """What asking fails with: for a session, or for the list."""
    name = client.accounts[0].name
    sandbox.misbehave(name, fault)
    with pytest.raises(ProviderError) as caught:
        client.sessions.page(last="30d") if id is None else client.sessions.get(id)
    sandbox.behave(name)
    return caught.value


def one_id(client: Client, sandbox: Sandbox) -> list[str]:
    """That of a session, where the provider gives one by its id."""
    [account] = client.accounts
    return [sandbox.truth(account.name)[0].id] if account.adapter().reads_by_id else []


@pytest.mark.parametrize("body", BODIES)
def test_what_something_in_between_says_tells_of_no_session(
    client: Client, sandbox: Sandbox, body: bytes
) -> None:
    fault = Between(body=body, times=None)
    for id in (None, *one_id(client, sandbox)):
        error = failure(client, sandbox, id, fault)
        assert type(error) is AddressNotFound
        assert (error.status, error.hint.count("check base_url")) == (404, 1)
        assert "check the id" not in error.hint


def test_what_the_provider_says_tells_of_the_session_and_else_of_the_list(
    client: Client, sandbox: Sandbox
) -> None:
    own = faults.Status(404, times=None)
    for id in one_id(client, sandbox):
        single = failure(client, sandbox, id, own)
        assert type(single) is NotFound
        assert "check the id" in single.hint
    listed = failure(client, sandbox, None, own)
    assert type(listed) is NotFound
    assert listed.hint.startswith("check base_url, and the ids that the query")
