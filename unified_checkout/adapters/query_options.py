"""``QueryOptions``: what only one provider knows, as a query may hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from unified_checkout.errors import InvalidQuery

if TYPE_CHECKING:
    from unified_checkout.adapters.contract import Adapter
    from unified_checkout.model.query import ListSessions


class QueryOptions(BaseModel):
    """What a query's ``provider_options`` may hold for one provider. Adapters subclass it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @classmethod
    def of(cls, adapter: Adapter[Any], query: ListSessions) -> Self:
        """The query's options for an adapter, checked.

        Raises:
            InvalidQuery: naming each option that is unknown, ill-formed or contradictory.
        """
        try:
            return cls.model_validate(adapter.options_for(query))
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidQuery("; ".join(_sentence(adapter.name, problem) for problem in problems))


def _sentence(provider: str, problem: Mapping[str, Any]) -> str:
    place = ".".join(str(step) for step in ("provider_options", provider, *problem["loc"]))
    message = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {message[:1].lower()}{message[1:]}"
