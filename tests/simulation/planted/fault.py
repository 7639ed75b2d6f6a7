"""What a planted fault is, and tools to plant it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from simulation.law import Law

Plant = Callable[[pytest.MonkeyPatch], None]


@attrs.frozen
class PlantedFault:
    """A way to break what is simulated."""

    name: str
    law: Law
    """The law that must catch it; it may break others too."""
    plant: Plant


def entering(faults: list[PlantedFault]) -> Callable[[Law], Callable[[Plant], Plant]]:
    """A decorator that enters a fault into a list, with the law that it breaks."""

    def breaks(law: Law) -> Callable[[Plant], Plant]:
        def enter(plant: Plant) -> Plant:
            faults.append(PlantedFault(plant.__name__, law, plant))
            return plant

        return enter

    return breaks


def instead(patch: pytest.MonkeyPatch, owner: Any, name: str, build: Callable[[Any], Any]) -> None:
    """Replace a function by what ``build`` makes of it."""
    patch.setattr(owner, name, build(getattr(owner, name)))
