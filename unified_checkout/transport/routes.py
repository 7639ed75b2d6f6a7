"""``Route``: the way to an address, as it is written and as the environment says."""

from __future__ import annotations

import ssl

import attrs
import httpcore
import httpx

from unified_checkout.errors import ConfigurationError
from unified_checkout.transport.authorities import context_for
from unified_checkout.transport.proxies import proxy_for


@attrs.frozen
class Route:
    """The way to an address: where it leads, who may answer there, and through which proxy."""

    origin: httpcore.Origin
    tls: ssl.SSLContext
    proxy: httpx.Proxy | None

    @classmethod
    def to(cls, base_url: str) -> Route:
        """The way to an address.

        Raises:
            ConfigurationError: if the address, or what the environment says, cannot be used.
        """
        return cls(_origin(base_url), context_for(base_url), proxy_for(base_url))


def _origin(base_url: str) -> httpcore.Origin:
    """Scheme, host and port, the host in ASCII however it is written."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        raise ConfigurationError("base_url: its host is no name that can be looked up") from None
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/").origin
