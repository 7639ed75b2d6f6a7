"""Tools for adapter authors: the typed error for a failure, and what it may say."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from unified_checkout.adapters.contract import Adapter
from unified_checkout.adapters.http import Response
from unified_checkout.adapters.kit.halves import without_half_characters
from unified_checkout.adapters.kit.rates import retry_after
from unified_checkout.errors import (
    AddressNotFound,
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    ServerError,
    TerminalError,
    TransientError,
    UnexpectedRedirect,
)
from unified_checkout.telltales import TELLTALE, without_pages

_BY_STATUS: dict[int, type[ProviderError]] = {
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    408: ServerError,
}
_NOT_THE_API = (
    "what is no JSON does not come from the provider's API, so it tells nothing of the key or the "
    "id: check base_url, and whether a proxy, a firewall or a login page on the way answers instead"
)
_MAYBE_NOT_THE_API = "so a proxy, a firewall or a login page on the way may have answered instead"
_BEGINS_LIKE_JSON = re.compile(rb"[{\[\"]|(?:null|true|false|-?\d+)$")
_AN_ID = re.compile(r"[!-~]{1,128}")
_READ_OF_A_MESSAGE = 2000
_KEPT_OF_A_MESSAGE = 300
_READ_OF_A_BODY = 512


def origin(adapter: Adapter[Any], response: Response, request_id_header: str) -> dict[str, Any]:
    """What a ``ProviderError`` about a response says of where it came from."""
    return {
        "account": adapter.account,
        "provider": adapter.name,
        "status": response.status,
        "request_id": request_id(response.headers.get(request_id_header)),
    }


def request_id(sent: object) -> str | None:
    """What a provider sent as the id of a request, if it can be one; None for anything else.

    An id is printable ASCII without blanks, of 128 characters at most, and holds neither a key nor
    an e-mail address.

    >>> request_id("req_1a2b3c"), request_id("req_1 jenny@example.com"), request_id(None)
    ('req_1a2b3c', None, None)
    """
    if not isinstance(sent, str) or not _AN_ID.fullmatch(sent):
        return None
    return sent if scrubbed(sent) == sent else None


def error_for(
    response: Response,
    text: object,
    *,
    code: object = None,
    reason: str | None = None,
    own: bool = True,
    **where: Any,
) -> ProviderError:
    """The typed error for a failure: the HTTP status decides its type, the body explains.

    The provider's own words contradict the status now and then, so they never decide. Only where
    there are none, a 404 is no answer of the provider's about an object.

    Args:
        response: the failure.
        text: what the body says where its message should be, whatever that is.
        code: what the body says where its code should be, whatever that is.
        reason: the provider's word for the rate limit that was hit.
        own: whether the body is of a shape of the provider's own, as far as its fields tell; many
            programs on the way say ``{"message": ...}``, too.
        where: what ``ProviderError`` takes besides.
    """
    status = response.status
    where.setdefault("status", status)
    where["code"] = scrubbed(code) if isinstance(code, str) else None
    message = explanation(text, response)
    if status == 429:
        return RateLimited(message, retry_after=retry_after(response), reason=reason, **where)
    if 300 <= status < 400:
        return UnexpectedRedirect(message, **where)
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else InvalidRequest)
    own = own and _tells_why(text or code, response)
    if kind is NotFound and not own:
        kind = AddressNotFound
    if issubclass(kind, TerminalError):
        where.setdefault("hint", kind.hint if own else _doubt(response, kind.hint))
    if issubclass(kind, TransientError):
        where["retry_after"] = retry_after(response)
    return kind(message, **where)


def _tells_why(text: object, response: Response) -> bool:
    """Whether a failure is JSON, and has a message where the provider's own have theirs."""
    said = isinstance(text, str) and bool(text.strip())
    return said and bool(_BEGINS_LIKE_JSON.match(response.body[:_READ_OF_A_BODY].strip()))


def _doubt(response: Response, hint: str) -> str:
    """The hint of a failure without the provider's own words, which may be somebody else's.

    All APIs fail in JSON, which may be cut short. What is compressed as nobody asked for is not
    read, and may be JSON.
    """
    body = response.body[:_READ_OF_A_BODY].strip()
    if body and "content-encoding" in response.headers and not is_html(body):
        return hint
    if body and not _BEGINS_LIKE_JSON.match(body):
        return _NOT_THE_API
    what = "the body tells nothing as the provider does" if body else "the body is empty"
    advice = "" if "base_url" in hint else ": check base_url too"
    return f"{hint}; {what}, {_MAYBE_NOT_THE_API}{advice}"


def error_body(response: Response) -> dict[str, Any]:
    """The JSON object in the body of a failure; empty where the body is anything else."""
    try:
        body = msgspec.json.decode(without_half_characters(response.body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def explanation(text: object, response: Response) -> str:
    """The provider's own words, scrubbed; where there are none, what the body is instead."""
    if isinstance(text, str) and text.strip():
        return scrubbed(text)
    problem = "the body is not a documented error"
    return f"no reason is given: {description(response.body, problem)}"


def scrubbed(text: str) -> str:
    """Text of a provider's without what looks like an e-mail address or a key, and not long.

    Of a web address what may be secret is left out: the page of a session opens with it.

    >>> scrubbed("Invalid API Key provided: sk_test_obviously_fake")
    'Invalid API Key provided: (key)'
    >>> scrubbed("No such customer: jenny@example.com")
    'No such customer: (e-mail)'
    """
    text = " ".join(text[:_READ_OF_A_MESSAGE].split())
    text = "".join(filter(str.isprintable, text))
    text = without_pages(text)
    text = TELLTALE.sub(lambda found: "(key)" if found["secret"] else "(e-mail)", text)
    return text[:_KEPT_OF_A_MESSAGE].rstrip(". ")


def is_html(body: bytes) -> bool:
    """Whether a body is a page for people, such as something between here and a provider sends."""
    return body[:_READ_OF_A_BODY].lstrip().startswith(b"<")


def description(body: bytes, otherwise: str) -> str:
    """What a body is that cannot be used, without quoting it."""
    if not body[:_READ_OF_A_BODY].strip():
        return "the body is empty"
    if is_html(body):
        return "the body is an HTML page, not JSON"
    return f"{otherwise} ({len(body)} bytes)"
