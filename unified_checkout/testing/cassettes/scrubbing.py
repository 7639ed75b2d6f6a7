"""``Scrubber``: requests and responses without secrets and personal data.

Fields are known by their names, wherever they stand; secrets, e-mail addresses and what a URL
carries are known by their look, in any text. Ids stay as they are, so that cursors replay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from unified_checkout.adapters import Request, Response, Sensitive, load
from unified_checkout.errors import ProviderLoadError
from unified_checkout.telltales import TELLTALE, URL
from unified_checkout.testing.cassettes.substitutes import SUBSTITUTE, substitute

COMMON: dict[str, Sensitive | None] = {
    "email": Sensitive.EMAIL,
    "email_address": Sensitive.EMAIL,
    **dict.fromkeys(
        (
            "name",
            "first_name",
            "middle_name",
            "last_name",
            "full_name",
            "given_name",
            "family_name",
            "business_name",
            "individual_name",
            "cardholder_name",
            "customer_name",
        ),
        Sensitive.NAME,
    ),
    **dict.fromkeys(("phone", "phone_number", "mobile"), Sensitive.PHONE),
    **dict.fromkeys(
        (
            "address",
            "birth_date",
            "city",
            "comment",
            "company",
            "date_of_birth",
            "description",
            "employer",
            "ip",
            "ip_address",
            "line1",
            "line2",
            "metadata",
            "note",
            "postal_code",
            "postcode",
            "ssn",
            "street",
            "tax_id",
            "zip",
        ),
        Sensitive.TEXT,
    ),
    "address.country": None,
    "url": Sensitive.PAGE,
    "api_key": Sensitive.SECRET,
    "authorization": Sensitive.SECRET,
    "cookie": Sensitive.SECRET,
    "password": Sensitive.SECRET,
}
"""By the end of a field's dotted path, what it holds at any provider; None exempts it."""

_ADDRESS = re.compile(r"(?![^@]*://)[^\s@]+@[^\s@]+")
_TEMPLATE = re.compile(r"\{[A-Z_]+\}")

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
_LONGEST_PLAIN_BODY = 200


class Scrubber:
    """Puts substitutes in the place of secrets and personal data.

    Args:
        sensitive: the provider's own fields, as in ``Adapter.sensitive``.
        secrets: texts that must not be kept wherever they stand, such as the key in use.
    """

    def __init__(
        self, sensitive: Mapping[str, Sensitive] | None = None, secrets: Collection[str] = ()
    ) -> None:
        self._kinds = {**COMMON, **(sensitive or {})}
        self._secrets = secrets

    @classmethod
    def of(cls, provider: str) -> Scrubber:
        """For a provider by name; common names alone where no adapter for it is installed."""
        try:
            return cls(load(provider).sensitive)
        except ProviderLoadError:
            return cls()

    def request(self, request: Request) -> Request:
        """An unsigned request as it may be written down."""
        return Request(
            path=self.text(request.path),
            parameters=tuple(
                (self.text(name), self.value(_field_path(name), value))
                for name, value in request.parameters
            ),
            headers={name: self.value((name,), text) for name, text in request.headers.items()},
        )

    def response(self, response: Response) -> Response:
        """A response as it may be written down, its JSON laid out for people to read."""
        headers = {
            name: self.value((name,), text)
            for name, text in response.headers.items()
            if not (name in _OF_THE_CONNECTION or name.startswith(_FOR_BROWSERS))
        }
        if "date" in response.headers and "GMT" in headers.get("retry-after", ""):
            headers["date"] = response.headers["date"]  # what the moment is relative to
        return Response(status=response.status, headers=headers, body=self.body(response.body))

    def value(self, path: tuple[str, ...], value: str) -> str:
        """The text at a path of field names."""
        kind = None
        for depth in range(1, len(path) + 1):
            kind = self.kind(path[:depth], kind)
        return self._string(value, kind)

    def body(self, body: bytes) -> bytes:
        """A body: JSON laid out for people to read, or what little may be kept of anything else."""
        text = body.decode("utf-8", "replace")
        try:
            return pretty(self.tree(json.loads(text)))
        except (ValueError, RecursionError):
            return self._not_json(text.strip("\ufeff \t\r\n")).encode()

    def tree(self, value: Any, path: tuple[str, ...] = (), kind: Sensitive | None = None) -> Any:
        """Decoded JSON; ``kind`` is what the value at this path holds."""
        if isinstance(value, dict):
            return {
                self.text(name): self.tree(item, (*path, name), self.kind((*path, name), kind))
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self.tree(item, path, kind) for item in value]
        if isinstance(value, str):
            return self._string(value, kind)
        if value is None or isinstance(value, bool) or kind in (None, Sensitive.PAGE):
            return value
        return self._string(json.dumps(value), kind)

    def kind(self, path: tuple[str, ...], inherited: Sensitive | None) -> Sensitive | None:
        """What the field at a path holds, given what the one above it does."""
        names = [_plain(name) for name in path[-3:]]
        for start in range(len(names)):
            ending = ".".join(names[start:])
            if ending in self._kinds:
                return self._kinds[ending]
        return Sensitive.SECRET if "secret" in names[-1] else inherited

    def text(self, text: str) -> str:
        """Running text: what gives itself away in it is substituted, the rest stays."""
        for secret in self._secrets:
            text = text.replace(secret, substitute(Sensitive.SECRET, secret))
        parts: list[str] = []
        end = 0
        for url in URL.finditer(text):
            parts += [_without_telltales(text[end : url.start()]), self._url(url[0])]
            end = url.end()
        return "".join([*parts, _without_telltales(text[end:])])

    def _string(self, value: str, kind: Sensitive | None) -> str:
        if _ADDRESS.fullmatch(value):
            return substitute(Sensitive.EMAIL, value)
        if kind is None or (kind is Sensitive.PAGE and not URL.match(value)):
            return self.text(value)
        return substitute(kind, value)

    def _url(self, url: str) -> str:
        """Where a URL leads stays; what it carries does not: query, fragment and credentials."""
        if SUBSTITUTE.fullmatch(url):
            return url
        try:
            parts = urlsplit(url)
        except ValueError:
            return substitute(Sensitive.TEXT, url)
        place = _without_telltales(parts.netloc.rpartition("@")[2] + parts.path)
        query = "&".join(self._query_part(part) for part in parts.query.split("&"))
        fragment = substitute(Sensitive.TEXT, unquote(parts.fragment))
        return (
            f"{parts.scheme}://{place}"
            + (f"?{query}" if parts.query else "")
            + (f"#{fragment}" if fragment else "")
        )

    def _query_part(self, part: str) -> str:
        name, equals, value = part.partition("=")
        if not equals:
            return quote(substitute(Sensitive.TEXT, unquote_plus(name)))
        if _TEMPLATE.fullmatch(value):
            return part
        kind = self.kind(_field_path(unquote_plus(name)), Sensitive.TEXT)
        if kind in (None, Sensitive.PAGE):
            kind = Sensitive.TEXT
        return f"{_without_telltales(name)}={quote(self._string(unquote_plus(value), kind))}"

    def _not_json(self, text: str) -> str:
        """Nothing tells what a page, or JSON that was cut short, holds; a short remark is kept."""
        if text.startswith("<"):
            return "<html>not kept</html>"
        if text.startswith(("{", "[")) or len(text) > _LONGEST_PLAIN_BODY:
            return "(not kept)"
        return self.text(text)


def pretty(tree: Any) -> bytes:
    """JSON for people to read and compare: sorted, each character one that YAML takes as it is."""
    text = json.dumps(tree, indent=2, ensure_ascii=False, sort_keys=True)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]", _escaped, text).encode()


def _escaped(character: re.Match[str]) -> str:
    return f"\\u{ord(character[0]):04x}"


def _without_telltales(text: str) -> str:
    return TELLTALE.sub(_telltale_substitute, text)


def _telltale_substitute(found: re.Match[str]) -> str:
    if SUBSTITUTE.fullmatch(found[0]):
        return found[0]
    if found.lastgroup == "secret":
        return substitute(Sensitive.SECRET, found[0])
    if "@" in found[0]:
        return substitute(Sensitive.EMAIL, found[0])
    return quote(substitute(Sensitive.EMAIL, unquote(found[0])))


def _field_path(parameter: str) -> tuple[str, ...]:
    """A parameter's name as a path.

    >>> _field_path("customer[email]")
    ('customer', 'email')
    """
    return tuple(part for part in re.split(r"[\[\].]+", parameter) if part) or (parameter,)


def _plain(name: str) -> str:
    """A field's name in the one spelling that the tables use.

    >>> _plain("postalCode"), _plain("Set-Cookie")
    ('postal_code', 'set_cookie')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
