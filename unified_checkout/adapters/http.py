"""Requests and responses as plain values: what an adapter writes and reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from unified_checkout.printing import OneLine

Parameters = tuple[tuple[str, str], ...]
"""Names and values, in the order in which they are sent."""


@attrs.frozen(kw_only=True, repr=False)
class Request(OneLine):
    """A request to a provider, without its host.

    The transport adds the account's ``base_url``; ``Adapter.sign`` adds the credentials, last,
    and a signed request is never stored. The representation leaves header values out.
    """

    path: str
    """The path under the base URL, beginning with a slash."""
    parameters: Parameters = ()
    """Query parameters in order; a name may repeat. Percent-encoding is the transport's."""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    method: Literal["GET", "POST"] = "GET"
    body: bytes = b""
    """What a POST carries; its ``Content-Type`` is among the headers."""
    budget: str = ""
    """The name in ``Adapter.budgets`` of the rate that it counts against; empty for the common
    one."""

    def __repr__(self) -> str:
        return f"Request({self.path!r}, headers={sorted(self.headers)})"


@attrs.frozen(kw_only=True, repr=False)
class Response(OneLine):
    """A provider's answer. Header names are lower-case; the body is decompressed.

    The representation leaves the body and the header values out.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Response(status={self.status}, {len(self.body)} bytes)"
