"""What kept a request from being answered, in a type and in words: whose fault it seems to be."""

from __future__ import annotations

import os
import re
import socket
import ssl
from typing import Any

import attrs
import httpx

from unified_checkout.errors import (
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    NotReady,
    ProviderError,
    ProxyRefused,
    RequestTimeout,
    TlsError,
    UnsupportedAnswer,
)
from unified_checkout.transport.channel import Channel
from unified_checkout.transport.network import NotHttp, Progress

LOG_IN = "log in with a browser, then try again"
"""What to do where a network asks for it."""

_LIBRARIES = ("httpx", "httpcore", "h11", "anyio", "socksio")
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
_PASSING = ("INTERNAL_ERROR", "EOF", "RECORD", "DECRYPT", "CLOSE_NOTIFY")
"""In reasons that TLS gives for a connection that broke, not for one that can never be."""
_PASSING_AT_PROXY = ("408", "425", "429")
"""What a proxy says, beside its own trouble, that a repetition may cure."""
_FORBIDDEN = ("not allowed", "not supported")
"""In reasons that a proxy of SOCKS gives for what it will never do."""
_LASTING = "CERTIFICATE_REQUIRED"
"""In the reason that comes late, when the connection has been made."""
_CLOSED = ("peer closed connection", "Server disconnected")
"""What httpx says of an end, which a transport that the caller brought is alone to see."""
_UNREAD = "is in no form of HTTP/1.1 that can be read"
_PROBLEMS = {
    431: "is too long to be read",
    501: "has a Transfer-Encoding that is not just 'chunked'",
}
"""What h11 tells by the status with which a server would refuse such a request, and httpx's pools
keep to themselves."""


def is_failure(error: BaseException) -> bool:
    """Whether an exception is the network's or the other side's, and not somebody else's."""
    return _library_of(error) in _LIBRARIES


def _library_of(error: BaseException | None) -> str:
    return type(error).__module__.partition(".")[0]


def not_ready(channel: Channel, error: ConfigurationError) -> ProviderError:
    """The error for a request that what is configured keeps from being sent."""
    message = str(error).removeprefix(f"account {channel.adapter.account!r}: ")
    return NotReady(message, **channel.where)


@attrs.frozen
class Failure:
    """An exception of httpx's that ended a request, and how far the request had come."""

    channel: Channel
    error: BaseException | None
    """None where nothing was raised, and only the time ran out."""
    progress: Progress

    @property
    def is_of_connection(self) -> bool:
        """Whether the connection died before an answer began: another one may do."""
        died = isinstance(self.error, httpx.NetworkError | httpx.RemoteProtocolError)
        return died and not self.progress.heard

    @property
    def is_silence(self) -> bool:
        """Whether nothing was heard in time: others that lay idle as long may be dead, too."""
        late = self.error is None or isinstance(self.error, httpx.TimeoutException)
        return late and not self.progress.heard

    def typed(self) -> ProviderError:
        """The error to raise."""
        error, root = self.error, self._root
        if isinstance(error, httpx.ProxyError):
            return self._of_proxy()
        if isinstance(error, httpx.TimeoutException):
            return self.late()
        if isinstance(
            error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError
        ):
            return self._made(
                InvalidRequest, "the request cannot be sent", "check base_url and the query"
            )
        if isinstance(error, httpx.RemoteProtocolError) or _library_of(error) == "socksio":
            return self._of_protocol()
        if isinstance(root, socket.gaierror | UnicodeError):
            return self._made(
                ConnectionFailed,
                f"the host of {self._whom} is not found (DNS)",
                "check base_url, and whether this machine can look up names",
            )
        if isinstance(root, ssl.SSLError | ssl.CertificateError):
            return self._of_tls(root)
        return self._of_connection(root)

    def late(self) -> ProviderError:
        """The error for what was not done in time."""
        channel = self.channel
        if self._connecting:
            return self._made(
                RequestTimeout,
                f"no connection to {self._whom} within {channel.connecting:g} s",
                "check base_url and the network",
            )
        what = "no whole answer" if self.progress.heard else "no answer"
        if self.progress.at_proxy:
            return self._made(
                RequestTimeout,
                f"{what} of the proxy within {channel.timeout:g} s",
                "check base_url, or raise the account's timeout",
            )
        return self._made(RequestTimeout, f"{what} within {channel.timeout:g} s")

    @property
    def _whom(self) -> str:
        """Who is talked with."""
        return "the proxy" if self.progress.at_proxy else self.channel.base_url

    @property
    def _connecting(self) -> bool:
        connecting = isinstance(self.error, httpx.ConnectError | httpx.ConnectTimeout)
        return connecting or not self.progress.connected

    @property
    def _root(self) -> BaseException | None:
        """What was raised first."""
        root, cause = None, self.error
        while cause is not None:
            root = cause
            cause = root.exceptions[0] if isinstance(root, BaseExceptionGroup) else root.__cause__
        return root

    def _of_proxy(self) -> ProviderError:
        said = str(self.error)
        if status := re.match(r"\d{3}", said):
            message = f"the proxy says HTTP {status[0]}"
            if status[0] == "511":
                return self._made(ProxyRefused, message, LOG_IN)
            if status[0].startswith("5") or status[0] in _PASSING_AT_PROXY:
                return self._made(ConnectionFailed, message, "check the proxy")
            return self._made(ProxyRefused, message)
        if unable := re.search(r"could not connect: ([^.]+)", said):
            why = unable[1].lower()
            message = f"the proxy makes no connection to {self.channel.base_url} ({why})"
            if any(words in why for words in _FORBIDDEN):
                return self._made(ProxyRefused, message)
            return self._made(ConnectionFailed, message, "check the proxy")
        if said.startswith("Invalid"):
            return self._made(ProxyRefused, "the proxy refuses its user and password")
        if said.endswith("got USERNAME/PASSWORD."):
            return self._made(ProxyRefused, "the proxy wants a user and a password")
        return self._made(
            ProxyRefused, "the proxy does not let anybody log in as the environment says"
        )

    def _of_protocol(self) -> ProviderError:
        host = self._whom
        if self.progress.ended or str(self.error).startswith(_CLOSED):
            when = "in mid-answer" if self.progress.heard else "without an answer"
            return self._made(ConnectionFailed, f"{host} closed the connection {when}")
        if _library_of(self.error) == "socksio":
            return self._made(UnsupportedAnswer, f"what {host} answers is not SOCKS5")
        root = self._root
        if isinstance(root, NotHttp):
            return self._made(UnsupportedAnswer, f"what {host} answers is not HTTP/1.1")
        part = "chunking" if self.progress.begun else "head"
        problem = _PROBLEMS.get(getattr(root, "error_status_hint", 400), _UNREAD)
        return self._made(UnsupportedAnswer, f"the {part} of the answer of {host} {problem}")

    def _of_tls(self, root: ssl.SSLError) -> ProviderError:
        host = self._whom
        if isinstance(root, ssl.SSLCertVerificationError):
            said = root.verify_message.rstrip(".")
            return self._made(TlsError, f"the certificate of {host} is refused: {said}")
        reason = root.reason or type(root).__name__
        words = reason.replace("_", " ").lower()
        passing = isinstance(root, _BROKEN_OFF) or any(word in reason for word in _PASSING)
        if passing or not (self._connecting or _LASTING in reason):
            return self._made(
                ConnectionFailed, f"the encrypted connection to {host} broke ({words})"
            )
        return self._made(TlsError, f"no encrypted connection to {host} ({words})")

    def _of_connection(self, root: BaseException | None) -> ProviderError:
        number = root.errno if isinstance(root, OSError) else None
        why = os.strerror(number).lower() if number else "closed"
        host = self._whom
        if self._connecting:
            return self._made(ConnectionFailed, f"no connection to {host} ({why})")
        when = "in mid-answer" if self.progress.heard else "before an answer"
        return self._made(ConnectionFailed, f"the connection to {host} broke {when} ({why})")

    def _made(
        self, kind: type[ProviderError], message: str, hint: str | None = None
    ) -> ProviderError:
        hint = hint or kind.hint
        if self.progress.at_proxy:
            hint = hint.replace("base_url", "the proxy that the environment names")
        where: dict[str, Any] = {**self.channel.where, "hint": hint}
        return kind(message, **where)
