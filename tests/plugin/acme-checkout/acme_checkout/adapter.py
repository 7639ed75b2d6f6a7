"""``AcmeAdapter``: one Acme Pay account's translator."""

from __future__ import annotations

from typing import Any

import attrs

from acme_checkout import dialect, errors, wire
from acme_checkout.session import to_session
from unified_checkout import ListSessions, ProviderError, Session
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

KEY_KINDS = {"ak_test_": KeyKind.TEST, "ak_live_": KeyKind.LIVE}
SENSITIVE = {"labels": Sensitive.TEXT, "pay_at": Sensitive.PAGE}
"""What a recording must not keep, beyond fields with common names."""


class AcmeOptions(AdapterOptions):
    """What may be configured for an account at Acme Pay."""

    base_url: str = "https://api.acme.example.com"


class AcmeAdapter(Adapter[AcmeOptions]):
    """Acme Pay's payments."""

    name = "acme"
    title = "Acme Pay"
    options_type = AcmeOptions
    requests_per_second = 5.0
    sandbox = "acme_checkout.sandbox:AcmeSandbox"
    sensitive = SENSITIVE

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        self.options_for(query)
        return dialect.compile_query(query)

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        """The request for one page."""
        return Request(path=stream.path, parameters=dialect.parameters(stream, place))

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        """The sessions of a page."""
        origin = self._origin(response)
        page, rows = wire.PAGE.decode(response.body, **origin)
        _, size = dialect.position(place)
        following = page.next_page
        return ProviderPage(
            sessions=[
                kit.session(self._session, sent, raw, row, **origin)
                for row, (sent, raw) in enumerate(rows)
            ],
            next=None if following is None else dialect.cursor(following, size),
            more=following is not None,
        )

    def get_request(self, id: str) -> Request:
        """The request for a single session."""
        return Request(path=kit.item_path(dialect.PATH, id))

    def parse_session(self, response: Response) -> Session:
        """A single session."""
        origin = self._origin(response)
        sent = kit.decode(wire.PAYMENT, response.body, **origin)
        return kit.session(self._session, sent, response.body, None, **origin)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self._origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """The key in a header of Acme's own."""
        key = {"X-Acme-Key": credentials.api_key.get_secret_value()}
        return attrs.evolve(request, headers={**request.headers, **key})

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        """What the prefix tells."""
        return kit.key_kind(api_key, KEY_KINDS)

    def _session(self, sent: wire.Payment, raw: bytes) -> Session:
        return to_session(sent, raw, self.account)

    def _origin(self, response: Response) -> dict[str, Any]:
        return kit.origin(self, response, "x-acme-trace")
