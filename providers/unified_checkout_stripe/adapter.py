"""``StripeAdapter``: one Stripe account's translator."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

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
from unified_checkout.model.validation import worded
from unified_checkout_stripe import dialect, errors, wire
from unified_checkout_stripe.session import to_session

KEY_KINDS = {
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


class StripeAdapter(Adapter[StripeOptions]):
    """Stripe's Checkout Sessions API.

    >>> from unified_checkout.model.query import ListSessions
    >>> adapter = StripeAdapter("us", StripeOptions())
    >>> adapter.compile(ListSessions(status="open")).streams[0].parameters
    (('status', 'open'),)
    """

    name = "stripe"
    title = "Stripe"
    options_type = StripeOptions
    requests_per_second = 25.0
    sandbox = "unified_checkout_stripe.sandbox:StripeSandbox"
    provider_options = frozenset(dialect.StripeQueryOptions.model_fields)
    sensitive = SENSITIVE

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(
            query,
            dialect.StripeQueryOptions.of(self, query),
            api_version=self.options.api_version,
            headers=self._headers(),
        )

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        """The request for one page."""
        return Request(
            path=stream.path,
            parameters=dialect.parameters(stream, place),
            headers=dict(stream.headers),
        )

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        """The sessions of a page."""
        page, rows = wire.PAGE.decode(response.body, **self._origin(response))
        sessions = [to_session(row, raw, self.account) for row, raw in rows]
        return ProviderPage(
            sessions=sessions,
            next=kit.end_of(sessions, place.direction),
            more=page.has_more,
        )

    def get_request(self, id: str) -> Request:
        """The request for a single session."""
        return Request(path=kit.item_path(dialect.PATH, id), headers=dict(self._headers()))

    def parse_session(self, response: Response) -> Session:
        """A single session."""
        sent = kit.decode(wire.SESSION, response.body, **self._origin(response))
        return to_session(sent, response.body, self.account)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self._origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """HTTP Basic, the key as user name (https://docs.stripe.com/api/authentication)."""
        return kit.basic(request, credentials)

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        """What the prefix tells (https://docs.stripe.com/keys); the list is not closed."""
        return kit.key_kind(api_key, KEY_KINDS)

    def _headers(self) -> tuple[tuple[str, str], ...]:
        sent = {
            "Stripe-Version": self.options.api_version,
            "Stripe-Account": self.options.connected_account,
            "Stripe-Context": self.options.context,
        }
        return tuple((name, value) for name, value in sent.items() if value is not None)

    def _origin(self, response: Response) -> dict[str, Any]:
        return kit.origin(self, response, "request-id")
