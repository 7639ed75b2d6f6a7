"""Deterministic simulation: from one seed, everything that may happen while sessions are listed.

``rows`` are the simulated sessions and ``provider`` serves them, in every paging style, with the
``faults`` of its weather; ``adapter`` speaks for it; ``schedule`` draws all of that from a seed;
``driver`` runs machines on a virtual clock; ``reader`` is the consumer; ``laws`` judge what came
of it. ``planted`` holds deliberate faults, to prove that the laws can fail.

From ``tests/``: ``python -m simulation --seed 7`` shows one schedule, and
``python -m simulation --schedules 1000000`` runs many.
"""

from __future__ import annotations
