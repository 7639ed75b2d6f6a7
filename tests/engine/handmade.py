"""A provider made by hand: its rows, how it lists them, and what it does out of turn.

``Handmade`` answers requests and ``HandmadeAdapter`` speaks for it, in every style that the
contract knows; a ``World`` of ``engine.world`` lets machines ask some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from email.utils import formatdate
from math import inf
from typing import Any

import attrs
import msgspec
from pydantic import SecretStr
from simulation.adapter import OPTIONS, REFUSAL, SimulatedOptions
from simulation.rows import moment

from unified_checkout.adapters import (
    Adapter,
    Allowance,
    Compiled,
    Credentials,
    Direction,
    EndOfList,
    Order,
    Paging,
    Place,
    ProviderPage,
    Pushdown,
    Reach,
    Request,
    Response,
    Stream,
    Token,
    Untold,
    Verdict,
    kit,
)
from unified_checkout.errors import (
    MalformedPage,
    NotYetListed,
    PlaceExpired,
    ProviderError,
    ServerError,
    WindowTooFull,
)
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Customer, Session
from unified_checkout.model.statuses import SessionStatus

NOW = 1_790_000_000.0
DAY = 86_400
PATH = "/sessions"
TOKEN_PATH = "/token"
TOO_FULL = Response(status=422)
NOT_YET = Response(status=425)
EXPIRED = Response(status=410)
BUSY = Response(status=200, body=b'{"error": "busy"}')
"""A failure that may pass, told by the body of what looks like a success."""

OutOfTurn = Callable[[Request], "Response | ProviderError | None"]
"""What happens when a request arrives; None to answer it as usual then."""


@attrs.define(kw_only=True, eq=False, repr=False)
class Row:
    """A session at a provider."""

    id: str
    created: float
    stream: str = "sessions"
    """The list that shows it; none shows it once it is empty."""
    updated: float | None = None
    status: str | None = None
    email: str | None = None
    note: str = ""

    def __repr__(self) -> str:
        update = "" if self.updated in (None, self.created) else f" updated {self.updated - NOW:+g}"
        return f"<{self.id} {self.created - NOW:+g} {self.stream}{update}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def to_json(self) -> dict[str, Any]:
        """As it is sent."""
        return {name: getattr(self, name) for name in _SENT}


_SENT = ("id", "created", "status", "email", "note")


def rows(*created: float, stream: str = "sessions", prefix: str = "s") -> list[Row]:
    """Rows of these moments, named after their places."""
    return [
        Row(id=f"{prefix}-{number}", created=at, stream=stream) for number, at in enumerate(created)
    ]


@attrs.define(kw_only=True, eq=False, repr=False)
class Handmade:
    """A provider, and the style in which it lists its rows."""

    rows: list[Row]
    streams: tuple[str, ...] = ("sessions",)
    paging: Paging = Paging.SESSION_ID
    order: Order = Order.NEWEST_FIRST
    end_of_list: EndOfList = EndOfList.SIGNAL
    page_size: int = 100
    reach: Reach = attrs.field(factory=Reach)
    disjoint: bool = False
    inclusive: bool = False
    grows_at_front: bool = False
    excludes: tuple[str, ...] = ()
    joins: bool = False
    """Whether the notes of its rows name rows that they tell of."""
    claims: Mapping[str, Pushdown] = attrs.field(factory=dict)
    """What it claims to evaluate, by field; it evaluates nothing but windows."""
    untold: Mapping[str, Untold] = attrs.field(factory=dict)
    listed_to: float = inf
    """Windows that begin after this moment are refused."""
    most_of_a_window: float = inf
    """The most rows that it lists of a window."""
    blanks: int = 0
    """Pages without a row that lie between any two with some, where it pages by token."""
    counts: bool = False
    """Whether every page tells how many rows the list holds."""
    hidden: int = 0
    """How many more it counts than it lists."""
    settled: float | None = None
    ahead: float | None = None
    """How many seconds its clock is ahead, if its responses say what it shows."""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    token: str | None = None
    """What requests must be signed with beside the key; None where the key will do."""
    turns: dict[int, OutOfTurn] = attrs.field(factory=dict)
    """What happens out of turn, by the number of the request, from 1."""
    requests: list[Request] = attrs.field(factory=list)
    rate: float = inf

    def __repr__(self) -> str:
        """What is not as usual."""
        usual = Handmade(rows=[])
        odd = [
            field.name
            for field in attrs.fields(Handmade)
            if field.name not in ("requests", "turns")
        ]
        odd = [name for name in odd if getattr(self, name) != getattr(usual, name)]
        return f"Handmade({', '.join(f'{name}={getattr(self, name)!r}' for name in odd)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def serve(
        self, request: Request, now: float, token: SecretStr | None
    ) -> Response | ProviderError:
        """Answer a request."""
        self.requests.append(request)
        turn = self.turns.get(len(self.requests))
        answer = None if turn is None else turn(request)
        if answer is None:
            answer = self._served(request, token)
        if isinstance(answer, ProviderError):
            return answer
        headers = {**self.headers, **answer.headers}
        if self.ahead is not None:
            headers["date"] = formatdate(now + self.ahead, usegmt=True)
        return attrs.evolve(answer, headers=headers)

    @property
    def asked(self) -> list[dict[str, str]]:
        """The parameters of the requests for pages, in the order in which they arrived."""
        return [dict(one.parameters) for one in self.requests if one.path == PATH]

    def _served(self, request: Request, token: SecretStr | None) -> Response:
        if request.path == TOKEN_PATH:
            return _json({"token": self.token, "expires_in": 1000})
        if self.token is not None and (token is None or token.get_secret_value() != self.token):
            return Response(status=401)
        if request.path != PATH:
            row = self._shown(request.path.rpartition("/")[2])
            return Response(status=404, body=REFUSAL) if row is None else _json(row.to_json())
        return self._page(dict(request.parameters))

    def _shown(self, id: str) -> Row | None:
        return next((row for row in self.rows if row.id == id and row.stream), None)

    def _page(self, asked: Mapping[str, str]) -> Response:
        if not self._may_be_asked(asked):
            return Response(status=400)
        if float(asked.get("since", 0)) > self.listed_to:
            return NOT_YET
        listed = self._listed(asked)
        if len(listed) > self.most_of_a_window:
            return TOO_FULL
        size = min(int(asked["size"]), self.page_size + self.inclusive)
        backward, blanks = "before" in asked, 0
        if backward:
            shown = any(row.id == asked["before"] for row in listed)
            end = self._index(asked["before"], listed) + (not shown)
            start = max(0, end - size)
        else:
            start, blanks = self._start(asked, listed)
            end = start if blanks else min(len(listed), start + size)
        page = listed[start:end]
        more = start > 0 if backward else end < len(listed) or blanks > 0
        sent: dict[str, Any] = {"rows": [row.to_json() for row in page]}
        if self.end_of_list is EndOfList.SIGNAL:
            sent["more"] = more
        if self.paging is not Paging.SESSION_ID:
            sent["next"] = self._next(asked, page, end, blanks) if more or page else None
        if self.counts:
            sent["total"] = len(listed) + self.hidden
        return _json(sent)

    def _may_be_asked(self, asked: Mapping[str, str]) -> bool:
        """Whether a window is one that its documentation allows."""
        ends = "since" in asked, "until" in asked
        if all(ends) and int(asked["since"]) >= int(asked["until"]):
            return False
        if (self.reach.required and not all(ends)) or (not self.reach.windowed and any(ends)):
            return False
        if self.reach.longest is None:
            return True
        longest = self.reach.longest.total_seconds()
        return all(ends) and int(asked["until"]) - int(asked["since"]) <= longest

    def _listed(self, asked: Mapping[str, str]) -> list[Row]:
        """The rows of a list, gone or not, in the order in which it shows them."""
        since, until = float(asked.get("since", -inf)), float(asked.get("until", inf))
        by_update = self.reach.by == "updated"
        shown = [
            row
            for row in self.rows
            if row.stream == asked["list"]
            and since <= ((row.updated or row.created) if by_update else row.created) < until
        ]
        if self.order is Order.UNDOCUMENTED:
            return sorted(shown, key=lambda row: row.id[::-1])
        newest_first = sorted(shown, key=lambda row: -row.created)
        return newest_first if self.order is Order.NEWEST_FIRST else newest_first[::-1]

    def _start(self, asked: Mapping[str, str], listed: list[Row]) -> tuple[int, int]:
        """Where a page begins, and how many pages without a row come before it."""
        if "offset" in asked:
            return int(asked["offset"]), 0
        if "token" in asked:
            id, _, blanks = asked["token"].partition("~")
            return self._index(id, listed) + 1, int(blanks)
        if "after" in asked:
            index = self._index(asked["after"], listed)
            own = self.inclusive and any(row.id == asked["after"] for row in listed)
            return index + (not own), 0
        return 0, 0

    def _index(self, id: str, listed: list[Row]) -> int:
        """The place of a row in its list, or of the last before it where it is not shown."""
        for index, row in enumerate(listed):
            if row.id == id:
                return index
        assert self.order is Order.NEWEST_FIRST
        order = sorted(self.rows, key=lambda row: -row.created)
        ids = [row.id for row in order[: next(n for n, row in enumerate(order) if row.id == id)]]
        return sum(row.id in ids for row in listed) - 1

    def _next(self, asked: Mapping[str, str], page: list[Row], end: int, blanks: int) -> str:
        if self.paging is Paging.OFFSET:
            return str(end)
        if blanks:
            return f"{asked['token'].partition('~')[0]}~{blanks - 1}"
        return f"{page[-1].id}~{self.blanks}"


def _json(sent: object) -> Response:
    return Response(status=200, body=msgspec.json.encode(sent))


class HandmadeAdapter(Adapter[SimulatedOptions]):
    """Speaks for a provider made by hand."""

    name = "handmade"
    title = "Handmade"
    options_type = SimulatedOptions
    requests_per_second = inf

    def __init__(self, account: str, provider: Handmade) -> None:
        super().__init__(account, OPTIONS)
        self.provider = provider
        self.untold = provider.untold  # type: ignore[misc]

    def compile(self, query: ListSessions) -> Compiled:
        provider = self.provider
        return Compiled(
            streams=tuple(Stream(name=name, path=PATH) for name in provider.streams),
            verdicts=tuple(
                Verdict(one, provider.claims.get(one.field, Pushdown.UNSUPPORTED))
                for one in query.predicates()
            ),
            order=provider.order,
            paging=provider.paging,
            end_of_list=provider.end_of_list,
            page_size=provider.page_size,
            reach=provider.reach,
            disjoint=provider.disjoint,
            inclusive=provider.inclusive,
            grows_at_front=provider.grows_at_front,
            excludes=provider.excludes,
            joins=provider.joins,
        )

    def tells_of(self, session: Session) -> str | None:
        return session.raw["note"] or None

    def joined(self, session: Session, told: Mapping[str, Collection[Session]]) -> Session:
        names = ",".join(sorted(one.id for one in told.get(session.id, ())))
        return attrs.evolve(session, invoice=names)

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        parameters = [("list", stream.name), ("size", str(place.size))]
        if place.window is not None and place.window.since is not None:
            parameters.append(("since", str(place.window.since)))
        if place.window is not None and place.window.until is not None:
            parameters.append(("until", str(place.window.until)))
        if place.cursor is not None:
            forward = place.direction is Direction.FORWARD
            by_id = "after" if forward else "before"
            names = {Paging.SESSION_ID: by_id, Paging.TOKEN: "token", Paging.OFFSET: "offset"}
            parameters.append((names[compiled.paging], place.cursor))
        return Request(path=PATH, parameters=tuple(parameters))

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        sent = msgspec.json.decode(response.body)
        if "error" in sent:
            raise ServerError(sent["error"], **self._origin(response))
        sessions = [self._session(row) for row in sent["rows"]]
        by_id = self.provider.paging is Paging.SESSION_ID
        settled = self.provider.settled
        return ProviderPage(
            sessions=sessions,
            next=kit.end_of(sessions, place.direction) if by_id else sent.get("next"),
            more=sent.get("more"),
            total=sent.get("total"),
            settled=None if settled is None else moment(settled),
        )

    def get_request(self, id: str) -> Request:
        return Request(path=kit.item_path(PATH, id))

    def parse_session(self, response: Response) -> Session:
        sent = msgspec.json.decode(response.body)
        if "id" not in sent:
            raise MalformedPage("a page", row=0, field="id", **self._origin(response))
        return self._session(sent)

    def parse_error(self, response: Response) -> ProviderError:
        if response.status == TOO_FULL.status:
            return WindowTooFull("as it says", **self._origin(response))
        if response.status == NOT_YET.status:
            return NotYetListed("as it says", **self._origin(response))
        if response.status == EXPIRED.status:
            return PlaceExpired("as it says", **self._origin(response))
        return kit.error_for(response, "as it says", **self._origin(response))

    def token_request(self) -> Request | None:
        return None if self.provider.token is None else Request(path=TOKEN_PATH, method="POST")

    def parse_token(self, response: Response) -> Token:
        sent = msgspec.json.decode(response.body)
        return Token(SecretStr(sent["token"]), sent["expires_in"])

    def allowance(self, response: Response) -> Allowance | None:
        return kit.allowance(response)

    def sign(self, request: Request, credentials: Credentials) -> Request:
        return kit.bearer(request, credentials)

    def _session(self, sent: dict[str, Any]) -> Session:
        return Session(
            account=self.account,
            provider=self.name,
            id=sent["id"],
            created=moment(sent["created"]),
            raw_bytes=msgspec.json.encode(sent),
            status=SessionStatus(sent["status"]) if sent["status"] else None,
            customer=Customer(email=sent["email"]),
        )

    def _origin(self, response: Response) -> dict[str, Any]:
        return kit.origin(self, response, "request-id")
