"""``Pacing``: the paces of an account, which several processes of a machine may keep together."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from threading import Thread
from typing import Any

import attrs

from unified_checkout import clocks, forks
from unified_checkout.adapters import Adapter
from unified_checkout.client.moments import Busy, Opened, SharedMoment, Told
from unified_checkout.config import Account
from unified_checkout.config.keys import same_key
from unified_checkout.engine.policy import Pace
from unified_checkout.engine.runtime import ambient
from unified_checkout.errors import ConfigurationError
from unified_checkout.paths import path_of
from unified_checkout.transport import threads
from unified_checkout.transport.channel import Channel

_FINDING = "unified-checkout key"
"""The name of every thread that looks for a key for the file's sake."""
_PATIENCE = 1.0
"""Seconds. A process that holds the lock for longer was stopped in between, and is not waited for."""
_BLINK = 0.01
"""Seconds. Most have the lock for less."""
_AGAIN = 0.005
"""Seconds until a file that is locked is asked for again."""


def counted_together(account: Account, adapter: Adapter[Any]) -> tuple[Hashable, ...]:
    """What is equal for accounts whose requests the provider counts together: those of one key, or
    of one network address.

    A key is compared as far as can be told without looking for it.
    """
    who = None if adapter.rate_by_address else same_key(account.api_key)
    return adapter.name, adapter.options.base_url, who


@attrs.frozen
class Pacing:
    """Where the paces of an account come from."""

    account: Account
    channel: Channel

    def pace(self, requests_per_second: float, budget: str = "") -> Pace:
        """A pace of this process alone, or where the account says so, of all of them."""
        if self.account.share_rate is False:
            return Pace(requests_per_second)
        return SharedPace(
            requests_per_second,
            longest=self.account.max_wait,
            path=_Named(self, budget),
            account=self.account.name,
            clock=ambient().monotonic,
        )

    def _folder(self) -> Path:
        told = self.account.share_rate
        if isinstance(told, Path):
            return path_of(told)
        from platformdirs import user_cache_path

        return user_cache_path("unified-checkout") / "rates"

    def path(self, budget: str) -> Path:
        """The file of all that the provider counts together; its name tells no key.

        Raises:
            NoKey: if the key cannot be had.
        """
        adapter = self.channel.adapter
        who = "" if adapter.rate_by_address else self.key()
        counted = (adapter.name, adapter.options.base_url, budget, who)
        return self._folder() / blake2b("\0".join(counted).encode(), digest_size=8).hexdigest()

    def key(self) -> str:
        """The account's key.

        Raises:
            NoKey: if it cannot be had.
        """
        try:
            return self.channel.credentials.api_key.get_secret_value()
        except ConfigurationError as error:
            raise NoKey from error


class NoKey(Exception):
    """The key cannot be had: nothing will be sent, and the file of its rate is not known."""


class _Named:
    """The path of an account's file, which its key names.

    Whoever asks for it waits for no key: one that takes its time is looked for in another thread.
    """

    def __init__(self, pacing: Pacing, budget: str) -> None:
        self._pacing = pacing
        self._budget = budget
        self._begin()
        forks.in_children(self, _Named._begin)

    def _begin(self) -> None:
        self._finding: Thread | None = None

    def __call__(self) -> Path:
        """The path.

        Raises:
            Busy: while the key is looked for.
            NoKey: if it cannot be had.
        """
        if not self._pacing.channel.finds_key_slowly:
            return self._pacing.path(self._budget)
        if self._finding is None:
            self._finding = Thread(target=self._find, name=_FINDING, daemon=True)
            threads.start_or_run(self._finding)
        elif not self._finding.is_alive():
            self._finding = None
            raise NoKey
        raise Busy

    def _find(self) -> None:
        with suppress(NoKey):
            self._pacing.key()


class SharedPace(Pace):
    """A pace of which a file tells when the next request may be sent.

    What stands in the file goes by the machine's own clock, which begins anew when the machine is
    restarted: what was told before does not count. Nobody shortens what another told: a process
    that waits for less than the others goes on earlier, and leaves the file as it is. The file is
    never waited for here: whoever finds it locked is told to ask again.

    Args:
        requests_per_second: the rate of all processes together.
        longest: the longest that a request is held back, in seconds.
        path: gives the file, when the first request is to be sent.
        account: whose rate it is.
        clock: seconds of the machine's clock, which is the same for all processes.

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
        clock: Callable[[], float] = clocks.now,
    ) -> None:
        super().__init__(requests_per_second)
        self._longest = longest + self._interval
        self._shared = SharedMoment(path, account)
        self._clock = clock
        self._heeded = -math.inf
        """What others told last, and was waited for as long as this process waits for anything."""
        self._imposed, self._asked_for = -math.inf, False
        """Until when others made this process wait, and whether the provider asked them for it."""
        self._locked_since: float | None = None
        self._again_at = -math.inf

    def take(self, now: float) -> float:
        """As ``Pace.take``, for all processes."""
        try:
            with self._opened() as file:
                told = file.read(self._clock())
                self._heed(told, now)
                clear_at = super().take(now)
                self._tell(file, told)
                return clear_at
        except Busy as busy:
            if self._locked_since is None:
                self._locked_since = now
            if now - self._locked_since < _PATIENCE:
                self._again_at = now + _AGAIN
                return self._again_at
            if busy.reason is not None:
                raise busy.reason from None
        except NoKey:
            pass
        return super().take(now)

    def hold(self, until: float) -> None:
        """As ``Pace.hold``, for all processes."""
        super().hold(until)
        # where it cannot be had, they are told with the next request
        with suppress(Busy, NoKey), self._opened() as file:
            self._tell(file, file.read(self._clock()))

    def slow_down(self, now: float) -> None:
        """As ``Pace.slow_down``, for all processes; what several are refused at once counts once."""
        try:
            with self._opened() as file:
                told = file.read(self._clock())
                self._heed(told, now)
                super().slow_down(now)
                self._tell(file, told)
        except (Busy, NoKey):
            super().slow_down(now)  # the others are told with the next request

    def reason(self, until: float) -> str:
        """As ``Pace.reason``; empty while another process has the file, which is over at once."""
        if until == self._again_at:
            return ""
        if until != self._imposed:
            return super().reason(until)
        if self._asked_for:
            return "the provider asked another process for it"
        return "the rate is shared with other processes"

    @contextmanager
    def _opened(self) -> Iterator[Opened]:
        """The file.

        Raises:
            Busy: if another process has it.
        """
        with self._shared.opened(_BLINK if self._locked_since is None else 0.0) as file:
            self._locked_since = None
            yield file

    def _heed(self, told: Told | None, now: float) -> None:
        """Keep to what the others told."""
        if told is None:
            return
        with self._lock:
            if told.share.at(now) < self._share.at(now):
                self._share = told.share
            if told.moment > max(self._next, self._heeded):
                self._heeded = told.moment
                self._next = max(self._next, min(told.moment, now + self._longest))
                self._imposed, self._asked_for = self._next, told.asked_for

    def _tell(self, file: Opened, told: Told | None) -> None:
        """Tell the others, unless they were told already."""
        now = self._clock()
        if told is None or self._next > told.moment:
            asked_for = -math.inf < self._next <= self._held_until
            moment = now if self._next == -math.inf else self._next
            file.write(Told(moment, now, asked_for, self._share))
        elif self._share.at(now) < told.share.at(now):
            file.write(attrs.evolve(told, told_at=now, share=self._share))
