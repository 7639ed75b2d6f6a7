"""What Prometheus is told: requests, their durations, and what they cost at the providers."""

from __future__ import annotations

from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector

from unified_checkout.adapters import Request, Response
from unified_checkout.engine.runtime import Observer
from unified_checkout.errors import ConfigurationError, ProviderError
from unified_checkout.gateway.settings import OFF, address
from unified_checkout.gateway.visits import Visit

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics(Observer):
    """The numbers of one process. No label holds what a caller wrote."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        named: dict[str, Any] = {"namespace": "unified_checkout_gateway", "registry": self.registry}
        self._requests = Counter(
            "requests", "Requests answered.", ["route", "status", "token"], **named
        )
        self._seconds = Histogram(
            "request_seconds", "Seconds to an answer.", ["route"], buckets=_SECONDS, **named
        )
        self._rows = Counter("rows", "Sessions handed out.", **named)
        self._refused = Counter("refused_tokens", "Requests without a good token.", **named)
        self._upstream = Counter(
            "upstream_requests", "Requests to providers.", ["account", "outcome"], **named
        )
        self._retries = Counter("upstream_retries", "Of them, sent again.", ["account"], **named)
        self._under_way = Gauge(
            "under_way", "Requests under way.", multiprocess_mode="livesum", **named
        )

    def begun(self) -> None:
        """A request came."""
        self._under_way.inc()

    def ended(self, visit: Visit) -> None:
        """A request is over."""
        self._under_way.dec()
        self._requests.labels(visit.route, str(visit.status), visit.token or "").inc()
        self._seconds.labels(visit.route).observe(visit.seconds)
        self._rows.inc(visit.rows or 0)
        if visit.status == 401:
            self._refused.inc()

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        """A provider answered, or did not."""
        status = outcome.status
        told = type(outcome).__name__ if status is None else f"{status // 100}xx"
        self._upstream.labels(account, told).inc()

    def given_up(self, account: str, request: Request, seconds: float) -> None:
        """Nobody waits for a provider's answer any more."""
        self._upstream.labels(account, "given_up").inc()

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        """A request is sent again."""
        self._retries.labels(account).inc()


def numbers_of_several(folder: str) -> CollectorRegistry:
    """The numbers of the processes that share a folder, added up."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return registry


def serve_metrics(written: str, registry: CollectorRegistry) -> None:
    """Answer ``/metrics`` in a thread.

    Args:
        written: where to listen, or ``off``.
        registry: the numbers.

    Raises:
        ConfigurationError: if the address cannot be listened at.
    """
    if written == OFF:
        return
    host, port = address(written)
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"gateway: metrics: {written} cannot be listened at: {reason}"
        ) from None
