"""``SquareAdapter``: one Square account's translator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

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
from unified_checkout_square import dialect, errors, wire
from unified_checkout_square.session import to_session

KEY_KINDS = {
    "sandbox-sq0atb-": KeyKind.TEST,
    "sq0atp-": KeyKind.LIVE,
    "sandbox-sq0id": KeyKind.PUBLISHABLE,
    "sq0idp-": KeyKind.PUBLISHABLE,
}
"""Older access tokens, and the ids of applications, which are often taken for one. The tokens of
today begin with ``EAAA``, live ones and others."""

HOSTS = {"connect.squareup.com": True, "connect.squareupsandbox.com": False}
"""Whether what is at an address is live; payments do not say."""

BY_KEY = {KeyKind.TEST: False, KeyKind.LIVE: True}

SENSITIVE: dict[str, Sensitive | None] = {
    "application_details.square_product": None,
    "card_details.entry_method": None,
    "payment.id": None,
    "payments.id": None,
    "receipt_url": Sensitive.PAGE,
}

Version = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    worded("write a version such as 2025-08-20"),
]
Location = Annotated[str, Field(min_length=1, max_length=50)]


class SquareOptions(AdapterOptions):
    """What may be configured for an account at Square."""

    own_path = "/v2"

    base_url: str = "https://connect.squareup.com"
    """``https://connect.squareupsandbox.com`` for test accounts."""
    api_version: Version = "2025-08-20"
    """The API version to ask for, that this adapter is written for unless another is named."""
    locations: tuple[Location, ...] = ()
    """The ids of the locations to list; none is the main one alone."""

    @field_validator("locations", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [name.strip() for name in value.split(",")] if isinstance(value, str) else value

    @field_validator("locations")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))


class SquareAdapter(JsonAdapter[SquareOptions]):
    """Square's Payments API.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = SquareAdapter("shop", SquareOptions(locations=("LNORTH", "LSOUTH")))
    >>> [stream.name for stream in adapter.compile(ListSessions()).streams]
    ['payments at LNORTH', 'payments at LSOUTH']
    """

    name = "square"
    title = "Square"
    evidence = "Square's official description and its documentation; never tried against the API."
    rows = "payments"
    options_type = SquareOptions
    requests_per_second = 5.0
    changes_for = timedelta(days=365)
    """A careful guess: the refunded amount is on the row, and refunds come months later."""
    sandbox = "unified_checkout_square.sandbox:SquareSandbox"
    sensitive = SENSITIVE
    query_options = dialect.SquareQueryOptions
    page = wire.PAGE
    item_path = dialect.PATH
    item_key = "payment"
    key_kinds = KEY_KINDS

    @property
    def livemode(self) -> bool | None:
        """Whether the account is a live one: its key tells, or else its address."""
        by_address = HOSTS.get(urlsplit(self.options.base_url).hostname or "")
        return BY_KEY.get(self.key_shape, by_address)

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        return dialect.compile_query(
            query,
            dialect.SquareQueryOptions.of(self, query),
            locations=self.options.locations,
            livemode=self.livemode,
        )

    def headers(self) -> dict[str, str]:
        """The version of the API: without it, the one that the application's owner once chose."""
        return {"Square-Version": self.options.api_version}

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
        """A page goes on at its ``cursor``; one without, or with an empty one, is the last."""
        if sent.errors:
            raise self.parse_error(response)
        if not sessions and _is_another_thing(kit.error_body(response)):
            raise kit.FieldError("payments", "missing required field")
        following = kit.filled(sent.cursor)
        return ProviderPage(sessions=sessions, next=following, more=following is not None)

    def to_session(self, sent: wire.Payment, raw: bytes) -> Session:
        """A payment in the common language."""
        return to_session(sent, raw, self.account, livemode=self.livemode)

    def parse_session(self, response: Response) -> Session:
        """The payment, unless the body tells of a failure in spite of its status."""
        if kit.error_body(response).get("errors"):
            raise self.parse_error(response)
        return super().parse_session(response)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """A bearer token (https://developer.squareup.com/docs/build-basics/access-tokens)."""
        return kit.bearer(request, credentials)


def _is_another_thing(body: dict[str, Any]) -> bool:
    """Whether an object without payments is no page: an empty page is ``{}``, or has a cursor."""
    return "payments" not in body and not body.keys() <= {"cursor", "errors"}
