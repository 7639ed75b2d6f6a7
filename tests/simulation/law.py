"""The laws that every run must keep, by name."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import attrs


class Law(Enum):
    """What is promised."""

    COMPLETE = "a session that existed and matched throughout is in a complete answer"
    ONCE = "no session appears twice"
    BELONGS = "no session appears that never matched while the scan ran"
    ORDER = "newest first, unless the coverage says that the order did not hold"
    TIES = "sessions of one moment stand in the order of their accounts and lists"
    LIMIT = "as many sessions as asked for, where there are so many, and no more"
    SAME = "in calm weather the answer is the plain filter's, and complete"
    BACK = "walking back shows what was shown on the way"
    TOLD = "a failure is raised, or reported in the coverage"
    TRULY = "what is raised or reported as incomplete has a cause, and is named after it"
    ATTACHED = "an error carries its account, the coverage, and what was read"
    COUNTED = "the coverage's counters add up to what was sent and received"
    RATE = "an account is never asked faster than its rate"
    ADVICE = "after a 429 nothing is sent before the provider's advice is over"
    ATTEMPTS = "what may pass is tried again, what will not is not"
    FRUGAL = "no page is read that the answer does not need"
    DOUBTED = "a provider that was seen to break its word is doubted, from then on and in cursors"
    STOPPED = "what the budget stopped is said to be stopped, and costs no more than it may"
    ENDS = "a run ends, and does nothing after its end"


@attrs.frozen
class Violation:
    """A law that a run broke."""

    law: Law
    what: str

    def __str__(self) -> str:
        return f"{self.law.name} ({self.law.value}): {self.what}"


Violations = Iterator[Violation]
