"""Tools for adapter authors: what a response's headers tell of the provider's rate."""

from __future__ import annotations

import math
import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from unified_checkout.adapters.contract import Allowance
from unified_checkout.adapters.http import Response

_PREFIXES = ("ratelimit-", "x-ratelimit-", "x-rate-limit-", "rate-limit-")
_COUNT = re.compile(r"[0-9]{1,18}")
_SECONDS = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
_LEAP_SECOND = re.compile(r"\b([0-9]{2}:[0-9]{2}):60\b", re.ASCII)
_AN_EPOCH_FROM = 1e9
_IN_MILLISECONDS_FROM = 1e12


def retry_after(response: Response) -> float | None:
    """When to come back, in seconds, as a failure's headers advise.

    ``Retry-After`` holds seconds or an HTTP date (RFC 9110, section 10.2.3). A 429 without it may
    say when its window ends instead; see ``allowance``.

    >>> retry_after(Response(status=429, headers={"retry-after": "7"}))
    7.0
    """
    value = _first(response.headers.get("retry-after", ""))
    if value:
        return _seconds_until(value, response)
    return resets_in(response) if response.status == 429 else None


def allowance(response: Response, *, window: float | None = None) -> Allowance | None:
    """How many requests are still allowed, by the headers that most providers send.

    They are called ``RateLimit-Remaining`` and ``RateLimit-Reset``, also with ``X-`` in front, or
    written ``Rate-Limit-...``; no standard has ever settled what ``Reset`` holds. Seconds (the
    IETF's draft-ietf-httpapi-ratelimit-headers; Paystack; Xendit, with a fraction), a time since
    1970 in seconds or milliseconds (GitHub and many since), and an HTTP date (GoCardless) are told
    apart by their look; the latter two are compared with the response's own ``Date``, so that a
    wrong clock here does no harm.

    >>> headers = {"x-ratelimit-remaining": "3", "x-ratelimit-reset": "20"}
    >>> allowance(Response(status=200, headers=headers))
    Allowance(remaining=3, resets_in=20.0)

    Args:
        response: any response.
        window: the seconds for which the provider counts, where its headers do not say when that
            ends.
    """
    remaining = _header(response, "remaining")
    until = resets_in(response)
    until = window if until is None else until
    if until is None or not _COUNT.fullmatch(remaining):
        return None
    return Allowance(remaining=int(remaining), resets_in=until)


def resets_in(response: Response) -> float | None:
    """The seconds until the provider allows more requests, if a header tells."""
    value = _header(response, "reset")
    return _seconds_until(value, response) if value else None


def _header(response: Response, name: str) -> str:
    found = (response.headers.get(prefix + name) for prefix in _PREFIXES)
    return next((_first(value) for value in found if value is not None), "")


def _first(value: str) -> str:
    """The first of several numbers, as where a proxy joined what it and the provider say."""
    first = value.partition(",")[0].strip()
    return first if _SECONDS.fullmatch(first) else value.strip()


def _seconds_until(value: str, response: Response) -> float | None:
    """The seconds until a moment that is written as a number or as an HTTP date."""
    number = float(value) if _SECONDS.fullmatch(value) else None
    if number is None:
        sent, then = _http_date(response.headers.get("date", "")), _http_date(value)
        return None if sent is None or then is None else max(0.0, then - sent)
    if not math.isfinite(number):
        return None
    if number < _AN_EPOCH_FROM:
        return max(0.0, number)
    sent = _http_date(response.headers.get("date", ""))
    then = number / 1000 if number >= _IN_MILLISECONDS_FROM else number
    return None if sent is None else max(0.0, then - sent)


def _http_date(text: str) -> float | None:
    """A date in any of the three forms of RFC 9110, section 5.6.7; one of them names no zone.

    A minute may have a second 60, which Python's own dates lack.
    """
    without_leap, leap = _LEAP_SECOND.subn(r"\1:59", text)
    try:
        moment = parsedate_to_datetime(without_leap)
        return leap + (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
