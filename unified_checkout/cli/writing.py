"""Output that goes to a file, which stands under its name only when it is complete."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from secrets import token_hex

from unified_checkout.errors import ConfigurationError
from unified_checkout.paths import path_of
from unified_checkout.telltales import plain_path

_OURS = re.compile(
    rb"""
      \{\n\ \ "report":\ "unified-checkout"
    | span_from,span_to,time_zone,
    | (?:<!doctype\ html>\n)?<!--\ unified-checkout\ report\ -->
    | \x89PNG\r\n\x1a\n.{25}.{4}tEXtSoftware\0unified-checkout\ report
    """,
    re.DOTALL | re.VERBOSE,
)
"""How reports begin: a file that begins otherwise is somebody else's."""
_LONGEST = 100


@contextmanager
def written_to(path: Path | None) -> Iterator[None]:
    """Write what the block prints to a file instead, unless there is none.

    It is written beside its name and renamed at the end; where the block fails, what stood there
    stays as it was.

    Raises:
        ConfigurationError: ahead of the block, if no file can be written there, or if one is there
            that is no report.
        OSError: if writing fails.
    """
    if path is None:
        yield
        return
    target = Path(os.path.realpath(path_of(path)))
    _check_replaceable(target)
    beside = target.with_name(f".{target.name}.{token_hex(4)}.part")
    try:
        file = beside.open("xb")
    except OSError as error:
        raise ConfigurationError(
            f"{plain_path(path)} cannot be written: {error.strerror or type(error).__name__}"
        ) from None
    try:
        with file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
            with redirect_stdout(text):
                yield
            text.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _check_replaceable(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_file():
        raise ConfigurationError(f"{plain_path(target)} is no file, and is not written over")
    with target.open("rb") as file:
        beginning = file.read(_LONGEST)
    if beginning and not _OURS.match(beginning):
        raise ConfigurationError(
            f"{plain_path(target)} is no report of this program, and is not written over; "
            "name another file, or remove that one"
        )
