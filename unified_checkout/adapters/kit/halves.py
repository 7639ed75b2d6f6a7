"""JSON with half a character in it, which no decoder takes."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][\da-fA-F]{2})|\\.",
    re.DOTALL,
)


def without_half_characters(sent: bytes) -> bytes:
    r"""JSON in which ``\ufffd`` stands for each escaped half of a surrogate pair without the other.

    JSON allows them, and a text that was cut in the middle of an emoji ends in one. The length
    stays the same.
    """
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], sent)
