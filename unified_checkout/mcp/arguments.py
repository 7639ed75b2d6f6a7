"""What a tool may be asked: declared for the model that asks, and checked here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import ConfigDict, Field, ValidationError, WithJsonSchema

from unified_checkout.errors import InvalidQuery
from unified_checkout.model.query import ANY
from unified_checkout.model.statuses import PaymentStatus, SessionKind, SessionMode, SessionStatus
from unified_checkout.model.validation import Frozen, explained
from unified_checkout.report.dimension import Dimension

Plain = dict[str, Any]
A = TypeVar("A", bound="Nothing")


def _text(description: str) -> Plain:
    return {"type": "string", "description": description}


def _several(description: str, words: Iterable[str] = ()) -> Plain:
    items = {"enum": [*map(str, words)]} if words else {"type": "string"}
    return {"type": "array", "items": items, "description": description}


CONDITIONS: Mapping[str, Plain] = {
    "accounts": _several("Names that list_accounts tells; all if left out."),
    "created": {
        "type": ["string", "object"],
        "description": "A year, month or day such as 2026-10; or {gt, gte, lt, lte} in ISO 8601.",
    },
    "last": _text("Created within this span before now, such as 24h or 30d."),
    "status": _several("One of these.", SessionStatus),
    "payment_status": _several("One of these.", PaymentStatus),
    "mode": _several("One of these.", SessionMode),
    "kind": _several("One of these; checkout if left out.", [*SessionKind, ANY]),
    "currency": _several("Codes such as usd."),
    "customer": _text("The customer's id."),
    "customer_account": _text("The id of the account that acts as the customer."),
    "email": _text("The buyer's address, letter for letter."),
    "payment_intent": _text("Its id."),
    "payment_link": _text("Its id."),
    "subscription": _text("Its id."),
    "client_reference_id": _text("The merchant's own reference."),
    "livemode": {"type": "boolean"},
    "has_disputes": {"type": "boolean"},
    "expand": _several("What coverage calls untold."),
}
"""The fields of ``ListSessions`` that a tool takes."""


class Nothing(Frozen):
    """No arguments."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    conditions: ClassVar[Mapping[str, Plain]] = {}
    """What may stand beside its own fields, by name, as a model is told of it."""


class Conditions(Nothing):
    """Those of a query, and nothing else."""

    conditions = CONDITIONS


class Reading(Conditions):
    """What reading may cost, beside them."""

    deadline: Annotated[float, Field(gt=0, le=600, strict=True)] = 50
    """Seconds that reading may take."""


class Listing(Reading):
    """Which page is asked for."""

    limit: Annotated[int, Field(ge=1, le=100, strict=True)] = 20
    """How many sessions, the newest first."""
    cursor: Annotated[str, Field(strict=True)] | None = None
    """The next_cursor of an answer; conditions may then be left out."""


class Figures(Reading):
    """What figures are asked for."""

    by: Annotated[tuple[Dimension, ...], WithJsonSchema(_several("Group by.", Dimension))] = (
        Dimension.PROVIDER,
        Dimension.CURRENCY,
    )
    zone: Annotated[str, Field(strict=True)] = "UTC"
    """The time zone of dates, weeks and months, such as Europe/Berlin."""


class OneId(Nothing):
    """Which session is asked for."""

    id: Annotated[str, Field(strict=True, min_length=1, max_length=255)]
    """The provider's id of the session."""
    account: Annotated[str, Field(strict=True)] | None = None
    """The account's name; needed where the form of the id does not tell it."""


def schema(kind: type[Nothing]) -> Plain:
    """The arguments as a model is told of them."""
    own = kind.model_json_schema()
    for one in own["properties"].values():
        del one["title"]
    own["properties"] = {**kind.conditions, **own["properties"]}
    return {name: own[name] for name in own if name not in ("title", "description")}


def taken(given: Mapping[str, Any], kind: type[A]) -> tuple[A, Plain]:
    """A tool's own arguments, checked, and the conditions beside them; null is not given.

    Raises:
        InvalidQuery: naming what is wrong, and what is allowed.
    """
    own = {name: value for name, value in given.items() if value is not None}
    conditions = {name: own.pop(name) for name in kind.conditions if name in own}
    allowed = [*kind.conditions, *kind.model_fields]
    try:
        return kind.model_validate(own), conditions
    except ValidationError as error:
        problems = explained(error, "arguments", lambda _: allowed)
    raise InvalidQuery(problems)
