"""``Route``: what the environment says about the way to an address."""

from __future__ import annotations

import ssl

import attrs
import httpx

from unified_checkout.transport.authorities import context_for
from unified_checkout.transport.proxies import proxy_for


@attrs.frozen
class Route:
    """The way to an address: who may answer there, and through which proxy it leads."""

    tls: ssl.SSLContext
    proxy: httpx.Proxy | None

    @classmethod
    def to(cls, base_url: str) -> Route:
        """The way to an address.

        Raises:
            ConfigurationError: if what the environment says cannot be used.
        """
        return cls(context_for(base_url), proxy_for(base_url))
