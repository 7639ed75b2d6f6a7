"""Finding adapters: the entry points are read without importing anything."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from unified_checkout.adapters.contract import Adapter
from unified_checkout.adapters.guarding import guarded, lacking
from unified_checkout.errors import AmbiguousProvider, BrokenProvider, UnknownProvider

GROUP = "unified_checkout.providers"


def installed() -> dict[str, EntryPoint]:
    """The installed adapters by provider name, in alphabetical order; nothing is imported.

    Raises:
        AmbiguousProvider: if two distributions claim one name, naming both.
    """
    return {name: _only(claims) for name, claims in _claims().items()}


def names() -> list[str]:
    """The names that installed adapters claim, in alphabetical order, usable or not."""
    return list(_claims())


def load(name: str) -> type[Adapter[Any]]:
    """The adapter class of a provider.

    What its methods raise, as far as the core calls them, is an error of ours.

    Raises:
        UnknownProvider: if no installed adapter has that name.
        AmbiguousProvider: if two distributions claim it.
        BrokenProvider: if importing it fails, with the reason, or it lacks what it must have.
    """
    claims = _claims()
    if name not in claims:
        raise UnknownProvider(name, list(claims))
    entry = _only(claims[name])
    if not entry.pattern.match(entry.value):
        raise BrokenProvider(
            f"provider {name!r} from {_distribution(entry)}: its entry point is no MODULE:CLASS"
        )
    try:
        adapter = entry.load()
    except ModuleNotFoundError as error:
        raise BrokenProvider(
            f"provider {name!r} needs the module {error.name!r}, which is not installed; "
            f"install what {_distribution(entry)} depends on"
        ) from error
    except (Exception, SystemExit) as error:
        raise BrokenProvider(
            f"provider {name!r} from {_distribution(entry)} does not import: "
            f"{type(error).__name__}: {' '.join(str(error).split())}"
        ) from error
    if not (isinstance(adapter, type) and issubclass(adapter, Adapter)):
        raise BrokenProvider(
            f"provider {name!r} from {_distribution(entry)}: {entry.value} is not an Adapter class"
        )
    if lacks := lacking(adapter):
        raise BrokenProvider(
            f"provider {name!r} from {_distribution(entry)}: {entry.value} lacks {', '.join(lacks)}"
        )
    return guarded(adapter)


def _claims() -> dict[str, list[EntryPoint]]:
    """By provider name, every entry point that claims it."""
    return _read(tuple(map(_state, sys.path)))


@lru_cache(maxsize=1)
def _read(_folders: tuple[object, ...]) -> dict[str, list[EntryPoint]]:
    """The same, read anew once a folder that is searched is another or has changed.

    Reading opens a file for each installed distribution.
    """
    claims: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        claims.setdefault(entry.name, []).append(entry)
    return claims


def _state(folder: str) -> object:
    """Something that is another once a distribution was installed there or uninstalled."""
    try:
        found = os.stat(folder or ".")
    except OSError:
        return folder
    return folder, found.st_dev, found.st_ino, found.st_mtime_ns


def _only(claims: list[EntryPoint]) -> EntryPoint:
    """The one entry point that claims a name; the same one may be found twice."""
    entry, *others = claims
    for rival in others:
        if rival.value != entry.value or _distribution(rival) != _distribution(entry):
            raise AmbiguousProvider(
                f"provider {entry.name!r} is claimed by two distributions, "
                f"{_distribution(entry)} and {_distribution(rival)}; uninstall one of them"
            )
    return entry


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value
