"""``FlexAdapter``: one Flex account's translator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

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
    Untold,
    kit,
)
from unified_checkout_flex import dialect, errors, wire
from unified_checkout_flex.session import to_session

KEY_KINDS = {  # a live key begins like a test key, without the word
    "fsk_test_": KeyKind.TEST,
    "fsk_": KeyKind.LIVE,
}
SENSITIVE = {
    "redirect_url": Sensitive.PAGE,
    "shipping.state": Sensitive.TEXT,
    "shipping_details.state": Sensitive.TEXT,
    "visit_type": Sensitive.TEXT,
}
UNTOLD = {name: Untold(expand=name, cost="larger answers") for name in ("customer", "subscription")}
"""A list shows neither; a single session does."""


class FlexOptions(AdapterOptions):
    """What may be configured for an account at Flex."""

    own_path = "/v1"

    base_url: str = "https://api.withflex.com"


class FlexAdapter(JsonAdapter[FlexOptions]):
    """Flex's Checkout Sessions API.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = FlexAdapter("hsa", FlexOptions())
    >>> [stream.parameters for stream in adapter.compile(ListSessions(status="complete")).streams]
    [(('status', 'paid'),), (('status', 'complete'),)]
    """

    name = "flex"
    title = "Flex"
    evidence = (
        "Flex's documentation and the plugin that Flex publishes; never tried against the API."
    )
    options_type = FlexOptions
    requests_per_second = 10.0
    changes_for = timedelta(days=180)
    """A careful guess: refunds and disputes are on the row, and cards are disputed for months."""
    sandbox = "unified_checkout_flex.sandbox:FlexSandbox"
    sensitive = SENSITIVE
    untold = UNTOLD
    query_options = dialect.FlexQueryOptions
    page = wire.PAGE
    id_prefixes = ("fcs_",)
    item_path = dialect.PATH
    item_key = "checkout_session"
    key_kinds = KEY_KINDS

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(query, dialect.FlexQueryOptions.of(self, query))

    def parameters(self, stream: Stream, place: Place) -> Parameters:
        """The parameters of one page."""
        return dialect.parameters(stream, place)

    def to_page(
        self,
        sent: wire.Page[Any],
        sessions: list[Session],
        response: Response,
        place: Place,
    ) -> ProviderPage:
        """A page goes on at its last session; nothing says whether there is more."""
        following = kit.end_of(sessions, place.direction)
        return ProviderPage(sessions=sessions, next=following, more=None)

    def to_session(self, sent: wire.CheckoutSession, raw: bytes) -> Session:
        """A session in the common language."""
        return to_session(sent, raw, self.account)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """A bearer token (https://docs.withflex.com/api-reference/introduction)."""
        return kit.bearer(request, credentials)
