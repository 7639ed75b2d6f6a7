"""``Session``: one checkout session in the common language, with the provider's own bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import msgspec

from unified_checkout.model.money import Money
from unified_checkout.model.statuses import SessionKind
from unified_checkout.printing import OneLine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus

T = TypeVar("T")


@attrs.define(kw_only=True, eq=False, repr=False)
class AddressDraft(OneLine):
    """The fields of an address that is being put together; see :func:`sealed`."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


@attrs.frozen(kw_only=True, repr=False)  # pyright: ignore[reportGeneralTypeIssues]
class Address(AddressDraft):
    """A postal address, as far as the provider sent it."""


@attrs.define(kw_only=True, eq=False, repr=False)
class CustomerDraft(OneLine):
    """The fields of a customer that is being put together; see :func:`sealed`."""

    id: str | None = None
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    address: Address | None = None


@attrs.frozen(kw_only=True, repr=False)  # pyright: ignore[reportGeneralTypeIssues]
class Customer(CustomerDraft):
    """The buyer, as far as the provider sent it.

    ``email`` is the address the buyer gave, never the prefill (``Session.customer_email``).
    A ``None`` here may mean that the provider sends the field only when asked to expand it.
    """

    def __repr__(self) -> str:
        return f"Customer(id={self.id!r}, ...)"


@attrs.define(kw_only=True, eq=False, repr=False)
class SessionDraft(OneLine):
    """The fields of a session that is being put together; see :func:`sealed`."""

    account: str
    """The name of the account it was read from."""
    provider: str
    """The provider's name, such as ``stripe``."""
    id: str
    """The provider's id. Opaque; up to 255 characters."""
    created: datetime
    """When it was created: aware, UTC, to the second or finer."""
    raw_bytes: bytes
    """The untouched JSON object as the provider sent it; ``raw`` is the same, decoded."""
    status: SessionStatus | None = None
    """None where the provider sends null or nothing."""
    payment_status: PaymentStatus | None = None
    """None where the provider has no such field."""
    mode: SessionMode | None = None
    kind: SessionKind | None = SessionKind.CHECKOUT
    """What it is to the merchant. Some providers list renewals and invoices among checkouts."""
    expires_at: datetime | None = None
    amount_total: int | None = None
    amount_subtotal: int | None = None
    amount_discount: int | None = None
    amount_shipping: int | None = None
    amount_tax: int | None = None
    amount_received: int | None = None
    amount_refunded: int | None = None
    amount_disputed: int | None = None
    currency: str | None = None
    """The lower-case code: ISO 4217's, or a provider's own, such as ``usdc`` or ``points``."""
    currency_exponent: int | None = None
    """The provider's number of decimal digits for ``currency``."""
    currency_assumed: bool = False
    """True where the provider names no currency and the adapter assumed one."""
    customer: Customer | None = None
    customer_email: str | None = None
    """The prefilled address, which the buyer may have changed; see ``customer.email``."""
    customer_account: str | None = None
    payment_intents: tuple[str, ...] = ()
    """Ids; more than one where a provider splits a cart."""
    subscription: str | None = None
    setup_intent: str | None = None
    invoice: str | None = None
    payment_link: str | None = None
    client_reference_id: str | None = None
    url: str | None = None
    """The hosted page, a bearer secret: whoever has it can pay or see the session."""
    success_url: str | None = None
    cancel_url: str | None = None
    livemode: bool | None = None
    metadata: Mapping[str, str] | None = attrs.field(default=None, hash=False)
    """The merchant's own strings; a value that is none is the JSON it was sent as."""
    disputed: bool | None = None
    """Whether any dispute is attached; None where the provider does not say."""
    provider_status: str | None = None
    """The provider's own word for ``status``."""


@attrs.frozen(kw_only=True, repr=False)  # pyright: ignore[reportGeneralTypeIssues]
class Session(SessionDraft):
    """One checkout session.

    Amounts are minor units as the provider sends them, or None where it sends none; ``total``,
    ``subtotal`` and the like give the same as :class:`Money`. Null, absent and zero are kept
    apart: None is never 0. Times are aware and in UTC.

    The representation shows no personal data and no hosted-page address, which is a secret.
    """

    @property
    def raw(self) -> dict[str, Any]:
        """The provider's object, decoded anew at each access; integers are exact.

        Raises:
            ValueError: if it holds an integer longer than ``sys.get_int_max_str_digits()``.
            RecursionError: if it is nested deeper than the caller's stack has room for.
        """
        decoded: dict[str, Any] = json.loads(self.raw_bytes)
        return decoded

    @property
    def total(self) -> Money | None:
        """``amount_total`` as money; None where the amount or the currency is not known."""
        return self._money(self.amount_total)

    @property
    def subtotal(self) -> Money | None:
        """``amount_subtotal`` as money."""
        return self._money(self.amount_subtotal)

    @property
    def discount(self) -> Money | None:
        """``amount_discount`` as money."""
        return self._money(self.amount_discount)

    @property
    def shipping(self) -> Money | None:
        """``amount_shipping`` as money."""
        return self._money(self.amount_shipping)

    @property
    def tax(self) -> Money | None:
        """``amount_tax`` as money."""
        return self._money(self.amount_tax)

    @property
    def received(self) -> Money | None:
        """``amount_received`` as money."""
        return self._money(self.amount_received)

    @property
    def refunded(self) -> Money | None:
        """``amount_refunded`` as money."""
        return self._money(self.amount_refunded)

    @property
    def in_dispute(self) -> Money | None:
        """``amount_disputed`` as money."""
        return self._money(self.amount_disputed)

    def _money(self, amount: int | None) -> Money | None:
        if amount is None or self.currency is None or self.currency_exponent is None:
            return None
        return Money(amount, self.currency, self.currency_exponent, self.currency_assumed)

    def to_dict(self) -> dict[str, Any]:
        """Every field by name, in the order they are declared, without ``raw_bytes``.

        Times are ISO 8601 strings in UTC, statuses their words, ``customer`` and its address
        nested dictionaries. The keys never change their meaning; later versions only add keys.
        """
        return attrs.asdict(
            self,
            filter=lambda attribute, _: attribute.name != "raw_bytes",
            value_serializer=lambda _, __, value: _plain(value),
        )

    def to_json(self) -> str:
        """``to_dict`` as one line of JSON."""
        return msgspec.json.encode(self.to_dict()).decode()

    def __repr__(self) -> str:
        return (
            f"Session(account={self.account!r}, id={self.id!r}, status={self.status}, "
            f"created={self.created:%Y-%m-%dT%H:%M:%SZ}, total={self.total})"
        )


def sealed(draft: Any, kind: type[T]) -> T:
    """The draft itself, now one of ``kind``, whose draft it was, and frozen.

    This is how adapters make sessions: attrs fills a frozen object through
    ``object.__setattr__``, and Python matches each of many keywords to a parameter; the one or the
    other takes longer than decoding what the provider sent.

    >>> draft = AddressDraft()
    >>> draft.city = "Exampleton"
    >>> sealed(draft, Address) == Address(city="Exampleton")
    True
    """
    draft.__class__ = kind
    made: T = draft
    return made


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple):
        return list(value)
    return value
