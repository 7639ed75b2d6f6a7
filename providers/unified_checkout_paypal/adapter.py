"""``PayPalAdapter``: one PayPal account's translator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

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
)
from unified_checkout_paypal import dialect, errors, refunds, wire
from unified_checkout_paypal.session import DECIMALS, to_session

KEY_KINDS = {"paypal_secret_obviously_fake": KeyKind.TEST}
"""PayPal's own secrets look alike in both environments; that of the imitation is no secret."""
UNTOLD = {
    "amount_refunded": Untold(cost="unless a parameter leaves refunds out", joined=True),
    **dict.fromkeys(("amount_disputed", "disputed"), Untold(cost="later entries tell it")),
}
SENSITIVE: dict[str, Sensitive | None] = {
    "account_number": Sensitive.TEXT,
    "national_number": Sensitive.PHONE,
    "transaction_subject": Sensitive.TEXT,
    "transaction_note": Sensitive.TEXT,
    "custom_field": Sensitive.TEXT,
    ".name": None,  # an error's word, and its sentence, by which two of them are told apart
    ".message": None,
    "shipping_info.name": Sensitive.NAME,
    ".transaction_details.transaction_info.transaction_id": None,
    ".transaction_details.transaction_info.paypal_reference_id": None,
    ".transaction_details.transaction_info.paypal_reference_id_type": None,
    **dict.fromkeys((".balance_affecting_records_only", ".fields", ".transaction_id")),
    **dict.fromkeys((".transaction_amount", ".transaction_status", ".transaction_type")),
}


class PayPalOptions(AdapterOptions):
    """What may be configured for an account at PayPal."""

    own_path = "/v1"

    base_url: str = "https://api-m.paypal.com"
    client_id: str = Field(min_length=1, examples=["client_id_obviously_fake"])
    """The app's client id; its secret is the account's ``api_key``."""
    balance_affecting_records_only: Literal["Y", "N"] = "Y"
    """``N`` lists entries as well that move no balance. Two entries may then share an id, so ids
    are told with their event codes."""


class PayPalAdapter(JsonAdapter[PayPalOptions]):
    """PayPal's Transaction Search, which lists payments: no API of PayPal's lists checkouts.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = PayPalAdapter("shop", PayPalOptions(client_id="app"))
    >>> [stream.parameters[0] for stream in adapter.compile(ListSessions(status="failed")).streams]
    [('transaction_status', 'D')]
    """

    name = "paypal"
    title = "PayPal"
    evidence = (
        "PayPal's official description, its pages, and clients of others; never tried against "
        "the API."
    )
    options_type = PayPalOptions
    rows = "payments, and the other entries of the account's ledger"
    requests_per_second = 0.5
    rate_by_address = True
    reads_by_id = False
    changes_for = timedelta(days=180)
    """For so long payments can be refunded by default; that a row is reversed later is a guess."""
    sandbox = "unified_checkout_paypal.sandbox:PayPalSandbox"
    sensitive = SENSITIVE
    untold = UNTOLD
    query_options = dialect.PayPalQueryOptions
    page = wire.PAGE
    item_path = dialect.PATH
    key_kinds = KEY_KINDS
    token_path = "/v1/oauth2/token"  # noqa: S105
    request_id_header = "paypal-debug-id"

    def __init__(
        self, account: str, options: PayPalOptions, key_shape: KeyKind = KeyKind.UNKNOWN
    ) -> None:
        super().__init__(account, options, key_shape)
        self.livemode = _livemode(options.base_url)
        """What the account's address tells; None for one that is not PayPal's."""

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(
            query,
            dialect.PayPalQueryOptions.of(self, query),
            livemode=self.livemode,
            balance_only=self.options.balance_affecting_records_only,
        )

    def parameters(self, stream: Stream, place: Place) -> Parameters:
        """The parameters of one page."""
        return dialect.parameters(stream, place)

    def to_page(
        self, sent: wire.Page[Any], sessions: list[Session], response: Response, place: Place
    ) -> ProviderPage:
        """A page says how many there are, and up to when its data goes."""
        following = dialect.following(place, sent.total_pages)
        return ProviderPage(
            sessions=sessions,
            next=following,
            more=following is not None,
            settled=dialect.settled(place, sent.last_refreshed_datetime, sent.end_date),
        )

    def to_session(self, sent: wire.Entry, raw: bytes) -> Session:
        """An entry in the common language."""
        composed = self.options.balance_affecting_records_only == "N"
        return to_session(
            sent, raw, account=self.account, livemode=self.livemode, composed=composed
        )

    def tells_of(self, session: Session) -> str | None:
        """The payment that a refund names; see ``refunds``."""
        return refunds.tells_of(session)

    def joined(self, session: Session, told: Mapping[str, Collection[Session]]) -> Session:
        """A payment with what was refunded of it."""
        return refunds.joined(session, told)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    @classmethod
    def exponent(cls, currency: str) -> int | None:
        """By PayPal's own table; None for a currency that is not in it."""
        return DECIMALS.get(currency.upper())

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """The token, or for the token itself client id and secret.

        https://developer.paypal.com/api/rest/authentication
        """
        if credentials.token is None:
            return kit.basic(request, credentials, self.options.client_id)
        return kit.bearer(request, credentials)


def _livemode(address: str) -> bool | None:
    host = urlsplit(address).hostname or ""
    return not host.endswith(".sandbox.paypal.com") if host.endswith(".paypal.com") else None
