"""Content codings (RFC 9110, 8.4.1), undone as the pieces of a body arrive."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Protocol

from unified_checkout.telltales import NOT_SHOWN, quoted

_GZIP = zlib.MAX_WBITS | 16
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_MOST_CODINGS = 5
_LONGEST_NAME = 20


class Unreadable(Exception):
    """A body that is not coded as it claims to be, or is cut short."""


class Coding(Protocol):
    """One coding, undone."""

    def undo(self, data: bytes, most: int) -> bytes:
        """What a further piece comes to, and of that not much more than ``most`` bytes.

        Raises:
            Unreadable: if it is not coded like that.
        """
        ...

    @property
    def whole(self) -> bool:
        """Whether what came is a whole."""
        ...


class Gzip:
    """RFC 1952: one member, or several whose contents belong together."""

    def __init__(self) -> None:
        self._members = 0
        self._member: zlib._Decompress | None = None

    def undo(self, data: bytes, most: int) -> bytes:
        """What a further piece comes to."""
        contents = b""
        while data and len(contents) <= most:
            if self._member is None:
                data = data.lstrip(b"\0") if self._members else data
                if not data:
                    break
                self._member = zlib.decompressobj(_GZIP)
                self._members += 1
            contents += _undone(self._member, data, most + 1 - len(contents))
            data = self._member.unconsumed_tail
            if self._member.eof:
                data = self._member.unused_data
                self._member = None
        return contents

    @property
    def whole(self) -> bool:
        """Whether every member has ended."""
        return self._members > 0 and self._member is None


class Deflate:
    """RFC 1950, and what some servers send for it: RFC 1951 without its wrapping."""

    def __init__(self) -> None:
        self._start = b""
        self._stream: zlib._Decompress | None = None

    def undo(self, data: bytes, most: int) -> bytes:
        """What a further piece comes to; what follows the end is passed over."""
        if self.whole:
            return b""
        if self._stream is None:
            data = self._start = self._start + data
            if len(data) < 2:
                return b""
            wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._stream = zlib.decompressobj(_ZLIB if wrapped else _RAW)
        return _undone(self._stream, data, most + 1)

    @property
    def whole(self) -> bool:
        """Whether the stream has ended."""
        return self._stream is not None and self._stream.eof


_CODINGS: dict[str, type[Gzip | Deflate]] = {
    "gzip": Gzip,
    "x-gzip": Gzip,
    "deflate": Deflate,
}


def foreign(named: Sequence[str]) -> str | None:
    """Which of the codings named cannot be undone, in words; None where all can be."""
    for name in named:
        if name not in (*_CODINGS, "identity", ""):
            return f"the coding {shown(name)}"
    return f"{len(named)} codings at once" if len(named) > _MOST_CODINGS else None


def shown(name: str) -> str:
    """The name of a coding or a character set in quotation marks, unless it may be something else.

    >>> shown("iso-8859-1"), shown("sk_live_x1")
    ("'iso-8859-1'", '(not shown, it may be secret)')
    """
    return quoted(name) if len(name) <= _LONGEST_NAME else NOT_SHOWN


def undoing(named: Sequence[str]) -> list[Coding]:
    """What undoes the codings named, which were applied in their order."""
    return [_CODINGS[name]() for name in reversed(named) if name in _CODINGS]


def _undone(stream: zlib._Decompress, data: bytes, most: int) -> bytes:
    try:
        return stream.decompress(data, most)
    except zlib.error as error:
        raise Unreadable from error
