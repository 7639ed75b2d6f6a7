"""``AcmeAdapter``: one Acme Pay account's translator."""

from __future__ import annotations

from typing import Any

import attrs

from acme_checkout import dialect, errors, wire
from acme_checkout.session import to_session
from unified_checkout.adapters import (
    AdapterOptions,
    Compiled,
    Credentials,
    JsonAdapter,
    KeyKind,
    ListSessions,
    Parameters,
    Place,
    ProviderError,
    ProviderPage,
    Request,
    Response,
    Sensitive,
    Session,
    Stream,
)

KEY_KINDS = {"ak_test_": KeyKind.TEST, "ak_live_": KeyKind.LIVE}
SENSITIVE = {"labels": Sensitive.TEXT, "pay_at": Sensitive.PAGE, "number": None}
"""What a recording must not keep, beyond fields with common names; and what it must."""


class AcmeOptions(AdapterOptions):
    """What may be configured for an account at Acme Pay."""

    own_path = "/v2"

    base_url: str = "https://api.acme.example.com"


class AcmeAdapter(JsonAdapter[AcmeOptions]):
    """Acme Pay's payments."""

    name = "acme"
    title = "Acme Pay"
    options_type = AcmeOptions
    requests_per_second = 5.0
    rows = "payments"
    sandbox = "acme_checkout.sandbox:AcmeSandbox"
    sensitive = SENSITIVE
    page = wire.PAGE
    item_path = dialect.PATH
    key_kinds = KEY_KINDS
    request_id_header = "x-acme-trace"

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        self.options_for(query)
        return dialect.compile_query(query)

    def parameters(self, stream: Stream, place: Place) -> Parameters:
        """The parameters of one page."""
        return dialect.parameters(stream, place)

    def to_page(
        self, sent: wire.Page[Any], sessions: list[Session], response: Response, place: Place
    ) -> ProviderPage:
        """A page names the number of the next, which is null on the last."""
        _, size = dialect.position(place)
        following = sent.next_page
        return ProviderPage(
            sessions=sessions,
            next=None if following is None else dialect.cursor(following, size),
            more=following is not None,
        )

    def to_session(self, sent: wire.Payment, raw: bytes) -> Session:
        """A payment in the common language."""
        return to_session(sent, raw, self.account)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """The key in a header of Acme's own."""
        key = {"X-Acme-Key": credentials.api_key.get_secret_value()}
        return attrs.evolve(request, headers={**request.headers, **key})

    @classmethod
    def exponent(cls, currency: str) -> int:
        """All amounts at Acme have two decimals."""
        return wire.DECIMALS
