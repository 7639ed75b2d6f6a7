"""``PaddleAdapter``: one Paddle Billing account's translator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

import attrs
from pydantic import Field

from unified_checkout.adapters import (
    AdapterOptions,
    Compiled,
    Credentials,
    Direction,
    InvalidRequest,
    JsonAdapter,
    KeyKind,
    ListSessions,
    Parameters,
    PermissionDenied,
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
from unified_checkout_paddle import dialect, errors, wire
from unified_checkout_paddle.session import exponent, to_session

KEY_KINDS = {  # https://developer.paddle.com/api-reference/about/api-keys; older keys tell nothing
    "pdl_sdbx_apikey_": KeyKind.TEST,
    "pdl_live_apikey_": KeyKind.LIVE,
    "test_": KeyKind.PUBLISHABLE,
    "live_": KeyKind.PUBLISHABLE,
}
LIVE = "https://api.paddle.com"
SANDBOX = "https://sandbox-api.paddle.com"
HOSTS = {KeyKind.LIVE: LIVE, KeyKind.TEST: SANDBOX}
SENSITIVE = {
    "additional_information": Sensitive.TEXT,
    "breakdown.chargeback": None,
    "breakdown.refund": None,
    "business": Sensitive.TEXT,
    "card": Sensitive.TEXT,
    "checkout.url": Sensitive.PAGE,
    "custom_data": Sensitive.TEXT,
    "purchase_order_number": Sensitive.TEXT,
    "totals.tax": None,
}
UNTOLD = {
    "customer": Untold(expand="customer", cost="the permission to read customers and addresses"),
    **dict.fromkeys(
        ("amount_refunded", "amount_disputed", "disputed"),
        Untold(expand="adjustments", cost="the permission to read adjustments"),
    ),
}
"""What a list tells only when it is included; of the customer it tells the id."""


class PaddleOptions(AdapterOptions):
    """What may be configured for an account at Paddle."""

    base_url: str = LIVE
    may_read: tuple[dialect.Reading, ...] = (
        "customer",
        "address",
        "adjustment",
        "business",
        "discount",
    )
    """What the key may read besides transactions."""
    reference_key: Annotated[str, Field(min_length=1)] | None = None
    """The key in ``custom_data`` that holds the merchant's own reference."""


class PaddleAdapter(JsonAdapter[PaddleOptions]):
    """Paddle Billing's transactions.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = PaddleAdapter("shop", PaddleOptions())
    >>> adapter.compile(ListSessions(status="complete", kind="any")).streams[0].parameters
    (('status', 'paid,completed'),)
    """

    name = "paddle"
    title = "Paddle"
    evidence = "Paddle's documentation and its official description; never tried against the API."
    options_type = PaddleOptions
    rows = "transactions"
    requests_per_second = 4.0
    rate_by_address = True
    changes_for = timedelta(days=180)
    """A careful guess: refunds and chargebacks are on the row, and come for months."""
    sandbox = "unified_checkout_paddle.sandbox:PaddleSandbox"
    sensitive = SENSITIVE
    untold = UNTOLD
    query_options = dialect.PaddleQueryOptions
    page = wire.PAGE
    id_prefixes = ("txn_",)
    item_path = dialect.PATH
    item_key = "data"
    key_kinds = KEY_KINDS

    def __init__(
        self, account: str, options: PaddleOptions, key_shape: KeyKind = KeyKind.UNKNOWN
    ) -> None:
        super().__init__(account, options, key_shape)
        self._account = dialect.Account(
            account=account,
            live=_live(options.base_url, key_shape),
            reference_key=options.reference_key,
            may_read=options.may_read,
        )

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        options = dialect.PaddleQueryOptions.of(self, query)
        return dialect.compile_query(query, options, self._account)

    def headers(self) -> dict[str, str]:
        """The version of the API: the only one there is."""
        return {"Paddle-Version": "1"}

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
        """A page goes on at its last transaction; read back, the list comes the other way round."""
        following = sessions[-1].id if sessions else None
        counted = sent.meta.pagination.estimated_total
        exact = counted is not None and 0 <= counted <= dialect.LARGEST_TOTAL
        return ProviderPage(
            sessions=sessions if place.direction is Direction.FORWARD else sessions[::-1],
            next=following,
            more=sent.meta.pagination.has_more,
            total=counted if exact else None,
        )

    def to_session(self, sent: wire.Transaction, raw: bytes) -> Session:
        """A transaction in the common language."""
        return to_session(sent, raw, self._account)

    def get_request(self, id: str) -> Request:
        """A single transaction, with all that may be read of it."""
        request = super().get_request(id)
        included = ",".join(self._account.single())
        return attrs.evolve(request, parameters=(("include", included),) if included else ())

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        """A request with less, where one is refused: see ``dialect.plainer``.

        A single transaction is asked for by itself where the key may not read what belongs to it.
        """
        if isinstance(error, PermissionDenied) and request.path != dialect.PATH:
            return attrs.evolve(request, parameters=()) if request.parameters else None
        if not isinstance(error, InvalidRequest):
            return None
        fewer = dialect.plainer(request.parameters)
        return None if fewer is None else attrs.evolve(request, parameters=fewer)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, key_hint=self._key_hint(), **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """A bearer token (https://developer.paddle.com/api-reference/about/authentication)."""
        return kit.bearer(request, credentials)

    @classmethod
    def exponent(cls, currency: str) -> int | None:
        """Paddle's own, for the currencies that it documents."""
        return exponent(currency)

    def _key_hint(self) -> str | None:
        """What to do where key and host are of two environments, which Paddle answers alike."""
        wanted = HOSTS.get(self.key_shape)
        others = {_host(one) for one in HOSTS.values() if one != wanted}
        if wanted is None or _host(self.options.base_url) not in others:
            return None
        return f"this key is for another environment: set the account's base_url to {wanted}"


def _live(base_url: str, key_shape: KeyKind) -> bool | None:
    """Whether an account is live: the key tells, or else the host."""
    if key_shape in HOSTS:
        return key_shape is KeyKind.LIVE
    return {_host(LIVE): True, _host(SANDBOX): False}.get(_host(base_url))


def _host(address: str) -> str | None:
    return urlsplit(address).hostname
