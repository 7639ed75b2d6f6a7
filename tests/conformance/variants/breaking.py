"""What a broken adapter is, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs
from conformance.toy import ToyAdapter


@attrs.frozen
class Broken:
    """A broken adapter, the law that must catch it, and what the failure must speak of."""

    adapter: type[ToyAdapter]
    law: str
    saying: str


VARIANTS: list[Broken] = []
SOUND: list[type[ToyAdapter]] = []

Kind = TypeVar("Kind", bound=type[ToyAdapter])


def breaks(law: str, *, saying: str) -> Callable[[Kind], Kind]:
    """Enter an adapter into the list of broken ones."""

    def enter(adapter: Kind) -> Kind:
        VARIANTS.append(Broken(adapter, law, saying))
        return adapter

    return enter


def sound(adapter: Kind) -> Kind:
    """Enter an adapter into the list of sound ones."""
    SOUND.append(adapter)
    return adapter
