"""Substitutes for what must not be written down: always the same one for the same original.

A substitute has the form of what it stands for, so that programs go on reading it, and is
recognized as one, so that nothing is substituted twice. It is derived from the original alone,
which keeps equal values equal over runs and files, and lets a test that asks for an original
find what was recorded, without a list of originals being kept anywhere.

Whoever can compute the substitute of a guess can confirm the guess, and an e-mail address can be
guessed. So deriving is made slow on purpose (scrypt, RFC 7914), which makes trying out millions
of guesses costly; and where that is not enough, a key that only the environment knows makes it
impossible: set UNIFIED_CHECKOUT_CASSETTE_KEY wherever cassettes are recorded.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import lru_cache

from unified_checkout.adapters import Sensitive

KEY_VARIABLE = "UNIFIED_CHECKOUT_CASSETTE_KEY"
_NO_KEY = "unified-checkout cassettes"

_FORMS: dict[Sensitive, Callable[[str], str]] = {
    Sensitive.EMAIL: "person-{}@example.com".format,
    Sensitive.NAME: "Name {}".format,
    Sensitive.PHONE: lambda token: f"+0{int(token, 16) % 10**13:013}",
    Sensitive.TEXT: "text-{}".format,
    Sensitive.PAGE: "https://example.com/page-{}".format,
    Sensitive.SECRET: "secret-{}".format,
}
"""No real telephone number begins with +0, and example.com belongs to nobody."""

SUBSTITUTE = re.compile(
    r"person-[0-9a-f]{12}(?:@|%40)example\.com|Name [0-9a-f]{12}|\+0\d{13}"
    r"|(?:text|secret)-[0-9a-f]{12}|https://example\.com/page-[0-9a-f]{12}"
)


def substitute(kind: Sensitive, original: str) -> str:
    """What stands for an original; nothing and a substitute stand for themselves.

    >>> substitute(Sensitive.EMAIL, "jenny@example.org") == substitute(
    ...     Sensitive.EMAIL, "jenny@example.org"
    ... )
    True
    >>> substitute(Sensitive.NAME, "Name 0123456789ab")
    'Name 0123456789ab'
    """
    if not original or SUBSTITUTE.fullmatch(original):
        return original
    return _FORMS[kind](_token(original, os.environ.get(KEY_VARIABLE) or _NO_KEY))


def unwritten_substitute(kind: Sensitive, original: str) -> str:
    """The like of a substitute, made quickly: for what is looked at and written down nowhere.

    >>> SUBSTITUTE.fullmatch(unwritten_substitute(Sensitive.NAME, "Jenny")) is not None
    True
    """
    if not original or SUBSTITUTE.fullmatch(original):
        return original
    return _FORMS[kind](hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:12])


@lru_cache(maxsize=65_536)
def _token(original: str, key: str) -> str:
    """Twelve hexadecimal digits: two of ten thousand originals agree once in some five million."""
    salt = key.encode("utf-8", "surrogateescape")  # the environment's own bytes
    sent = original.encode("utf-8", "surrogatepass")
    digest = hashlib.scrypt(sent, salt=salt, n=2**11, r=8, p=1, dklen=6)
    return digest.hex()
