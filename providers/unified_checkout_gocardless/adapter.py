"""``GoCardlessAdapter``: one GoCardless account's translator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from unified_checkout.adapters import (
    AdapterOptions,
    Allowance,
    Compiled,
    Credentials,
    Direction,
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
from unified_checkout_gocardless import dialect, errors, wire
from unified_checkout_gocardless.session import to_session

HOSTS = {"api.gocardless.com": True, "api-sandbox.gocardless.com": False}
"""Whether what a host holds is live."""
KEY_KINDS = {"sandbox_": KeyKind.TEST, "live_": KeyKind.LIVE}
"""As access tokens begin; some may not, so nothing is refused by it."""
LIVE_KEYS = {KeyKind.TEST: False, KeyKind.LIVE: True}

LINKS = (
    *("creditor", "customer", "customer_bank_account", "customer_billing_detail", "organisation"),
    *("bank_authorisation", "mandate", "payment", "payment_provider", "subscription"),
    *("mandate_request", "mandate_request_mandate", "payment_request", "payment_request_payment"),
    *("subscription_request", "subscription_request_subscription"),
    *("instalment_schedule_request", "instalment_schedule_request_instalment_schedule"),
)
"""Ids that may look like the number of a bank account."""
SENSITIVE: dict[str, Sensitive | None] = {
    **{f"links.{name}": None for name in LINKS},
    "account_number_ending": Sensitive.TEXT,
    "reference": Sensitive.TEXT,
    "region": Sensitive.TEXT,
}

UNTOLD = {
    "customer": Untold(cost="one request for each session", by_id=True),
    **dict.fromkeys(("payment_status", "amount_received", "amount_refunded"), Untold()),
    **dict.fromkeys(("amount_disputed", "disputed"), Untold()),
    **dict.fromkeys(("expires_at", "url", "success_url", "cancel_url"), Untold()),
}
"""Of the customer a list tells the id, and a single billing request the rest; the payment tells the
next five, and the flow, which cannot be read back, the others."""

Version = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    worded("write a version such as 2015-07-06"),
]


class GoCardlessOptions(AdapterOptions):
    """What may be configured for an account at GoCardless."""

    base_url: str = "https://api.gocardless.com"
    """The live environment; the sandbox is at ``https://api-sandbox.gocardless.com``."""
    api_version: Version = "2015-07-06"
    """The API version to ask for; GoCardless demands one."""


class GoCardlessAdapter(JsonAdapter[GoCardlessOptions]):
    """GoCardless's Billing Requests API.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = GoCardlessAdapter("debits", GoCardlessOptions())
    >>> [stream.parameters for stream in adapter.compile(ListSessions(status="open")).streams]
    [(('status', 'pending'),), (('status', 'ready_to_fulfil'),)]
    """

    name = "gocardless"
    title = "GoCardless"
    evidence = (
        "GoCardless's official packages and their recordings, as there is no description; "
        "never tried against the API."
    )
    options_type = GoCardlessOptions
    rows = "billing requests"
    requests_per_second = 10.0
    changes_for = timedelta(days=7)
    """What is fulfilled or cancelled stays so; what becomes of the payment is not on the row."""
    sandbox = "unified_checkout_gocardless.sandbox:GoCardlessSandbox"
    sensitive = SENSITIVE
    untold = UNTOLD
    query_options = dialect.GoCardlessQueryOptions
    page = wire.PAGE
    id_prefixes = ("BRQ",)
    item_path = dialect.PATH
    item_key = "billing_requests"
    key_kinds = KEY_KINDS

    @property
    def livemode(self) -> bool | None:
        """Whether this account is live: by its host, or else by its token; None if none tells.

        >>> sandbox = GoCardlessOptions(base_url="https://api-sandbox.gocardless.com")
        >>> GoCardlessAdapter("debits", sandbox).livemode
        False
        """
        host = urlsplit(self.options.base_url).hostname or ""
        return HOSTS.get(host, LIVE_KEYS.get(self.key_shape))

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        options = dialect.GoCardlessQueryOptions.of(self, query)
        return dialect.compile_query(query, options, livemode=self.livemode)

    def headers(self) -> dict[str, str]:
        """The version of the API."""
        return {"GoCardless-Version": self.options.api_version}

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
        """A page goes on at a cursor, and ends forwards where that is null.

        What null means on a page that was asked for backwards is not documented, so only an empty
        page ends that way.
        """
        cursors = sent.meta.cursors
        if place.direction is Direction.FORWARD:
            return ProviderPage(
                sessions=sessions, next=cursors.after, more=cursors.after is not None
            )
        first = kit.end_of(sessions, place.direction)
        return ProviderPage(sessions=sessions, next=first, more=None)

    def to_session(self, sent: wire.BillingRequest, raw: bytes) -> Session:
        """A session in the common language."""
        return to_session(sent, raw, self.account, livemode=self.livemode)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def allowance(self, response: Response) -> Allowance | None:
        """What is left of the minute."""
        return kit.allowance(response, window=60.0)

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """A bearer token, as the official SDKs send it."""
        return kit.bearer(request, credentials)
