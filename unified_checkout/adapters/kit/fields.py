"""Tools for adapter authors: the value of a field in the common language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")

Id = Annotated[str, msgspec.Meta(min_length=1)]
"""An id in a wire model: opaque, but never empty."""


class FieldError(ValueError):
    """A value of the documented type that cannot be what its field says."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def word(table: Mapping[str, T], value: str | None, unknown: T) -> T | None:
    """A provider's word in the common language: None for None, ``unknown`` for a new one."""
    return None if value is None else table.get(value, unknown)


def strings(metadata: dict[str, Any] | None) -> dict[str, str] | None:
    """Metadata as documented, strings alone; another value becomes JSON text that means the same.

    >>> strings({"order": "A-1", "pieces": 2})
    {'order': 'A-1', 'pieces': '2'}
    """
    if metadata:
        for key, value in metadata.items():
            if type(value) is not str:
                metadata[key] = msgspec.json.encode(value).decode()
    return metadata
