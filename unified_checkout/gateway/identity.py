"""Ids: one account's are the provider's own; merged ones name the account and the moment.

``cs_{account}~{created}~{provider's id}``: ``created`` is microseconds since 1970 in base 36, and
of the provider's id what is no letter, digit, ``-`` or ``_`` is written ``.XX``, hexadecimal.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import attrs

LONGEST_ID = 255
_PREFIX = "cs_"
_MARK = "~"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TICK = timedelta(microseconds=1)
_MERGED = re.compile(
    r"cs_(?P<account>[A-Za-z0-9._-]+)~(?P<created>-?[0-9a-z]{1,12})"
    r"~(?P<id>(?:[A-Za-z0-9_-]|\.[0-9A-F]{2})+)"
)
LONGEST_NAME = 100
"""Of an account that is merged: it leaves 139 characters for the provider's id."""


@attrs.frozen
class Identity:
    """Which session an id names."""

    account: str
    id: str
    created: datetime | None = None
    """When it was created, where the id tells."""


def merged_id(account: str, created: datetime, id: str) -> str:
    """The id of a session among those of several accounts.

    >>> merged_id("us", datetime(2026, 11, 20, 4, 16, 50, tzinfo=UTC), "1:a")
    'cs_us~hobrpavpfk~1.3Aa'
    """
    ticks = (created - _EPOCH) // _TICK
    escaped = re.sub(rb"[^A-Za-z0-9_-]", lambda found: b".%02X" % found[0][0], id.encode())
    return f"{_PREFIX}{account}{_MARK}{_base36(ticks)}{_MARK}{escaped.decode()}"


def identity_of(id: str) -> Identity | None:
    """What a merged id names; None if it is none.

    >>> identity_of("cs_us~hobrpavpfk~1.3Aa")
    Identity(account='us', id='1:a', created=datetime.datetime(2026, 11, 20, 4, 16, 50, tzinfo=datetime.timezone.utc))
    >>> identity_of("cs_test_1") is None
    True
    """
    found = _MERGED.fullmatch(id)
    if found is None or len(id) > LONGEST_ID:
        return None
    escaped = re.sub(rb"\.(..)", lambda one: bytes([int(one[1], 16)]), found["id"].encode())
    try:
        created = _EPOCH + int(found["created"], 36) * _TICK
        return Identity(found["account"], escaped.decode(), created)
    except (OverflowError, UnicodeDecodeError):
        return None


def _base36(number: int) -> str:
    sign, number, digits = ("-" if number < 0 else ""), abs(number), ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return sign + (digits or "0")
