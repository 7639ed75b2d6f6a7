"""The contract an adapter author implements: translate, and nothing else.

An adapter never waits, retries, filters, counts or remembers. The engine does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

import attrs
from pydantic import SecretStr

from unified_checkout.adapters.http import Parameters, Request, Response
from unified_checkout.adapters.options import AdapterOptions
from unified_checkout.errors import InvalidQuery, ProviderError
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import quoted

if TYPE_CHECKING:
    from unified_checkout.model.predicate import Predicate
    from unified_checkout.model.query import ListSessions
    from unified_checkout.model.session import Session


class Pushdown(StrEnum):
    """A provider's verdict on one predicate."""

    EXACT = "exact"
    """The provider returns precisely the sessions that match."""
    INEXACT = "inexact"
    """The provider returns all that match and perhaps more; the engine checks again.
    A session that does not carry the value is then believed to match."""
    UNSUPPORTED = "unsupported"
    """The provider cannot evaluate it; the engine does, on the sessions themselves."""
    UNANSWERABLE = "unanswerable"
    """Neither the provider nor the sessions tell; planning refuses the query by name."""


@attrs.frozen
class Verdict:
    """What becomes of one predicate at one provider."""

    predicate: Predicate
    pushdown: Pushdown
    note: str = ""
    """The parameters sent, or why there are none; for explain."""


class Order(StrEnum):
    """The order in which a provider documents its list."""

    NEWEST_FIRST = "newest first"
    """Read and handed out as it comes."""
    OLDEST_FIRST = "oldest first"
    """Read whole, window by window where time can be asked for, and sorted here."""
    UNDOCUMENTED = "undocumented"
    """The same; so is a list that is in the order of another time than that of creation."""


class Paging(StrEnum):
    """What a place in a provider's list is, and so what can be promised of it."""

    SESSION_ID = "cursor is a session id"
    """A place is the id of a session: stable under inserts, resumable at any session."""
    TOKEN = "cursor is an opaque token"  # noqa: S105
    """A place is a token or an address of the provider's: stable under inserts. It leads forward
    only, so newer sessions are found by reading from the top. An empty page may name a place."""
    OFFSET = "offset or page number"
    """A place is a count: sessions that arrive or vanish shift what follows. An empty page may
    name a place to go on from."""


class EndOfList(StrEnum):
    """What ends a provider's list."""

    SIGNAL = "the provider says that there is no more"
    EMPTY_PAGE = "an empty page"


class Direction(StrEnum):
    """Which way a list is read from a place in it."""

    FORWARD = "forward"
    """Towards older sessions."""
    BACKWARD = "backward"
    """Towards newer sessions."""


@attrs.frozen(kw_only=True)
class Stream:
    """One list to read at the provider: the parameters that every page repeats."""

    name: str
    """A word for explain, such as ``sessions`` or ``status=paid``."""
    path: str
    parameters: Parameters = attrs.field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    first_page: Parameters = ()
    """Parameters of the first page only, such as an offset."""


@attrs.frozen(kw_only=True)
class Reach:
    """How far back, and in what pieces, a list can be asked for by time."""

    windowed: bool = False
    """Whether ``Place.window`` is sent to the provider, rounded outward: the list may then be
    read in several windows of time, and any moment is a place in it."""
    by: Literal["created", "updated"] = "created"
    """Which time the window is compared with. One that is not before that of creation will do:
    what was created since a moment was updated since then too."""
    required: bool = False
    """Whether the provider lists nothing without both ends of a window."""
    longest: timedelta | None = None
    """The longest window that may be asked for."""
    earliest: timedelta | None = None
    """How long before now the provider's lists begin."""
    settles: timedelta = timedelta(0)
    """Sessions younger than this may still be missing from the list.

    Where windows go by update, a session that was updated since then stands where it stood before.
    """


@attrs.frozen(kw_only=True)
class Compiled:
    """A query in one provider's dialect. Plain data: it pickles, and holds no credential."""

    streams: tuple[Stream, ...]
    """The lists whose union answers the query, earlier states first: each is read ahead of the
    next, so that a session on its way from one to the next is not missed.
    None at all where the verdicts prove that no session can match."""
    verdicts: tuple[Verdict, ...]
    """One for each predicate of the query, in order."""
    order: Order = Order.NEWEST_FIRST
    paging: Paging = Paging.SESSION_ID
    end_of_list: EndOfList = EndOfList.SIGNAL
    page_size: int = 100
    """The most sessions to ask for in one request."""
    reach: Reach = Reach()
    disjoint: bool = False
    """Whether no session ever moves from one of the streams to another, as between shops."""
    inclusive: bool = False
    """Whether a page begins with the session that its place names, which was shown before.

    It is asked for besides, as far as ``page_size`` allows; see ``rules.page_size``."""
    grows_at_front: bool = False
    """For pages that are counted off: whether sessions only ever arrive at the front of the list
    and none leaves it, so that arrivals make it show some again and hide none."""
    excludes: tuple[str, ...] = ()
    """What this reading can never see, such as ``open checkouts`` or ``other shops``."""
    joins: bool = False
    """Whether rows of the lists tell of others, as a refund does of a payment; see
    ``Adapter.joined``. A row tells of none that was created after its own last update. Only where
    all that can tell is read before a session is handed out: in lists that do not come newest
    first, and are read in windows of the last update or in none. False where a parameter might
    leave out a row that tells."""
    expanded: tuple[str, ...] = ()
    """Related objects that are asked for beyond ``query.expand``, as a condition on them needs."""
    start: str | None = None
    """The place to begin at, if the query's provider options name one."""
    direction: Direction = Direction.FORWARD
    notes: tuple[str, ...] = ()
    """What else explain should say."""

    def __attrs_post_init__(self) -> None:
        by_creation = self.reach.windowed and self.reach.by == "created"
        if self.joins and (self.order is Order.NEWEST_FIRST or by_creation):
            raise ValueError("rows are joined only where all is read before any is handed out")

    @property
    def divisible(self) -> bool:
        """Whether the list may be read in several windows of time."""
        return self.reach.windowed and self.direction is Direction.FORWARD

    @property
    def moves(self) -> bool:
        """Whether sessions may move between its lists while these are read."""
        return len(self.streams) > 1 and not self.disjoint

    @property
    def in_pieces(self) -> bool:
        """Whether the list is read in windows of time from the start.

        It is where a list is only to be had so, or can be put into order so without keeping all.
        """
        reach, ordered = self.reach, self.order is Order.NEWEST_FIRST
        return reach.windowed and (reach.required or reach.longest is not None or not ordered)


@attrs.frozen
class Window:
    """A half-open span of time, in whole Unix seconds: ``since <= time < until``."""

    since: int | None = None
    until: int | None = None


@attrs.frozen(kw_only=True)
class Place:
    """Which page of a stream to ask for."""

    cursor: str | None = None
    """The provider's own place to continue from; None for the beginning."""
    direction: Direction = Direction.FORWARD
    size: int = 100
    window: Window | None = None
    """Only ever set where ``Reach.windowed``; narrows the stream to a span of time. Where
    ``Reach.required``, both ends are set."""


@attrs.frozen(kw_only=True)
class ProviderPage:
    """One response's sessions, newest first whichever way the list is read.

    A list whose order is not newest first gives them in the order sent.
    """

    sessions: list[Session]
    next: str | None
    """The place to continue at, in the direction asked; None where there is nothing to name."""
    more: bool | None
    """Whether the provider says that there is more; None where it never says."""
    total: int | None = None
    """How many sessions the provider says that the whole list holds, if every page tells."""
    settled: datetime | None = None
    """Up to when the provider says that its list is up to date, if the page tells."""


@attrs.frozen
class Untold:
    """Why a field of a listed session may be None though the provider knows it."""

    expand: str | None = None
    """The word of ``ListSessions.expand`` that makes the list tell it; None where none does."""
    cost: str = ""
    """What asking for it costs, such as ``one larger answer``."""
    by_id: bool = False
    """Whether a session that is asked for by its id tells it though the list does not."""
    joined: bool = False
    """Whether other rows tell it, and ``Adapter.joined`` therefore, where ``Compiled.joins``."""


@attrs.frozen
class Allowance:
    """How many requests the provider still allows, as a response's headers tell."""

    remaining: int
    resets_in: float
    """Seconds until there are more."""


@attrs.frozen
class Token:
    """What ``Adapter.token_request`` was answered with."""

    value: SecretStr
    expires_in: float | None = None
    """Seconds for which it may be used; None where nobody says."""


class KeyKind(StrEnum):
    """What an API key's shape tells about it."""

    TEST = "test"
    LIVE = "live"
    PUBLISHABLE = "publishable"
    UNKNOWN = "unknown"


class Sensitive(StrEnum):
    """What a field holds that a recording must not keep as it came."""

    EMAIL = "e-mail address"
    NAME = "name"
    PHONE = "phone number"
    TEXT = "text"
    """Text that tells of a person: a line of an address, or whatever somebody typed."""
    PAGE = "hosted page"
    """The address of a page for one buyer: whoever has it can open it."""
    SECRET = "secret"  # noqa: S105


@attrs.frozen
class Credentials:
    """What ``Adapter.sign`` may use."""

    api_key: SecretStr
    token: SecretStr | None = None
    """What ``Adapter.parse_token`` gave; None while signing ``Adapter.token_request``."""
    now: datetime | None = None
    """The moment of signing, aware and in UTC, for signatures over the time."""


Options = TypeVar("Options", bound=AdapterOptions)


class Adapter(ABC, Generic[Options]):
    """One account's translator: queries into requests, responses into sessions.

    Every method is a pure function of its arguments and of ``account``, ``options`` and ``key_shape``.
    The ids of its sessions are unique within an account: where the provider's are not, the
    adapter composes them.
    """

    name: ClassVar[str]
    """The provider's name, as in the entry point."""
    title: ClassVar[str]
    """The provider's name as people write it."""
    options_type: ClassVar[type[AdapterOptions]]
    """What may be configured for an account, ``base_url`` with its default above all."""
    rows: ClassVar[str] = "checkout sessions"
    """What the provider lists, such as ``payments``."""
    evidence: ClassVar[str] = ""
    """What the adapter was written from, and whether it was tried against the provider."""
    requests_per_second: ClassVar[float]
    """The rate the provider documents for one account, or a careful guess."""
    test_requests_per_second: ClassVar[float | None] = None
    """The rate for test keys, where it differs."""
    budgets: ClassVar[Mapping[str, float]] = {}
    """Rates of their own, in requests a second, by the name that ``Request.budget`` gives."""
    rate_by_address: ClassVar[bool] = False
    """Whether the rate is that of the network address, shared by all accounts at the provider."""
    id_prefixes: ClassVar[tuple[str, ...]] = ()
    """What the ids of sessions begin with, where that tells them from other providers'. An id that
    begins otherwise is not looked for here, where an account of another provider has no such."""
    reads_by_id: ClassVar[bool] = True
    """Whether ``get_request`` works: some providers list what they cannot give one by one."""
    changes_for: ClassVar[timedelta | None] = None
    """How long after its creation a session that has ended may still be paid, refunded or disputed,
    as far as its row tells: a store reads it again until then. None where nobody says."""
    untold: ClassVar[Mapping[str, Untold]] = {}
    """Fields of ``Session`` that a list tells only when asked, or never, by name."""
    sandbox: ClassVar[str | None] = None
    """Where the imitation of the provider for the sandbox is, if there is one: the
    ``module:ClassName`` of a ``unified_checkout.sandbox.ProviderSandbox``."""
    provider_options: ClassVar[frozenset[str]] = frozenset()
    """The names that ``ListSessions.provider_options`` may hold for this provider."""
    sensitive: ClassVar[Mapping[str, Sensitive | None]] = {}
    """Fields and parameters that a recording must not keep as they came, besides those with
    common names such as ``email``, ``name``, ``address`` and ``metadata``: by the end of their
    dotted path, such as ``delivery.state``. What stands below such a field counts too.

    None says that a field tells of nobody, and that the adapter reads what would be replaced: its
    text is kept, and an object counts as part of the session. Write the whole path then, with a
    point in front, such as ``.error``, which is a parameter's, a header's, or that of a field at
    the top of an answer: under the same word something else may hold a buyer's."""

    def __init__(
        self, account: str, options: Options, key_shape: KeyKind = KeyKind.UNKNOWN
    ) -> None:
        self.account = account
        self.options = options
        self.key_shape = key_shape
        """What the shape of the account's key tells."""

    @abstractmethod
    def compile(self, query: ListSessions) -> Compiled:
        """Translate a resolved query: the streams to read and one verdict per predicate.

        What is pushed down may return too much, never too little: bounds are rounded outward.

        Raises:
            InvalidQuery: for provider options that are unknown, ill-formed or contradictory.
        """

    @abstractmethod
    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        """The request for one page of one stream; it repeats every filter."""

    @abstractmethod
    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        """The sessions of a successful response.

        Raises:
            UnreadableBody: if the body is not JSON.
            MalformedPage: naming the row and the field that are not as documented.
            ProviderError: if the body tells of a failure in spite of its status.
        """

    @abstractmethod
    def get_request(self, id: str) -> Request:
        """The request for a single session."""

    @abstractmethod
    def parse_session(self, response: Response) -> Session:
        """The session of a successful response to ``get_request``."""

    @abstractmethod
    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for an unsuccessful response, whatever its body holds.

        ``WindowTooFull`` makes the engine narrow ``Place.window`` and read again, ``NotYetListed``
        makes it take the window for one that holds nothing yet, ``PlaceExpired`` makes it begin the
        list again where it stood by time.
        """

    def tells_of(self, session: Session) -> str | None:
        """By whose key a row is to be found that tells of another, such as a refund by a payment's.

        It is asked of every row that is read where ``Compiled.joins``, whether or not the row
        belongs to the answer. None for a row that tells of nothing but itself.
        """
        return None

    def joined(self, session: Session, told: Mapping[str, Collection[Session]]) -> Session:
        """A session with what other rows tell of it; asked where ``Compiled.joins``.

        All that can tell was read before: what nobody tells here, no row told that was listed in
        time.

        Args:
            session: as it was read.
            told: every row that ``tells_of`` another, as it was read last, by the key given.
        """
        return session

    def instead(self, request: Request, error: ProviderError) -> Request | None:
        """Another request for the same thing, where one failed for good; None where there is none.

        For the other documented path of a list that answers 404, say, which is remembered once it
        worked; or for the same path with fewer parameters, where one of them is refused.
        """
        return None

    def token_request(self) -> Request | None:
        """The request for a token that all others are signed with; None where the key will do."""
        return None

    def parse_token(self, response: Response) -> Token:
        """The token of a successful response to ``token_request``."""
        raise NotImplementedError

    def allowance(self, response: Response) -> Allowance | None:
        """How many requests are still allowed, if the response's headers tell."""
        return None

    @abstractmethod
    def sign(self, request: Request, credentials: Credentials) -> Request:
        """The request with its credentials; called last, by the transport."""

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        """What the key's shape tells; UNKNOWN where it tells nothing."""
        return KeyKind.UNKNOWN

    @classmethod
    def exponent(cls, currency: str) -> int | None:
        """How many decimal digits the provider's amounts of a currency carry; None if unknown.

        By ISO 4217, unless the provider says otherwise.
        """
        from unified_checkout.adapters.currencies import iso_exponent

        return iso_exponent(currency)

    def options_for(self, query: ListSessions) -> dict[str, Any]:
        """The query's provider options for this provider, their names checked.

        Raises:
            InvalidQuery: naming the option that is unknown and those that are allowed.
        """
        options = query.provider_options.get(self.name, {})
        unknown = sorted(set(options) - self.provider_options)
        if unknown:
            raise InvalidQuery(
                f"provider_options.{self.name}: no such option {quoted(unknown[0])}; "
                f"allowed: {', '.join(sorted(self.provider_options)) or 'none'}"
                f"{did_you_mean(unknown[0], self.provider_options)}"
            )
        return options
