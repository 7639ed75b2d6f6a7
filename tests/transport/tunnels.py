"""A proxy that leads elsewhere: ``CONNECT``, and then whatever either side says."""

from __future__ import annotations

import select
import socket
import ssl
from contextlib import suppress

from transport.loopback import Loopback, Script, Talk


def through_to(port: int) -> Script:
    """Leads every connection to a port of this machine, whatever host was asked for."""

    def script(talk: Talk) -> None:
        assert talk.head.startswith(b"CONNECT api.example.com:443 ")
        talk.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as onward, suppress(OSError):
            relay(talk.socket, onward)
        talk.close()

    return script


def refusing(answer: bytes) -> Loopback:
    """A proxy that leads nowhere."""

    def script(talk: Talk) -> None:
        talk.say(answer)
        talk.close()

    return Loopback(script)


def relay(one: socket.socket, other: socket.socket) -> None:
    while True:
        for source, target in ((one, other), (other, one)):
            unread = isinstance(source, ssl.SSLSocket) and source.pending()
            if unread or select.select([source], [], [], 0.001)[0]:
                data = source.recv(65_536)
                if not data:
                    return
                target.sendall(data)
