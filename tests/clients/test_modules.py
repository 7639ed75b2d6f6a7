"""A request looks for no module: one that is not there is looked for everywhere each time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

import pytest
from asking import Asker

from unified_checkout import ListSessions


class Listening(MetaPathFinder):
    """Finds nothing, and hears what is looked for."""

    def __init__(self) -> None:
        self.looked_for: list[str] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        self.looked_for.append(name)


def test_no_request_but_the_first_looks_for_a_module(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_pages = ListSessions(page_size=10)
    first = ask.read(in_small_pages)
    listening = Listening()
    monkeypatch.setattr(sys, "meta_path", [listening, *sys.meta_path])
    assert ask.read(in_small_pages).sessions == first.sessions
    assert listening.looked_for == []
