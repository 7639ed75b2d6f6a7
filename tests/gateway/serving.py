"""A gateway of a test's own, in a thread, over the sandbox."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import uvicorn

from unified_checkout import Account
from unified_checkout.gateway.door import Door
from unified_checkout.gateway.metrics import Metrics
from unified_checkout.gateway.server import server_config
from unified_checkout.gateway.settings import GatewaySettings, Setup
from unified_checkout.gateway.tokens import Token, digest_of, new_token
from unified_checkout.gateway.visits import Visit

NOW = 1_795_000_000


@attrs.frozen
class Running:
    """A gateway that is being served."""

    url: str
    port: int
    tokens: dict[str, str]
    """The token that reaches each account alone, by its name; ``all`` reaches all of them, and
    ``most`` those that answer a page with few requests."""
    door: Door
    metrics: Noting


class Noting(Metrics):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.visits: list[Visit] = []
        self.told = threading.Event()

    def ended(self, visit: Visit) -> None:
        super().ended(visit)
        self.visits.append(visit)
        self.told.set()


def setup_for(
    accounts: Sequence[Account], settings: dict[str, Any] | None = None, **sight: Any
) -> tuple[Setup, dict[str, str]]:
    """What a gateway over these accounts is started with, and its tokens by name."""
    names = [account.name for account in accounts]
    reach: dict[str, tuple[str, ...]] = {name: (name,) for name in names}
    reach |= {"all": tuple(names), "most": tuple(name for name in names if name != "paypal")}
    written = {name: new_token() for name, reached in reach.items() if reached}
    sight = {"buyers": True, "pages": True, **sight}
    tokens = tuple(
        Token(name=name, digest=digest_of(token), accounts=reach[name], **sight)
        for name, token in written.items()
    )
    checked = GatewaySettings(**(settings or {}))
    return Setup(settings=checked, accounts=tuple(accounts), tokens=tokens), written


@contextmanager
def serving(
    accounts: Sequence[Account],
    settings: dict[str, Any] | None = None,
    metrics: Noting | None = None,
    **sight: Any,
) -> Iterator[Running]:
    """Serve the accounts, each through a token of its own, and all through ``all``."""
    metrics = metrics or Noting()
    setup, written = setup_for(accounts, settings, **sight)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    started = threading.Event()
    held: dict[str, Any] = {}

    async def serve() -> None:
        door = Door(setup, metrics)
        server = uvicorn.Server(server_config(setup, door))
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        held["server"], held["door"] = server, door
        task = asyncio.create_task(server._serve([listening]))
        while not server.started and not task.done():
            await asyncio.sleep(0)
        started.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="gateway")
    thread.start()
    started.wait()
    try:
        yield Running(f"http://127.0.0.1:{port}", port, written, held["door"], metrics)
    finally:
        held["server"].should_exit = True
        thread.join()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
