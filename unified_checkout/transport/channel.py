"""``Channel``: what reaching one account takes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import attrs
import httpx
from pydantic import SecretStr

from unified_checkout import clocks
from unified_checkout.adapters import Adapter, Credentials, Request
from unified_checkout.transport.repeated import Secrets
from unified_checkout.version import __version__

CONNECTING = 10.0
"""The longest that connecting may take, encryption included, in seconds."""

_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "gzip",
    "user-agent": f"unified-checkout/{__version__}",
}


@attrs.frozen(kw_only=True)
class Channel:
    """What reaching one account takes."""

    adapter: Adapter[Any]
    credentials: Credentials
    base_url: str
    timeout: float
    """Seconds for one request, all in all: to connect, to send, and to read the whole answer."""
    max_body_bytes: int

    @property
    def connecting(self) -> float:
        """Seconds for connecting, of those for the request."""
        return min(CONNECTING, self.timeout)

    @property
    def patience(self) -> float:
        """Seconds after which a connection that acknowledges nothing is dead: there is then time
        left for another one."""
        return self.timeout / 3

    @property
    def finds_key_slowly(self) -> bool:
        """Whether the key is still to be found, and where that may take its time."""
        slowly: bool = getattr(self.credentials.api_key, "takes_time", False)
        return slowly

    @property
    def where(self) -> dict[str, Any]:
        """What a ``ProviderError`` says of where it came from."""
        return {"account": self.adapter.account, "provider": self.adapter.name}

    def http_request(self, request: Request, token: SecretStr | None = None) -> httpx.Request:
        """The signed request, ready for the wire."""
        credentials = attrs.evolve(self.credentials, token=token, now=clocks.utc_now())
        signed = self.adapter.sign(request, credentials)
        query = urlencode(signed.parameters)
        url = f"{self.base_url}{signed.path}{'?' if query else ''}{query}"
        timeouts = httpx.Timeout(self.timeout, connect=self.connecting)
        return httpx.Request(
            signed.method,
            url,
            headers={**_HEADERS, **signed.headers},
            content=signed.body or None,
            extensions={"timeout": timeouts.as_dict()},
        )

    def secrets(self, http_request: httpx.Request, token: SecretStr | None = None) -> Secrets:
        """What a request of ``http_request`` was signed with."""
        return Secrets((self.credentials.api_key, token), http_request)
