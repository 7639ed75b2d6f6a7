"""``Visit``: what is known of one request, for its log line, its headers and the metrics."""

from __future__ import annotations

import logging
import secrets
from contextvars import ContextVar

import attrs
import msgspec

from unified_checkout import clocks
from unified_checkout.adapters import Request, Response
from unified_checkout.engine.runtime import Observer
from unified_checkout.errors import ProviderError

LOG = logging.getLogger("unified_checkout.gateway")
"""One line of JSON a request. Neither a query nor a header of the request is in it."""


@attrs.define(kw_only=True, eq=False)
class Visit:
    """One request, from its first byte to its last."""

    id: str = attrs.field(factory=lambda: f"req_{secrets.token_hex(12)}")
    started: float = attrs.field(factory=clocks.now)
    client: str = ""
    """The address it came from."""
    token: str | None = None
    """The token's name."""
    route: str = "other"
    accounts: tuple[str, ...] = ()
    status: int = 0
    code: str | None = None
    rows: int | None = None
    upstream: int = 0
    """Requests sent to providers."""
    waited: float = 0.0
    """Seconds that requests to providers took, added up; several may be under way at once."""
    fault: str | None = None
    """What failed here, and where, if it was our own fault."""

    @property
    def seconds(self) -> float:
        """Since it began."""
        return clocks.now() - self.started

    @property
    def timing(self) -> str:
        """The header ``Server-Timing``."""
        upstream = f'upstream;dur={self.waited * 1e3:.1f};desc="{self.upstream} requests"'
        return f"{upstream}, total;dur={self.seconds * 1e3:.1f}"

    def log(self) -> None:
        """Write its line."""
        level = logging.INFO if self.status < 500 else logging.WARNING
        if not LOG.isEnabledFor(level):
            return
        line = {
            "time": clocks.utc_now().isoformat(timespec="milliseconds"),
            "request": self.id,
            "client": self.client,
            "token": self.token,
            "route": self.route,
            "accounts": self.accounts,
            "status": self.status,
            "code": self.code,
            "rows": self.rows,
            "upstream": self.upstream,
            "upstream_seconds": round(self.waited, 4),
            "seconds": round(self.seconds, 4),
            "fault": self.fault,
        }
        told = {name: value for name, value in line.items() if value is not None}
        LOG.log(level, "%s", msgspec.json.encode(told).decode())


VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)
"""The request that is being answered."""


class Counting(Observer):
    """Counts what is sent to providers, for the request that it is sent for."""

    def sent(self, account: str, request: Request, attempt: int) -> None:
        """One more request to a provider."""
        visit = VISIT.get()
        if visit is not None:
            visit.upstream += 1

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        """It took so long."""
        self.given_up(account, request, seconds)

    def given_up(self, account: str, request: Request, seconds: float) -> None:
        """It was waited for so long."""
        visit = VISIT.get()
        if visit is not None:
            visit.waited += seconds
