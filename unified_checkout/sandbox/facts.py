"""``Facts``: one business fact, one checkout session, in words of no provider."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import shake_256
from typing import Any

import attrs

from unified_checkout.errors import ConfigurationError
from unified_checkout.model.session import Customer

DAY = 86_400
"""Seconds in a day: how long the buyer usually has to finish a session."""

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""The characters most providers build their ids from."""


def is_whole(value: object) -> bool:
    """Whether a value is a whole number; a bool is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether a value is a number; a bool is none, nor is what is called not a number."""
    return is_whole(value) or (isinstance(value, float) and not math.isnan(value))


_TYPES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "None": ("None", lambda value: value is None),
    "bool": ("a bool", lambda value: isinstance(value, bool)),
    "int": ("an int", is_whole),
    "float": ("a number", lambda value: is_number(value)),
    "str": ("a str", lambda value: isinstance(value, str)),
    "Customer": ("a Customer", lambda value: isinstance(value, Customer)),
    "tuple[str, ...]": ("a tuple of strings", lambda value: _all_texts(value, tuple)),
    "Mapping[str, str]": ("a mapping of strings to strings", lambda value: _all_texts(value)),
}
"""By annotation: what a value of it is called, and whether another is one."""
_PLAIN = {"None": type(None), "bool": bool, "int": int, "str": str, "Customer": Customer}
"""By annotation: a type of which every value is right."""
_MOMENT = "Unix seconds as an int, or an aware datetime"


def _all_texts(value: object, kind: type = Mapping) -> bool:
    inner = [*value, *value.values()] if isinstance(value, Mapping) else value
    return (
        isinstance(value, kind)
        and isinstance(inner, list | tuple)
        and all(isinstance(one, str) for one in inner)
    )


def check_type(owner: object, field: attrs.Attribute[Any], value: object) -> None:
    """An attrs validator that goes by a field's annotation.

    Raises:
        ConfigurationError: naming the field, and what is allowed.
    """
    kinds = str(field.type).split(" | ")
    if "Any" not in kinds and not any(_TYPES[kind][1](value) for kind in kinds):
        words = " or ".join(_TYPES[kind][0] for kind in kinds)
        raise ConfigurationError(
            f"{type(owner).__name__}: {field.name} is of type {type(value).__name__}; "
            f"allowed: {words}"
        )


def _seconds(moment: Any) -> Any:
    """Whole Unix seconds for an aware datetime; anything else is left to be refused."""
    aware = isinstance(moment, datetime) and moment.tzinfo is not None
    return int(moment.replace(microsecond=0).timestamp()) if aware else moment


def _as_seconds(moment: int | datetime) -> int:
    seconds: int = _seconds(moment)
    return seconds


def _as_seconds_or_none(moment: int | datetime | None) -> int | None:
    seconds: int | None = _seconds(moment)
    return seconds


def _validator(annotation: str) -> Callable[[Facts, attrs.Attribute[Any], object], None]:
    kinds = annotation.split(" | ")
    tests = [_TYPES[kind][1] for kind in kinds]
    plain = frozenset(_PLAIN[kind] for kind in kinds if kind in _PLAIN)

    def check(facts: Facts, field: attrs.Attribute[Any], value: object) -> None:
        if type(value) in plain:
            return
        for test in tests:
            if test(value):
                return
        moment = field.converter is not None
        names = [_MOMENT if moment and kind == "int" else _TYPES[kind][0] for kind in kinds]
        naive = moment and isinstance(value, datetime)
        found = "a datetime without a time zone" if naive else f"of type {type(value).__name__}"
        raise ConfigurationError(
            f"Facts(serial={facts.serial!r}): {field.name} is {found}; "
            f"allowed: {' or '.join(names)}"
        )

    return check


def _checked(_: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    return [field.evolve(validator=_validator(str(field.type))) for field in fields]


@attrs.frozen(kw_only=True, field_transformer=_checked)
class Facts:
    """One checkout session, as the merchant would tell it.

    A provider's sandbox *adopts* facts: it replaces what its provider cannot express by what that
    provider would hold instead, and gives the session the provider's id. Fields that a
    ``Session`` has too bear the same name.

    >>> lunch = Facts(serial="lunch", created=1_790_000_000, status="complete", amount_total=1250)
    >>> lunch.currency, lunch.expires_at - lunch.created
    ('usd', 86400)

    Raises:
        ConfigurationError: naming the field whose value is of a wrong type, and what is allowed.
    """

    serial: str
    """What tells this fact from others. The ids are made from it, so that the same fact held by
    several providers can be found again at each."""
    created: int = attrs.field(converter=_as_seconds)
    """Unix seconds; an aware datetime may be given instead, and counts to the second."""
    id: str = ""
    """The provider's id, given on adoption; whatever stands here before is replaced."""
    status: str | None = "open"
    """``open``, ``paid``, ``complete``, ``canceled``, ``expired`` or ``failed``; None where the
    provider sends null."""
    payment_status: str | None = "unpaid"
    mode: str | None = "payment"
    kind: str | None = "checkout"
    """What the session is to the merchant, in the words of ``SessionKind``."""
    expires_at: int | None = attrs.field(
        default=attrs.Factory(
            lambda self: self.created + DAY if isinstance(self.created, int) else None,
            takes_self=True,
        ),
        converter=_as_seconds_or_none,
    )
    """Like ``created``; a day after it, if nothing is said."""
    amount_total: int | None = None
    """All amounts are minor units of ``currency``; None is null or absent, never zero."""
    amount_subtotal: int | None = None
    amount_discount: int | None = None
    amount_shipping: int | None = None
    amount_tax: int | None = None
    amount_received: int | None = None
    amount_refunded: int | None = None
    amount_disputed: int | None = None
    currency: str | None = "usd"
    customer: Customer | None = None
    """The buyer; a guest has no ``customer.id``."""
    customer_email: str | None = None
    """The prefilled address."""
    customer_account: str | None = None
    payment_intents: tuple[str, ...] = ()
    subscription: str | None = None
    setup_intent: str | None = None
    invoice: str | None = None
    payment_link: str | None = None
    client_reference_id: str | None = None
    hosted: bool = True
    """Whether the buyer is sent to the provider's page, or the page is embedded in a shop's."""
    url: str | None = None
    """The hosted page, given on adoption."""
    success_url: str | None = None
    cancel_url: str | None = None
    livemode: bool = False
    metadata: Mapping[str, str] | None = attrs.field(factory=dict)
    disputed: bool | None = False

    @property
    def customer_id(self) -> str | None:
        """The id of the provider's customer object; None for a guest."""
        return self.customer.id if self.customer else None

    @property
    def email(self) -> str | None:
        """The address the buyer gave."""
        return self.customer.email if self.customer else None

    def token(self, purpose: str, length: int, alphabet: str = BASE62) -> str:
        """Characters that look random and are always the same for this fact and purpose.

        >>> Facts(serial="lunch", created=0).token("id", 8)
        'l5SgG6lP'
        """
        digest = shake_256(f"{purpose}:{self.serial}".encode()).digest(length)
        return "".join(alphabet[byte % len(alphabet)] for byte in digest)

    def one_in(self, count: int, purpose: str) -> bool:
        """True for about one fact in ``count``, always the same ones for a purpose."""
        digest = shake_256(f"{purpose}:{self.serial}".encode()).digest(4)
        return int.from_bytes(digest, "big") % count == 0
