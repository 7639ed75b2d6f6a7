"""Paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

from unified_checkout.errors import ConfigurationError
from unified_checkout.telltales import looks_like_a_key


def path_of(written: str | os.PathLike[str]) -> Path:
    """The path that is meant: ``~`` at its beginning is the home of whoever runs this.

    Where no shell reads a path, as in a program or behind ``--out=``, nobody else sees to that.
    ``./~`` is a file of that name.

    Raises:
        ConfigurationError: if nobody says where that home is, if this can be no path, or if what
            is not there yet would have a key for its name.

    >>> path_of("~/checkout.duckdb") == Path.home() / "checkout.duckdb"
    True
    >>> path_of("./~").parts, path_of("~nobody-here.txt").parts
    (('~',), ('~nobody-here.txt',))
    """
    if not isinstance(written, str | os.PathLike):
        raise ConfigurationError(
            f"a path is a string or an os.PathLike object, not of type {type(written).__name__}"
        )
    if not os.fspath(written):
        raise ConfigurationError("a path is empty; name a file or a folder")
    place = Path(os.path.expanduser(written))
    _check_new_names(place)
    if os.fspath(written).startswith("~") and place.parts[0] == "~":
        raise ConfigurationError("~ stands for the home of a user, and HOME names none")
    return place


def _check_new_names(place: Path) -> None:
    """Let no file or folder be made whose name shows a key to whoever lists its folder."""
    if any(
        looks_like_a_key(one.name) and not os.path.lexists(one) for one in (place, *place.parents)
    ):
        raise ConfigurationError(
            "what looks like a key is no name for a file or folder; it is neither made nor shown"
        )
