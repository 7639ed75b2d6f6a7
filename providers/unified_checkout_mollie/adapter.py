"""``MollieAdapter``: one Mollie account's translator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import attrs
from pydantic import Field

from unified_checkout.adapters import (
    AdapterOptions,
    Compiled,
    Credentials,
    Direction,
    InvalidQuery,
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
from unified_checkout_mollie import dialect, errors, wire
from unified_checkout_mollie.session import EXPONENTS, to_session

KEY_KINDS = {  # an access token, access_..., tells neither mode
    "test_": KeyKind.TEST,
    "live_": KeyKind.LIVE,
}
AMOUNTS = ("amount", "amount_captured", "amount_charged_back", "amount_refunded")
SENSITIVE = {
    **{f"{name}.value": None for name in AMOUNTS},
    "billing_address.region": Sensitive.TEXT,
    "card_holder": Sensitive.NAME,
    "change_payment_state": Sensitive.PAGE,
    "checkout": Sensitive.PAGE,
    "consumer_account": Sensitive.TEXT,
    "consumer_name": Sensitive.NAME,
    "family_name": Sensitive.NAME,
    "given_name": Sensitive.NAME,
    "organization_name": Sensitive.NAME,
    "pay_online": Sensitive.PAGE,
    "shipping_address.region": Sensitive.TEXT,
    "status.href": Sensitive.PAGE,
    ".sort": None,
    "street_additional": Sensitive.TEXT,
    "street_and_number": Sensitive.TEXT,
}
UNTOLD = {"payment_link": Untold()}
"""The list of a link's payments is the only thing that tells."""

Profile = Annotated[
    str,
    Field(pattern=r"^pfl_[!-~]+$"),
    worded("write the id of a website profile, such as pfl_QkEhN94Ba"),
]


class MollieOptions(AdapterOptions):
    """What may be configured for an account at Mollie."""

    own_path = "/v2"

    base_url: str = "https://api.mollie.com"
    profile_id: Profile | None = None
    """The website profile to read, for access tokens, which may read several; an API key is bound
    to one, and takes none."""
    testmode: bool = False
    """Whether to read test payments, for access tokens; an API key is of one mode itself."""


class MollieAdapter(JsonAdapter[MollieOptions]):
    """Mollie's Payments API.

    >>> from unified_checkout.adapters import ListSessions
    >>> adapter = MollieAdapter("shop", MollieOptions())
    >>> [stream.path for stream in adapter.compile(ListSessions(customer="cst_1")).streams]
    ['/v2/customers/cst_1/payments']
    """

    name = "mollie"
    title = "Mollie"
    evidence = (
        "Mollie's documentation, its official description, and recorded answers in its "
        "packages; never tried against the API."
    )
    options_type = MollieOptions
    rows = "payments"
    requests_per_second = 5.0
    changes_for = timedelta(days=365)
    """Cards are refunded for up to a year (documentation); chargebacks are on the row, too."""
    sandbox = "unified_checkout_mollie.sandbox:MollieSandbox"
    sensitive = SENSITIVE
    untold = UNTOLD
    query_options = dialect.MollieQueryOptions
    page = wire.PAGE
    item_path = dialect.PATH
    id_prefixes = ("tr_",)
    key_kinds = KEY_KINDS

    def compile(self, query: ListSessions) -> Compiled:
        """Translate a query; see ``dialect``."""
        options = dialect.MollieQueryOptions.of(self, query)
        return dialect.compile_query(query, options, (*self._profile, *self._mode))

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
        """A page goes on at its last payment, which the next one repeats.

        Towards newer payments they come in the order of reading, so they are turned round.
        """
        if place.direction is Direction.BACKWARD:
            sessions = sessions[::-1]
        following = kit.end_of(sessions, place.direction)
        return ProviderPage(sessions=sessions, next=following, more=sent.links.next is not None)

    def to_session(self, sent: wire.Payment, raw: bytes) -> Session:
        """A payment in the common language."""
        return to_session(sent, raw, self.account)

    def get_request(self, id: str) -> Request:
        """A payment by its id, in the mode of the account."""
        return attrs.evolve(super().get_request(id), parameters=self._mode)

    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for a failure."""
        return errors.to_error(response, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """A bearer token (https://docs.mollie.com/reference/authentication)."""
        return kit.bearer(request, credentials)

    @classmethod
    def exponent(cls, currency: str) -> int | None:
        """Mollie's own table, which differs from ISO 4217 where that has other digits."""
        return EXPONENTS.get(currency.lower())

    @property
    def _profile(self) -> Parameters:
        profile = self.options.profile_id
        if profile is None:
            return ()
        self._need_access_token("profile_id")
        return ((dialect.PROFILE, profile),)

    @property
    def _mode(self) -> Parameters:
        if not self.options.testmode:
            return ()
        self._need_access_token("testmode")
        return ((dialect.TEST_MODE, "true"),)

    def _need_access_token(self, option: str) -> None:
        if self.key_shape is not KeyKind.UNKNOWN:
            raise InvalidQuery(
                f"account {self.account!r}: {option} goes with an access token; the account has an "
                "API key, which is bound to one profile and one mode. Leave it out"
            )
