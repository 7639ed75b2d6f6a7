"""The sandbox on loopback sockets: one thread, one event loop, one listener per provider."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Future
from email.utils import formatdate
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from unified_checkout.clocks import now
from unified_checkout.sandbox.exchange import Answer, Received
from unified_checkout.sandbox.imitation import Imitation

_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing discards what is unsent and tells the peer so."""

_TURNS_OF_AN_ACCEPT = 3
"""So many turns of the loop it takes to accept a connection. Closing a listener meanwhile would
leak it: https://github.com/python/cpython/issues/109564."""

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_log.propagate = False


class Server:
    """Serves imitations, each on its own socket, until it is stopped."""

    def __init__(self, served: Sequence[tuple[socket.socket, Imitation]]) -> None:
        self._served = served
        self._started: Future[asyncio.AbstractEventLoop] = Future()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def start(self) -> None:
        """Return as soon as every socket is served."""
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        """Close every connection and every socket."""
        self._started.result().call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                runner.run(self._serve())
        except Exception as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        state = ServerState()
        listeners = [
            await loop.create_server(_protocol(imitation, state), sock=listening)
            for listening, imitation in self._served
        ]
        self._started.set_result(loop)
        await self._stopping.wait()
        for listening, _ in self._served:
            loop.remove_reader(listening)
        for _ in range(_TURNS_OF_AN_ACCEPT):
            await asyncio.sleep(0)
        for listener in listeners:
            listener.close()
        while state.connections:
            for connection in list(state.connections):
                cast(H11Protocol, connection).transport.abort()
            await asyncio.sleep(0)


class _Loop(asyncio.SelectorEventLoop):
    """Goes by a clock that goes on where a test lets those of Python stand still."""

    def time(self) -> float:
        return now()


def _protocol(imitation: Imitation, state: ServerState) -> Any:
    config = Config(
        _application(imitation),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        workers=1,  # else an environment variable tells it
    )
    config.load()
    return lambda: _Protocol(config=config, server_state=state, app_state={})


class _Protocol(H11Protocol):
    """HTTP as uvicorn speaks it, quietly, with the transport within reach of the application."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.logger = _log
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {"transport": transport}


def _application(imitation: Imitation) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        received = Received(
            method=request.method,
            path=scope["path"],
            parameters=tuple(request.query_params.multi_items()),
            headers=dict(request.headers),
            body=await request.body(),
        )
        await _deliver(imitation.handle(received), scope, receive, send)

    return application


async def _deliver(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    how = answer.delivery
    headers = {"date": formatdate(usegmt=True), **answer.headers}
    await asyncio.sleep(how.delay)
    if how.reset_after is not None or how.promised is not None:
        await _break(answer, headers, scope, send)
    elif how.pause or how.padding:
        streaming = StreamingResponse(_pieces(answer), answer.status, headers)
        await streaming(scope, receive, send)
    else:
        await Response(answer.body, answer.status, headers)(scope, receive, send)


async def _break(answer: Answer, headers: Mapping[str, str], scope: Scope, send: Send) -> None:
    """Promise what is not kept: a length that is wrong, or a body that is cut off by a reset."""
    transport: asyncio.Transport = scope["state"]["transport"]
    how = answer.delivery
    promised = len(answer.body) if how.promised is None else how.promised
    lines = {**headers, "content-length": str(promised), "connection": "close"}
    pairs = [(name.encode(), value.encode()) for name, value in lines.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    transport.write(answer.body[: how.reset_after])
    if how.reset_after is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()


async def _pieces(answer: Answer) -> AsyncIterator[bytes]:
    how = answer.delivery
    for start in range(0, len(answer.body), how.chunk):
        yield answer.body[start : start + how.chunk]
        await asyncio.sleep(how.pause)
    for _ in range(0, how.padding, how.chunk):
        yield b" " * how.chunk
        await asyncio.sleep(0)
