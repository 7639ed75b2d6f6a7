"""Tools for adapter authors: signing a request, and what a key's shape tells."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import attrs
import msgspec
from pydantic import SecretStr

from unified_checkout.adapters.contract import Credentials, KeyKind, Token
from unified_checkout.adapters.http import Request, Response
from unified_checkout.adapters.kit.bodies import decode, form_body
from unified_checkout.errors import MalformedPage


def basic(request: Request, credentials: Credentials, user: str | None = None) -> Request:
    """The request with HTTP Basic credentials (RFC 7617).

    >>> signed = basic(Request(path="/"), Credentials(SecretStr("fake")), user="client")
    >>> signed.headers["Authorization"]
    'Basic Y2xpZW50OmZha2U='

    Args:
        request: what to sign.
        credentials: with the key.
        user: the user name, such as a client id of the account's options, where the key is the
            password; None where the key is the user name, with an empty password.
    """
    key = credentials.api_key.get_secret_value()
    pair = f"{key}:" if user is None else f"{user}:{key}"
    return _authorized(request, f"Basic {b64encode(pair.encode()).decode()}")


def bearer(request: Request, credentials: Credentials) -> Request:
    """The request with a bearer token (RFC 6750): that of ``Adapter.parse_token``, or the key.

    >>> credentials = Credentials(SecretStr("key"), token=SecretStr("token"))
    >>> bearer(Request(path="/"), credentials).headers["Authorization"]
    'Bearer token'
    """
    secret = credentials.token or credentials.api_key
    return _authorized(request, f"Bearer {secret.get_secret_value()}")


def hmac_digest(credentials: Credentials, message: bytes, algorithm: str = "sha256") -> bytes:
    """A message's keyed hash under the key (RFC 2104); in text its ``.hex()``, or in base 64.

    Args:
        credentials: with the key.
        message: what the provider says is signed, such as a time, a method and a ``target``.
        algorithm: a name that ``hashlib`` knows.

    >>> hmac_digest(Credentials(SecretStr("fake")), b"GET /v1/things").hex()[:16]
    '2e3e77df4eff42ea'
    """
    key = credentials.api_key.get_secret_value().encode()
    return hmac.digest(key, message, algorithm)


def target(request: Request) -> str:
    """The path and the query of a request, character for character as they go over the wire.

    The path of the account's ``base_url``, if it has one, goes before it.

    >>> target(Request(path="/v1/things", parameters=(("name", "a b"), ("size", "3"))))
    '/v1/things?name=a+b&size=3'
    """
    query = urlencode(request.parameters)
    return f"{request.path}{'?' if query else ''}{query}"


def client_credentials(path: str, scope: str | None = None) -> Request:
    """The request for a token by a client's own credentials (RFC 6749, section 4.4.2).

    It is signed with ``basic`` and the client id, as section 2.3.1 wants it.

    >>> client_credentials("/oauth2/token").body
    b'grant_type=client_credentials'
    """
    fields = [("grant_type", "client_credentials")]
    if scope is not None:
        fields.append(("scope", scope))
    return form_body(Request(path=path), fields)


def parse_token(response: Response, **where: Any) -> Token:
    """The token of a successful answer (RFC 6749, section 5.1).

    >>> answer = b'{"access_token": "fake", "token_type": "Bearer", "expires_in": 3600}'
    >>> parse_token(Response(status=200, body=answer))
    Token(value=SecretStr('**********'), expires_in=3600.0)

    Raises:
        UnreadableBody: if the body is not JSON or is cut short.
        MalformedPage: if it holds no token, or one that is no bearer token.
    """
    sent = decode(_TOKEN, response.body, **where)
    if sent.token_type.lower() != "bearer":
        raise MalformedPage("not a bearer token", row=None, field="token_type", **where)
    return Token(SecretStr(sent.access_token), sent.expires_in)


def key_kind(api_key: str, prefixes: Mapping[str, KeyKind]) -> KeyKind:
    """What the first fitting prefix tells; UNKNOWN where none fits."""
    for prefix, kind in prefixes.items():
        if api_key.startswith(prefix):
            return kind
    return KeyKind.UNKNOWN


class _Token(msgspec.Struct):
    access_token: Annotated[str, msgspec.Meta(min_length=1)]
    token_type: str = "bearer"  # noqa: S105
    expires_in: Annotated[float, msgspec.Meta(ge=0)] | None = None


_TOKEN = msgspec.json.Decoder(_Token, strict=False)


def _authorized(request: Request, authorization: str) -> Request:
    return attrs.evolve(request, headers={**request.headers, "Authorization": authorization})
