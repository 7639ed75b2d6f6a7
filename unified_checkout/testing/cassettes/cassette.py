"""``Cassette``: records what is exchanged with providers once, and replays it ever after.

vcrpy keeps and matches what is recorded. It is hooked in where a request is sent but not yet
signed: there the key is not in it, the account's name still is, and the response's body is
decompressed. (At the level of HTTP, two accounts that ask the same could not be told apart once
their keys are gone.)
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NoReturn, Self
from urllib.parse import urlsplit

from unified_checkout.adapters import Request, Response
from unified_checkout.errors import (
    ConnectionFailed,
    ProviderError,
    RequestTimeout,
    ResponseTooLarge,
    UnreadableBody,
)
from unified_checkout.model.times import midnight, moment
from unified_checkout.testing.cassettes import messages, stillness
from unified_checkout.testing.cassettes.checking import leaks
from unified_checkout.testing.cassettes.errors import CassetteLeak, CassetteMismatch, missing_extra
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.tape import (
    UNANSWERED,
    Asked,
    Exchange,
    Recording,
    Reply,
    read,
    save,
    written,
)
from unified_checkout.transport.http import AsyncHttpSender, Channel, HttpSender

_FAILURES: dict[str, type[ProviderError]] = {
    kind.__name__: kind
    for kind in (ConnectionFailed, RequestTimeout, ResponseTooLarge, UnreadableBody)
}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SHORTEST_KEY = 8
_PATIENCE = 0.5

Record = Literal["once", "none", "rewrite"]


class Cassette:
    """What was exchanged with providers while a test ran: recorded once, replayed ever after.

    The fixture ``checkout_cassette`` gives one. Within its context whatever clients ask is
    recorded or replayed; when it ends without an exception, it is checked and written.

    Args:
        path: the file.
        record: ``"once"`` records where there is no file yet, ``"none"`` never does, ``"rewrite"``
            replaces the file.
        now: the moment that it is while recording, aware or as an ISO 8601 string; None is the
            present. A replay goes back to it.

    Raises:
        CassetteMismatch: when something is asked that is not recorded; when the context ends and
            something recorded was not asked.
        CassetteLeak: when the context ends and what was recorded still looks like it held
            secrets or personal data; no file is written.
        CassetteError: if the file is no cassette.
        ConfigurationError: if the ``testing`` extra is missing.
    """

    def __init__(
        self, path: Path, *, record: Record = "once", now: datetime | str | None = None
    ) -> None:
        self.path = path
        self.replaying = record == "none" or (record == "once" and path.exists())
        """Whether nothing is sent, and what is asked is answered from the file."""
        self.requests: list[Request] = []
        """What was asked so far: the requests as the adapters wrote them, not signed."""
        self._recorded_at = _moment(now)
        self._recorded_from: Literal["provider", "sandbox"] = "sandbox"
        self._keys: set[str] = set()
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._numbers = count()
        self._waiting: dict[int, Asked] = {}
        self._refusals: list[str] = []
        self._context = ExitStack()
        self._file = _File()
        self._tape: Any = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.discard()

    def open(self) -> None:
        """Begin, as entering the context does."""
        vcr = _vcr()
        if self.replaying and self.path.exists():
            self._file.recording = read(self.path)
            self._recorded_at = self._file.recording.recorded_at
        patches = (*stillness.while_using(self._recorded_at), *self._stubs())
        if self.replaying:
            patches += stillness.while_replaying()
            self._context.enter_context(stillness.network_blocked(self._refusals.append))
        recorder = vcr.VCR(
            record_mode="none" if self.replaying else "once",
            match_on=[matcher.__name__ for matcher in _MATCHERS],
            custom_patches=patches,
            skip_patchers=vcr.patch.PATCHER_NAMES,
        )
        for matcher in _MATCHERS:
            recorder.register_matcher(matcher.__name__, matcher)
        recorder.register_persister(self._file)
        self._tape = self._context.enter_context(recorder.use_cassette(str(self.path)))

    def close(self) -> None:
        """End, check and write, as leaving the context without an exception does."""
        if self.replaying:
            self._settle()
        self.discard()
        if self.replaying:
            self._check()
        elif self._file.kept:
            self._write(self._file.kept)

    def discard(self) -> None:
        """End, as leaving the context with an exception does: nothing is checked or written."""
        with self._lock:
            for asked in self._waiting.values():
                self._tape.append(asked, Exchange(request=asked, failure=UNANSWERED))
            self._waiting.clear()
        self._released.set()
        self._context.close()

    # Standing in for the senders.

    def _stubs(self) -> tuple[stillness.Patch, ...]:
        really_send, really_send_async = HttpSender.send, AsyncHttpSender.send

        def send(sender: HttpSender, request: Request) -> Response:
            channel = sender._channel
            asked = self._ask(channel, request)
            if self.replaying:
                exchange = self._recorded(asked)
                if exchange.failure == UNANSWERED:
                    self._released.wait(_PATIENCE)
                return _outcome(exchange, channel)
            number = self._wait(asked)
            try:
                return self._keep(number, channel, really_send(sender, request))
            except ProviderError as error:
                self._keep_failure(number, error)
                raise

        async def send_async(sender: AsyncHttpSender, request: Request) -> Response:
            channel = sender._channel
            asked = self._ask(channel, request)
            if self.replaying:
                exchange = self._recorded(asked)
                if exchange.failure == UNANSWERED:
                    await asyncio.sleep(_PATIENCE)
                return _outcome(exchange, channel)
            number = self._wait(asked)
            try:
                return self._keep(number, channel, await really_send_async(sender, request))
            except ProviderError as error:
                self._keep_failure(number, error)
                raise

        return (HttpSender, "send", send), (AsyncHttpSender, "send", send_async)

    def _ask(self, channel: Channel, request: Request) -> Asked:
        with self._lock:
            self.requests.append(request)
            self._keys.update(_key(channel))
            if urlsplit(channel.base_url).hostname not in _LOOPBACK:
                self._recorded_from = "provider"
        scrubbed = _scrubber(channel).request(request)
        return Asked.of(channel.adapter.account, channel.adapter.name, scrubbed)

    def _recorded(self, asked: Asked) -> Exchange:
        """What came of a request while recording.

        Raises:
            CassetteMismatch: if it was not asked then, or not so often.
        """
        with self._lock:
            if self._tape.can_play_response_for(asked):
                exchange: Exchange = self._tape.play_response(asked)
                return exchange
            nearest = self._tape.find_requests_with_most_matches(asked)
            refusal = messages.not_recorded(self.path, asked, [found for found, *_ in nearest])
            self._refusals.append(refusal)
        raise CassetteMismatch(refusal)

    def _wait(self, asked: Asked) -> int:
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = asked
            return number

    def _keep(self, number: int, channel: Channel, response: Response) -> Response:
        """Record a response; returns what a replay will give in its place."""
        scrubbed = _scrubber(channel).response(response)
        with self._lock:
            asked = self._waiting.pop(number, None)
            if asked is not None:
                self._tape.append(asked, Exchange(request=asked, response=Reply.of(scrubbed)))
        return scrubbed

    def _keep_failure(self, number: int, error: ProviderError) -> None:
        with self._lock:
            asked = self._waiting.pop(number, None)
            if asked is not None:
                failure = type(error).__name__
                self._tape.append(asked, Exchange(request=asked, failure=failure))

    # Ending.

    def _left(self) -> list[Asked]:
        played = self._tape.play_counts
        return [
            exchange.request
            for index, exchange in enumerate(self._tape.responses)
            if not played[index] and exchange.failure != UNANSWERED
        ]

    def _settle(self) -> None:
        """Let threads ask what they are about to ask, after one account's failure ended a list."""
        deadline = time.monotonic() + _PATIENCE
        while self._left() and not self._refusals and time.monotonic() < deadline:
            time.sleep(0.01)

    def _check(self) -> None:
        if self._refusals:
            raise CassetteMismatch(self._refusals[0])
        if left := self._left():
            raise CassetteMismatch(messages.not_played(self.path, left))

    def _write(self, exchanges: Sequence[Exchange]) -> None:
        recording = Recording(
            version=1,
            recorded_from=self._recorded_from,
            recorded_at=self._recorded_at,
            exchanges=tuple(sorted(exchanges, key=lambda exchange: exchange.request.account)),
        )
        text = written(recording)
        findings = leaks(text, recording, self._keys)
        if findings:
            raise CassetteLeak(messages.not_kept(self.path, findings))
        save(self.path, text)


class _File:
    """The file as vcrpy sees it; it is written only once it has been checked."""

    def __init__(self) -> None:
        self.recording: Recording | None = None
        self.kept: list[Exchange] = []

    def load_cassette(self, path: str, serializer: object) -> tuple[list[Asked], list[Exchange]]:
        from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]

        if self.recording is None:
            raise CassetteNotFoundError
        exchanges = self.recording.exchanges
        return [exchange.request for exchange in exchanges], list(exchanges)

    def save_cassette(self, path: str, cassette: dict[str, Any], serializer: object) -> None:
        self.kept = cassette["responses"]


def same_account(asked: Asked, recorded: Asked) -> bool:
    """Whether two requests are of one account; what follows compares the rest of them."""
    return (asked.account, asked.provider) == (recorded.account, recorded.provider)


def same_path(asked: Asked, recorded: Asked) -> bool:
    """Whether they have the same path."""
    return asked.path == recorded.path


def same_parameters(asked: Asked, recorded: Asked) -> bool:
    """Whether they have the same parameters, in whatever order."""
    return sorted(asked.parameters) == sorted(recorded.parameters)


def same_headers(asked: Asked, recorded: Asked) -> bool:
    """Whether they have the same headers."""
    return asked.headers == recorded.headers


_MATCHERS: tuple[Callable[[Asked, Asked], bool], ...] = (
    same_account,
    same_path,
    same_parameters,
    same_headers,
)


def _scrubber(channel: Channel) -> Scrubber:
    return Scrubber(channel.adapter.sensitive, _key(channel))


def _key(channel: Channel) -> set[str]:
    """The account's key, if it is long enough to be told from other text."""
    key = channel.credentials.api_key.get_secret_value()
    return {key} if len(key) >= _SHORTEST_KEY else set()


def _outcome(exchange: Exchange, channel: Channel) -> Response:
    if exchange.response is not None:
        return exchange.response.response()
    _fail(exchange.failure, channel)


def _fail(failure: str | None, channel: Channel) -> NoReturn:
    kind = _FAILURES.get(failure or "", ConnectionFailed)
    raise kind(
        "there was no whole answer when this was recorded",
        account=channel.adapter.account,
        provider=channel.adapter.name,
    )


def _moment(now: datetime | str | None) -> datetime:
    given = datetime.now(UTC).replace(microsecond=0) if now is None else moment(now)
    return given if isinstance(given, datetime) else midnight(given)


def _vcr() -> Any:
    try:
        import vcr.patch  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    return vcr
