"""``LeanRailsAdapter``: one LeanRails account's translator."""

from __future__ import annotations

from typing import Annotated, Any

import attrs
from pydantic import Field

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
    Stream,
    kit,
)
from unified_checkout.adapters.contract import Direction
from unified_checkout.errors import NotFound, ProviderError
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session
from unified_checkout.model.validation import worded
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


class LeanRailsAdapter(Adapter[LeanRailsOptions]):
    """LeanRails' Checkout Sessions API, documented under the name of Fluveo too.

    >>> from unified_checkout.model.query import ListSessions
    >>> adapter = LeanRailsAdapter("shop", LeanRailsOptions())
    >>> adapter.compile(ListSessions(status="open")).streams[0].parameters
    (('status', 'open'),)
    """

    name = "leanrails"
    title = "LeanRails"
    options_type = LeanRailsOptions
    requests_per_second = 25.0
    sandbox = "unified_checkout_leanrails.sandbox:LeanRailsSandbox"
    provider_options = frozenset(dialect.LeanRailsQueryOptions.model_fields)

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(
            query,
            dialect.LeanRailsQueryOptions.of(self, query),
            path=self.options.list_path,
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
        last = page.next_cursor if place.direction is Direction.FORWARD else None
        return ProviderPage(
            sessions=sessions,
            next=last or kit.end_of(sessions, place.direction),
            more=page.has_more,
        )

    def get_request(self, id: str) -> Request:
        """The request for a single session."""
        return Request(
            path=kit.item_path(dialect.ITEM_PATH, id),
            headers=dict(self._headers()),
        )

    def parse_session(self, response: Response) -> Session:
        """A single session."""
        sent = kit.decode(wire.SESSION, response.body, **self._origin(response))
        return to_session(sent, response.body, self.account)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self._origin(response))

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        """The other documented path, where one answers 404."""
        path = dialect.path_after(request.path, self.options.list_path)
        if path is None or not isinstance(error, NotFound):
            return None
        return attrs.evolve(request, path=path)

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """HTTP Basic, the key as user name (https://docs.fluveo.com/authentication)."""
        return kit.basic(request, credentials)

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        """What the prefix tells; the same prefixes as at other providers."""
        return kit.key_kind(api_key, KEY_KINDS)

    def _headers(self) -> tuple[tuple[str, str], ...]:
        version = self.options.api_version
        return () if version is None else (("X-API-Version", version),)

    def _origin(self, response: Response) -> dict[str, Any]:
        return kit.origin(self, response, "x-request-id")
