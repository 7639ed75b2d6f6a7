"""``FlexAdapter``: one Flex account's translator."""

from __future__ import annotations

from typing import Any

from unified_checkout.adapters import (
    Adapter,
    AdapterOptions,
    Compiled,
    Credentials,
    KeyKind,
    Place,
    ProviderPage,
    Request,
    Response,
    Sensitive,
    Stream,
    kit,
)
from unified_checkout.errors import ProviderError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout_flex import dialect, errors, wire
from unified_checkout_flex.session import to_session

KEY_KINDS = {
    "fsk_test_": KeyKind.TEST,
    "fsk_": KeyKind.LIVE,
}
SENSITIVE = {
    "redirect_url": Sensitive.PAGE,
    "shipping.state": Sensitive.TEXT,
    "shipping_details.state": Sensitive.TEXT,
    "visit_type": Sensitive.TEXT,
}


class FlexOptions(AdapterOptions):
    """What may be configured for an account at Flex."""

    own_path = "/v1"

    base_url: str = "https://api.withflex.com"


class FlexAdapter(Adapter[FlexOptions]):
    """Flex's Checkout Sessions API.

    >>> from unified_checkout.model.query import ListSessions
    >>> adapter = FlexAdapter("hsa", FlexOptions())
    >>> [stream.parameters for stream in adapter.compile(ListSessions(status="complete")).streams]
    [(('status', 'paid'),), (('status', 'complete'),)]
    """

    name = "flex"
    title = "Flex"
    options_type = FlexOptions
    requests_per_second = 10.0
    sandbox = "unified_checkout_flex.sandbox:FlexSandbox"
    provider_options = frozenset(dialect.FlexQueryOptions.model_fields)
    sensitive = SENSITIVE

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(query, dialect.FlexQueryOptions.of(self, query))

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        """The request for one page."""
        return Request(
            path=stream.path,
            parameters=dialect.parameters(stream, place),
            headers=dict(stream.headers),
        )

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        """The sessions of a page."""
        origin = self._origin(response)
        _, rows = wire.PAGE.decode(response.body, **origin)
        sessions = [
            kit.session(self._session, sent, raw, row, **origin)
            for row, (sent, raw) in enumerate(rows)
        ]
        return ProviderPage(
            sessions=sessions,
            next=kit.end_of(sessions, place.direction),
            more=None,
        )

    def get_request(self, id: str) -> Request:
        """The request for a single session."""
        return Request(path=kit.item_path(dialect.PATH, id))

    def parse_session(self, response: Response) -> Session:
        """A single session, out of its envelope."""
        origin = self._origin(response)
        single = kit.decode(wire.SINGLE, response.body, **origin)
        raw = kit.as_sent(single.checkout_session, response.body)
        sent = kit.decode(wire.SESSION, raw, **origin)
        return kit.session(self._session, sent, raw, None, **origin)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self._origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """A bearer token (https://docs.withflex.com/api-reference/introduction)."""
        return kit.bearer(request, credentials)

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        """What the prefix tells: a live key begins like a test key, without the word."""
        return kit.key_kind(api_key, KEY_KINDS)

    def _session(self, sent: wire.CheckoutSession, raw: bytes) -> Session:
        return to_session(sent, raw, self.account)

    def _origin(self, response: Response) -> dict[str, Any]:
        return kit.origin(self, response, "x-request-id")
