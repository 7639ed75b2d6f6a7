"""The settings of an account that decide which sessions its list shows, as a short text."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from unified_checkout.adapters import Adapter, KeyKind
from unified_checkout.store.plan import Span

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


def proved(
    held: Span | None, settings: str | None, covered: Span | None, told: str | None
) -> tuple[Span | None, str | None]:
    """The span of which everything is there once a span was read, and the settings it speaks of.

    It only widens, and never leaves a gap. Under other settings it begins anew: once something was
    proved under them, that alone is told.

    Args:
        held: what was proved before, under ``settings``.
        settings: a fingerprint.
        covered: what was read to its end, under the settings that were ``told``.
        told: a fingerprint.
    """
    if not differ(settings, told):
        return covered if held is None else held.joined(covered), joined(settings, told)
    return (held, settings) if covered is None else (covered, told)


def _plain(value: object) -> object:
    """A value as JSON: a set in one order, and a secret as its mask."""
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)
