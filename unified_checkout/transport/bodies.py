"""``Body``: the body of an answer as it arrives, and what becomes of the answer."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from email.utils import formatdate

import httpx

from unified_checkout.adapters import Response
from unified_checkout.errors import (
    ProviderError,
    ProxyRefused,
    ResponseTooLarge,
    UnreadableBody,
    UnsupportedAnswer,
)
from unified_checkout.transport import codings
from unified_checkout.transport.channel import Channel
from unified_checkout.transport.failures import LOG_IN
from unified_checkout.transport.repeated import Secrets

REASONS = 5.0
"""How long the body of a failure is waited for, in seconds: the status has told already."""
_LONGEST_REASON = 65_536
"""So many bytes of the body of a failure are read."""
_ADDED_BY_CODING = 65_536
"""So many bytes more than it comes to may be sent of a body: what is small grows when it is coded."""
_ON_THE_WAY = {
    407: ("a proxy on the way asks for credentials", None),
    511: ("this network asks for a login", LOG_IN),
}
_NOTHING = {204: "without content", 205: "without content", 206: "with a part of the content"}
_UTF_8 = ("", "utf-8", "utf8")
_SINGLE = frozenset({"date", "retry-after"})
"""Fields that hold one value; if there are more of them, the first counts that tells anything."""


class Body:
    """A response's body: decoded, and no larger than the account allows.

    The status decides. The body of a failure may be as it likes; what can be read of it, is, but
    for the secrets that it repeats.

    Args:
        channel: what reaching the account takes.
        answer: the head of the answer.
        secrets: what the request was signed with.

    Raises:
        ProviderError: if the head tells that no body could be of use.
    """

    def __init__(self, channel: Channel, answer: httpx.Response, secrets: Secrets) -> None:
        self._channel = channel
        self._answer = answer
        self._secrets = secrets
        self._chunks: list[bytes] = []
        self._stages: list[codings.Coding] = []
        self._is_left_coded = False
        self.of_failure = not answer.is_success
        """Whether the status tells of a failure."""
        self._room = channel.max_body_bytes
        if self.of_failure:
            self._room = min(self._room, _LONGEST_REASON)
        self._to_come = self._room + _ADDED_BY_CODING
        self._problem: ProviderError | None = None
        self._check_head()
        self.wanted = True
        """Whether more of it is to be read."""

    def add(self, chunk: bytes) -> None:
        """Take in what has arrived."""
        self._to_come -= len(chunk)
        for stage in self._stages:
            try:
                chunk = stage.undo(chunk, self._room)
            except codings.Unreadable:
                self._end(self._unreadable("not compressed as it claims to be"))
                return
            if len(chunk) > self._room:
                break
        self._chunks.append(chunk[: self._room])
        if len(chunk) > self._room or self._to_come < 0:
            self._end(self._too_large())
        self._room -= len(chunk)

    def response(self) -> Response:
        """The answer, whole.

        Raises:
            ProviderError: if it is a success that cannot be read.
        """
        body = b"".join(self._chunks).removeprefix(BOM_UTF8)
        if self.of_failure:
            body = self._secrets.out_of_body(body)
        else:
            if self._problem is not None:
                raise self._problem
            if not all(stage.whole for stage in self._stages):
                raise self._unreadable("compressed, and cut short")
            if _is_wide(body):
                raise self._unsupported("in UTF-16 or UTF-32, where JSON is in UTF-8")
            if (charset := self._foreign_charset()) and not _is_utf_8(body):
                raise self._unsupported(f"in {charset}, where JSON is in UTF-8")
        return Response(status=self._answer.status_code, headers=self._headers(), body=body)

    def _check_head(self) -> None:
        status = self._answer.status_code
        if status in _ON_THE_WAY:
            message, hint = _ON_THE_WAY[status]
            raise ProxyRefused(message, hint=hint, status=status, **self._channel.where)
        if status in _NOTHING:
            raise self._unsupported(f"one {_NOTHING[status]}")
        if not self.of_failure and self._declared() > self._to_come:
            raise self._too_large()
        named = self._answer.headers.get_list("content-encoding", split_commas=True)
        named = [name.strip().lower() for name in named]
        foreign = codings.foreign(named)
        if foreign is None:
            self._stages = codings.undoing(named)
        elif self.of_failure:
            self._is_left_coded = True
        else:
            raise self._unsupported(f"a body in {foreign}, where gzip was asked for")

    def _declared(self) -> int:
        """How many bytes the head says that will come; 0 where it says nothing that counts."""
        headers = self._answer.headers
        length = headers.get("content-length", "").partition(",")[0].strip()
        return int(length) if length.isdecimal() and "transfer-encoding" not in headers else 0

    def _foreign_charset(self) -> str:
        """The character set that the head names, if it is another than UTF-8."""
        named = (self._answer.charset_encoding or "").lower()
        return "" if named in _UTF_8 else codings.shown(named)

    def _end(self, problem: ProviderError) -> None:
        self._problem = problem
        self.wanted = False

    def _headers(self) -> dict[str, str]:
        """The header by lower-case name, without secrets, and without the codings that are undone.

        What is repeated word for word counts once. An answer without a date gets that of its arrival.
        """
        told: dict[str, dict[str, None]] = {}
        for name, value in self._answer.headers.multi_items():
            told.setdefault(name, {})[value] = None
        if not self._is_left_coded:
            told.pop("content-encoding", None)
        fields = {name: ", ".join(values) for name, values in told.items()}
        for name in _SINGLE & told.keys():
            fields[name] = next(filter(None, told[name]), "")
        if not fields.get("date"):
            fields["date"] = formatdate(usegmt=True)
        return self._secrets.out_of_headers(fields)

    def _unsupported(self, what: str) -> ProviderError:
        return UnsupportedAnswer(
            f"the answer is {what}", status=self._answer.status_code, **self._channel.where
        )

    def _unreadable(self, how: str) -> ProviderError:
        return UnreadableBody(
            f"the body is {how}", status=self._answer.status_code, **self._channel.where
        )

    def _too_large(self) -> ProviderError:
        return ResponseTooLarge(
            f"the body is larger than {self._channel.max_body_bytes} bytes",
            status=self._answer.status_code,
            **self._channel.where,
        )


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_wide(body: bytes) -> bool:
    return body.startswith((BOM_UTF16_BE, BOM_UTF16_LE)) or b"\0" in body[:4]
