"""The adapter of the simulated providers: one dialect, in every style of paging."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import Any

import attrs
import msgspec

from simulation.faults import EXPIRED
from simulation.rows import STATUSES, Row, moment
from unified_checkout.adapters import (
    Adapter,
    AdapterOptions,
    Compiled,
    Credentials,
    Direction,
    EndOfList,
    Order,
    Paging,
    Parameters,
    Place,
    ProviderPage,
    Pushdown,
    Reach,
    Request,
    Response,
    Stream,
    kit,
)
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    inexact,
    push,
    push_bound,
    push_status,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout.errors import NotFound, NotYetListed, PlaceExpired, ProviderError
from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Customer, Session

PATH = "/sessions"
NEW_PATH = "/v2/sessions"
SINGLE = "single"
"""The budget of requests for single sessions."""
REFUSAL = b'{"error": "no"}'
"""The body of a failure of the provider's own."""
UNLISTED = 425
"""The status of a window that begins after all that is settled."""

_CUSTOMER = {
    Pushdown.EXACT: exact("customer"),
    Pushdown.INEXACT: inexact("customer_like", "letter case does not count"),
    Pushdown.UNSUPPORTED: unsupported("the provider has no such filter"),
    Pushdown.UNANSWERABLE: unanswerable("the provider does not say"),
}


class Style(Enum):
    """How a provider pages."""

    SIGNAL = "by session id, with has_more"
    NAMED = "by next_cursor, an id or another word for it, with has_more"
    TOKEN = "by opaque token, with has_more"
    SILENT = "by session id, with no end signal"
    OFFSET = "by offset, with has_more"
    SILENT_OFFSET = "by offset, with no end signal"

    @property
    def paging(self) -> Paging:
        """What the engine is told."""
        if self is Style.TOKEN:
            return Paging.TOKEN
        return Paging.OFFSET if self in (Style.OFFSET, Style.SILENT_OFFSET) else Paging.SESSION_ID

    @property
    def silent(self) -> bool:
        """Whether only an empty page ends the list."""
        return self in (Style.SILENT, Style.SILENT_OFFSET)


@attrs.frozen(kw_only=True)
class Profile:
    """What kind of provider it is."""

    style: Style = Style.SIGNAL
    created: Pushdown = Pushdown.EXACT
    status: Pushdown = Pushdown.EXACT
    union: bool = False
    """A status is asked for by the provider's own words, one at a time."""
    customer: Pushdown = Pushdown.EXACT
    order: Order = Order.NEWEST_FIRST
    page_size: int = 100
    moved: bool = False
    """The list is found under another path than the first one documented."""
    splittable: bool = False
    clamp: int = 100
    """The most sessions that the server sends in one page."""
    short_pages: bool = False
    """The server sends fewer sessions than asked now and then."""
    forgetful: bool = False
    """A cursor that names a session that is gone is refused."""
    ignores: frozenset[str] = frozenset()
    """The conditions that the server does not evaluate, whatever it is said to do: ``created``,
    ``status``, ``customer``, ``window``."""
    settles: float = 0.0
    """How many seconds after its creation a session may still be missing from the list."""
    flips: bool = False
    """Some pages come the other way round."""
    twins: bool = False
    """Some pages hold two different rows with one id."""
    updates: bool = False
    """Windows are compared with the time of the last change, and needed."""
    stale: bool = False
    """Where it sends the first page again, it says that this is the end of the list."""
    counts: bool = False
    """Every page tells how many sessions the list holds."""
    single_rate: float | None = None
    """How many single sessions may be asked for in a second, apart from the lists."""
    unlisted: bool = False
    """A window that begins after all that is settled is refused."""
    longest: float | None = None
    """How many seconds the longest window has."""
    timeless: bool = False
    """No answer tells the time."""


class WireRow(msgspec.Struct, array_like=True):
    """A session as it is sent."""

    id: kit.Id
    created: float
    word: str | None
    customer: str | None


class WirePage(msgspec.Struct):
    """A page as it is sent."""

    rows: list[WireRow]
    more: bool | None = None
    next: str | None = None
    total: int | None = None


PAGE = msgspec.json.Decoder(WirePage)
ROW = msgspec.json.Decoder(WireRow)


class SimulatedOptions(AdapterOptions):
    """Nothing to configure."""

    base_url: str = "https://simulated.example.com"


OPTIONS = SimulatedOptions()


class SimulatedAdapter(Adapter[SimulatedOptions]):
    """Speaks for a simulated provider."""

    name = "simulated"
    title = "Simulated"
    options_type = SimulatedOptions
    requests_per_second = 10.0

    def __init__(self, account: str, profile: Profile) -> None:
        super().__init__(account, OPTIONS)
        self.profile = profile

    def compile(self, query: ListSessions) -> Compiled:
        profile = self.profile
        pushed = [self.push(predicate) for predicate in query.predicates()]
        shared = Stream(
            name="sessions",
            path=PATH,
        )
        return Compiled(
            streams=streams(pushed, shared),
            verdicts=tuple(one.verdict for one in pushed),
            order=profile.order,
            paging=profile.style.paging,
            end_of_list=EndOfList.EMPTY_PAGE if profile.style.silent else EndOfList.SIGNAL,
            page_size=profile.page_size,
            reach=Reach(
                windowed=profile.splittable,
                by="updated" if profile.updates else "created",
                required=profile.updates,
                longest=None if profile.longest is None else timedelta(seconds=profile.longest),
                settles=timedelta(seconds=profile.settles),
            ),
        )

    def push(self, predicate: Predicate) -> Pushed:
        match predicate.field:
            case "created":
                return self.push_created(predicate)
            case "status":
                return self._push_status(predicate)
            case _:
                return push(predicate, _CUSTOMER[self.profile.customer])

    def push_created(self, predicate: Predicate) -> Pushed:
        operator = predicate.operator
        name = f"created{operator.value}"
        match self.profile.created:
            case Pushdown.EXACT:
                value = str(predicate.value.timestamp())
                return push_bound(predicate, Pushdown.EXACT, name, value)
            case Pushdown.INEXACT:
                floor, ceiling = kit.whole_seconds(predicate.value)
                second = floor if operator in (Operator.GT, Operator.GTE) else ceiling
                pushdown = Pushdown.EXACT if floor == ceiling else Pushdown.INEXACT
                return push_bound(predicate, pushdown, name, str(second))
            case _:
                return push(predicate, unsupported("the provider has no such filter"))

    def _push_status(self, predicate: Predicate) -> Pushed:
        if self.profile.union:
            return push_status(predicate, "word", STATUSES)
        words = ",".join(word for word, status in STATUSES.items() if status in predicate.value)
        match self.profile.status:
            case Pushdown.EXACT:
                return attrs.evolve(
                    push(predicate, exact("words")), alternatives=((("words", words),),)
                )
            case Pushdown.INEXACT:
                return attrs.evolve(
                    push(predicate, inexact("words_or_so", "some others too")),
                    alternatives=((("words_or_so", words),),),
                )
            case _:
                return push(predicate, unsupported("the provider has no such filter"))

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        parameters: Parameters = (*stream.parameters, ("size", str(place.size)))
        if place.window is not None and place.window.since is not None:
            parameters = (*parameters, ("since", str(place.window.since)))
        if place.window is not None and place.window.until is not None:
            parameters = (*parameters, ("until", str(place.window.until)))
        if place.cursor is not None:
            parameters = (*parameters, (self._cursor_parameter(place), place.cursor))
        return Request(path=stream.path, parameters=parameters)

    def _cursor_parameter(self, place: Place) -> str:
        match self.profile.style.paging:
            case Paging.TOKEN:
                return "token"
            case Paging.OFFSET:
                return "offset"
            case _:
                return "after" if place.direction is Direction.FORWARD else "before"

    def session(self, row: Row) -> Session:
        """A session as the provider tells it now."""
        wire = WireRow(row.id, row.created, row.word, None if row.silent else row.customer)
        return self._session(wire, msgspec.json.encode(wire))

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        sent = kit.decode(PAGE, response.body, **self._origin(response))
        sessions = [self._session(row, msgspec.json.encode(row)) for row in sent.rows]
        return ProviderPage(
            sessions=sessions,
            next=self._next(sent, sessions, place),
            more=sent.more,
            total=sent.total,
        )

    def _next(self, sent: WirePage, sessions: list[Session], place: Place) -> str | None:
        match self.profile.style:
            case Style.TOKEN:
                return sent.next
            case Style.OFFSET | Style.SILENT_OFFSET:
                return str(int(place.cursor or "0") + len(sessions))
            case Style.NAMED if sent.next is not None and place.direction is Direction.FORWARD:
                return sent.next
            case _:
                return kit.end_of(sessions, place.direction)

    def get_request(self, id: str) -> Request:
        budget = "" if self.profile.single_rate is None else SINGLE
        return Request(path=kit.item_path(PATH, id), budget=budget)

    def parse_session(self, response: Response) -> Session:
        sent = kit.decode(ROW, response.body, **self._origin(response))
        return self._session(sent, response.body)

    def parse_error(self, response: Response) -> ProviderError:
        if response.status == UNLISTED:
            return NotYetListed("simulated", **self._origin(response))
        if response.status == EXPIRED.status:
            return PlaceExpired("simulated", **self._origin(response))
        return kit.error_for(response, "simulated", **self._origin(response))

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        if not isinstance(error, NotFound) or not self.profile.moved or request.path != PATH:
            return None
        return attrs.evolve(request, path=NEW_PATH)

    def sign(self, request: Request, credentials: Credentials) -> Request:
        return kit.bearer(request, credentials)

    def _session(self, sent: WireRow, body: bytes) -> Session:
        return Session(
            account=self.account,
            provider=self.name,
            id=sent.id,
            created=moment(sent.created),
            raw_bytes=body,
            status=STATUSES[sent.word] if sent.word is not None else None,
            provider_status=sent.word,
            customer=Customer(id=sent.customer),
        )

    def _origin(self, response: Response) -> dict[str, Any]:
        return kit.origin(self, response, "request-id")
