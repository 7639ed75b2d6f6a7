"""Paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

from unified_checkout.errors import ConfigurationError


def path_of(written: str | os.PathLike[str]) -> Path:
    """The path that is meant: ``~`` at its beginning is the home of whoever runs this.

    Where no shell reads a path, as in a program or behind ``--out=``, nobody else sees to that.
    ``./~`` is a file of that name.

    Raises:
        ConfigurationError: if nobody says where that home is, or if this can be no path.

    >>> path_of("~/checkout.duckdb") == Path.home() / "checkout.duckdb"
    True
    >>> path_of("./~").parts, path_of("~nobody-here.txt").parts
    (('~',), ('~nobody-here.txt',))
    """
    if not isinstance(written, str | os.PathLike):
        raise ConfigurationError(
            f"a path is a string or an os.PathLike object, not of type {type(written).__name__}"
        )
    place = Path(os.path.expanduser(written))
    if "\0" in os.fspath(place):
        raise ConfigurationError("a path holds a character that no file's name can have: \\0")
    if os.fspath(written).startswith("~") and place.parts[0] == "~":
        raise ConfigurationError("~ stands for the home of a user, and HOME names none")
    return place
