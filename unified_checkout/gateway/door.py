"""``Door``: the ASGI application. Whatever happens in it, the answer is Stripe's."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import attrs
import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from unified_checkout import clocks
from unified_checkout.adapters import KeyKind
from unified_checkout.client import AsyncClient
from unified_checkout.errors import BudgetSpent
from unified_checkout.gateway.description import description
from unified_checkout.gateway.identity import Identity, identity_of, merged_id
from unified_checkout.gateway.metrics import Metrics
from unified_checkout.gateway.parameters import expansions, question
from unified_checkout.gateway.reading import Reader
from unified_checkout.gateway.refusals import (
    Refusal,
    busy,
    missing,
    reads_only,
    refusal_of,
    shutting_down,
    too_late_for_one,
    unrecognized,
)
from unified_checkout.gateway.settings import Setup
from unified_checkout.gateway.tokens import Token, Tokens
from unified_checkout.gateway.visits import VISIT, Counting, Visit
from unified_checkout.gateway.walk import Deadline, Listed
from unified_checkout.gateway.wire import VERSION, Sight, shown
from unified_checkout.model.session import Session

LIST_PATH = "/v1/checkout/sessions"
_OPEN = ("healthz", "readyz", "openapi.json")

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?(\s*;\s*\w+=v\d+)*")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}")
_ENCODER = msgspec.json.Encoder()
_HERE = Path(__file__).parents[2]


@attrs.frozen(kw_only=True)
class Caller:
    """Who asks, and for which accounts."""

    token: Token
    accounts: tuple[str, ...]
    merged: bool
    """Whether ids name the account."""

    def identity(self, id: str) -> Identity | None:
        """What an id names; None if it can name no session of these accounts."""
        named = identity_of(id)
        if named is not None and named.account in self.accounts:
            return named
        return None if self.merged else Identity(self.accounts[0], id)

    def id_of(self, session: Session) -> str:
        """What a session is called here."""
        if self.merged:
            return merged_id(session.account, session.created, session.id)
        return session.id


class Door:
    """Answers Stripe's list and retrieve of checkout sessions.

    Args:
        setup: accounts, tokens and settings.
        metrics: are told of each request, and of what it costs.
    """

    def __init__(self, setup: Setup, metrics: Metrics | None = None) -> None:
        self._settings = setup.settings
        self._tokens = Tokens(setup.tokens)
        self._metrics = metrics or Metrics()
        self._client = AsyncClient(setup.accounts, observers=[Counting(), self._metrics])
        self._reader = Reader(self._client)
        self._under_way = 0
        self._draining = False

    def drain(self) -> None:
        """Say at ``/readyz`` that no further request is wanted."""
        self._draining = True

    async def close(self) -> None:
        """Close the connections to the providers."""
        await self._client.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the beginning and the end of the process."""
        if scope["type"] == "http":
            await self._visit(scope, receive, send)
        elif scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.close()
            await send({"type": "lifespan.shutdown.complete"})

    async def _visit(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = Visit()
        VISIT.set(visit)
        headers = Headers(scope=scope)
        visit.client = self._client_address(scope, headers)
        task, watcher = asyncio.current_task(), None
        more: Mapping[str, str] = {}
        assert task is not None
        self._metrics.begun()
        try:
            steps = _steps(scope)
            if scope["method"] in ("GET", "HEAD") and len(steps) == 1 and steps[0] in _OPEN:
                body = self._open(steps[0], visit)
            else:
                watcher = asyncio.create_task(_cancel_when_gone(receive, task))
                body = await self._counted(scope, steps, headers, visit)
            visit.status = 200
        except asyncio.CancelledError:
            if watcher is not None and watcher.done() and not watcher.cancelled():
                visit.status, visit.code = 499, "client_gone"
                return
            refusal = shutting_down(tried=visit.upstream > 0)
            visit.status, visit.code = refusal.status, refusal.code
            body, more = refusal.body(visit.id), refusal.headers()
        except Exception as error:  # noqa: BLE001 - every failure gets the envelope
            refusal = self._refusal(error, visit)
            visit.status, visit.code = refusal.status, refusal.code
            body, more = refusal.body(visit.id), refusal.headers()
        finally:
            if watcher is not None:
                watcher.cancel()
            if visit.status == 499:
                self._end(visit)
        try:
            response = Response(body, visit.status, self._headers(visit, headers, more))
            await response(scope, receive, send)
        finally:
            self._end(visit)

    def _end(self, visit: Visit) -> None:
        self._metrics.ended(visit)
        visit.log()

    def _refusal(self, error: Exception, visit: Visit) -> Refusal:
        refusal = refusal_of(error)
        if refusal.status == 500:
            visit.fault = _fault(error)
        return refusal

    def _headers(self, visit: Visit, asked: Headers, more: Mapping[str, str]) -> dict[str, str]:
        told = {
            "Content-Type": "application/json",
            "Request-Id": visit.id,
            "Stripe-Version": VERSION,
            "Cache-Control": "no-store",
            "Server-Timing": visit.timing,
            **more,
        }
        if "transfer-encoding" in asked or asked.get("content-length", "0") != "0":
            told["Connection"] = "close"  # nobody reads what a GET brings along
        return told

    def _client_address(self, scope: Scope, headers: Headers) -> str:
        if self._settings.behind_proxy:
            forwarded = ",".join(headers.getlist("x-forwarded-for"))  # proxies may add a line
            nearest = forwarded.rpartition(",")[2].strip()
            if _ADDRESS.fullmatch(nearest):
                return nearest
        client = scope.get("client")
        return client[0] if client else ""

    # What is asked.

    async def _counted(
        self, scope: Scope, steps: Sequence[str], headers: Headers, visit: Visit
    ) -> bytes:
        """The answer to a request, unless as many as may be are under way.

        Raises:
            Exception: what it is refused for; see ``refusals``.
        """
        if self._under_way >= self._settings.most_at_once:
            raise busy()
        self._under_way += 1
        try:
            return await self._body(scope, steps, headers, visit)
        finally:
            self._under_way -= 1

    async def _body(
        self, scope: Scope, steps: Sequence[str], headers: Headers, visit: Visit
    ) -> bytes:
        method: str = scope["method"]
        token = self._tokens.find(_single(headers, "authorization"), clocks.utc_now())
        visit.token = token.name
        path = "/" + "/".join(steps)
        if not (path == LIST_PATH or (path.startswith(f"{LIST_PATH}/") and len(steps) == 4)):
            raise unrecognized(method, path)
        visit.route = "list" if len(steps) == 3 else "retrieve"
        if method not in ("GET", "HEAD"):
            raise reads_only()
        caller = self._caller(token, headers)
        visit.accounts = caller.accounts
        deadline = Deadline(self._settings.deadline)
        query: bytes = scope["query_string"]
        if len(steps) == 3:
            return await self._list(caller, query, visit, deadline)
        return await self._retrieve(caller, steps[3], query, visit, deadline)

    def _open(self, name: str, visit: Visit) -> bytes:
        """What everybody may ask, however many requests are under way; it asks no provider."""
        visit.route = name
        if name == "openapi.json":
            return _ENCODER.encode(description())
        if name == "readyz" and self._draining:
            raise shutting_down(tried=False)
        return b'{"ok":true}'

    def _caller(self, token: Token, headers: Headers) -> Caller:
        """Whom a request speaks for.

        Raises:
            Refusal: for an account that the token does not reach, or an ill-formed version.
        """
        version = headers.get("stripe-version")
        if version is not None and not _VERSION.fullmatch(version):
            message = "Invalid Stripe API version: write one such as " + VERSION
            raise Refusal(status=400, message=message)
        named = {
            value
            for name in ("stripe-account", "stripe-context")
            for value in headers.getlist(name)
            if value
        }
        if not named:
            return Caller(token=token, accounts=token.accounts, merged=len(token.accounts) > 1)
        account = next(iter(named))
        if len(named) > 1 or account not in token.accounts:
            raise Refusal(
                status=403,
                code="account_invalid",
                message="The token does not reach the account that Stripe-Account or "
                "Stripe-Context names, or there is none of that name.",
            )
        return Caller(token=token, accounts=(account,), merged=False)

    async def _list(self, caller: Caller, query: bytes, visit: Visit, deadline: Deadline) -> bytes:
        asked = question(query)
        if "email" in asked.fields and not caller.token.buyers:
            raise _no_buyers("customer_details[email]")
        if asked.expand and not caller.token.buyers:
            raise _no_buyers("expand")
        place = None
        if asked.place is not None:
            place = caller.identity(asked.place)
            if place is None:
                raise missing(asked.place, asked.param, status=400)
        try:
            async with asyncio.timeout(deadline.left + 1):
                listed = await self._reader.page(asked, caller.accounts, place, deadline)
        except TimeoutError as error:
            raise refusal_of(error, asked.condition) from None
        visit.rows = len(listed.sessions)
        return self._listed(caller, listed, asked.expand)

    async def _retrieve(
        self, caller: Caller, id: str, query: bytes, visit: Visit, deadline: Deadline
    ) -> bytes:
        expand = expansions(query)
        if expand and not caller.token.buyers:
            raise _no_buyers("expand")
        identity = caller.identity(id)
        session = None
        if identity is not None:
            try:
                async with asyncio.timeout(deadline.left + 1):
                    session = await self._reader.session(identity, expand, deadline)
            except (BudgetSpent, TimeoutError):
                raise too_late_for_one() from None
        if session is None:
            raise missing(id, "session", status=404)
        visit.rows = 1
        return self._shown(caller, session, self._sight(caller, expand))

    # What is answered.

    def _listed(self, caller: Caller, listed: Listed, expand: tuple[str, ...]) -> bytes:
        sight = self._sight(caller, expand)
        rows: Sequence[Any] = [
            msgspec.Raw(self._shown(caller, session, sight)) for session in listed.sessions
        ]
        return _ENCODER.encode(
            {
                "object": "list",
                "url": LIST_PATH,
                "has_more": listed.more,
                "data": rows,
                "unified_checkout": {"accounts": caller.accounts},
            }
        )

    def _shown(self, caller: Caller, session: Session, sight: Sight) -> bytes:
        kind = self._reader.adapter(session.account).key_shape
        livemode = kind is not KeyKind.TEST
        return shown(session, caller.id_of(session), sight, livemode=livemode)

    def _sight(self, caller: Caller, expand: tuple[str, ...]) -> Sight:
        return Sight(pages=caller.token.pages, buyers=caller.token.buyers, expanded=expand)


async def _cancel_when_gone(receive: Receive, task: asyncio.Task[Any]) -> None:
    """Wait for the client to hang up, and have nothing more read for it."""
    while (await receive())["type"] != "http.disconnect":
        pass
    task.cancel()


def _steps(scope: Scope) -> list[str]:
    """The steps of a path, each decoded by itself: an id may hold a slash, or a blank.

    >>> _steps({"raw_path": b"//v1/checkout/sessions/a%2Fb+c"})
    ['v1', 'checkout', 'sessions', 'a/b c']

    Raises:
        Refusal: 404 for one that is not UTF-8.
    """
    raw = scope.get("raw_path") or b""
    try:
        written = raw.split(b"?")[0].decode("ascii").lstrip("/").split("/")
        return [unquote_plus(step, errors="strict") for step in written]
    except UnicodeDecodeError:
        raise unrecognized(scope["method"], "a path that is not UTF-8") from None


def _single(headers: Headers, name: str) -> str | None:
    """A header that was sent once; twice is as bad as not at all."""
    values = headers.getlist(name)
    return values[0] if len(values) == 1 else None


def _no_buyers(param: str) -> Refusal:
    return Refusal(
        status=403,
        code="token_without_buyers",
        param=param,
        message=f"The token may not see who the buyers are, and {param} would tell. "
        "Its table needs buyers = true.",
    )


def _fault(error: Exception) -> str:
    """What failed and where, without the message, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [frame for frame in frames if Path(frame.filename).is_relative_to(_HERE)]
    place = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"{type(error).__name__}{place}"
