"""``Pacing``: the paces of an account, which several processes of a machine may keep together."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.adapters import Adapter, Credentials
from unified_checkout.config import Account
from unified_checkout.engine.policy import Pace
from unified_checkout.errors import ConfigurationError
from unified_checkout.extras import needing

_MOMENT = struct.Struct("<d")
_PATIENCE = 1.0
"""Seconds. A process that holds the lock for longer was stopped in between, and is not waited for."""
_POLL = 0.001


@attrs.frozen
class Pacing:
    """Where the paces of an account come from."""

    account: Account
    adapter: Adapter[Any]
    credentials: Credentials

    def pace(self, requests_per_second: float, budget: str = "") -> Pace:
        """A pace of this process alone, or where the account says so, of all of them."""
        if self.account.share_rate is False:
            return Pace(requests_per_second)
        return SharedPace(
            requests_per_second,
            longest=self.account.max_wait,
            path=lambda: self._folder() / self._name(budget),
            account=self.account.name,
        )

    def _folder(self) -> Path:
        told = self.account.share_rate
        if isinstance(told, Path):
            return told.expanduser()
        from platformdirs import user_cache_path

        return user_cache_path("unified-checkout") / "rates"

    def _name(self, budget: str) -> str:
        """A name that is the same for all that the provider counts together; it tells no key."""
        adapter = self.adapter
        who = "" if adapter.rate_by_address else self.credentials.api_key.get_secret_value()
        counted = (adapter.name, adapter.options.base_url, budget, who)
        return blake2b("\0".join(counted).encode(), digest_size=8).hexdigest()


class SharedPace(Pace):
    """A pace of which a file tells when the next request may be sent.

    The operating system gives the file's lock back when a process dies, and what stands in the
    file is one moment of the machine's monotonic clock, so that a crash leaves nothing to mend. A
    moment that lies further off than anything is ever held back, as after a restart of the
    machine, does not count.

    Args:
        requests_per_second: the rate of all processes together.
        longest: the longest that a request is held back, in seconds.
        path: gives the file, when the first request is to be sent.
        account: whose rate it is.

    Raises:
        ConfigurationError: with the first request, if the file cannot be used.
    """

    def __init__(
        self,
        requests_per_second: float,
        *,
        longest: float,
        path: Callable[[], Path],
        account: str,
    ) -> None:
        super().__init__(requests_per_second)
        self._longest = longest + self._interval
        self._path = path
        self._account = account

    def take(self, now: float) -> float:
        """As ``Pace.take``, for all processes."""
        with self._told(now):
            return super().take(now)

    def hold(self, until: float) -> None:
        """As ``Pace.hold``, for all processes."""
        with self._told(until):
            super().hold(until)

    @contextmanager
    def _told(self, now: float) -> Iterator[None]:
        """Read what the others did, and tell them what is done here."""
        filelock = library_of_locks(self._account)
        try:
            path = self._path()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = filelock.FileLock(f"{path}.lock", mode=0o600)
            with lock.acquire(timeout=_PATIENCE, poll_interval=_POLL):
                self._next = max(self._next, min(_read(path), now + self._longest))
                yield
                _write(path, self._next)
        except filelock.Timeout:
            yield
        except (OSError, RuntimeError) as error:
            raise ConfigurationError(
                f"account {self._account!r}: share_rate: the folder cannot be used "
                f'({type(error).__name__}); name another one: share_rate = "PATH"'
            ) from None


def library_of_locks(account: str) -> Any:
    """What locks the file.

    Raises:
        ConfigurationError: if it is not installed.
    """
    with needing("shared-rate", f"account {account!r}: share_rate needs"):
        return import_module("filelock")


def _read(path: Path) -> float:
    try:
        [moment] = _MOMENT.unpack(path.read_bytes())
    except (FileNotFoundError, struct.error):
        return float("-inf")
    told: float = moment
    return float("-inf") if math.isnan(told) else told


def _write(path: Path, moment: float) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(number, _MOMENT.pack(moment))
    finally:
        os.close(number)
