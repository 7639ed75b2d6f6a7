"""``PolarAdapter``: one Polar account's translator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

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
    worded,
)
from unified_checkout_polar import dialect, errors, wire
from unified_checkout_polar.session import exponent, to_session

SERVERS = {
    "https://api.polar.sh": KeyKind.LIVE,
    "https://sandbox-api.polar.sh": KeyKind.TEST,
}
"""A token is good at one of the two, and does not tell at which."""
SANDBOX_MARK = "x-polar-sandbox"
"""The header of every answer of the server for tests."""

KEY_KINDS = {"polar_oat_test_": KeyKind.TEST}
"""Tokens for tests look like live ones; only invented ones, as the sandbox's own, are plain."""
SENSITIVE = {
    "customer_billing_address.country": None,
    "customer_billing_name": Sensitive.NAME,
    "customer_email": Sensitive.EMAIL,
    "customer_external_id": Sensitive.TEXT,
    "customer_ip_address": Sensitive.TEXT,
    "customer_metadata": Sensitive.TEXT,
    "customer_name": Sensitive.NAME,
    "customer_tax_id": Sensitive.TEXT,
    ".error": None,
    "external_customer_id": Sensitive.TEXT,
    "payment_processor_metadata": Sensitive.SECRET,
    "query": Sensitive.EMAIL,
    ".sorting": None,
    ".x_polar_sandbox": None,
}
UNTOLD: Mapping[str, Untold] = dict.fromkeys(
    ("amount_refunded", "disputed", "payment_intents", "payment_link", "subscription"), Untold()
)
"""What Polar tells of an order, a payment or a link, and not of the session they belong to."""

Version = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$"), worded("write a version such as 2026-04")]


class PolarOptions(AdapterOptions):
    """What may be configured for an account at Polar."""

    own_path = "/v1"

    base_url: str = "https://api.polar.sh"
    """The server; that for tests is ``https://sandbox-api.polar.sh``."""
    api_version: Version = "2026-04"
    """The API version to ask for."""
    organization_id: dialect.Id | None = None
    """The organization to read, for tokens of a person, which see all of theirs."""


class PolarAdapter(JsonAdapter[PolarOptions]):
    """Polar's checkout sessions.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = PolarAdapter("shop", PolarOptions())
    >>> adapter.compile(ListSessions(status="complete")).streams[0].parameters
    (('status', 'succeeded'), ('sorting', '-created_at'))
    """

    name = "polar"
    title = "Polar"
    evidence = "Polar's documentation, description, package and published server; never tried against the API."
    options_type = PolarOptions
    requests_per_second = 500 / 60
    test_requests_per_second = 100 / 60
    changes_for = timedelta(days=30)
    """A session ends within a day, a slow payment somewhat later; refunds hang on the order."""
    sandbox = "unified_checkout_polar.sandbox:PolarSandbox"
    sensitive = SENSITIVE
    untold = UNTOLD
    query_options = dialect.PolarQueryOptions
    page = wire.PAGE
    item_path = dialect.ITEM_PATH
    key_kinds = KEY_KINDS

    def __init__(
        self, account: str, options: PolarOptions, key_shape: KeyKind = KeyKind.UNKNOWN
    ) -> None:
        super().__init__(account, options, SERVERS.get(options.base_url, key_shape))
        self._in_the_sandbox = self._known()

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(
            query,
            dialect.PolarQueryOptions.of(self, query),
            organization=self.options.organization_id,
            livemode=self._livemode,
        )

    def headers(self) -> dict[str, str]:
        """The version of the API."""
        return {"Polar-Version": self.options.api_version}

    def parameters(self, stream: Stream, place: Place) -> Parameters:
        """The parameters of one page."""
        return dialect.parameters(stream, place)

    def to_page(
        self, sent: wire.Page[Any], sessions: list[Session], response: Response, place: Place
    ) -> ProviderPage:
        """A page tells how many there are, and which number is the last."""
        number, size = dialect.position(place)
        more = number < sent.pagination.max_page
        return ProviderPage(
            sessions=sessions,
            next=dialect.cursor(number + 1, size) if more else None,
            more=more,
            total=sent.pagination.total_count,
        )

    def to_session(self, sent: wire.Checkout, raw: bytes) -> Session:
        """A session in the common language."""
        return to_session(sent, raw, self.account, livemode=self._livemode)

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        """A page of whichever server it comes from."""
        return super(PolarAdapter, self._at(response)).parse_page(response, place)

    def parse_session(self, response: Response) -> Session:
        """A single session of whichever server it comes from."""
        return super(PolarAdapter, self._at(response)).parse_session(response)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """A bearer token (https://polar.sh/docs/integrate/authentication)."""
        return kit.bearer(request, credentials)

    @classmethod
    def exponent(cls, currency: str) -> int:
        """Polar's own table."""
        return exponent(currency)

    @property
    def _livemode(self) -> bool | None:
        """What the account's address tells of its sessions."""
        server = SERVERS.get(self.options.base_url)
        return None if server is None else server is KeyKind.LIVE

    def _at(self, response: Response) -> PolarAdapter:
        """This, unless a header tells of the sandbox where the account's address does not."""
        known = self._in_the_sandbox if SANDBOX_MARK in response.headers else None
        return known or self

    def _known(self) -> PolarAdapter | None:
        """The same at the sandbox's own address, where the account's tells nothing."""
        if self._livemode is not None:
            return None
        address = next(one for one, kind in SERVERS.items() if kind is KeyKind.TEST)
        options = self.options.model_copy(update={"base_url": address})
        return type(self)(self.account, options, self.key_shape)
