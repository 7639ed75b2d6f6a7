"""Finding adapters: the entry points are read without importing anything."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from unified_checkout.adapters.contract import Adapter
from unified_checkout.errors import AmbiguousProvider, BrokenProvider, UnknownProvider

GROUP = "unified_checkout.providers"


def installed() -> dict[str, EntryPoint]:
    """The installed adapters by provider name, in alphabetical order; nothing is imported.

    Raises:
        AmbiguousProvider: if two distributions claim one name, naming both.
    """
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        rival = found.setdefault(entry.name, entry)
        if rival.value != entry.value or _distribution(rival) != _distribution(entry):
            raise AmbiguousProvider(
                f"provider {entry.name!r} is claimed by two distributions, "
                f"{_distribution(rival)} and {_distribution(entry)}; uninstall one of them"
            )
    return found


def load(name: str) -> type[Adapter[Any]]:
    """The adapter class of a provider.

    Raises:
        UnknownProvider: if no installed adapter has that name.
        AmbiguousProvider: if two distributions claim it.
        BrokenProvider: if importing it fails, with the reason.
    """
    entries = installed()
    if name not in entries:
        raise UnknownProvider(name, list(entries))
    entry = entries[name]
    try:
        adapter = entry.load()
    except ModuleNotFoundError as error:
        raise BrokenProvider(
            f"provider {name!r} needs the module {error.name!r}, which is not installed; "
            f"install what {_distribution(entry)} depends on"
        ) from error
    except Exception as error:
        raise BrokenProvider(
            f"provider {name!r} from {_distribution(entry)} does not import: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not (isinstance(adapter, type) and issubclass(adapter, Adapter)):
        raise BrokenProvider(
            f"provider {name!r} from {_distribution(entry)}: {entry.value} is not an Adapter class"
        )
    return adapter


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.module
