"""``Recorder``: vcrpy, told what our requests are and where they are kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Any, Self

from unified_checkout import forks
from unified_checkout.testing.cassettes.errors import missing_extra
from unified_checkout.testing.cassettes.stillness import Patch
from unified_checkout.testing.cassettes.tape import UNANSWERED, Asked, Exchange, Recording, Reply


class Recorder:
    """Plays a recording, or makes one; safe to use from several threads.

    Args:
        recording: what to play; None records.
        patches: what is replaced meanwhile.

    Raises:
        ConfigurationError: if the ``testing`` extra is missing.
    """

    def __init__(self, recording: Recording | None, patches: tuple[Patch, ...]) -> None:
        vcr = _vcr()
        recorder = vcr.VCR(
            record_mode="once" if recording is None else "none",
            match_on=[matcher.__name__ for matcher in _MATCHERS],
            custom_patches=patches,
            skip_patchers=vcr.patch.PATCHER_NAMES,
        )
        for matcher in _MATCHERS:
            recorder.register_matcher(matcher.__name__, matcher)
        recorder.register_persister(_Kept(recording))
        self._context = recorder.use_cassette("cassette")
        self._tape: Any = None
        self._numbers = count()
        self._waiting: dict[int, Asked] = {}
        self._begin()
        forks.in_children(self, Recorder._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._tape = self._context.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            for asked in self._waiting.values():
                self._tape.append(asked, Exchange(request=asked, failure=UNANSWERED))
            self._waiting.clear()
        self._context.__exit__(kind, error, traceback)

    @property
    def exchanges(self) -> list[Exchange]:
        """What is recorded."""
        return list(self._tape.responses)

    def play(self, asked: Asked) -> Exchange | None:
        """The first exchange with this request that was not played yet, if there is one left."""
        with self._lock:
            if not self._tape.can_play_response_for(asked):
                return None
            exchange: Exchange = self._tape.play_response(asked)
            return exchange

    def nearest(self, asked: Asked) -> list[Asked]:
        """The recorded requests that have most in common with this one."""
        return [found for found, *_ in self._tape.find_requests_with_most_matches(asked)]

    def left(self) -> list[Asked]:
        """The requests that were not played, but for those whose answers nobody waited for."""
        return [
            exchange.request
            for index, exchange in enumerate(self._tape.responses)
            if not self._tape.play_counts[index] and exchange.failure != UNANSWERED
        ]

    def begin(self, asked: Asked) -> int:
        """Note that a request is being sent; returns its number."""
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = asked
            return number

    def end(self, number: int, came: Reply | str) -> None:
        """Record what came of a request: a reply, or the name of an error."""
        with self._lock:
            asked = self._waiting.pop(number, None)
            if asked is None:
                return
            if isinstance(came, Reply):
                exchange = Exchange(request=asked, response=came)
            else:
                exchange = Exchange(request=asked, failure=came)
            self._tape.append(asked, exchange)


class _Kept:
    """The file as vcrpy sees it: read already, and written by others once it has been checked."""

    def __init__(self, recording: Recording | None) -> None:
        self._recording = recording

    def load_cassette(self, path: str, serializer: object) -> tuple[list[Asked], list[Exchange]]:
        from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]

        if self._recording is None:
            raise CassetteNotFoundError
        exchanges = self._recording.exchanges
        return [exchange.request for exchange in exchanges], list(exchanges)

    def save_cassette(self, path: str, cassette: object, serializer: object) -> None:
        pass


def same_account(asked: Asked, recorded: Asked) -> bool:
    """Whether two requests are of one account; the other matchers compare the rest of them."""
    return (asked.account, asked.provider) == (recorded.account, recorded.provider)


def same_path(asked: Asked, recorded: Asked) -> bool:
    """Whether they have the same method and path."""
    return (asked.method, asked.path) == (recorded.method, recorded.path)


def same_parameters(asked: Asked, recorded: Asked) -> bool:
    """Whether they have the same parameters, in whatever order."""
    return sorted(asked.parameters) == sorted(recorded.parameters)


def same_headers(asked: Asked, recorded: Asked) -> bool:
    """Whether they have the same headers."""
    return asked.headers == recorded.headers


def same_body(asked: Asked, recorded: Asked) -> bool:
    """Whether they carry the same."""
    return asked.body == recorded.body


_MATCHERS: tuple[Callable[[Asked, Asked], bool], ...] = (
    same_account,
    same_path,
    same_parameters,
    same_headers,
    same_body,
)


def _vcr() -> Any:
    try:
        import vcr.patch  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    return vcr
