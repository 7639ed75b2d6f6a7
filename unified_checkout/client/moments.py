"""``SharedMoment``: a moment in a file, which the processes of a machine move on one by one."""

from __future__ import annotations

import math
import os
import stat
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.clocks import within
from unified_checkout.engine.policy import Share
from unified_checkout.errors import ConfigurationError
from unified_checkout.extras import needing

_WORDS = struct.Struct("<dd?dd")
_SUM = struct.Struct("<I")
_LENGTH = _WORDS.size + _SUM.size
_POLL = 0.001
_EVERYBODYS = "unified-checkout-rates"
"""The folder below a sticky one, in which nobody's lock would be another's."""
_OWN = stat.S_IRUSR | stat.S_IWUSR
_CAREFULLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_PLAINLY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Busy(Exception):
    """The file cannot be had at the moment.

    Args:
        reason: what to raise if that does not change; None if another process just holds it.
    """

    def __init__(self, reason: ConfigurationError | None = None) -> None:
        super().__init__()
        self.reason = reason


@attrs.frozen
class Told:
    """What a process told the others, by the machine's clock."""

    moment: float
    """When the next request may be sent."""
    told_at: float
    asked_for: bool
    """Whether the provider asked for it; else it is the rate's."""
    share: Share = attrs.field(factory=Share)
    """The part of the rate that is used, since the provider refused requests."""

    def as_bytes(self) -> bytes:
        """As it stands in the file, with a sum that tells it from anything else."""
        share = (self.share.left, self.share.refused_at)
        words = _WORDS.pack(self.moment, self.told_at, self.asked_for, *share)
        return words + _SUM.pack(zlib.crc32(words))

    @classmethod
    def of(cls, found: bytes, now: float) -> Told | None:
        """What these bytes tell; None if nothing, or what was told before the machine was restarted.

        >>> told = Told(7.5, 5.0, True)
        >>> Told.of(told.as_bytes(), now=6.0) == told
        True
        >>> Told.of(told.as_bytes(), now=4.0), Told.of(b"something else", now=6.0)
        (None, None)
        """
        words, total = found[: _WORDS.size], found[_WORDS.size :]
        if len(found) != _LENGTH or total != _SUM.pack(zlib.crc32(words)):
            return None
        moment, told_at, asked_for, left, refused_at = _WORDS.unpack(words)
        used = Share.of(left, refused_at, now)
        if used is None or not (told_at <= now and math.isfinite(moment)):
            return None
        return cls(moment, told_at, asked_for, used)


@attrs.frozen
class Opened:
    """The file while nobody else has it."""

    _number: int

    def read(self, now: float) -> Told | None:
        """What the others told."""
        return Told.of(os.read(self._number, _LENGTH + 1), now)

    def write(self, told: Told) -> None:
        """Tell the others, whatever stood there."""
        os.lseek(self._number, 0, os.SEEK_SET)
        os.write(self._number, told.as_bytes())
        os.ftruncate(self._number, _LENGTH)


@attrs.frozen
class SharedMoment:
    """A moment in a file.

    The operating system gives the file's lock back when a process dies, so that a crash leaves
    nothing to mend. Whoever may write to the folder may write to the file; a link or whatever else
    somebody put in its place is not followed.
    """

    _path: Callable[[], Path]
    _account: str

    @contextmanager
    def opened(self, patience: float) -> Iterator[Opened]:
        """The file, for nobody else meanwhile.

        Args:
            patience: how long to wait for another process, in seconds.

        Raises:
            Busy: if it is another process's for longer.
            ConfigurationError: if it cannot be used.
        """
        filelock = library_of_locks(self._account)
        try:
            path = self._path()
            room = _Room.at(path.parent)
            lock, path = room.file(f"{path.name}.lock"), room.file(path.name)
            locked = filelock.FileLock(lock, mode=room.mode)
            attempt = partial(locked.acquire, blocking=False)
            held = within(patience, attempt, filelock.Timeout, pause=_POLL)
            with held, _plain(path) as file:
                yield file
        except filelock.Timeout:
            raise Busy from None
        except PermissionError as error:
            raise Busy(self._unusable(error)) from None
        except (OSError, RuntimeError) as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> ConfigurationError:
        return ConfigurationError(
            f"account {self._account!r}: share_rate: the folder cannot be used "
            f'({type(error).__name__}); name another one: share_rate = "PATH"'
        )


@attrs.frozen
class _Room:
    """A folder for the file and its lock."""

    folder: Path
    mode: int
    """What its files permit: as much as the folder itself."""
    group: int

    @classmethod
    def at(cls, folder: Path) -> _Room:
        """The folder, or one below it where each may remove only what is its own."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if sys.platform == "win32":
            return cls(folder, _OWN, found.st_gid)
        if found.st_mode & stat.S_ISVTX:
            folder = folder / _EVERYBODYS
            folder.mkdir(mode=0o700, exist_ok=True)
            _permit(folder, stat.S_IMODE(found.st_mode) & ~stat.S_ISVTX, found.st_gid)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode):
                raise NotADirectoryError
        mode = _OWN
        if found.st_mode & stat.S_IWGRP:
            mode |= stat.S_IRGRP | stat.S_IWGRP
        if found.st_mode & stat.S_IWOTH:
            mode |= stat.S_IROTH | stat.S_IWOTH
        return cls(folder, mode, found.st_gid)

    def file(self, name: str) -> Path:
        """The path of a file, which is there then."""
        path = self.folder / name
        if not os.path.lexists(path):
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAINLY, _OWN))
        _permit(path, self.mode, self.group)
        return path


def _permit(path: Path, mode: int, group: int) -> None:
    """Permit others so much of what is this user's, unless that is so."""
    found = path.lstat()
    if (
        sys.platform == "win32"
        or stat.S_IMODE(found.st_mode) == mode
        or found.st_uid != os.geteuid()
    ):
        return
    number = os.open(path, os.O_RDONLY | _CAREFULLY | _PLAINLY)
    try:
        found = os.fstat(number)
        if stat.S_ISDIR(found.st_mode) or found.st_nlink == 1:
            with suppress(PermissionError):
                os.fchown(number, -1, group)
            with suppress(PermissionError):
                os.fchmod(number, mode)
    finally:
        os.close(number)


@contextmanager
def _plain(path: Path) -> Iterator[Opened]:
    number = os.open(path, os.O_RDWR | _CAREFULLY | _PLAINLY)
    try:
        if os.fstat(number).st_nlink != 1:
            raise FileExistsError
        yield Opened(number)
    finally:
        os.close(number)


def library_of_locks(account: str) -> Any:
    """What locks the file.

    Raises:
        ConfigurationError: if it is not installed.
    """
    with needing("shared-rate", f"account {account!r}: share_rate needs"):
        return import_module("filelock")
