"""``ListSessions``: the one question, in the common language."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypedDict, Unpack

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from unified_checkout.errors import InvalidQuery
from unified_checkout.frames import frameless
from unified_checkout.model.predicate import LOWER_BOUNDS, UPPER_BOUNDS, Operator, Predicate
from unified_checkout.model.statuses import (
    KindWord,
    ModeWord,
    PaymentStatus,
    PaymentStatusWord,
    SessionKind,
    SessionMode,
    SessionStatus,
    StatusWord,
)
from unified_checkout.model.times import created_bounds, moment, since, span
from unified_checkout.model.validation import Frozen, Place, explained, worded
from unified_checkout.spelling import did_you_mean, nearest
from unified_checkout.telltales import looks_like_a_key, named

BESIDES = ("cursor", "after", "before", "on_error", "max_requests", "deadline")
"""What ``list`` and ``page`` of a client take beside the fields of a query."""

ANY = "any"
"""Written for ``kind``: no condition on it."""

_CHECKED = ConfigDict(extra="forbid", validate_default=True)


def _several(value: object) -> tuple[object, ...] | None:
    """One value or several, as a tuple without repetitions."""
    if value is None:
        return None
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping | BaseModel):
        return (value,)
    values = tuple(value)
    if all(isinstance(one, Hashable) for one in values):
        values = tuple(dict.fromkeys(values))
    if not values:
        raise ValueError(
            "an empty choice matches nothing; name at least one value, or leave it out"
        )
    return values


def _kinds(value: object) -> tuple[object, ...] | None:
    """The same for kinds, of which ``any`` is no condition."""
    values = _several(value)
    if values is None or ANY in values:
        return None
    for one in values:
        if one not in list(SessionKind):
            words = ", ".join(SessionKind)
            meant = _meant(("kind",), one)
            raise ValueError(f"write one or several of {words}, or {ANY}{meant}")
    return values


def _expansions(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _codes(value: object) -> tuple[object, ...] | None:
    """The same for codes, of which the letter case does not count."""
    values = _several(value)
    if values is None:
        return None
    return _several([one.lower() if isinstance(one, str) else one for one in values])


def _no_key(value: Any) -> Any:
    """What is asked for, unless a key was pasted there: plans print it, and addresses hold it."""
    if isinstance(value, Mapping):
        for one in value.values():
            _no_key(one)
    elif isinstance(value, str) and looks_like_a_key(value):
        raise ValueError("this looks like a key; it is neither sent nor shown")
    return value


Id = Annotated[str, Field(min_length=1, max_length=255, strict=True), AfterValidator(_no_key)]
Moment = Annotated[datetime, BeforeValidator(moment)]
Span = Annotated[timedelta, BeforeValidator(span)]
Currency = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]{3,12}$"),
    worded("write 3 to 12 letters and digits, such as usd or usdc"),
]
Email = Annotated[
    str,
    Field(min_length=3, max_length=800, pattern=r"^\S+@\S+$"),
    worded("write an address such as buyer@example.com, 800 characters at most"),
]


class CreatedRange(Frozen):
    """Bounds on the time of creation. A date means that whole day, in UTC.

    A year, a month or a day stands for the bounds around it.

    >>> CreatedRange(gte="2026-01-01", lte="2026-01-31").lt
    datetime.datetime(2026, 2, 1, 0, 0, tzinfo=datetime.timezone.utc)
    >>> ListSessions(created="2026-01").created == CreatedRange(gte="2026-01-01", lt="2026-02-01")
    True
    """

    model_config = _CHECKED

    gt: Moment | None = None
    gte: Moment | None = None
    lt: Moment | None = None
    lte: Moment | None = None

    if TYPE_CHECKING:

        def __init__(self, **bounds: Unpack[CreatedBounds]) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _whole_days(cls, value: Any) -> Any:
        """Turn dates into moments: ``gt`` and ``lte`` look to the end of their day."""
        if isinstance(value, CreatedRange):
            return value
        return created_bounds(value)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.gt is not None and self.gte is not None:
            raise ValueError("gt and gte are two bounds on one side; give one")
        if self.lt is not None and self.lte is not None:
            raise ValueError("lt and lte are two bounds on one side; give one")
        lower, upper = self.gte or self.gt, self.lte or self.lt
        if lower is not None and upper is not None:
            closed = self.gte is not None and self.lte is not None
            if lower > upper or (lower == upper and not closed):
                raise ValueError(
                    f"the range is empty: from {lower.isoformat()} to {upper.isoformat()}"
                )
        return self


class CreatedBounds(TypedDict, total=False):
    """``CreatedRange`` as a dictionary."""

    gt: datetime | date | str | None
    gte: datetime | date | str | None
    lt: datetime | date | str | None
    lte: datetime | date | str | None


class ListSessions(Frozen):
    """Which checkout sessions are there? The conjunction of its conditions.

    Each condition has one meaning on every provider. Where a provider cannot evaluate one, it is
    evaluated here; where it cannot be known at all, planning raises ``UnsupportedPredicate``.

    >>> query = ListSessions(status="complete", created={"gte": "2026-01-01"})
    >>> [str(predicate) for predicate in query.predicates()]
    ['created >= 2026-01-01T00:00:00Z', 'status = complete']

    Raises:
        InvalidQuery: naming the field that is wrong and what is allowed.
    """

    model_config = _CHECKED

    created: CreatedRange | None = None
    """When the session was created. ``gt`` and ``lt`` exclude the bound, ``gte`` and ``lte``
    include it. Aware datetimes, dates (whole days in UTC) or ISO 8601 strings. Instead of bounds
    a whole year, month or day in UTC: ``2026``, ``2026-10``, ``2026-10-31`` or a date."""
    last: Span | None = None
    """Created within this span before now, such as ``30d``; instead of a lower bound."""
    status: Annotated[tuple[SessionStatus, ...] | None, BeforeValidator(_several)] = None
    """The normalized status is one of these."""
    payment_status: Annotated[tuple[PaymentStatus, ...] | None, BeforeValidator(_several)] = None
    """The payment status is one of these."""
    mode: Annotated[tuple[SessionMode, ...] | None, BeforeValidator(_several)] = None
    """The mode is one of these."""
    kind: Annotated[tuple[SessionKind, ...] | None, BeforeValidator(_kinds)] = (
        SessionKind.CHECKOUT,
    )
    """What the session is to the merchant is one of these; ``any`` is no condition."""
    customer: Id | None = None
    """The id of the provider's customer object is exactly this."""
    customer_account: Id | None = None
    """The id of the account that acts as the customer is exactly this."""
    email: Email | None = Field(default=None, repr=False)
    """The address the buyer gave is exactly this, letter for letter; a prefill does not count."""
    payment_intent: Id | None = None
    """One of the session's payment intents has this id."""
    payment_link: Id | None = None
    """The session came from the payment link with this id."""
    subscription: Id | None = None
    """The session's subscription has this id."""
    client_reference_id: Id | None = None
    """The merchant's own reference is exactly this."""
    currency: Annotated[tuple[Currency, ...] | None, BeforeValidator(_codes)] = None
    """The currency is one of these codes, such as ``usd``; an assumed currency counts."""
    livemode: bool | None = Field(default=None, strict=True)
    """True for live sessions, False for test sessions."""
    has_disputes: bool | None = Field(default=None, strict=True)
    """Whether any dispute is attached to the session."""

    expand: Annotated[tuple[Id, ...], BeforeValidator(_expansions)] = ()
    """Related objects to have expanded in ``raw``, such as ``customer``; for those providers
    that offer it. Some lists tell a field only then; ``coverage.untold`` names those that were
    not asked for. A path begins at the session, in lists too."""
    accounts: Annotated[tuple[Id, ...] | None, BeforeValidator(_several)] = None
    """The names of the accounts to ask; None asks all."""
    limit: int | None = Field(default=None, ge=1, le=sys.maxsize, strict=True)
    """How many sessions one listing gives at the most, the newest of them; None means all. The
    listing's cursor goes on beyond them."""
    page_size: int | None = Field(default=None, ge=1, le=1000, strict=True)
    """How many sessions to ask for in one request, 1 to 1000; None, or more than a provider
    allows, is as many as it allows."""
    provider_options: Annotated[dict[str, dict[str, Any]], AfterValidator(_no_key)] = Field(
        default_factory=dict
    )
    """What only one provider knows, by provider name; see that provider's README."""

    if TYPE_CHECKING:

        def __init__(self, **fields: Unpack[QueryFields]) -> None: ...

    @model_validator(mode="after")
    def _not_contradictory(self) -> Self:
        lower = self.created and (self.created.gt or self.created.gte)
        if self.last is not None and lower is not None:
            raise ValueError("last and a lower bound of created exclude each other; give one")
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _typed_error(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            problems = _besides(error) or explained(error, "query", _siblings, meant=_meant)
        raise InvalidQuery(problems)

    @frameless
    def resolved(self, now: datetime) -> ListSessions:
        """This query with ``last`` turned into a lower bound of ``created``."""
        if self.last is None:
            return self
        bounds = self.created.model_dump(exclude_none=True) if self.created else {}
        bounds["gte"] = since(now, self.last)
        fields = self.model_dump(exclude={"last", "created"}, exclude_unset=True)
        fields["created"] = bounds
        return type(self).model_validate(fields)

    def predicates(self, *, kind: bool = False) -> tuple[Predicate, ...]:
        """The conditions of a resolved query, one by one, in a stable order.

        Args:
            kind: whether the condition on the kind is among them, as the last. An adapter whose
                sessions are all checkouts need not know of it.
        """
        asked: list[Predicate] = []
        if (bounds := self.created) is not None:
            asked += _asked(bounds, _BOUNDS)
        asked += _asked(self, _CHOICES)
        asked += _asked(self, _EQUALITIES)
        return (*asked, *_asked(self, _KINDS)) if kind else tuple(asked)


def _asked(
    fields: ListSessions | CreatedRange, conditions: Iterable[tuple[str, str, Operator]]
) -> Iterator[Predicate]:
    """The conditions that have a value, by its name, with the field that they are on."""
    for name, field, operator in conditions:
        if (value := getattr(fields, name)) is not None:
            yield Predicate(field, operator, value)


_BOUNDS = tuple((bound.name.lower(), "created", bound) for bound in (*LOWER_BOUNDS, *UPPER_BOUNDS))
_CHOICES = tuple(
    (field, field, Operator.IN) for field in ("status", "payment_status", "mode", "currency")
)
_EQUALITIES = tuple(
    (field, field, Operator.EQ)
    for field in (
        "customer",
        "customer_account",
        "email",
        "payment_intent",
        "payment_link",
        "subscription",
        "client_reference_id",
        "livemode",
        "has_disputes",
    )
)
_KINDS = (("kind", "kind", Operator.IN),)


class QueryFields(TypedDict, total=False):
    """The fields of ``ListSessions`` as keyword arguments, in every form they may be written."""

    created: CreatedRange | CreatedBounds | date | str | None
    last: timedelta | str | None
    status: SessionStatus | StatusWord | Iterable[SessionStatus | StatusWord] | None
    payment_status: (
        PaymentStatus | PaymentStatusWord | Iterable[PaymentStatus | PaymentStatusWord] | None
    )
    mode: SessionMode | ModeWord | Iterable[SessionMode | ModeWord] | None
    kind: SessionKind | KindWord | Literal["any"] | Iterable[SessionKind | KindWord] | None
    customer: str | None
    customer_account: str | None
    email: str | None
    payment_intent: str | None
    payment_link: str | None
    subscription: str | None
    client_reference_id: str | None
    currency: str | Iterable[str] | None
    livemode: bool | None
    has_disputes: bool | None
    expand: str | Iterable[str]
    accounts: str | Iterable[str] | None
    limit: int | None
    page_size: int | None
    provider_options: Mapping[str, Mapping[str, Any]]


_WORDS: Mapping[str, type[StrEnum]] = {
    "status": SessionStatus,
    "payment_status": PaymentStatus,
    "mode": SessionMode,
    "kind": SessionKind,
}


def _meant(place: Place, written: object) -> str:
    """The field that a word belongs to, or the word of this one that is written most like it."""
    word = written.casefold() if isinstance(written, str) else written
    own = list(map(str, _WORDS.get(str(place[0]), ())))
    if word not in own:
        for field, words in _WORDS.items():
            if word in list(words):
                return f"; did you mean {field}={word!r}?"
    return did_you_mean(written, own)


def _besides(error: ValidationError) -> str:
    """What is said of a field that is rather one of those a list takes beside its query, if any is."""
    unknown = [one["loc"][0] for one in error.errors() if one["type"] == "extra_forbidden"]
    for name in unknown:
        meant = nearest(name, (*ListSessions.model_fields, *BESIDES))
        if meant in BESIDES:
            return f"{named(name)}: a query has no such field; list and page take {meant!r}"
    return ""


def _siblings(place: Place) -> Iterable[str]:
    return (CreatedRange if len(place) > 1 else ListSessions).model_fields
