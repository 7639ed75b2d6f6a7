"""Text from elsewhere that cannot steer what shows it."""

from __future__ import annotations


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
