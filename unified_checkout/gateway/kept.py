"""``Kept``: the newest so many entries of a table."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The newest so many entries: an accelerator, of which any may be gone.

    >>> kept = Kept[str, int](2)
    >>> for number, word in enumerate(["a", "b", "c"]):
    ...     kept.put(word, number)
    >>> kept.get("a"), kept.get("c")
    (None, 2)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """What was kept, if it still is."""
        return self._held.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep one more, and forget the oldest."""
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
