"""What is asked: from Stripe's query parameters to the fields of ``ListSessions``."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import attrs

from unified_checkout.gateway.refusals import Refusal
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import looks_like_a_key, named

DEFAULT_LIMIT = 10
MOST = 100
STATUSES = {
    "open": ("open",),
    "complete": ("complete",),
    "expired": ("expired", "canceled", "failed"),
}
"""Ours for each of Stripe's words: what is shown as expired is found by it."""

_IDS = ("customer", "customer_account", "payment_intent", "payment_link", "subscription")
_KNOWN = (
    *_IDS,
    *("created", "customer_details", "ending_before", "expand", "limit", "starting_after"),
    "status",
)
_NAME = re.compile(r"(?P<name>[^\[\]]+)(?P<keys>(?:\[[^\[\]]*\])*)")
_MOST_FIELDS = 200
_LONGEST = 8192


@attrs.frozen(kw_only=True)
class Question:
    """One list request."""

    fields: dict[str, Any] = attrs.field(factory=dict, repr=False)
    """The conditions, as fields of ``ListSessions``."""
    limit: int = DEFAULT_LIMIT
    after: str | None = None
    """The id of the session whose older neighbours are wanted."""
    before: str | None = None
    """The id of the session whose newer neighbours are wanted."""
    expand: tuple[str, ...] = ()
    """Paths that begin at a session."""
    nothing: bool = False
    """Whether the conditions contradict each other, so that no session can match."""

    @property
    def place(self) -> str | None:
        """The id in the cursor, whichever it is."""
        return self.after if self.before is None else self.before

    @property
    def param(self) -> str:
        """The name of the cursor."""
        return "starting_after" if self.before is None else "ending_before"

    @property
    def condition(self) -> str:
        """The conditions by name, for a sentence."""
        names = [name for name in self.fields if name != "created"]
        return f" {', '.join(names)}" if names else ""


def question(query: bytes) -> Question:
    """What a list request asks.

    >>> question(b"limit=3&status=expired&created[gte]=5").fields["status"]
    ('expired', 'canceled', 'failed')

    Raises:
        Refusal: 400 for a parameter that is unknown, given twice or ill-formed. None is dropped.
    """
    given = _parameters(query)
    for name in given:
        if name not in _KNOWN:
            raise _unknown(name)
    fields: dict[str, Any] = {name: _id(given, name) for name in _IDS if name in given}
    if "customer_details" in given:
        fields["email"] = _email(given["customer_details"])
    if "status" in given:
        fields["status"] = _status(_text(given, "status"))
    nothing = False
    if "created" in given:
        since, until = _bounds(given["created"])
        nothing = since is not None and until is not None and since >= until
        bounds = {"gte": since, "lt": until}
        fields["created"] = {name: at for name, at in bounds.items() if at is not None}
    after, before = (
        _text(given, name) if name in given else None
        for name in ("starting_after", "ending_before")
    )
    if after is not None and before is not None:
        raise Refusal(
            status=400,
            message="Received both starting_after and ending_before parameters. "
            "Please pass in only one.",
        )
    return Question(
        fields=fields,
        limit=_limit(_text(given, "limit")) if "limit" in given else DEFAULT_LIMIT,
        after=after,
        before=before,
        expand=_expansions(given, "data."),
        nothing=nothing,
    )


def expansions(query: bytes) -> tuple[str, ...]:
    """What is asked beside a single session's id.

    Raises:
        Refusal: 400, as for :func:`question`.
    """
    given = _parameters(query)
    for name in given:
        if name != "expand":
            raise _unknown(name)
    return _expansions(given, "")


def _parameters(query: bytes) -> dict[str, dict[str, str]]:
    """By name what is given: the keys in brackets, joined, and the value of each."""
    if len(query) > _LONGEST:
        raise Refusal(status=400, message=f"The query is longer than {_LONGEST} bytes.")
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except UnicodeDecodeError:
        raise Refusal(status=400, message="The query is not percent-encoded UTF-8.") from None
    except ValueError:
        message = f"The query holds more than {_MOST_FIELDS} parameters."
        raise Refusal(status=400, message=message) from None
    given: dict[str, dict[str, str]] = {}
    for written, value in pairs:
        found = _NAME.fullmatch(written)
        if found is None:
            raise _unknown(written)
        name, keys = found["name"], found["keys"]
        held = given.setdefault(name, {})
        if keys == "[]":
            keys = f"[{len(held)}+]"
        if keys in held or (held and ("" in held or not keys)):
            raise _bad(name, f"Received {_shown(name)} more than once.")
        held[keys] = value
    return given


def _text(given: dict[str, dict[str, str]], name: str) -> str:
    """A single value."""
    value = given[name].get("")
    if value is None:
        raise _bad(name, f"Invalid {name}: give one value.")
    if not value:
        raise Refusal(
            status=400,
            message=f"You passed an empty string for '{name}'. Leave it out instead.",
            code="parameter_invalid_empty",
            param=name,
        )
    if any(ord(character) < 32 for character in value) or len(value) > 800:
        raise _bad(name, f"Invalid {name}: it is too long, or holds control characters.")
    if looks_like_a_key(value):
        raise _bad(name, f"Invalid {name}: this looks like a key.")
    return value


def _id(given: dict[str, dict[str, str]], name: str) -> str:
    value = _text(given, name)
    if len(value) > 255:
        raise _bad(name, f"Invalid {name}: an id has 255 characters at most.")
    return value


def _email(held: dict[str, str]) -> str:
    for keys in held:
        if keys != "[email]":
            raise _unknown(f"customer_details{keys}")
    return _text({"customer_details[email]": {"": held["[email]"]}}, "customer_details[email]")


def _status(word: str) -> tuple[str, ...]:
    if word not in STATUSES:
        raise _bad("status", f"Invalid status: must be one of {', '.join(STATUSES)}.")
    return STATUSES[word]


def _limit(text: str) -> int:
    number = int(text) if re.fullmatch(r"\+?[0-9]{1,9}", text) else None
    if number is None or not 1 <= number <= MOST:
        raise Refusal(
            status=400,
            message=f"Invalid limit: give a whole number from 1 to {MOST}.",
            code="parameter_invalid_integer",
            param="limit",
        )
    return number


def _bounds(held: dict[str, str]) -> tuple[datetime | None, datetime | None]:
    """The half-open span of ``created``.

    What is shown is whole seconds: ``lte=5`` means all that are shown as created at 5.
    """
    of: dict[str, Callable[[int], tuple[int | None, int | None]]] = {
        "": lambda second: (second, second + 1),
        "[gt]": lambda second: (second + 1, None),
        "[gte]": lambda second: (second, None),
        "[lt]": lambda second: (None, second),
        "[lte]": lambda second: (None, second + 1),
    }
    since: list[int] = []
    until: list[int] = []
    for keys, text in held.items():
        if keys not in of:
            raise _unknown(f"created{keys}")
        if not re.fullmatch(r"-?[0-9]{1,12}", text):
            raise _bad(f"created{keys}", f"Invalid created{keys}: give whole Unix seconds.")
        lower, upper = of[keys](int(text))
        since += [] if lower is None else [lower]
        until += [] if upper is None else [upper]
    return _moment(max(since, default=None)), _moment(min(until, default=None))


def _moment(second: int | None) -> datetime | None:
    if second is None:
        return None
    latest = 253_370_764_800  # the year 9999
    return datetime.fromtimestamp(min(max(second, 0), latest), UTC)


def _expansions(given: dict[str, dict[str, str]], prefix: str) -> tuple[str, ...]:
    """The paths to expand, which begin with ``data.`` in a list."""
    paths = []
    for keys, path in given.get("expand", {}).items():
        if not re.fullmatch(r"\[(\d{0,3}\+?)\]|", keys):
            raise _unknown(f"expand{keys}")
        inner = path.removeprefix(prefix)
        if not re.fullmatch(r"[a-z_]+(\.[a-z_]+){0,3}", inner) or (prefix and inner == path):
            raise cannot_expand(path)
        paths.append(inner)
    return tuple(dict.fromkeys(paths))


def cannot_expand(path: str, why: str = "") -> Refusal:
    """A path that is none, or that nobody expands."""
    return Refusal(
        status=400,
        message=f"This property cannot be expanded ({_shown(path)}).{why}",
        param="expand",
    )


def _bad(name: str, message: str) -> Refusal:
    return Refusal(status=400, message=message, param=_shown(name))


def _unknown(name: str) -> Refusal:
    meant = did_you_mean(name, _KNOWN)
    return Refusal(
        status=400,
        message=f"Received unknown parameter: {_shown(name)}{meant}",
        code="parameter_unknown",
        param=_shown(name),
    )


def _shown(name: str) -> str:
    return named(name[:64])
