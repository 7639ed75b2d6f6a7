"""``Cassette``: records what is exchanged with providers once, and replays it ever after.

It stands in for the senders, where a request is not signed yet: there the key is not in it, the
account's name still is, and the response's body is decompressed. (At the level of HTTP, two
accounts that ask the same could not be told apart once their keys are gone.)
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import SecretStr

from unified_checkout import clocks
from unified_checkout.adapters import Request, Response
from unified_checkout.engine.runtime import running
from unified_checkout.errors import (
    ConfigurationError,
    ConnectionFailed,
    ProviderError,
    ProxyRefused,
    RequestTimeout,
    ResponseTooLarge,
    TlsError,
    UnreadableBody,
    UnsupportedAnswer,
)
from unified_checkout.model.times import midnight, moment
from unified_checkout.paths import path_of
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import quoted
from unified_checkout.testing.cassettes import messages, stillness
from unified_checkout.testing.cassettes.checking import leaks
from unified_checkout.testing.cassettes.errors import (
    CassetteError,
    CassetteLeak,
    CassetteMismatch,
)
from unified_checkout.testing.cassettes.recorder import Recorder
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
from unified_checkout.transport import alarms
from unified_checkout.transport.http import AsyncHttpSender, Channel, HttpSender

_FAILURES: dict[str, type[ProviderError]] = {
    kind.__name__: kind
    for kind in (
        ConnectionFailed,
        ProxyRefused,
        RequestTimeout,
        ResponseTooLarge,
        TlsError,
        UnreadableBody,
        UnsupportedAnswer,
    )
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
        test: the id that pytest gives the test, to be named where recording again is advised.

    Raises:
        CassetteMismatch: when something is asked that is not recorded; when the context ends and
            something recorded was not asked.
        CassetteLeak: when the context ends and what was recorded still looks like it held
            secrets or personal data; no file is written.
        CassetteError: if the file is no cassette, or ``record`` is another word; when something is
            asked in a process that was forked from the one that records.
        ConfigurationError: if the ``testing`` extra is missing, or ``path`` can be none.
        ValueError: if ``now`` is no moment.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        record: Record = "once",
        now: datetime | str | None = None,
        test: str | None = None,
    ) -> None:
        if record not in get_args(Record):
            raise CassetteError(
                f"record: {quoted(record)} is not known; allowed: {', '.join(get_args(Record))}"
                + did_you_mean(record, get_args(Record))
            )
        self.path = path_of(path)
        self.replaying = record == "none" or (record == "once" and self.path.exists())
        """Whether nothing is sent, and what is asked is answered from the file."""
        self.requests: list[Request] = []
        """What was asked so far: the requests as the adapters wrote them, not signed."""
        try:
            self._now = None if now is None else moment(now)
        except ValueError as error:
            raise ValueError(f"now: {error}") from None
        self._test = test
        self._recorded_from: Literal["provider", "sandbox"] = "sandbox"
        self._keys: set[str] = set()
        """The accounts' keys, as far as they are long enough to be told from other text."""
        self._refusals: list[str] = []
        self._strays: set[threading.Thread] = set()
        self._asking: set[threading.Thread] = set()
        self._released = threading.Event()
        self._context = ExitStack()
        self._undo: Callable[[], None] | None = None

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
        self._process = os.getpid()
        self._recording = self._read()
        self._strays = stillness.request_threads()
        still = stillness.still(self._recording.recorded_at, replaying=self.replaying)
        self._context.enter_context(running(still))
        self._recorder = Recorder(self._recording if self.replaying else None, self._stubs())
        self._context.enter_context(self._recorder)
        if self.replaying:
            self._context.enter_context(stillness.network_blocked(self._refusals.append))

    def close(self) -> None:
        """End, check and write, as leaving the context without an exception does.

        A process that was forked meanwhile only ends: the file is its parent's.
        """
        if self._process != os.getpid():
            self.discard()
            return
        self._settle()
        self.discard()
        if self.replaying:
            self._check()
        elif self._recorder.exchanges:
            self._write()

    def discard(self) -> None:
        """End, as leaving the context with an exception does: nothing is checked or written."""
        self._released.set()
        self._context.close()

    def take_back(self) -> None:
        """Put back what was there before this was written: what was recorded did not end well."""
        if self._undo is not None:
            self._undo()

    def _read(self) -> Recording:
        """What the file holds; nothing yet where there is none, or where it is to be replaced."""
        if self.replaying and self.path.exists():
            return read(self.path)
        now = clocks.utc_now().replace(microsecond=0) if self._now is None else self._now
        return Recording(
            version=1,
            recorded_from="sandbox",
            recorded_at=now if isinstance(now, datetime) else midnight(now),
            exchanges=(),
        )

    # Standing in for the senders.

    def _stubs(self) -> tuple[stillness.Patch, ...]:
        really_send, really_send_async = HttpSender.send, AsyncHttpSender.send

        def send(sender: HttpSender, request: Request, token: SecretStr | None = None) -> Response:
            if sender.closed or threading.current_thread() in self._strays:
                return really_send(sender, request, token)
            call = self._asked(sender.channel, request)
            if not self.replaying:
                with call.recorded():
                    return call.keep(really_send(sender, request, token))
            exchange = self._played(call)
            if exchange.failure == UNANSWERED:
                self._released.wait(_PATIENCE)
            return call.outcome(exchange)

        async def send_async(
            sender: AsyncHttpSender, request: Request, token: SecretStr | None = None
        ) -> Response:
            if sender.closed:
                return await really_send_async(sender, request, token)
            call = self._asked(sender.channel, request)
            if not self.replaying:
                with call.recorded():
                    return call.keep(await really_send_async(sender, request, token))
            exchange = self._played(call)
            if exchange.failure == UNANSWERED:
                with alarms.move_on_after(_PATIENCE):
                    await asyncio.Event().wait()
            return call.outcome(exchange)

        stubs: tuple[stillness.Patch, ...] = (
            (HttpSender, really_send.__name__, send),
            (AsyncHttpSender, really_send_async.__name__, send_async),
        )
        return (*stubs, *stillness.without_keys(self._strays)) if self.replaying else stubs

    def _asked(self, channel: Channel, request: Request) -> _Call:
        """A request that is on its way.

        Raises:
            CassetteError: if it is to be recorded, and this process was forked from the one whose
                requests are: what is asked here would be lost.
        """
        if not self.replaying and self._process != os.getpid():
            raise CassetteError(
                f"{self.path} records what one process asks, and this one was forked from it; "
                "ask in that one, or fork first and let each process record a cassette of its own"
            )
        self._asking.add(threading.current_thread())
        self.requests.append(request)
        key = "" if self.replaying else _key(channel)
        self._keys |= {key} if len(key) >= _SHORTEST_KEY else set()
        call = _Call(self._recorder, channel, request, self._keys)
        if urlsplit(channel.base_url).hostname not in _LOOPBACK:
            self._recorded_from = "provider"
        return call

    def _played(self, call: _Call) -> Exchange:
        """What came of a request while recording.

        Raises:
            CassetteMismatch: if it was not asked then, or not so often.
        """
        exchange = self._recorder.play(call.asked)
        if exchange is None:
            nearest = self._recorder.nearest(call.asked)
            self._refusals.append(messages.not_recorded(self.path, self._test, call.asked, nearest))
            raise CassetteMismatch(self._refusals[-1])
        return exchange

    # Ending.

    def _settle(self) -> None:
        """Let threads ask what they are about to ask, after one account's failure ended a list."""
        deadline = clocks.now() + _PATIENCE
        begun = stillness.request_threads() - self._strays
        while begun - self._asking and clocks.now() < deadline:
            time.sleep(0.01)

    def _check(self) -> None:
        if self._refusals:
            raise CassetteMismatch(self._refusals[0])
        if left := self._recorder.left():
            raise CassetteMismatch(messages.not_played(self.path, self._test, left))

    def _write(self) -> None:
        by_account = sorted(self._recorder.exchanges, key=lambda one: one.request.account)
        recording = Recording(
            version=1,
            recorded_from=self._recorded_from,
            recorded_at=self._recording.recorded_at,
            exchanges=tuple(by_account),
            recorded_by=self._test and self._test.partition("[")[0],
        )
        text = written(recording)
        if findings := leaks(text, recording, self._keys):
            raise CassetteLeak(messages.not_kept(self.path, findings))
        before = self.path.read_bytes() if self.path.exists() else None
        save(self.path, text.encode())
        self._undo = self.path.unlink if before is None else partial(save, self.path, before)


def _key(channel: Channel) -> str:
    """The account's key, or nothing where it cannot be had, which sending will tell."""
    try:
        return channel.credentials.api_key.get_secret_value()
    except ConfigurationError:
        return ""


class _Call:
    """One request on its way through a cassette."""

    def __init__(
        self, recorder: Recorder, channel: Channel, request: Request, keys: set[str]
    ) -> None:
        self._keys = keys
        self._scrubber = Scrubber(channel.adapter.sensitive, keys)
        self._recorder = recorder
        self._adapter = channel.adapter
        self._for_a_token = request == channel.adapter.token_request()
        self._number: int | None = None
        self.asked = Asked.of(
            self._adapter.account, self._adapter.name, self._scrubber.request(request)
        )

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record the failure that ends the context, or that nobody waited for its end."""
        self._number = self._recorder.begin(self.asked)
        try:
            yield
        except ProviderError as error:
            self._recorder.end(self._number, type(error).__name__)
            raise

    def keep(self, response: Response) -> Response:
        """Record a response; returns what a replay will give in its place.

        A token that requests are to be signed with is returned as it came: it goes nowhere else.
        """
        assert self._number is not None
        if self._for_a_token and 200 <= response.status < 300:
            self._keys.add(self._adapter.parse_token(response).value.get_secret_value())
        scrubbed = self._scrubber.response(response)
        self._recorder.end(self._number, Reply.of(scrubbed))
        return response if self._for_a_token else scrubbed

    def outcome(self, exchange: Exchange) -> Response:
        """What came when it was recorded.

        Raises:
            ProviderError: if that was no response.
        """
        if exchange.response is not None:
            return exchange.response.response()
        raise _FAILURES.get(exchange.failure or "", ConnectionFailed)(
            "there was no whole answer when this was recorded",
            account=self._adapter.account,
            provider=self._adapter.name,
        )
