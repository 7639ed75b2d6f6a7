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


@attrs.frozen
class Sound:
    """A sound adapter of some kind of provider."""

    adapter: type[ToyAdapter]
    waits: bool
    """Whether the engine cannot read its lists yet."""


VARIANTS: list[Broken] = []
SOUND: list[Sound] = []

Kind = TypeVar("Kind", bound=type[ToyAdapter])


def breaks(law: str, *, saying: str) -> Callable[[Kind], Kind]:
    """Enter an adapter into the list of broken ones."""

    def enter(adapter: Kind) -> Kind:
        VARIANTS.append(Broken(adapter, law, saying))
        return adapter

    return enter


def sound(*, waits: bool = False) -> Callable[[Kind], Kind]:
    """Enter an adapter into the list of sound ones."""

    def enter(adapter: Kind) -> Kind:
        SOUND.append(Sound(adapter, waits))
        return adapter

    return enter
