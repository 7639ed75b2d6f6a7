"""``Scrubber``: requests and responses without secrets and personal data.

What is a number, true, false or null stays, unless the name of its field tells that it is a
person's. Of text, below the objects that a session is related to, only what ``keeping`` knows
stays: ids, words of closed sets, times, amounts. The fields of a session's own are its provider's,
and an adapter reads them, so any single word stays there that gives nothing away. Ids stay as they
are everywhere, so that cursors replay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from enum import Enum, auto
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

import attrs

from unified_checkout.adapters import Request, Response, Sensitive, load
from unified_checkout.errors import ProviderLoadError
from unified_checkout.telltales import TELLTALE, URL
from unified_checkout.testing.cassettes.keeping import (
    looks_personal,
    may_be_kept,
    may_be_kept_of_a_session,
)
from unified_checkout.testing.cassettes.names import Names, Path, is_a_name, parameter_path
from unified_checkout.testing.cassettes.substitutes import SUBSTITUTE, substitute

_ADDRESS = re.compile(r"(?![^@]*://)[^\s@]+@[^\s@]+")
_TEMPLATE = re.compile(r"\{[A-Z_]+\}")
_SEGMENT = re.compile(r"[a-z]+(?:[_.-][a-z0-9]+)*|v\d{1,2}|\d{1,6}|", re.ASCII)
"""A part of a URL's path that is the same for everybody."""

_OF_THE_CONNECTION = frozenset(
    {
        "alt-svc",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "nel",
        "report-to",
        "server",
        "set-cookie",
        "strict-transport-security",
        "transfer-encoding",
        "vary",
        "via",
    }
)
_FOR_BROWSERS = ("access-control-", "content-security-", "cross-origin-", "x-content-", "x-frame-")
_LINKS = ("link", "location")
"""Headers that lead to a page of a list."""
_NOTHING_KEPT = ("<html>not kept</html>", "(not kept)")
_FORM = "application/x-www-form-urlencoded"

_ENVELOPES = frozenset(
    {
        "_embedded",
        "_links",
        "current",
        "cursor",
        "cursors",
        "data",
        "detail",
        "error",
        "errors",
        "first",
        "items",
        "last",
        "links",
        "meta",
        "next",
        "page",
        "page_info",
        "pagination",
        "paging",
        "prev",
        "previous",
        "records",
        "response",
        "result",
        "results",
        "self",
    }
)
"""What holds sessions, an error, or the way to the next page."""
_ASKED_OF_SESSIONS = frozenset(
    {
        "client_reference_id",
        "customer",
        "customer_account",
        "payment_intent",
        "payment_link",
        "subscription",
    }
)
"""What conditions compare with sessions; both are scrubbed alike, so that they still match."""


class _Level(Enum):
    """How far a value is from the session that it belongs to."""

    ENVELOPE = auto()
    """Around the sessions of a response."""
    SESSION = auto()
    """A session's own field."""
    RELATED = auto()
    """Below another object, or nobody knows where."""


@attrs.frozen
class _Place:
    """Where a value stands in a body."""

    path: Path
    level: _Level
    kind: Sensitive | None = None
    """What the field above holds."""


class Scrubber:
    """Puts substitutes in the place of secrets and personal data.

    Args:
        sensitive: the provider's own fields, as in ``Adapter.sensitive``.
        secrets: texts that must not be kept wherever they stand, such as the key in use.
        stand_in: gives the substitutes.
    """

    def __init__(
        self,
        sensitive: Mapping[str, Sensitive | None] | None = None,
        secrets: Collection[str] = (),
        stand_in: Callable[[Sensitive, str], str] = substitute,
    ) -> None:
        self._names = Names(sensitive)
        self._secrets = secrets
        self._substitute = stand_in
        self._kept_names: dict[str, str] = {}

    @classmethod
    def of(cls, provider: str, stand_in: Callable[[Sensitive, str], str] = substitute) -> Scrubber:
        """For a provider by name; common names alone where no adapter for it is installed."""
        try:
            return cls(load(provider).sensitive, stand_in=stand_in)
        except ProviderLoadError:
            return cls(stand_in=stand_in)

    def request(self, request: Request) -> Request:
        """An unsigned request as it may be written down."""
        return attrs.evolve(
            request,
            path=self._path(request.path),
            parameters=tuple(
                (self.name(name), self.value(parameter_path(name), value))
                for name, value in request.parameters
            ),
            headers={name: self.value((name,), text) for name, text in request.headers.items()},
            body=self._asking(request),
        )

    def response(self, response: Response) -> Response:
        """A response as it may be written down, its JSON laid out for people to read."""
        headers = {
            name: self._links(text) if name in _LINKS else self.value((name,), text)
            for name, text in response.headers.items()
            if not (name in _OF_THE_CONNECTION or name.startswith(_FOR_BROWSERS))
        }
        if "date" in response.headers and "GMT" in headers.get("retry-after", ""):
            headers["date"] = response.headers["date"]  # what the moment is relative to
        return Response(status=response.status, headers=headers, body=self.body(response.body))

    def value(self, path: Path, value: str) -> str:
        """The text of a parameter, of a header, or of a condition on a field of sessions."""
        kind = None
        for depth in range(1, len(path) + 1):
            kind = self._names.kind(path[:depth], kind)
        own = path[-1] in _ASKED_OF_SESSIONS
        return self._string(value, _Place(path, _Level.SESSION if own else _Level.RELATED, kind))

    def name(self, name: str) -> str:
        """The name of a field or a parameter: text, where it does not look like one."""
        if name not in self._kept_names:
            self._kept_names[name] = self._name(name)
        return self._kept_names[name]

    def _name(self, name: str) -> str:
        if is_a_name(name) or SUBSTITUTE.fullmatch(name) or may_be_kept((), name):
            return self.text(name)
        if _ADDRESS.fullmatch(name):
            return self._substitute(Sensitive.EMAIL, name)
        return self._substitute(Sensitive.TEXT, name)

    def body(self, body: bytes) -> bytes:
        """The body of a response: JSON laid out for people to read, or what little may be kept."""
        return self._body(body, self.tree)

    def tree(self, body: Any) -> Any:
        """Decoded JSON: the whole body of a response."""
        envelope = isinstance(body, list) or (isinstance(body, dict) and _is_envelope(body))
        return self._tree(body, _Place((), _Level.ENVELOPE if envelope else _Level.SESSION))

    def _body(self, body: bytes, scrubbed: Callable[[Any], Any]) -> bytes:
        text = body.decode("utf-8", "replace")
        try:
            return pretty(scrubbed(json.loads(text)))
        except (ValueError, RecursionError):
            return self._not_json(text.strip("\ufeff \t\r\n")).encode()

    def _tree(self, value: Any, place: _Place) -> Any:
        if isinstance(value, dict):
            return {
                self.name(name): self._tree(item, self._below(place, name, item, len(value) == 1))
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._tree(item, self._item(place, item)) for item in value]
        if isinstance(value, str):
            return self._string(value, place)
        if value is None or isinstance(value, bool) or place.kind in (None, Sensitive.PAGE):
            return value
        return self._substitute(place.kind, json.dumps(value))

    def _below(self, place: _Place, name: str, value: Any, alone: bool) -> _Place:
        """The place of an object's field."""
        path = (*place.path, name)
        level = place.level
        if isinstance(value, dict) and not self._names.exempt(path):
            level = _level_below(level, name, value, alone)
        return _Place(path, level, self._names.kind(path, place.kind))

    def _item(self, place: _Place, item: Any) -> _Place:
        """The place of a list's item."""
        if isinstance(item, dict):
            below = _Level.SESSION if place.level is _Level.ENVELOPE else _Level.RELATED
            return attrs.evolve(place, level=below)
        if isinstance(item, list) or not place.path:
            return place
        return attrs.evolve(place, kind=self._names.kind_of_items(place.path, place.kind))

    def text(self, text: str) -> str:
        """Running text: what gives itself away in it is substituted, the rest stays."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, self._substitute(Sensitive.SECRET, secret))
        return self._with_urls(text, _Level.RELATED)

    def _links(self, text: str) -> str:
        """Running text whose URLs lead to pages of a list."""
        return self._with_urls(text, _Level.ENVELOPE)

    def _with_urls(self, text: str, level: _Level) -> str:
        parts: list[str] = []
        end = 0
        for url in URL.finditer(text):
            parts += [self._plain(text[end : url.start()]), self._url(url[0], level)]
            end = url.end()
        return "".join([*parts, self._plain(text[end:])])

    def _string(self, value: str, place: _Place) -> str:
        if not value or SUBSTITUTE.fullmatch(value):
            return value
        if _ADDRESS.fullmatch(value):
            return self._substitute(Sensitive.EMAIL, value)
        if place.path and self._names.exempt(place.path):
            return self.text(value)
        url = URL.fullmatch(value) is not None
        if place.kind is not None and (url or place.kind is not Sensitive.PAGE):
            return self._substitute(place.kind, value)
        if url and place.level is not _Level.RELATED:
            ours = place.level is _Level.SESSION
            return self._url(value, _Level.RELATED if ours else place.level)
        if may_be_kept(place.path, value) or (
            place.level is not _Level.RELATED and may_be_kept_of_a_session(value)
        ):
            return self.text(value)
        if value.startswith("/") and place.kind is Sensitive.PAGE and " " not in value:
            return self._path(value)
        return self._substitute(Sensitive.PAGE if url else Sensitive.TEXT, value)

    def _url(self, url: str, level: _Level) -> str:
        """Where a URL leads stays, but for what may be somebody's; what it carries, like fields."""
        if SUBSTITUTE.fullmatch(url):
            return url
        try:
            parts = urlsplit(url)
        except ValueError:
            return self._substitute(Sensitive.TEXT, url)
        place = self._plain(parts.netloc.rpartition("@")[2]) + self._path(parts.path)
        query = "&".join(self._query_part(part, level) for part in parts.query.split("&"))
        fragment = self._substitute(Sensitive.TEXT, unquote(parts.fragment))
        return (
            f"{parts.scheme}://{place}"
            + (f"?{query}" if parts.query else "")
            + (f"#{fragment}" if fragment else "")
        )

    def _path(self, path: str) -> str:
        """The path of a URL: words and ids stay."""
        return "/".join(map(self._segment, path.split("/")))

    def _segment(self, segment: str) -> str:
        if _SEGMENT.fullmatch(segment) or _TEMPLATE.fullmatch(segment):
            return self.text(segment)
        original = unquote(segment)
        if SUBSTITUTE.fullmatch(original):
            return segment
        if may_be_kept(("id",), original):
            return self.text(segment)
        kind = Sensitive.EMAIL if _ADDRESS.fullmatch(original) else Sensitive.TEXT
        return quote(self._substitute(kind, original))

    def _query_part(self, part: str, level: _Level) -> str:
        name, equals, value = part.partition("=")
        if not equals:
            return quote(self._substitute(Sensitive.TEXT, unquote_plus(name)))
        if not _TEMPLATE.fullmatch(value):
            path = parameter_path(unquote_plus(name))
            original = unquote_plus(value)
            kept = self._string(original, _Place(path, level, self._names.kind(path)))
            value = value if kept == original else quote(kept)
        return f"{self._query_name(name)}={value}"

    def _query_name(self, name: str) -> str:
        original = unquote_plus(name)
        personal = looks_personal(original)
        kept = self._substitute(Sensitive.TEXT, original) if personal else self.name(original)
        return name if kept == original else quote(kept)

    def _asking(self, request: Request) -> bytes:
        """The body of a request: a form, JSON or nothing."""
        headers = {name.lower(): text for name, text in request.headers.items()}
        if headers.get("content-type", "").startswith(_FORM):
            parts = request.body.decode("utf-8", "replace").split("&")
            return "&".join(self._query_part(part, _Level.RELATED) for part in parts).encode()
        return self._body(request.body, lambda tree: self._tree(tree, _Place((), _Level.RELATED)))

    def _not_json(self, text: str) -> str:
        """Nothing tells what a page, a remark, or JSON that was cut short holds."""
        if text in _NOTHING_KEPT or may_be_kept((), text) or not text:
            return text
        return _NOTHING_KEPT[0 if text.startswith("<") else 1]

    def _plain(self, text: str) -> str:
        return TELLTALE.sub(self._telltale_substitute, text)

    def _telltale_substitute(self, found: re.Match[str]) -> str:
        if SUBSTITUTE.fullmatch(found[0]):
            return found[0]
        if found.lastgroup == "secret":
            return self._substitute(Sensitive.SECRET, found[0])
        if "@" in found[0]:
            return self._substitute(Sensitive.EMAIL, found[0])
        return quote(self._substitute(Sensitive.EMAIL, unquote(found[0])))


def _level_below(level: _Level, name: str, value: dict[str, Any], alone: bool) -> _Level:
    """The level of an object in a field of an object of a level."""
    if level is not _Level.ENVELOPE:
        return _Level.RELATED
    if name in _ENVELOPES:
        return _Level.SESSION if "id" in value else _Level.ENVELOPE
    return _Level.SESSION if alone and name not in _ASKED_OF_SESSIONS else _Level.RELATED


def _is_envelope(body: dict[str, Any]) -> bool:
    """Whether an object holds sessions, or an error, rather than being a session itself."""
    return "id" not in body and (
        len(body) == 1
        or any(
            name in _ENVELOPES and isinstance(value, dict | list) for name, value in body.items()
        )
        or any(
            isinstance(value, list) and value and isinstance(value[0], dict)
            for value in body.values()
        )
    )


def pretty(tree: Any) -> bytes:
    """JSON for people to read and compare: sorted, each character one that YAML takes as it is."""
    text = json.dumps(tree, indent=2, ensure_ascii=False, sort_keys=True)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]", _escaped, text).encode()


def _escaped(character: re.Match[str]) -> str:
    return f"\\u{ord(character[0]):04x}"
