"""``JsonAdapter``: what the adapters of most APIs have in common, written once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from unified_checkout.adapters import kit
from unified_checkout.adapters.contract import (
    Adapter,
    Compiled,
    KeyKind,
    Options,
    Place,
    ProviderPage,
    Stream,
    Token,
)
from unified_checkout.adapters.http import Parameters, Request, Response
from unified_checkout.adapters.query_options import QueryOptions

if TYPE_CHECKING:
    from unified_checkout.model.session import Session


class JsonAdapter(Adapter[Options]):
    """An adapter for an API that gives a list and its objects as JSON.

    The class attributes say where things are; ``parameters``, ``to_page`` and ``to_session`` say
    what they mean. Whatever is odd at a provider is a method to override. To write besides them:
    ``compile``, ``parse_error`` and ``sign``.
    """

    query_options: ClassVar[type[QueryOptions]] = QueryOptions
    """What ``ListSessions.provider_options`` may hold for this provider."""
    page: ClassVar[kit.PageDecoder[Any, Any]]
    """The decoder of a page, of ``kit.page_decoder``; its rows are decoded as single objects are."""
    item_path: ClassVar[str]
    """The path below which the single objects are, without a slash at the end."""
    item_key: ClassVar[str | None] = None
    """The key that holds a single object, where an envelope is around it."""
    key_kinds: ClassVar[Mapping[str, KeyKind]] = {}
    """What the beginnings of keys tell; the first that fits counts."""
    token_path: ClassVar[str | None] = None
    """The path that gives a token for a client's own credentials, where the key alone will not do:
    ``sign`` then signs with ``kit.basic`` and the client id where ``credentials.token`` is None,
    and with ``kit.bearer`` from then on."""
    request_id_header: ClassVar[str] = "x-request-id"
    """The response's header with the provider's id of the request, in lower case."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.provider_options = frozenset(cls.query_options.model_fields)

    @abstractmethod
    def parameters(self, stream: Stream, place: Place) -> Parameters:
        """All parameters of one page: the stream's own, and those for the place."""

    @abstractmethod
    def to_page(
        self, sent: Any, sessions: list[Session], response: Response, place: Place
    ) -> ProviderPage:
        """The page that these sessions make: where to go on, and whether there is more.

        Args:
            sent: the wire model of the page, its rows undecoded.
            sessions: the sessions, in the order sent.
            response: the response, for what its headers tell.
            place: the place that was asked for.

        Raises:
            FieldError: if what names the next place cannot be used.
        """

    @abstractmethod
    def to_session(self, sent: Any, raw: bytes) -> Session:
        """A row or a single object in the common language.

        Args:
            sent: its wire model.
            raw: its bytes as they were sent.

        Raises:
            FieldError: naming a field whose value cannot be.
        """

    def headers(self) -> Mapping[str, str]:
        """What every request carries besides its credentials, such as a version of the API."""
        return {}

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        """A GET of the stream's path."""
        return Request(
            path=stream.path,
            parameters=self.parameters(stream, place),
            headers={**self.headers(), **dict(stream.headers)},
        )

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        """The rows decoded, translated, and put into a page."""
        origin = self.origin(response)
        sent, rows = self.page.decode(response.body, **origin)
        sessions = kit.sessions(self.to_session, rows, **origin)
        with kit.field_errors(row=None, **origin):
            return self.to_page(sent, sessions, response, place)

    def get_request(self, id: str) -> Request:
        """A GET below ``item_path``."""
        return Request(path=kit.item_path(self.item_path, id), headers=dict(self.headers()))

    def parse_session(self, response: Response) -> Session:
        """The object, out of its envelope if there is one."""
        origin = self.origin(response)
        raw = response.body
        if self.item_key is not None:
            raw = kit.member(raw, self.item_key, **origin)
        sent = kit.decode(self.page.row, raw, **origin)
        with kit.field_errors(row=None, **origin):
            return self.to_session(sent, raw)

    def token_request(self) -> Request | None:
        """As RFC 6749 describes it for a client's own credentials, if there is a ``token_path``."""
        return None if self.token_path is None else kit.client_credentials(self.token_path)

    def parse_token(self, response: Response) -> Token:
        """The token, as RFC 6749 describes it."""
        return kit.parse_token(response, **self.origin(response))

    def link(self, address: str, field: str, beside: str = "") -> kit.Link:
        """An address that the provider names, in full or relative, as a place of its own.

        Its host may be that of the account's ``base_url`` or the provider's usual one.

        Args:
            address: what the provider sent.
            field: what to call the field in an error.
            beside: the path of the request that was answered, for addresses that are relative.

        Raises:
            FieldError: for an address of another host, and for what is none.
        """
        usual = self.options_type.model_fields["base_url"].default
        homes = (self.options.base_url, usual if isinstance(usual, str) else "")
        return kit.Link.of(address, homes, field=field, beside=beside)

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        """What the key's beginning tells."""
        return kit.key_kind(api_key, cls.key_kinds)

    def origin(self, response: Response) -> dict[str, Any]:
        """What an error about a response says of where it came from."""
        return kit.origin(self, response, self.request_id_header)
