"""Docstrings as Markdown: their examples and their drawings stand fenced."""

from __future__ import annotations

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"(?:^[ ]*>>> .*\n?)(?:^[ ]*\S.*\n?)*", re.MULTILINE)
_LITERAL = re.compile(r"^::\n\n((?:(?:    .*)?\n)+)", re.MULTILINE)


class Fenced(griffe.Extension):
    """What mkdocstrings reads each object through."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Fence the examples of one object's docstring."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    r"""A docstring whose examples and literal blocks Markdown leaves as they are.

    >>> fenced("Adds.\n\n>>> 1 + 1\n2\n\nRaises.")
    'Adds.\n\n```pycon\n>>> 1 + 1\n2\n```\n\nRaises.'
    """
    text = _LITERAL.sub(lambda found: f"```text\n{_dedented(found[1])}```\n\n", text + "\n")
    return _EXAMPLE.sub(lambda found: f"```pycon\n{found[0].rstrip()}\n```\n", text).rstrip("\n")


def _dedented(text: str) -> str:
    return "".join(f"{line[4:]}\n" for line in text.rstrip("\n").splitlines())
