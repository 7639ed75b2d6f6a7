"""Text from elsewhere that cannot steer what shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator


def printable(text: str) -> str:
    r"""Text with its control characters written out, so that none reaches the terminal.

    >>> printable("Jenny\x1b[31m\n")
    'Jenny\\x1b[31m\\n'
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def printable_lines(text: str) -> str:
    r"""The same of several lines, which stay lines, indented by tabs where they were.

    >>> printable_lines("Choose from:\n\t\x1b[31ma")
    'Choose from:\n\t\\x1b[31ma'
    """
    return re.sub(r"[^\n\t]+", lambda part: printable(part[0]), text)


class OneLine:
    """What shows itself in a line shows rich the same: left alone, it looks into an attrs object.

    >>> from rich.pretty import pretty_repr
    >>> class Buyer(OneLine):
    ...     def __repr__(self) -> str:
    ...         return "Buyer(id='cus_1', ...)"
    >>> pretty_repr(Buyer())
    "Buyer(id='cus_1', ...)"
    """

    __slots__ = ()

    def __rich_repr__(self) -> Iterator[object]:
        _, _, shown = repr(self).partition("(")
        if shown:
            yield _AsItIs(shown.removesuffix(")"))


class _AsItIs(str):
    """A text that is shown without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
