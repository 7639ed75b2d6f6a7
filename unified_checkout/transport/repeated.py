"""Taking out of an answer what it repeats of the secrets that it was asked with."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping

import httpx
from pydantic import SecretStr

_INSTEAD = "(key)"
_SHORTEST = 8
"""What is shorter is no secret, and may stand anywhere."""


class Secrets:
    """What a request was signed with: the key, the token and what stands in ``Authorization``.

    Of a pair of a user and a password both count: they may have been mistaken for each other.

    Args:
        secrets: the key, and the token if there is one.
        asked: the signed request, which may hold them in another form.
    """

    def __init__(self, secrets: Iterable[SecretStr | None], asked: httpx.Request) -> None:
        self._plain = [secret for secret in secrets if secret is not None]
        self._asked = asked

    def out_of_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Header fields without them."""
        fields = dict(headers)
        for secret in self._found():
            for name, value in fields.items():
                if secret in value:
                    fields[name] = value.replace(secret, _INSTEAD)
        return fields

    def out_of_body(self, body: bytes) -> bytes:
        """A body without them, also where they are escaped as in JSON or in an address."""
        looks = "|".join("".join(map(_look, secret)) for secret in self._found()) or r"(?!)"
        return re.sub(looks, _INSTEAD, body.decode("latin-1")).encode("latin-1")

    def _found(self) -> list[str]:
        """What is looked for, the longest first."""
        scheme, _, signed = self._asked.headers.get("authorization", "").partition(" ")
        found = {signed.rstrip("="), *(secret.get_secret_value() for secret in self._plain)}
        if scheme == "Basic":
            found.update(b64decode(signed).decode("latin-1").split(":"))
        return sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True)


def _look(character: str) -> str:
    """How a character may be written: as it is, or escaped."""
    if character.isalnum():
        return character
    plain, code = re.escape(character), f"{ord(character):02x}"
    return rf"(?:\\?{plain}|(?i:\\u00{code}|%{code}))"
