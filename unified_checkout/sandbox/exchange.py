"""What a provider hears and answers, as plain values."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

import attrs

from unified_checkout.adapters.http import Parameters


@attrs.frozen(kw_only=True)
class Received:
    """A request as it reached a provider. The representation leaves header values out."""

    method: str = "GET"
    path: str
    parameters: Parameters = ()
    """The query in its order, percent-decoded; a name may repeat."""
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=lambda headers: str([*headers]))
    """By lower-case name."""
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def form(self) -> dict[str, str]:
        """The fields of a body that is a form.

        >>> Received(method="POST", path="/", body=b"state=paid&page=2").form
        {'state': 'paid', 'page': '2'}
        """
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def bearer_token(self) -> str | None:
        """The token in the ``Authorization`` header, if its scheme is Bearer."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def basic_pair(self) -> tuple[str, str] | None:
        """User name and password in the ``Authorization`` header, if its scheme is Basic.

        >>> Received(path="/", headers={"authorization": "Basic aWQ6c2VjcmV0"}).basic_pair
        ('id', 'secret')
        """
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user, password

    @property
    def basic_user(self) -> str | None:
        """The user name in the ``Authorization`` header, if it is Basic without a password.

        >>> Received(path="/", headers={"authorization": "Basic c2tfdGVzdDo="}).basic_user
        'sk_test'
        """
        pair = self.basic_pair
        return pair[0] if pair is not None and not pair[1] else None

    def without_secrets(self, api_key: str) -> Received:
        """The same request with the credentials blanked, in whichever header or body they travel.

        >>> sent = Received(path="/", headers={"authorization": "Bearer k", "x-key": "k"})
        >>> sent.without_secrets("k").headers
        {'authorization': 'Bearer ***', 'x-key': '***'}
        """
        headers = {
            name: "***" if api_key in value else value for name, value in self.headers.items()
        }
        if "authorization" in headers:
            scheme = self.headers["authorization"].partition(" ")[0]
            headers["authorization"] = f"{scheme} ***"
        body = b"***" if api_key.encode() in self.body else self.body
        return attrs.evolve(self, headers=headers, body=body)


@attrs.frozen(kw_only=True)
class Delivery:
    """How an answer travels over the wire; by default at once and whole."""

    delay: float = 0.0
    """Seconds before the first byte."""
    chunk: int = 65_536
    """Bytes in one write, where there are several."""
    pause: float = 0.0
    """Seconds between two writes."""
    padding: int = 0
    """Blanks that follow the body."""
    promised: int | None = None
    """The ``Content-Length`` to send instead of the true one; the connection then closes."""
    reset_after: int | None = None
    """Bytes of the body after which the connection is reset."""


@attrs.frozen(kw_only=True)
class Answer:
    """A provider's answer."""

    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    """By lower-case name; ``Content-Length`` is the server's business."""
    body: bytes = b""
    delivery: Delivery = Delivery()

    @classmethod
    def json(
        cls, content: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """An answer with a JSON body.

        >>> Answer.json({"ok": True}).body
        b'{"ok": true}'
        """
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return cls(
            status=status,
            headers={"content-type": "application/json", **(headers or {})},
            body=body,
        )
