"""Conditions that Spark hands over, as conditions of the query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs
from pyspark import __version__
from pyspark.sql.datasource import (
    EqualTo,
    Filter,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
)

from unified_checkout.errors import ConfigurationError, InvalidQuery
from unified_checkout.model.query import ListSessions
from unified_checkout.tasks import Question

KNOWN_TO_FORGET: frozenset[str] = frozenset()
"""The versions of PySpark that apply the conditions of one action to that action alone.

Others keep what was handed over last, and use it for every further action on the same frame: rows
are then missing in silence. A version is added here when ``tests/spark/test_pushdown.py`` finds that
it forgets; 4.3.0 does not."""

_CHOICES = ("status", "payment_status", "mode", "kind", "currency")
_IDS = ("customer_account", "payment_link", "subscription", "client_reference_id")
_EQUALITIES: Mapping[tuple[str, ...], str] = {
    ("customer", "id"): "customer",
    ("customer", "email"): "email",
    ("disputed",): "has_disputes",
    **{(field,): field for field in (*_CHOICES, *_IDS, "livemode")},
}
"""The fields of the query by the columns that hold what they compare."""
_CREATED = ("created",)
_BOUNDS: Mapping[type[Filter], str] = {
    GreaterThan: "gt",
    GreaterThanOrEqual: "gte",
    LessThan: "lt",
    LessThanOrEqual: "lte",
}


def check_version(version: str = __version__) -> None:
    """Make sure that Spark may hand conditions over.

    Raises:
        ConfigurationError: if this version of Spark is not known to forget them.
    """
    if version not in KNOWN_TO_FORGET:
        raise ConfigurationError(
            f"pushdown is refused: PySpark {version} is not known to keep the conditions of one "
            "action from the next on the same frame, whose rows would be missing in silence. Give "
            "the conditions as options of the source"
        )


def narrowed(question: Question, filters: Iterable[Filter]) -> Question:
    """The question with those conditions that its accounts can answer, and it does not have yet.

    What it then lists may be more than what matches, since Spark applies all of them as well.
    """
    for one in filters:
        condition = _condition(question.query, one)
        if condition is None:
            continue
        fields = question.query.model_dump(exclude_unset=True)
        try:
            query = ListSessions.model_validate({**fields, **condition})
            narrower = attrs.evolve(question, query=query)
            narrower.plan()
        except InvalidQuery:
            continue
        question = narrower
    return question


def _condition(query: ListSessions, one: Filter) -> Mapping[str, Any] | None:
    """A condition as a field of the query; None where there is none, or the query has it."""
    if isinstance(one, GreaterThan | GreaterThanOrEqual | LessThan | LessThanOrEqual):
        return _bounds(query, _BOUNDS[type(one)], one.value) if one.attribute == _CREATED else None
    if not isinstance(one, EqualTo | In):
        return None
    field = _EQUALITIES.get(one.attribute)
    if field is None or getattr(query, field) is not None:
        return None
    return {field: one.value} if isinstance(one, EqualTo) or field in _CHOICES else None


def _bounds(query: ListSessions, name: str, value: object) -> Mapping[str, Any] | None:
    """The tighter of two bounds on one side."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return None
    bounds = {} if query.created is None else query.created.model_dump(exclude_none=True)
    side, tighter = (("gt", "gte"), max) if name.startswith("g") else (("lt", "lte"), min)
    for other in side:
        if other in bounds:
            if tighter(bounds[other], value) == bounds[other]:
                return None
            del bounds[other]
    return {"created": {**bounds, name: value}}
