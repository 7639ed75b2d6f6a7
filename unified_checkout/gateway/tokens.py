"""Tokens: who may ask, and for which accounts. Only their digests are kept."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

import attrs

from unified_checkout.gateway.refusals import Refusal

PREFIX = "ucgw_"
_LONGEST = 512


@attrs.frozen(kw_only=True)
class Token:
    """What is known of one token: not the token itself."""

    name: str
    digest: str = attrs.field(repr=False)
    accounts: tuple[str, ...]
    """The accounts that it reaches, in the order that breaks ties."""
    pages: bool = False
    """Whether it may see the addresses of hosted pages."""
    buyers: bool = False
    """Whether it may see who the buyers are."""
    expires: datetime | None = None


def new_token() -> str:
    """A token nobody has yet: 32 random bytes behind a prefix of its own."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is kept of a token.

    >>> digest_of("ucgw_obviously_fake")[:12]
    'f91390c45f09'
    """
    return sha256(token.encode()).hexdigest()


def bearer(header: str | None) -> str | None:
    """The token that an ``Authorization`` header holds; None if it holds none.

    As a Bearer, or as the user of Basic with an empty password, as people write it with curl.

    >>> bearer("Bearer ucgw_x"), bearer("Basic dWNnd194Og=="), bearer("Digest x")
    ('ucgw_x', 'ucgw_x', None)
    """
    scheme, _, rest = (header or "").strip().partition(" ")
    rest = rest.strip()
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        return user if user and not password else None
    return rest if scheme.lower() == "bearer" and rest else None


class Tokens:
    """All tokens of a gateway."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = tuple(tokens)

    def find(self, header: str | None, now: datetime) -> Token:
        """The token of a request.

        Every entry is compared, in constant time, so that how long it takes tells nothing.

        Raises:
            Refusal: 401, without a word of what was presented.
        """
        presented = bearer(header)
        if header is None or presented is None:
            raise _refused("You did not provide a token. Give it as a Bearer: ")
        digest = digest_of(presented[:_LONGEST])
        found = None
        for token in self._tokens:
            if hmac.compare_digest(token.digest, digest):
                found = token
        if found is None:
            strange = "" if presented.startswith(PREFIX) else " and never a provider's key"
            raise _refused(f"Invalid token provided. The gateway takes its own tokens{strange}: ")
        if found.expires is not None and found.expires <= now:
            raise _refused("The token has expired: ", code="api_key_expired")
        return found


def _refused(problem: str, code: str | None = None) -> Refusal:
    hint = "'unified-checkout gateway token NAME' makes one, and doctor checks them."
    return Refusal(status=401, message=problem + hint, code=code)
