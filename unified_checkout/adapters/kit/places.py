"""Tools for adapter authors: where an object is, and where a list goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

import attrs

from unified_checkout.adapters.contract import Direction
from unified_checkout.adapters.http import Parameters, Response
from unified_checkout.adapters.kit.fields import FieldError
from unified_checkout.errors import InvalidQuery
from unified_checkout.telltales import quoted

if TYPE_CHECKING:
    from unified_checkout.model.session import Session

_USUAL_PORTS = (None, 80, 443)
_ALLOWED_IN_A_PATH = "/%:@!$&'()*+,;=~"
_NO_ADDRESS = re.compile(r"[\s\\\x00-\x20\x7f<>\"]")
_LINK = re.compile(
    r"<([^<>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+"
    r"(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s;,\"]+))?)*)\s*(?:,|$)"
)
_LINK_PARAMETER = re.compile(
    r";\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]+)))?"
)


def item_path(collection: str, id: str) -> str:
    """The path of one object of a collection, its id percent-encoded.

    >>> item_path("/v1/things", "a/b")
    '/v1/things/a%2Fb'

    Raises:
        InvalidQuery: for an id that would name the collection itself.
    """
    check_id(id)
    return f"{collection}/{quote(id, safe='')}"


def check_id(id: object) -> None:
    """Refuse what no provider calls a session.

    Raises:
        InvalidQuery: for no text, for one of dots and blanks, and where not all of it can be printed.
    """
    if not isinstance(id, str) or not id.isprintable() or not id.strip(". "):
        raise InvalidQuery(
            f"{quoted(id)} is not the id of a session; give the provider's id in full"
        )


def end_of(sessions: Sequence[Session], direction: Direction) -> str | None:
    """The id to continue from: the last session's going forward, the first's going backward."""
    if not sessions:
        return None
    return sessions[-1 if direction is Direction.FORWARD else 0].id


@attrs.frozen
class Link:
    """An address that a provider names, of its own: a path and parameters, never a host.

    So whatever a body says, the key goes where the account's ``base_url`` leads and nowhere else.
    """

    path: str
    """As ``Request.path``."""
    parameters: Parameters = ()
    """As ``Request.parameters``."""

    @classmethod
    def of(cls, address: str, homes: Iterable[str], *, field: str, beside: str = "") -> Self:
        """The link that an address is, in full or relative (RFC 3986, section 4.2).

        >>> address = "https://api.example.com/v1/things?cursor=abc&limit=2"
        >>> Link.of(address, ["https://api.example.com"], field="next").value("cursor")
        'abc'

        Args:
            address: what the provider sent.
            homes: the base addresses that are the provider's own. A path that one of them begins
                with is taken off, since every request begins with it.
            field: what to call the field in an error.
            beside: the path of the request that was answered, for addresses that are relative to
                it, such as ``?page=2``.

        Raises:
            FieldError: for an address of another host, and for what is none.
        """
        found, parameters = _split(address, field)
        own = [home for home in map(urlsplit, homes) if _same_host(found, home)]
        if not own:
            raise FieldError(field, "an address of another host, to which no key is sent")
        in_full = found.path or "/"
        path = in_full if found.netloc else urljoin(beside, found.path or beside)
        path = _below(path, [home.path.rstrip("/") for home in own])
        if not path.startswith("/") or any(unquote(one) in (".", "..") for one in path.split("/")):
            raise FieldError(field, "an address without a plain path")
        return cls(quote(path, safe=_ALLOWED_IN_A_PATH), parameters)

    @classmethod
    def at(cls, place: str) -> Self:
        """The link that a place was made of."""
        path, _, query = place.partition("?")
        return cls(path, tuple(parse_qsl(query, keep_blank_values=True)))

    @property
    def place(self) -> str:
        """The link as a place to continue at, which ``at`` reads again.

        >>> link = Link("/v1/things", (("cursor", "a b"),))
        >>> link.place, Link.at(link.place) == link
        ('/v1/things?cursor=a+b', True)
        """
        return f"{self.path}?{urlencode(self.parameters)}" if self.parameters else self.path

    def value(self, name: str) -> str | None:
        """The value of a parameter; None where the link has none of that name."""
        return dict(self.parameters).get(name)


def link_header(response: Response, relation: str = "next") -> str | None:
    """The address that a response's ``Link`` header names for a relation (RFC 8288, section 3).

    >>> sent = '<https://api.example.com/v1/things?page=2>; rel="next", </v1/things>; rel=first'
    >>> link_header(Response(status=200, headers={"link": sent}))
    'https://api.example.com/v1/things?page=2'

    Raises:
        FieldError: for a header that cannot be read: taken for none, it would end the list.
    """
    rest = response.headers.get("link", "").strip(" \t,")
    while rest:
        found = _LINK.match(rest)
        if found is None:
            raise FieldError("link", "not a Link header")
        said = [
            (name.lower(), quoted or plain)
            for name, quoted, plain in _LINK_PARAMETER.findall(found[2])
        ]
        relations = next((value for name, value in said if name == "rel"), "")
        if relation in relations.lower().split() and "anchor" not in dict(said):
            return found[1]
        rest = rest[found.end() :].lstrip(" \t,")
    return None


def _split(address: str, field: str) -> tuple[SplitResult, Parameters]:
    """An address in its parts, and its parameters decoded."""
    try:
        found = urlsplit(address)
        query = parse_qsl(found.query, keep_blank_values=True, errors="strict")
        plain = address and "@" not in found.netloc and not _NO_ADDRESS.search(address)
        with_host = found.scheme in ("http", "https") and found.hostname and found.port != 0
        if plain and (with_host or not found.scheme):
            return found, tuple(query)
    except ValueError:
        pass
    raise FieldError(field, "not an address")


def _same_host(found: SplitResult, home: SplitResult) -> bool:
    """Whether an address is of a home's host; behind a proxy a provider may not know its scheme."""
    if not found.netloc:
        return True
    usual = found.port in _USUAL_PORTS and home.port in _USUAL_PORTS
    return found.hostname == home.hostname and (usual or found.port == home.port)


def _below(path: str, beginnings: Iterable[str]) -> str:
    for beginning in beginnings:
        if beginning and path.startswith(f"{beginning}/"):
            return path.removeprefix(beginning)
    return path
