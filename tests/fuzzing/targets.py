"""The parsers: each takes any bytes, and lets nothing but our own typed errors out.

A target raises what its parser must not: anything that is no ``UnifiedCheckoutError``, or where
the parser is a tool for others, no documented error of its own.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from house import CASSETTES, PROVIDERS, adapter_of

from unified_checkout.adapters import Adapter, Place, Response, kit
from unified_checkout.config import load_accounts
from unified_checkout.engine import cursor
from unified_checkout.engine.position import (
    AccountPosition,
    Frontier,
    Position,
    StreamPosition,
)
from unified_checkout.errors import ProviderError, UnifiedCheckoutError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.model.times import moment
from unified_checkout.testing import CassetteError
from unified_checkout.testing.cassettes.tape import parsed, read
from unified_checkout.transport import codings

Target = Callable[[bytes], None]

STATUSES = (200, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503)
_LARGEST = 1 << 20


def _text(data: bytes) -> str:
    """Bytes as text, half characters among them."""
    return data.decode("utf-8", "surrogatepass" if len(data) % 2 else "replace")


def _any_text(parse: Callable[[str], object], *errors: type[Exception]) -> Target:
    def target(data: bytes) -> None:
        try:
            text = _text(data)
        except UnicodeDecodeError:
            return
        with suppress(*errors):
            parse(text)

    return target


def _use(sessions: list[Session]) -> None:
    """Do what users do with sessions."""
    for session in sessions:
        assert session.created.tzinfo is not None
        str(session)
        session.to_json()
        with suppress(ValueError):  # an integer of thousands of digits
            assert isinstance(session.raw, dict)
        for amount in (session.total, session.subtotal, session.tax):
            str(amount)


def _page(adapter: Adapter[Any]) -> Target:
    def target(data: bytes) -> None:
        with suppress(UnifiedCheckoutError):
            _use(adapter.parse_page(Response(status=200, body=data), Place()).sessions)

    return target


def _single(adapter: Adapter[Any]) -> Target:
    def target(data: bytes) -> None:
        with suppress(UnifiedCheckoutError):
            _use([adapter.parse_session(Response(status=200, body=data))])

    return target


def _failure(adapter: Adapter[Any]) -> Target:
    def target(data: bytes) -> None:
        status = STATUSES[data[0] % len(STATUSES)] if data else 500
        with suppress(UnicodeDecodeError):
            header = {"retry-after": data[:40].decode("latin-1"), "x-request-id": _text(data[:9])}
            error = adapter.parse_error(Response(status=status, headers=header, body=data))
            assert isinstance(error, ProviderError)
            str(error)

    return target


def _token(adapter: Adapter[Any]) -> Target:
    def target(data: bytes) -> None:
        with suppress(UnifiedCheckoutError):
            token = adapter.parse_token(Response(status=200, body=data))
            assert token.value.get_secret_value()

    return target


def _cursor(text: str) -> None:
    state = cursor.decode_cursor(text)
    assert cursor.decode_cursor(cursor.encode_cursor(state)) == state


def _forged(payload: bytes) -> None:
    """What a cursor may hold, behind the digest that nothing invented passes."""
    with suppress(UnifiedCheckoutError):
        _cursor(cursor._sealed(payload))


def _payloads() -> Iterator[bytes]:
    """What cursors hold, plain and as short as can be."""
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    place = StreamPosition(cursor="cs_test_a1", created=noon, skip=frozenset({"cs_1", "cs_2"}))
    for account in (
        AccountPosition(streams=(place,) * 2, frontier=Frontier(noon, frozenset({"cs_test_a1"}))),
        AccountPosition(ceiling=noon, doubted=("email = (given)",), anchor="cs_1", begins=True),
    ):
        position = Position(fingerprint="SvWdPRUm6Xid", ceiling=noon, accounts=(account,) * 3)
        numbered = cursor._numbered(position)
        yield cursor._compressed(numbered)
        yield cursor._PLAIN + msgspec.msgpack.encode(numbered)
        yield cursor._PACKED + msgspec.msgpack.encode(cursor._packed(numbered))


@contextmanager
def _file(data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkout.toml"
        path.write_bytes(data)
        yield path


def _configuration(data: bytes) -> None:
    with _file(data) as path, warnings.catch_warnings(), suppress(UnifiedCheckoutError):
        warnings.simplefilter("ignore")
        for account in load_accounts(path):
            str(account)
            account.adapter()


def _cassette(text: str) -> None:
    parsed(Path("cassette.yaml"), text)


def _query(text: str) -> None:
    field, _, value = text.partition("=")
    str(ListSessions.model_validate({field: value, "created": {"gte": value}}))


def _encoded(data: bytes) -> None:
    for name in ("gzip", "deflate"):
        for stage in codings.undoing([name]):
            with suppress(codings.Unreadable):
                assert len(stage.undo(data, _LARGEST)) <= _LARGEST + 1


def _money(text: str) -> None:
    kit.minor_units(text, 2, "amount")


def _metadata(data: bytes) -> None:
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        kit.strings(msgspec.json.decode(data, type=msgspec.Raw))


def _retry_after(data: bytes) -> None:
    headers = {"retry-after": data.decode("latin-1"), "date": data[::-1].decode("latin-1")}
    for status in (429, 503):
        advice = kit.retry_after(Response(status=status, headers=headers))
        assert advice is None or advice >= 0


TARGETS: dict[str, Target] = {
    **{f"{name}-page": _page(adapter_of(name)) for name in PROVIDERS},
    **{f"{name}-session": _single(adapter_of(name)) for name in PROVIDERS},
    **{f"{name}-failure": _failure(adapter_of(name)) for name in PROVIDERS},
    "token": _token(adapter_of(PROVIDERS[0])),
    "cursor": _any_text(_cursor, UnifiedCheckoutError),
    "forged-cursor": _forged,
    "configuration": _configuration,
    "cassette": _any_text(_cassette, CassetteError),
    "query": _any_text(_query, UnifiedCheckoutError),
    "moment": _any_text(moment, ValueError),
    "provider-moment": _any_text(lambda text: kit.moment(text, "created"), kit.FieldError),
    "provider-day": _any_text(lambda text: kit.day(text, "created"), kit.FieldError),
    "money": _any_text(_money, kit.FieldError),
    "metadata": _metadata,
    "retry-after": _retry_after,
    "coding": _encoded,
}


PARSERS: dict[str, Sequence[str]] = {
    "page": [*(f"{name}-{what}" for name in PROVIDERS for what in ("page", "session")), "metadata"],
    "failure": [*(f"{name}-failure" for name in PROVIDERS), "retry-after", "token"],
    "cursor": ["cursor", "forged-cursor"],
    "configuration": ["configuration"],
    "query": ["query"],
    "time": ["moment", "provider-moment", "provider-day"],
    "money": ["money"],
    "coding": ["coding"],
    "cassette": ["cassette"],
}
"""Which targets are fuzzed together: of what is given, the first byte chooses one."""


def chosen(names: Sequence[str]) -> Target:
    """The target of a parser."""

    def target(data: bytes) -> None:
        if data:
            TARGETS[names[data[0] % len(names)]](data[1:])

    return target


def seeds(names: Sequence[str]) -> list[bytes]:
    """What is known to be read, for a parser to begin with."""
    return [bytes([at]) + one for at, name in enumerate(names) for one in corpus(name) or [b""]]


def corpus(name: str) -> list[bytes]:
    """What is known to be read by a target."""
    provider, _, what = name.rpartition("-")
    if what in ("page", "session", "failure") and provider in PROVIDERS:
        files = sorted((CASSETTES / provider).glob("*.yaml"))
        recordings = [read(file) for file in files]
        exchanges = [one for recording in recordings for one in recording.exchanges]
        bodies = [one.response.response().body for one in exchanges if one.response]
        return list(dict.fromkeys(body for body in bodies if body))
    return _SEEDS.get(name, [b""])


_SEEDS = {
    "token": [b'{"access_token": "A21AAF", "token_type": "Bearer", "expires_in": 32400}'],
    "cursor": [b"uc3.", *(cursor._sealed(payload).encode() for payload in _payloads())],
    "forged-cursor": list(_payloads()),
    "configuration": [
        b'[accounts.us]\nprovider = "stripe"\napi_key = "sk_test_x"\ntimeout = 30\n',
        b'[accounts.us]\nprovider = "flex"\napi_key = { env = "KEY" }\n',
    ],
    "cassette": [file.read_bytes() for file in sorted(CASSETTES.glob("stripe/get.yaml"))],
    "query": [b"created=2026-10", b"status=complete", b"last=24h", b"page_size=3"],
    "moment": [b"2026-10-31T12:00:00.5+02:00", b"2026-10-31"],
    "provider-moment": [b"2026-10-31T12:00:00.123456789Z"],
    "provider-day": [b"2026-10-31"],
    "money": [b"12.50", b"-0.01", b"1e3"],
    "metadata": [b'{"a": 1, "b": "x", "c": null, "d": [1.50]}'],
    "retry-after": [b"120", b"Wed, 21 Oct 2026 07:28:00 GMT"],
    "coding": [bytes.fromhex("1f8b0800000000000003cbcf0600b1e4c0b702000000")],
}
