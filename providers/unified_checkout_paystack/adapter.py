"""``PaystackAdapter``: one Paystack integration's translator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from unified_checkout.adapters import (
    AdapterOptions,
    Allowance,
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
from unified_checkout_paystack import dialect, errors, wire
from unified_checkout_paystack.session import to_session

KEY_KINDS = {
    "sk_test_": KeyKind.TEST,
    "sk_live_": KeyKind.LIVE,
    "pk_": KeyKind.PUBLISHABLE,
}
SENSITIVE = {
    "access_code": Sensitive.SECRET,
    "authorization.account_name": Sensitive.NAME,
    "authorization_code": Sensitive.SECRET,
    "authorization.signature": Sensitive.SECRET,
    "international_format_phone": Sensitive.PHONE,
    "ip_address": Sensitive.TEXT,
    **dict.fromkeys((".meta.next", ".meta.previous", ".next", ".previous")),
    **dict.fromkeys((".settlement", ".source", ".data.source")),
}
"""With an authorization code a card can be charged. Cursors tell of nobody."""
UNTOLD = {
    "amount_refunded": Untold(),
    "disputed": Untold(),
    "success_url": Untold(),
    "url": Untold(),
}
"""What Paystack knows of a transaction and shows in other lists, or once, when it is begun."""


class PaystackOptions(AdapterOptions):
    """What may be configured for an account at Paystack."""

    base_url: str = "https://api.paystack.co"
    use_cursor: bool = True
    """Whether pages are asked for by cursor, else by number, with a weaker promise. Nobody has
    tried cursors together with filters."""
    reversed_filter: bool = False
    """Whether ``status=reversed`` is known to be accepted, so that ``complete`` takes two filtered
    lists and not the whole one. Only the published description has that word."""


class PaystackAdapter(JsonAdapter[PaystackOptions]):
    """Paystack's transactions.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = PaystackAdapter("shop", PaystackOptions())
    >>> adapter.compile(ListSessions(customer="180000001")).streams[0].parameters
    (('customer', '180000001'), ('use_cursor', 'true'))
    """

    name = "paystack"
    title = "Paystack"
    evidence = (
        "Paystack's documentation, its samples, its description, which contradicts them, and "
        "published rows of test accounts; never tried against the API."
    )
    options_type = PaystackOptions
    rows = "transactions"
    requests_per_second = 10.0
    test_requests_per_second = 100 / 60
    changes_for = timedelta(days=180)
    """A careful guess: a success is reversed months later."""
    sandbox = "unified_checkout_paystack.sandbox:PaystackSandbox"
    sensitive = SENSITIVE
    untold = UNTOLD
    query_options = dialect.PaystackQueryOptions
    page = wire.PAGE
    item_path = dialect.PATH
    item_key = "data"
    key_kinds = KEY_KINDS

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(
            query,
            dialect.PaystackQueryOptions.of(self, query),
            cursors=self.options.use_cursor,
            reversed_filter=self.options.reversed_filter,
        )

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
        """A page names the cursor of the next, or says how many pages there are."""
        if sent.status in (False, "false"):
            raise kit.FieldError("status", "a list that failed, by its own word")
        following, meta = self._following(sent.meta, place), sent.meta
        total = None if meta.page_count is None else meta.total
        more = following is not None
        return ProviderPage(sessions=sessions, next=following, more=more, total=total)

    def to_session(self, sent: wire.Transaction, raw: bytes) -> Session:
        """A transaction in the common language."""
        return to_session(sent, raw, self.account)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def allowance(self, response: Response) -> Allowance | None:
        """What is left of the minute (https://beta.paystack.com/docs/api/rate-limits)."""
        return kit.allowance(response)

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """A bearer token (https://paystack.com/docs/api/authentication)."""
        return kit.bearer(request, credentials)

    @classmethod
    def exponent(cls, currency: str) -> int:
        """All amounts have two decimals, whatever the currency: those of XOF too, that has none."""
        return wire.DECIMALS

    def _following(self, meta: wire.Meta, place: Place) -> str | None:
        """The place of the next page, in whichever form the answer tells it."""
        if meta.next is not None or meta.page_count is None:
            return kit.filled(None if meta.next == dialect.NO_NEXT else meta.next)
        number = meta.page or 1
        if number >= meta.page_count:
            return None
        if self.options.use_cursor:
            raise kit.FieldError(
                "meta.next",
                "pages are numbered, though a cursor was asked for; set the account's option "
                "use_cursor to false, and the promise is the weaker one",
            )
        return dialect.page_after(place, number + 1)
