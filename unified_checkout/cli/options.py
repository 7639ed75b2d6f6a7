"""Options that several commands share; those for a query are named like its fields."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, tzinfo
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unified_checkout.model.statuses import PaymentStatus, SessionKind, SessionMode, SessionStatus

if TYPE_CHECKING:
    from datetime import date, datetime

    from unified_checkout.model.query import ListSessions


class OnError(StrEnum):
    """What to do when an account fails."""

    RAISE = "raise"
    REPORT = "report"


class Output(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Document(StrEnum):
    """How an answer is written that has no rows."""

    TABLE = "table"
    JSON = "json"


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The configuration file. Otherwise UNIFIED_CHECKOUT_CONFIG, ./checkout.toml or the "
        "user's configuration directory.",
        metavar="PATH",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Output, typer.Option("--output", "-o", help="A table for people; the others for programs.")
]
DocumentOption = Annotated[
    Document, typer.Option("--output", "-o", help="A table for people, JSON for programs.")
]
EscapeOption = Annotated[
    bool,
    typer.Option(
        "--escape/--no-escape",
        help="In CSV, an apostrophe before what a spreadsheet would take for a formula. Programs "
        "want --no-escape; for a database, jsonl is better.",
    ),
]
ZoneOption = Annotated[
    str,
    typer.Option(
        "--tz",
        help="The time zone of days, weeks and months, also of dates in --created and its like: "
        "Europe/Berlin.",
        metavar="ZONE",
    ),
]
OnErrorOption = Annotated[
    OnError,
    typer.Option(
        help="When an account fails: stop and say so, or read the others on and exit with code 3."
    ),
]
MaxRequestsOption = Annotated[
    int | None,
    typer.Option(
        help="Send no more requests than so many, retries included.",
        metavar="N",
        show_default=False,
    ),
]
DeadlineOption = Annotated[
    float | None,
    typer.Option(help="Stop reading after so many seconds.", metavar="SECONDS", show_default=False),
]
SeedOption = Annotated[
    int,
    typer.Option(
        help="The same seed makes the same sessions, counted back from the time of the start.",
        metavar="N",
    ),
]


def _option(help: str, *names: str, metavar: str | None = None) -> Any:  # noqa: A002
    return typer.Option(*names, help=help, metavar=metavar, show_default=False)


def say_slips(query: ListSessions) -> None:
    """Say what may be a slip in a query, which is asked all the same."""
    from unified_checkout.adapters.currencies import currency_notes
    from unified_checkout.cli.ending import say

    for note in currency_notes(query.currency or ()):
        say(f"Note: {note}")


def account_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The configured accounts whose names begin like this, for a shell to complete."""
    from unified_checkout.config import load_accounts
    from unified_checkout.errors import UnifiedCheckoutError

    try:
        accounts = load_accounts(_named_file(ctx))
    except UnifiedCheckoutError:
        return []
    return [account.name for account in accounts if account.name.startswith(incomplete)]


def _named_file(context: Any) -> Path | None:
    """The configuration file that the words so far name, of a command or of the one above it."""
    named: Path | None = context.params.get("config")
    return named if named or context.parent is None else _named_file(context.parent)


_TIME = "TIME"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """A ``ListSessions`` as options."""

    created: Annotated[
        str | None,
        _option(
            "Created in this year, month or day, in UTC: 2026, 2026-10, 2026-10-31.", metavar=_TIME
        ),
    ] = None
    created_gte: Annotated[
        str | None,
        _option("Created at or after: 2026-01-31 (in UTC) or 2026-01-31T12:00:00Z.", metavar=_TIME),
    ] = None
    created_gt: Annotated[str | None, _option("Created after.", metavar=_TIME)] = None
    created_lt: Annotated[str | None, _option("Created before.", metavar=_TIME)] = None
    created_lte: Annotated[
        str | None, _option("Created at or before; a date is that whole day.", metavar=_TIME)
    ] = None
    last: Annotated[
        str | None,
        _option("Created within this span before now: 90s, 24h, 30d, 4w.", metavar="SPAN"),
    ] = None
    status: Annotated[list[SessionStatus] | None, _option("Any of these statuses; repeat.")] = None
    payment_status: Annotated[
        list[PaymentStatus] | None, _option("Any of these payment statuses; repeat.")
    ] = None
    mode: Annotated[list[SessionMode] | None, _option("Any of these modes; repeat.")] = None
    kind: Annotated[
        list[str] | None,
        _option(
            f"What the session is to the merchant: any of {', '.join(SessionKind)}, or any; "
            "repeat. Checkouts alone unless given.",
            metavar="KIND",
        ),
    ] = None
    customer: Annotated[str | None, _option("The customer's id.", metavar="ID")] = None
    customer_account: Annotated[
        str | None, _option("The id of the account that acts as the customer.", metavar="ID")
    ] = None
    email: Annotated[
        str | None, _option("The address the buyer gave, letter for letter.", metavar="EMAIL")
    ] = None
    payment_intent: Annotated[str | None, _option("A payment intent's id.", metavar="ID")] = None
    payment_link: Annotated[str | None, _option("The payment link's id.", metavar="ID")] = None
    subscription: Annotated[str | None, _option("The subscription's id.", metavar="ID")] = None
    client_reference_id: Annotated[
        str | None, _option("The merchant's own reference.", metavar="ID")
    ] = None
    currency: Annotated[
        list[str] | None, _option("Any of these currencies, such as usd; repeat.", metavar="CODE")
    ] = None
    livemode: Annotated[
        bool | None, _option("Live sessions, or test sessions.", "--livemode/--no-livemode")
    ] = None
    has_disputes: Annotated[
        bool | None,
        _option("Sessions with a dispute, or without.", "--has-disputes/--no-has-disputes"),
    ] = None
    accounts: Annotated[
        list[str] | None,
        typer.Option(
            "--accounts",
            "--account",
            help="Ask only this account; repeat.",
            metavar="NAME",
            show_default=False,
            autocompletion=account_names,
        ),
    ] = None
    limit: Annotated[int | None, _option("At most so many, the newest.", metavar="N")] = None
    expand: Annotated[
        list[str] | None,
        _option("Have a related object expanded, such as customer; repeat.", metavar="PATH"),
    ] = None
    page_size: Annotated[
        int | None,
        _option(
            "How many to ask for in one request, 1 to 1000; otherwise as many as the provider "
            "allows.",
            metavar="N",
        ),
    ] = None
    provider_options: Annotated[
        list[str] | None,
        _option(
            "What only one provider knows, such as acme.interval=30; repeat. "
            "The value is read as JSON where it is, else as text.",
            "--provider-option",
            metavar="PROVIDER.NAME=VALUE",
        ),
    ] = None

    def query(self, zone: tzinfo = UTC) -> ListSessions:
        """The query that the options ask; dates are days of the time zone.

        Raises:
            InvalidQuery: if it is malformed.
            typer.BadParameter: if a time or a provider option is.
        """
        from unified_checkout.model.query import ListSessions

        given = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {name: value for name, value in given.items() if value is not None and value != []}
        created = {
            name.removeprefix("created_"): _moment(name, given.pop(name))
            for name in list(given)
            if name.startswith("created_")
        }
        if created and self.created is not None:
            raise typer.BadParameter(
                f"it stands for its own bounds; leave it or --created-{next(iter(created))} out",
                param_hint="--created",
            )
        if created:
            given["created"] = created
        if "created" in given:
            given["created"] = _bounds(given["created"], zone)
        if self.provider_options:
            given["provider_options"] = provider_options(self.provider_options)
        return ListSessions.model_validate(given)


@dataclass(frozen=True, kw_only=True)
class Manners:
    """Where an answer begins, what it may cost, and what becomes of failures, as options."""

    cursor: Annotated[
        str | None,
        _option("Go on where an earlier answer to the same query ended.", metavar="CURSOR"),
    ] = None
    after: Annotated[
        str | None,
        _option("Begin with what was created before this moment, the newest first.", metavar=_TIME),
    ] = None
    before: Annotated[
        str | None,
        _option(
            "Only what was created after this moment; with --limit, those next to it.",
            metavar=_TIME,
        ),
    ] = None
    max_requests: MaxRequestsOption = None
    deadline: DeadlineOption = None
    on_error: OnErrorOption = OnError.RAISE

    def given(self) -> dict[str, Any]:
        """The same as ``Sessions.list`` and ``Sessions.page`` take it."""
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "on_error": self.on_error.value,
        }


def provider_options(given: list[str]) -> dict[str, dict[str, Any]]:
    """``PROVIDER.NAME=VALUE`` as ``ListSessions.provider_options`` takes it.

    >>> provider_options(["acme.interval=30", "acme.since=monday"])
    {'acme': {'interval': 30, 'since': 'monday'}}

    Raises:
        typer.BadParameter: for anything else.
    """
    from unified_checkout.telltales import quoted

    options: dict[str, dict[str, Any]] = {}
    for text in given:
        place, equals, value = text.partition("=")
        provider, dot, name = place.partition(".")
        if not (equals and provider and dot and name):
            raise typer.BadParameter(
                f"{quoted(text)} is not PROVIDER.NAME=VALUE", param_hint="--provider-option"
            )
        options.setdefault(provider, {})[name] = _value(value)
    return options


def _bounds(created: object, zone: tzinfo) -> dict[str, Any]:
    from unified_checkout.errors import InvalidQuery
    from unified_checkout.model.times import created_bounds

    try:
        return created_bounds(created, zone)
    except ValueError as error:
        raise InvalidQuery(f"created: {error}") from None


def _moment(option: str, text: str) -> datetime | date:
    from unified_checkout.model.times import moment

    try:
        return moment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=f"--{option.replace('_', '-')}") from None


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


OPTIONS = {
    field.name.replace("created_", "created."): f"--{field.name.replace('_', '-')}"
    for field in fields(Filters)
} | {"provider_options": "--provider-option"}
"""By field of the query, the option that sets it."""

MANNERS = {field.name: f"--{field.name.replace('_', '-')}" for field in fields(Manners)}
"""By what else a listing takes, the option that sets it."""

WORDS: dict[str, type[StrEnum]] = {
    "--status": SessionStatus,
    "--payment-status": PaymentStatus,
    "--mode": SessionMode,
    "--kind": SessionKind,
}
"""By option, the words that it takes."""

_GROUPS = {"filters": Filters, "manners": Manners}


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes ``filters``, and perhaps ``manners``, made to take their options."""
    others = dict(inspect.signature(command, eval_str=True).parameters)
    groups = {name: kind for name, kind in _GROUPS.items() if others.pop(name, None)}
    options = {
        name: inspect.signature(kind, eval_str=True).parameters for name, kind in groups.items()
    }

    @wraps(command)
    def with_options(**given: Any) -> None:
        asked = {
            name: kind(**{option: given.pop(option) for option in options[name]})
            for name, kind in groups.items()
        }
        command(**asked, **given)

    parameters = [one for group in options.values() for one in group.values()]
    parameters += others.values()
    keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    vars(with_options)["__signature__"] = inspect.Signature(keyword_only)
    return with_options
