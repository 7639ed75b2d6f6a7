"""The settings of an account that decide which sessions its list shows, as a short text."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from unified_checkout.adapters import Adapter, KeyKind

_DIGITS = 16


def fingerprint(adapter: Adapter[Any]) -> str:
    """What tells an account's settings from others: a hash of the options, and the key's mode.

    Neither the key nor another secret is in it. An option that is as by default counts as not
    given, so that a later version with further options, or other defaults, tells the same.
    """
    options = adapter.options.model_dump(exclude_defaults=True)
    written = json.dumps(options, sort_keys=True, default=_plain)
    digest = hashlib.sha256(written.encode()).hexdigest()[:_DIGITS]
    unknown = adapter.key_shape is KeyKind.UNKNOWN
    return digest if unknown else f"{digest} {adapter.key_shape.value}"


def differ(held: str | None, told: str | None) -> bool:
    """Whether two fingerprints are of different settings, as far as both tell.

    A key that is looked for later tells no mode yet.

    >>> differ("44136fa355b3678a test", "44136fa355b3678a")
    False
    >>> differ("44136fa355b3678a test", "44136fa355b3678a live")
    True
    """
    if held is None or told is None:
        return False
    (digest, _, mode), (other, _, other_mode) = held.partition(" "), told.partition(" ")
    return digest != other or bool(mode and other_mode and mode != other_mode)


def joined(held: str | None, told: str | None) -> str | None:
    """What two fingerprints that do not differ tell together."""
    return max(filter(None, (held, told)), key=len, default=None)


def _plain(value: object) -> object:
    """A value as JSON: a set in one order, and a secret as its mask."""
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)
