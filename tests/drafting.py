"""A page that a test writes."""

from __future__ import annotations

import attrs

from handbook.pages import Page


@attrs.frozen
class Draft(Page):
    """Known by its file's name alone, since it stands outside of the project."""

    @property
    def name(self) -> str:
        return self.path.name
