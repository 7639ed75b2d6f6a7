"""SDKs turn pages while sessions begin, change and vanish: before any answer of a provider."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import attrs
import pytest
from gateway.sdk import SDK, Named, async_clients, named
from gateway.serving import NOW, Running, serving
from gateway.truth import truth
from house import PROVIDERS

from unified_checkout.gateway.identity import merged_id
from unified_checkout.sandbox import Sandbox


@pytest.fixture
def moving() -> Iterator[Sandbox]:
    with Sandbox(sessions=20, seed=8, now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def gateway(moving: Sandbox) -> Iterator[Running]:
    with serving(moving.accounts) as gateway:
        yield gateway


class Moves:
    """What happens at one account.

    Sessions vanish that are more than a page away: where one is gone behind which a page begins,
    there is no next page, as at Stripe.
    """

    def __init__(self, sandbox: Sandbox, account: str, ahead: list[Named], limit: int) -> None:
        self.untouched = {one for one in ahead if one[0] == account}
        self._sandbox, self._account, self._near = sandbox, account, 2 * limit
        self._ahead = [id for name, id in ahead if name == account]
        self._random = Random(account)

    def reached(self, id: str) -> None:
        """A session was handed out."""
        if id in self._ahead:
            self._ahead = self._ahead[self._ahead.index(id) + 1 :]

    def __call__(self, number: int) -> None:
        """Something happens."""
        far = self._ahead[self._near :]
        held = {one.id: one.status for one in self._sandbox.truth(self._account)}
        match self._random.choice(["begin", "change", "vanish", "nothing"]):
            case "begin":
                self._sandbox.arrive(self._account)
            case "change" if held:
                changed = self._random.choice(list(held))
                status = "expired" if held[changed] == "complete" else "complete"
                self._sandbox.change(self._account, changed, status=status)
                self.untouched.discard((self._account, changed))
            case "vanish" if far:
                gone = self._random.choice(far)
                self._ahead.remove(gone)
                self._sandbox.vanish(self._account, gone)
                self.untouched.discard((self._account, gone))


@attrs.define
class Walk:
    """A list that is walked, and what it is to find."""

    sandbox: Sandbox
    token: str
    status: str | None = None
    back: bool = False
    found: list[Named] = attrs.field(factory=list)
    parameters: Any = attrs.field(init=False)
    _expected: list[Named] = attrs.field(init=False)
    _moves: dict[str, Moves] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        names = PROVIDERS if self.token == "all" else (self.token,)
        limit = 60 if self.token == "all" else 4
        fields = {} if self.status is None else {"status": self.status}
        self.parameters = {**fields, "limit": limit}
        matching = set(truth(self.sandbox.accounts, *names, **fields))
        order = truth(self.sandbox.accounts, *names)  # which no filter changes
        self._expected = [one for one in order if one in matching]
        if self.back:
            self._expected.reverse()
            oldest, id = self._expected.pop(0)
            [created] = [one.created for one in self.sandbox.truth(oldest) if one.id == id]
            at = datetime.fromtimestamp(created, UTC)
            self.parameters["ending_before"] = (
                merged_id(oldest, at, id) if self.token == "all" else id
            )
        self._moves = {name: Moves(self.sandbox, name, self._expected, limit) for name in names}
        for name, moves in self._moves.items():
            self.sandbox.on_request(name, moves)

    def take(self, session: Any) -> None:
        """A session was handed out."""
        self.found.append(named(session))
        account, id = self.found[-1]
        self._moves[account].reached(id)

    def check(self) -> None:
        """What was there and matched all the while came once, in order; nothing came twice."""
        for name in self._moves:
            self.sandbox.on_request(name, None)
        untouched = {one for moves in self._moves.values() for one in moves.untouched}
        assert len(self.found) == len(set(self.found))
        assert [one for one in self.found if one in untouched] == [
            one for one in self._expected if one in untouched
        ]


def test_the_sdk_meets_once_what_stays(moving: Sandbox, sdk: SDK) -> None:
    for token in (*PROVIDERS, "all"):
        walk = Walk(moving, token)
        for session in sdk(token).v1.checkout.sessions.list(walk.parameters).auto_paging_iter():
            walk.take(session)
        walk.check()


def test_the_asynchronous_sdk_meets_once_what_stays_and_matches(
    moving: Sandbox, gateway: Running
) -> None:
    async def walked(client: SDK, token: str) -> None:
        walk = Walk(moving, token, status="complete", back=True)
        sessions = client(token).v1.checkout.sessions
        async for session in (await sessions.list_async(walk.parameters)).auto_paging_iter():
            walk.take(session)
        walk.check()

    async def all_walked() -> None:
        async with async_clients(gateway) as client:
            await asyncio.gather(*(walked(client, token) for token in PROVIDERS))
            await walked(client, "all")

    asyncio.run(all_walked())
