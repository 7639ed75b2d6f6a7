"""``LeanRailsAdapter``: one LeanRails account's translator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import attrs
from pydantic import Field

from unified_checkout.adapters import (
    AdapterOptions,
    AddressNotFound,
    Allowance,
    Compiled,
    Credentials,
    Direction,
    JsonAdapter,
    KeyKind,
    ListSessions,
    NotFound,
    Parameters,
    Place,
    ProviderError,
    ProviderPage,
    Request,
    Response,
    Session,
    Stream,
    kit,
    worded,
)
from unified_checkout_leanrails import dialect, errors, wire
from unified_checkout_leanrails.session import to_session

KEY_KINDS = {
    "sk_test_": KeyKind.TEST,
    "sk_live_": KeyKind.LIVE,
    "pk_": KeyKind.PUBLISHABLE,
}

Version = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    worded("write a version such as 2026-03-09"),
]
Path = Annotated[
    str,
    Field(pattern=r"^(/[^/?#\s]+)+$"),
    worded(f"write a path that begins with /, such as {dialect.PATHS[0]}"),
]


class LeanRailsOptions(AdapterOptions):
    """What may be configured for an account at LeanRails."""

    own_path = "/v1"

    base_url: str = "https://api.leanrails.com"
    api_version: Version | None = None
    """The API version to ask for, such as 2026-03-09; None leaves it to the account's default."""
    list_path: Path = dialect.PATHS[0]
    """The path of the list; the documented ones are tried when it answers 404."""


class LeanRailsAdapter(JsonAdapter[LeanRailsOptions]):
    """LeanRails' Checkout Sessions API, documented under the name of Fluveo too.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = LeanRailsAdapter("shop", LeanRailsOptions())
    >>> adapter.compile(ListSessions(status="open")).streams[0].parameters
    (('status', 'open'),)
    """

    name = "leanrails"
    title = "LeanRails"
    evidence = "LeanRails' documentation; never tried against the API."
    options_type = LeanRailsOptions
    requests_per_second = 25.0
    changes_for = timedelta(days=30)
    """A careful guess, as at Stripe: refunds and disputes are not on the session."""
    sandbox = "unified_checkout_leanrails.sandbox:LeanRailsSandbox"
    query_options = dialect.LeanRailsQueryOptions
    page = wire.PAGE
    id_prefixes = ("cs_",)
    item_path = dialect.ITEM_PATH
    key_kinds = KEY_KINDS

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        options = dialect.LeanRailsQueryOptions.of(self, query)
        return dialect.compile_query(query, options, path=self.options.list_path)

    def headers(self) -> dict[str, str]:
        """The version of the API, if one is configured."""
        version = self.options.api_version
        return {} if version is None else {"X-API-Version": version}

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
        """A page goes on at its ``next_cursor``, which is not always sent, and undefined backwards."""
        last = sent.next_cursor if place.direction is Direction.FORWARD else None
        following = last or kit.end_of(sessions, place.direction)
        return ProviderPage(sessions=sessions, next=following, more=sent.has_more)

    def to_session(self, sent: wire.CheckoutSession, raw: bytes) -> Session:
        """A session in the common language."""
        return to_session(sent, raw, self.account)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        """The other documented path, where one answers 404."""
        path = dialect.path_after(request.path, self.options.list_path)
        if path is None or not isinstance(error, NotFound | AddressNotFound):
            return None
        return attrs.evolve(request, path=path)

    def allowance(self, response: Response) -> Allowance | None:
        """What is left of the minute (https://docs.fluveo.com/guides/rate-limiting)."""
        return kit.allowance(response, window=60.0)

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """HTTP Basic, the key as user name (https://docs.fluveo.com/authentication)."""
        return kit.basic(request, credentials)
