"""Sending one request of one account over HTTP, and reading its whole answer."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlencode

import attrs
import httpx

from unified_checkout.adapters import Adapter, Credentials, Request, Response
from unified_checkout.errors import (
    ConnectionFailed,
    ProviderError,
    RequestTimeout,
    ResponseTooLarge,
)
from unified_checkout.version import __version__

_HEADERS = {
    "accept": "application/json",
    "user-agent": f"unified-checkout/{__version__}",
}
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=120.0)


@attrs.frozen(kw_only=True)
class Channel:
    """What reaching one account takes."""

    adapter: Adapter[Any]
    credentials: Credentials
    base_url: str
    timeout: float
    """Seconds for one request, from the first byte sent to the last one read."""
    max_body_bytes: int

    def http_request(self, request: Request) -> httpx.Request:
        """The signed request, ready for the wire."""
        signed = self.adapter.sign(request, self.credentials)
        query = urlencode(signed.parameters)
        url = f"{self.base_url}{signed.path}{'?' if query else ''}{query}"
        return httpx.Request(
            "GET",
            url,
            headers={**_HEADERS, **signed.headers},
            extensions={"timeout": httpx.Timeout(self.timeout).as_dict()},
        )

    def failure(self, error: httpx.HTTPError | httpx.InvalidURL) -> ProviderError:
        """The typed error for a request that got no whole answer."""
        if isinstance(error, httpx.TimeoutException):
            return self.too_slow()
        return ConnectionFailed(
            f"no whole answer from {self.base_url} ({type(error).__name__})",
            account=self.adapter.account,
            provider=self.adapter.name,
        )

    def too_slow(self) -> ProviderError:
        """The error for an answer that takes longer than the account's timeout."""
        return RequestTimeout(
            f"no whole answer within {self.timeout:g} s",
            account=self.adapter.account,
            provider=self.adapter.name,
        )

    def too_large(self, status: int) -> ProviderError:
        """The error for a body beyond the account's limit."""
        return ResponseTooLarge(
            f"the body is larger than {self.max_body_bytes} bytes",
            account=self.adapter.account,
            provider=self.adapter.name,
            status=status,
        )


class HttpSender:
    """Sends an account's requests over its one long-lived client."""

    def __init__(self, channel: Channel, transport: httpx.BaseTransport | None = None) -> None:
        self._channel = channel
        self._client = httpx.Client(
            transport=transport,
            verify=_tls(channel.base_url),
            limits=_LIMITS,
            follow_redirects=False,
        )

    def send(self, request: Request) -> Response:
        """Send, and read the whole answer.

        Raises:
            ProviderError: if there is no whole answer, or one that is too large.
        """
        channel = self._channel
        deadline = time.monotonic() + channel.timeout
        try:
            answer = self._client.send(channel.http_request(request), stream=True)
            try:
                return _response(answer, b"".join(self._chunks(answer, deadline)))
            finally:
                answer.close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise channel.failure(error) from error

    def _chunks(self, answer: httpx.Response, deadline: float) -> Iterator[bytes]:
        size = 0
        for chunk in answer.iter_bytes():
            size += len(chunk)
            if size > self._channel.max_body_bytes:
                raise self._channel.too_large(answer.status_code)
            if time.monotonic() > deadline:
                raise self._channel.too_slow()
            yield chunk

    def close(self) -> None:
        """Close the account's connections."""
        self._client.close()


class AsyncHttpSender:
    """Sends an account's requests over its one long-lived asynchronous client."""

    def __init__(self, channel: Channel, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._channel = channel
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=_tls(channel.base_url),
            limits=_LIMITS,
            follow_redirects=False,
        )

    async def send(self, request: Request) -> Response:
        """Send, and read the whole answer.

        Raises:
            ProviderError: if there is no whole answer, or one that is too large.
        """
        channel = self._channel
        deadline = time.monotonic() + channel.timeout
        try:
            answer = await self._client.send(channel.http_request(request), stream=True)
            try:
                body = b"".join([chunk async for chunk in self._chunks(answer, deadline)])
                return _response(answer, body)
            finally:
                await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise channel.failure(error) from error

    async def _chunks(self, answer: httpx.Response, deadline: float) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in answer.aiter_bytes():
            size += len(chunk)
            if size > self._channel.max_body_bytes:
                raise self._channel.too_large(answer.status_code)
            if time.monotonic() > deadline:
                raise self._channel.too_slow()
            yield chunk

    async def close(self) -> None:
        """Close the account's connections."""
        await self._client.aclose()


def _response(answer: httpx.Response, body: bytes) -> Response:
    return Response(status=answer.status_code, headers=dict(answer.headers.items()), body=body)


def _tls(base_url: str) -> ssl.SSLContext:
    """One TLS context for all accounts; plain HTTP gets one without authorities, made quickly."""
    return _trusting() if base_url.startswith("https:") else _distrusting()


@cache
def _trusting() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def _distrusting() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
