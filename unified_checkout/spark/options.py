"""What may be told to the source as options, all of them text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.errors import ConfigurationError, InvalidQuery
from unified_checkout.model.query import ListSessions
from unified_checkout.model.times import span
from unified_checkout.paths import path_of
from unified_checkout.spelling import did_you_mean
from unified_checkout.tasks import Manner, Question
from unified_checkout.telltales import KEY, TELLTALE, looks_like_a_key, named

_TELLING = "key|secret|token|passw|credential|auth"
KEY_LIKE = f"(?i:{_TELLING})|{KEY.pattern}"
"""What the name of a secret option holds, or the value of any: Java's and Python's expression."""


@attrs.frozen(kw_only=True)
class Options:
    """What the options of a source say."""

    question: Question
    pushdown: bool = False
    """Whether Spark is to hand over the conditions of ``where``."""
    horizon: timedelta | None = None
    """How far back each batch of a stream reads again; None as the adapters declare."""


def read_options(written: Mapping[str, str]) -> Options:
    """The options as values.

    >>> options = read_options({"status": "open, complete", "created_gte": "2026-10-01"})
    >>> [str(predicate) for predicate in options.question.query.predicates()]
    ['created >= 2026-10-01T00:00:00Z', 'status in (open, complete)']

    Raises:
        ConfigurationError: for an option that is unknown or looks like a key; the key is not shown.
        InvalidQuery: if the query that they make is malformed.
    """
    for name, value in written.items():
        _refuse_key(name, value)
    known = {*_FIELDS, *_BOUNDS, *_OTHERS}
    if "account" in written and "accounts" not in written:  # as the command line has it
        written = {("accounts" if name == "account" else name): written[name] for name in written}
    for name in written:
        if name not in known:
            raise ConfigurationError(
                f"there is no option {named(name)}{did_you_mean(name, known)}"
                f"; allowed: {', '.join(sorted(known))}"
            )
    told = {name: _value(name, value) for name, value in written.items()}
    query = {name: value for name, value in told.items() if name in _FIELDS}
    bounds = {_BOUNDS[name]: value for name, value in told.items() if name in _BOUNDS}
    if bounds and "created" in query:
        raise InvalidQuery("created stands for its own bounds; leave it or the bounds out")
    if bounds:
        query["created"] = bounds
    manner = {name: value for name, value in told.items() if name in _OF_MANNER}
    question = Question(
        query=ListSessions.model_validate(query),
        manner=Manner(**manner),
        parts=told.get("partitions", 1),
    )
    return Options(
        question=question,
        pushdown=told.get("pushdown", False),
        horizon=told.get("horizon"),
    )


def _refuse_key(name: str, value: str) -> None:
    secret = any(found["secret"] for found in TELLTALE.finditer(f"{name} {value}"))
    if secret or looks_like_a_key(f"{name} {value}") or re.search(_TELLING, name, re.IGNORECASE):
        raise ConfigurationError(
            f"the option {named(name)} is refused: it looks like a key, and Spark shows options in "
            "its log and its pages. Write in checkout.toml where the key is, such as "
            'api_key = { env = "VARIABLE" }, and set that for the executors'
        )


def _value(name: str, value: str) -> Any:
    reads = _FIELDS.get(name) or _OTHERS.get(name, str)
    try:
        return reads(value)
    except ValueError as error:
        raise InvalidQuery(f"{name}: {error}") from None


def _several(value: str) -> list[str]:
    return [one.strip() for one in value.split(",")]


def _flag(value: str) -> bool:
    flags = {"true": True, "false": False}
    if value.strip().lower() not in flags:
        raise ValueError("write true or false")
    return flags[value.strip().lower()]


def _number(value: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        raise ValueError("write a whole number")
    return int(value)


def _json(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError('write JSON, such as {"PROVIDER": {"OPTION": "value"}}') from None


def _file(value: str) -> Path:
    return path_of(value).absolute()


def _shared(value: str) -> bool | Path:
    try:
        return _flag(value)
    except ValueError:
        return Path(value)


_FIELDS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(ListSessions.model_fields, str),
    **dict.fromkeys(
        ("accounts", "status", "payment_status", "mode", "kind", "currency", "expand"), _several
    ),
    **dict.fromkeys(("livemode", "has_disputes"), _flag),
    **dict.fromkeys(("limit", "page_size"), _number),
    "provider_options": _json,
}
"""The query's fields."""
_BOUNDS = {f"created_{bound}": bound for bound in ("gt", "gte", "lt", "lte")}
_OF_MANNER = ("config", "share_rate", "raw", "decimals")
_OTHERS: Mapping[str, Callable[[str], Any]] = {
    "config": _file,
    "share_rate": _shared,
    "raw": _flag,
    "decimals": _flag,
    "partitions": _number,
    "pushdown": _flag,
    "horizon": span,
}
