"""Deliberate faults in the engine and in the adapter, each with the law that catches it.

A law that no planted fault breaks would prove nothing, and neither would a simulation that
does not find them.
"""

from __future__ import annotations

from simulation.planted import adapting, asking, choosing, giving, reading, resuming, strange
from simulation.planted.fault import PlantedFault

FAULTS: tuple[PlantedFault, ...] = (
    *adapting.FAULTS,
    *reading.FAULTS,
    *choosing.FAULTS,
    *giving.FAULTS,
    *resuming.FAULTS,
    *asking.FAULTS,
    *strange.FAULTS,
)

__all__ = ["FAULTS", "PlantedFault"]
