"""Observers that tell what is read: as lines of a log, and to OpenTelemetry.

The log is ``unified_checkout``, silent until a program configures it. Its lines say of a request
which parameters it has, never what is in them.

    logging.basicConfig(level=logging.INFO)  # retries, waits, and how each reading ended
    logging.getLogger("unified_checkout").setLevel(logging.DEBUG)  # every request and page, too
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from unified_checkout.adapters.kit import scrubbed
from unified_checkout.engine.runtime import Observer
from unified_checkout.errors import ConfigurationError, ProviderError, TransientError
from unified_checkout.version import __version__

if TYPE_CHECKING:
    from unified_checkout.adapters import Request, Response
    from unified_checkout.engine.coverage import Coverage

__all__ = ["LOG", "LogObserver", "OpenTelemetryObserver", "reason_to_wait"]

LOG = logging.getLogger("unified_checkout")
"""The log, silent until a program configures it."""
LOG.addHandler(logging.NullHandler())
_LONG = 1.0
"""Seconds. Requests are held back for less all the time, to keep to a rate."""

_Attributes = dict[str, str | int]
"""What is told of a request, by the names of OpenTelemetry's conventions."""
_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""In seconds, between the buckets of durations: https://opentelemetry.io/docs/specs/semconv/http/http-metrics/"""


def reason_to_wait(error: ProviderError) -> str:
    """Why a request is sent again only after a while.

    >>> from unified_checkout.errors import RateLimited, ServerError
    >>> where = {"account": "us", "provider": "acme"}
    >>> reason_to_wait(RateLimited("slow down", retry_after=15.0, **where))
    'the provider asked for it'
    >>> reason_to_wait(ServerError("oops", status=503, **where))
    'ServerError, HTTP 503'
    """
    if isinstance(error, TransientError) and error.retry_after is not None:
        return "the provider asked for it"
    status = "" if error.status is None else f", HTTP {error.status}"
    return f"{type(error).__name__}{status}"


class LogObserver(Observer):
    """Writes to the log; every client has one."""

    def sent(self, account: str, request: Request, attempt: int) -> None:
        """A request, by the names of its parameters."""
        if not LOG.isEnabledFor(logging.DEBUG):
            return
        names = ", ".join(dict.fromkeys(name for name, _ in request.parameters))
        again = f", attempt {attempt}" if attempt > 1 else ""
        path = scrubbed(request.path)
        LOG.debug("%s: %s %s (%s)%s", account, request.method, path, names, again)

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        """An answer's status and length, or why there is none."""
        if isinstance(outcome, ProviderError):
            LOG.debug("%s: %s after %.3f s", account, type(outcome).__name__, seconds)
            return
        size = len(outcome.body)
        LOG.debug("%s: HTTP %s in %.3f s, %d bytes", account, outcome.status, seconds, size)

    def given_up(self, account: str, request: Request, seconds: float) -> None:
        """A request that nobody waits for any more."""
        LOG.debug("%s: given up after %.3f s", account, seconds)

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        """Why a request is sent again, and when."""
        LOG.info("%s: waiting %.1f s: %s", account, delay, reason_to_wait(error))

    def waiting(self, account: str, seconds: float, reason: str) -> None:
        """Why a request is held back, and for how long."""
        level = logging.INFO if seconds >= _LONG else logging.DEBUG
        LOG.log(level, "%s: waiting %.1f s: %s", account, seconds, reason)

    def waited(self, account: str, seconds: float) -> None:
        """A wait that is over."""
        LOG.debug("%s: waited %.3f s", account, seconds)

    def page(self, account: str, rows: int, matching: int) -> None:
        """A page."""
        LOG.debug("%s: a page of %d rows, of which %d match", account, rows, matching)

    def finished(self, coverage: Coverage) -> None:
        """What the answer covers."""
        LOG.info("%s", coverage)


class OpenTelemetryObserver(Observer):
    """Tells OpenTelemetry of each request: a span, and its duration in the metrics.

    Both follow the conventions for HTTP clients. A span's parent is the one that is current where
    the reading is taken from. The values of parameters are left out.

    >>> from unified_checkout import Account, Client
    >>> account = Account(name="us", provider="stripe", api_key="sk_test_obviously_fake")
    >>> client = Client([account], observers=[OpenTelemetryObserver()])

    Args:
        tracer_provider: instead of OpenTelemetry's global one.
        meter_provider: instead of OpenTelemetry's global one.

    Raises:
        ConfigurationError: if the package ``opentelemetry-api`` is missing.
    """

    def __init__(self, tracer_provider: Any = None, meter_provider: Any = None) -> None:
        self._trace = _api("trace")
        name = "unified_checkout"
        self._tracer = self._trace.get_tracer(name, __version__, tracer_provider)
        meter = _api("metrics").get_meter(name, __version__, meter_provider)
        self._duration = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP requests.",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )
        self._retries = meter.create_counter(
            "unified_checkout.retries", description="Requests that were sent once more."
        )
        self._waiting = meter.create_counter(
            "unified_checkout.waiting", unit="s", description="Time that requests were held back."
        )
        self._addresses: dict[str, str] = {}
        self._resent: dict[int, int] = {}
        """How often each request that is on its way was sent before, by the request's identity."""

    def opened(self, addresses: Mapping[str, str]) -> None:
        """Remember where accounts are asked."""
        self._addresses.update(addresses)

    def sent(self, account: str, request: Request, attempt: int) -> None:
        """Remember which attempt is on its way."""
        self._resent[id(request)] = attempt - 1

    def answered(
        self, account: str, request: Request, outcome: Response | ProviderError, seconds: float
    ) -> None:
        """A span that has just ended, and a duration."""
        status, told = outcome.status, _Attributes()
        if status is not None:
            told["http.response.status_code"] = status
        if status is not None and status >= 400:
            told["error.type"] = str(status)
        elif isinstance(outcome, ProviderError):
            told["error.type"] = type(outcome).__name__
        self._record(account, request, told, seconds)

    def given_up(self, account: str, request: Request, seconds: float) -> None:
        """The same, neither answered nor failed: ``unified_checkout.given_up`` is true."""
        self._record(account, request, {"unified_checkout.given_up": True}, seconds)

    def _record(self, account: str, request: Request, told: _Attributes, seconds: float) -> None:
        base = self._addresses.get(account, "")
        address = urlsplit(base)
        attributes: _Attributes = {
            "http.request.method": request.method,
            "server.address": address.hostname or "",
            "server.port": address.port or (80 if address.scheme == "http" else 443),
            "unified_checkout.account": account,
            **told,
        }
        resent = self._resent.pop(id(request), 0)
        again = {"http.request.resend_count": resent} if resent else {}
        names = "&".join(f"{name}=REDACTED" for name, _ in request.parameters)
        path = f"{base}{scrubbed(request.path)}"
        end = time.time_ns()
        span = self._tracer.start_span(
            request.method,
            kind=self._trace.SpanKind.CLIENT,
            attributes={**attributes, **again, "url.full": f"{path}?{names}" if names else path},
            start_time=end - round(seconds * 1e9),
        )
        if "error.type" in attributes:
            span.set_status(self._trace.Status(self._trace.StatusCode.ERROR))
        span.end(end)
        self._duration.record(seconds, attributes)

    def retried(self, account: str, error: ProviderError, delay: float) -> None:
        """One retry more."""
        why = {"unified_checkout.account": account, "error.type": type(error).__name__}
        self._retries.add(1, why)

    def waited(self, account: str, seconds: float) -> None:
        """Some seconds more."""
        self._waiting.add(seconds, {"unified_checkout.account": account})


def _api(module: str) -> Any:
    try:
        return import_module(f"opentelemetry.{module}")
    except ModuleNotFoundError:
        raise ConfigurationError(
            "OpenTelemetryObserver needs the extra: pip install 'unified-checkout[opentelemetry]'"
        ) from None
