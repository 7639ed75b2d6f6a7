"""Tools for adapter authors: the value of a field in the common language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

T = TypeVar("T")

Id = Annotated[str, msgspec.Meta(min_length=1)]
"""An id in a wire model: opaque, but never empty."""


class Related(msgspec.Struct, frozen=True, gc=False):
    """An expanded object, or what is left of a deleted one."""

    id: Id


Reference = str | Related | None
"""A field that may be expanded, in a wire model: an id, the object itself or nothing."""

_STRINGS: msgspec.json.Decoder[dict[str, str] | None] = msgspec.json.Decoder(dict[str, str] | None)
_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])


class FieldError(ValueError):
    """A value of the documented type that cannot be what its field says."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def word(table: Mapping[str, T], value: str | None, unknown: T) -> T | None:
    """A provider's word in the common language: None for None, ``unknown`` for a new one."""
    return None if value is None else table.get(value, unknown)


def id_of(reference: Reference) -> str | None:
    """The id in a field that may be expanded.

    >>> id_of("cus_1"), id_of(Related(id="cus_1")), id_of(None)
    ('cus_1', 'cus_1', None)
    """
    return reference.id if isinstance(reference, Related) else reference


def filled(text: str | None) -> str | None:
    """The text, or None for an empty one, which is how some providers write nothing.

    >>> filled("A-1"), filled("")
    ('A-1', None)
    """
    return text or None


def strings(metadata: msgspec.Raw) -> dict[str, str] | None:
    """Metadata as text, whatever its values are: what is no string stays as the JSON it was sent as.

    None for null, for nothing and for what is no object; ``Session.raw`` has it then.

    >>> strings(msgspec.Raw(b'{"order": "A-1", "pieces": 2, "weight": 1.50, "gift": null}'))
    {'order': 'A-1', 'pieces': '2', 'weight': '1.50', 'gift': 'null'}
    """
    if not metadata:
        return None
    try:
        return _STRINGS.decode(metadata)
    except msgspec.ValidationError:
        return _texts(metadata)


def _texts(metadata: msgspec.Raw) -> dict[str, str] | None:
    try:
        values = _VALUES.decode(metadata)
    except msgspec.ValidationError:
        return None
    return {name: _text(bytes(value)) for name, value in values.items()}


def _text(value: bytes) -> str:
    if value.startswith(b'"'):
        return str(msgspec.json.decode(value))
    return msgspec.json.format(value, indent=-1).decode()
