"""Tools for adapter authors: signing a request, and what a key's shape tells."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

import attrs

from unified_checkout.adapters.contract import Credentials, KeyKind
from unified_checkout.adapters.http import Request


def basic(request: Request, credentials: Credentials) -> Request:
    """The request with HTTP Basic credentials: the key as user name, an empty password."""
    pair = f"{credentials.api_key.get_secret_value()}:"
    return _authorized(request, f"Basic {b64encode(pair.encode()).decode()}")


def bearer(request: Request, credentials: Credentials) -> Request:
    """The request with the key as a bearer token."""
    return _authorized(request, f"Bearer {credentials.api_key.get_secret_value()}")


def key_kind(api_key: str, prefixes: Mapping[str, KeyKind]) -> KeyKind:
    """What the first fitting prefix tells; UNKNOWN where none fits."""
    for prefix, kind in prefixes.items():
        if api_key.startswith(prefix):
            return kind
    return KeyKind.UNKNOWN


def _authorized(request: Request, authorization: str) -> Request:
    return attrs.evolve(request, headers={**request.headers, "Authorization": authorization})
