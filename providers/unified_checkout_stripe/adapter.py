"""``StripeAdapter``: one Stripe account's translator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

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
    kit,
    worded,
)
from unified_checkout_stripe import dialect, errors, wire
from unified_checkout_stripe.session import exponent, to_session

KEY_KINDS = {  # https://docs.stripe.com/keys; the list is not closed
    "sk_test_": KeyKind.TEST,
    "rk_test_": KeyKind.TEST,
    "rkcs_test_": KeyKind.TEST,
    "sk_live_": KeyKind.LIVE,
    "rk_live_": KeyKind.LIVE,
    "pk_": KeyKind.PUBLISHABLE,
}
SENSITIVE = {
    "custom_fields.dropdown.value": Sensitive.TEXT,
    "custom_fields.numeric.value": Sensitive.TEXT,
    "custom_fields.text.value": Sensitive.TEXT,
    "fingerprint": Sensitive.TEXT,
    "hosted_invoice_url": Sensitive.PAGE,
    "invoice_pdf": Sensitive.PAGE,
    "last4": Sensitive.TEXT,
    "receipt_url": Sensitive.PAGE,
    "tax_ids.value": Sensitive.TEXT,
    "tracking_number": Sensitive.TEXT,
}

Version = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}[!-~ ]*$"),
    worded("write a version such as 2026-09-30.endive"),
]
Id = Annotated[
    str, Field(pattern=r"^[!-~]+$"), worded("write an id such as acct_1A2b3C, without blanks")
]


class StripeOptions(AdapterOptions):
    """What may be configured for an account at Stripe."""

    own_path = "/v1"

    base_url: str = "https://api.stripe.com"
    api_version: Version = "2026-09-30.endive"
    """The API version to ask for; without it the account's own, perhaps years old, would decide."""
    connected_account: Id | None = None
    """The id of a connected account to read instead of the key's own."""
    context: Id | None = None
    """What to read instead of the key's own account, for keys of an organization: the header that
    succeeds the one for connected accounts (https://docs.stripe.com/context)."""

    @model_validator(mode="after")
    def _one_account(self) -> Self:
        if self.connected_account is not None and self.context is not None:
            raise ValueError("connected_account and context exclude each other; give one")
        return self


class StripeAdapter(JsonAdapter[StripeOptions]):
    """Stripe's Checkout Sessions API.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = StripeAdapter("us", StripeOptions())
    >>> adapter.compile(ListSessions(status="open")).streams[0].parameters
    (('status', 'open'),)
    """

    name = "stripe"
    title = "Stripe"
    evidence = (
        "Stripe's documentation, the types of its official packages, and public payloads; "
        "never tried against the API."
    )
    options_type = StripeOptions
    requests_per_second = 25.0
    changes_for = timedelta(days=30)
    """A delayed payment settles within two weeks; refunds and disputes are not on the session."""
    sandbox = "unified_checkout_stripe.sandbox:StripeSandbox"
    sensitive = SENSITIVE
    query_options = dialect.StripeQueryOptions
    page = wire.PAGE
    item_path = dialect.PATH
    id_prefixes = ("cs_test_", "cs_live_")
    key_kinds = KEY_KINDS
    request_id_header = "request-id"

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(query, dialect.StripeQueryOptions.of(self, query))

    def headers(self) -> dict[str, str]:
        """The version of the API, and whose sessions to read."""
        sent = {
            "Stripe-Version": self.options.api_version,
            "Stripe-Account": self.options.connected_account,
            "Stripe-Context": self.options.context,
        }
        return {name: value for name, value in sent.items() if value is not None}

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
        """A page goes on at its last session, or backwards at its first."""
        following = kit.end_of(sessions, place.direction)
        return ProviderPage(sessions=sessions, next=following, more=sent.has_more)

    def to_session(self, sent: wire.CheckoutSession, raw: bytes) -> Session:
        """A session in the common language."""
        return to_session(sent, raw, self.account)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """HTTP Basic, the key as user name (https://docs.stripe.com/api/authentication)."""
        return kit.basic(request, credentials)

    @classmethod
    def exponent(cls, currency: str) -> int | None:
        """Stripe's own table, which differs from ISO 4217."""
        return exponent(currency)
