"""Serving the door: the protocol below it, the sockets, the processes."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from unified_checkout.errors import ConfigurationError
from unified_checkout.gateway.door import Door
from unified_checkout.gateway.metrics import Metrics, numbers_of_several, serve_metrics
from unified_checkout.gateway.refusals import malformed
from unified_checkout.gateway.settings import SHARED, Setup, address, load_setup
from unified_checkout.gateway.visits import LOG, Visit

_SETUP = "UNIFIED_CHECKOUT_GATEWAY_SETUP"

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: longer than a balancer in front of it keeps its own."""
_LARGEST_HEAD = 64 * 1024
_PATIENCE = 30.0
"""Seconds within which a request's head must have come."""


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, whose own answers are ours: what is no request gets the envelope."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.logger = _quiet
        self.access_log = False
        self._head = 0
        self._waiting: Any = None

    def connection_made(self, transport: Any) -> None:
        """Wait for a request, though not for ever."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came, unless the head of the request has become too large."""
        if self._waiting is not None:
            self._head += len(data)
            if self._head > _LARGEST_HEAD:
                self.send_400_response("")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """A request's head is there."""
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, and hang up."""
        if self.transport.is_closing():
            return
        visit = Visit(client=self.client[0] if self.client else "", route="malformed", status=400)
        refusal = malformed()
        body = refusal.body(visit.id)
        lines = [
            "HTTP/1.1 400 Bad Request",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"Request-Id: {visit.id}",
            *(f"{name}: {value}" for name, value in refusal.headers().items()),
        ]
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()
        visit.log()

    def _wait(self) -> None:
        self._head = 0
        self._waiting = self.loop.call_later(_PATIENCE, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


_quiet = logging.getLogger(f"{__name__}.uvicorn")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False
_quiet.setLevel(logging.CRITICAL)


def server_config(setup: Setup, application: Any, **more: Any) -> uvicorn.Config:
    """How uvicorn serves a door, whatever the environment says."""
    settings = setup.settings
    host, port = address(settings.listen)
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        workers=settings.workers,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, round(settings.drain)),
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.private_key,
        **more,
    )


class Server(uvicorn.Server):
    """uvicorn's server, which tells its door when it drains."""

    def __init__(self, config: uvicorn.Config, drains: Callable[[], None]) -> None:
        super().__init__(config)
        self._drains = drains

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or Ctrl-C: what is under way goes on, and nothing else begins."""
        self._drains()
        super().handle_exit(sig, frame)


def serve(setup: Setup, reload_from: Mapping[str, Any], tell: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        setup: what is served.
        tell: is called as soon as requests are taken.
        reload_from: what ``load_setup`` was given, for further processes to load it again.

    Raises:
        ConfigurationError: if an address cannot be listened at.
    """
    with suppress(KeyboardInterrupt), _listening(setup.settings.listen) as listening:
        if setup.settings.workers > 1:
            _serve_by_several(setup, reload_from, tell, listening)
            return
        metrics = Metrics()
        serve_metrics(setup.settings.metrics, metrics.registry)
        tell()
        door = Door(setup, metrics)
        Server(server_config(setup, door), door.drain).run([listening])


def _serve_by_several(
    setup: Setup, reload_from: Mapping[str, Any], tell: Callable[[], None], listening: socket.socket
) -> None:
    """Let several processes answer, and have a dead one replaced."""
    with TemporaryDirectory(prefix="unified-checkout-") as folder:
        os.environ |= {SHARED: folder, _SETUP: json.dumps(reload_from)}
        serve_metrics(setup.settings.metrics, numbers_of_several(folder))
        tell()
        place = f"{__name__}:application"
        config = server_config(setup, place, factory=True)
        Multiprocess(config, [listening]).run()


def application() -> Door:
    """The door of one process of several."""
    log_to_stderr()
    return Door(load_setup(**json.loads(os.environ[_SETUP])))


def log_to_stderr() -> None:
    """Write a line for each request to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def _listening(written: str) -> socket.socket:
    host, port = address(written)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"gateway: {written} cannot be listened at: {reason}") from None
