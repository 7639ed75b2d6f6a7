"""The contract an adapter author implements: translate, and nothing else.

An adapter never waits, retries, filters, counts or remembers. The engine does.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import attrs
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from unified_checkout.adapters.http import Parameters, Request, Response
from unified_checkout.errors import InvalidQuery, ProviderError

if TYPE_CHECKING:
    from unified_checkout.model.predicate import Predicate
    from unified_checkout.model.query import ListSessions
    from unified_checkout.model.session import Session

_ADDRESS = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(:\d{1,5})?(/[^\s?#]*)?")


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
    UNDOCUMENTED = "undocumented"


class Paging(StrEnum):
    """How a provider's list is walked, and so what can be promised of it."""

    SESSION_ID = "cursor is a session id"
    """A place is the id of a session: stable under inserts, resumable at any session."""
    TOKEN = "cursor is an opaque token"  # noqa: S105
    """A place is a token of the provider's: stable under inserts, forwards only."""
    OFFSET = "offset or page number"
    """A place is a count: sessions that arrive or vanish shift what follows."""


class EndOfList(StrEnum):
    """What ends a provider's list."""

    SIGNAL = "the provider says that there is no more"
    EMPTY_PAGE = "an empty page"


class Direction(StrEnum):
    """Which way a list is walked from a place in it."""

    FORWARD = "forward"
    """Towards older sessions."""
    BACKWARD = "backward"
    """Towards newer sessions."""


@attrs.frozen(kw_only=True)
class Stream:
    """One list to walk at the provider: the parameters that every page repeats."""

    name: str
    """A word for explain, such as ``sessions`` or ``status=paid``."""
    path: str
    parameters: Parameters = attrs.field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    alternate_paths: tuple[str, ...] = ()
    first_page: Parameters = ()
    """Parameters of the first page only, such as an offset."""


@attrs.frozen(kw_only=True)
class Compiled:
    """A query in one provider's dialect. Plain data: it pickles, and holds no credential."""

    streams: tuple[Stream, ...]
    """The lists whose union answers the query, earlier states first: each is read to its end
    before the next is begun, so that a session on its way from one to the next is not missed.
    None at all where the verdicts prove that no session can match."""
    verdicts: tuple[Verdict, ...]
    """One for each predicate of the query, in order."""
    order: Order = Order.NEWEST_FIRST
    paging: Paging = Paging.SESSION_ID
    end_of_list: EndOfList = EndOfList.SIGNAL
    page_size: int = 100
    """How many sessions to ask for in one request when the engine wants no fewer."""
    start: str | None = None
    """The place to begin at, if the query's provider options name one."""
    direction: Direction = Direction.FORWARD
    splittable: bool = False
    """Whether ``Place.window`` can be pushed down exactly, so that the list may be read in
    several spans of time at once."""
    notes: tuple[str, ...] = ()
    """What else explain should say."""

    @property
    def anchored(self) -> bool:
        """Whether the query's provider options say where the answer begins in the list."""
        return self.start is not None or any(stream.first_page for stream in self.streams)

    @property
    def divisible(self) -> bool:
        """Whether the list is read in several spans of time: forwards, from session to session."""
        by_session = self.paging is Paging.SESSION_ID
        return self.splittable and by_session and self.direction is Direction.FORWARD


@attrs.frozen
class Window:
    """A half-open span of creation times, in whole Unix seconds: ``since <= created < until``."""

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
    """Only ever set where ``Compiled.divisible``; narrows the stream to a span of time."""


@attrs.frozen(kw_only=True)
class ProviderPage:
    """One response's sessions, newest first whichever way the list is walked."""

    sessions: list[Session]
    next: str | None
    """The place to continue at, in the direction asked; None where there is nothing to name."""
    more: bool | None
    """Whether the provider says that there is more; None where it never says."""


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


class AdapterOptions(BaseModel):
    """What a user may configure for an account of any provider. Adapters subclass it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str
    """Scheme and host of the provider; a path, if there is one, goes before the provider's own."""

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        if not _ADDRESS.fullmatch(value):
            raise ValueError(
                "must be a plain address such as https://api.example.com, "
                "without a user, a query or blanks"
            )
        return value.rstrip("/").removesuffix("/v1")


Options = TypeVar("Options", bound=AdapterOptions)


class Adapter(ABC, Generic[Options]):
    """One account's translator: queries into requests, responses into sessions.

    Every method is a pure function of its arguments and of ``account`` and ``options``.
    """

    name: ClassVar[str]
    """The provider's name, as in the entry point."""
    title: ClassVar[str]
    """The provider's name as people write it."""
    options_type: ClassVar[type[AdapterOptions]]
    """What may be configured for an account, ``base_url`` with its default above all."""
    requests_per_second: ClassVar[float]
    """The rate the provider documents for one account, or a careful guess."""
    sandbox: ClassVar[str | None] = None
    """Where the imitation of the provider for the sandbox is, if there is one: the
    ``module:ClassName`` of a ``unified_checkout.sandbox.ProviderSandbox``."""
    provider_options: ClassVar[frozenset[str]] = frozenset()
    """The names that ``ListSessions.provider_options`` may hold for this provider."""
    sensitive: ClassVar[Mapping[str, Sensitive]] = {}
    """Fields and parameters that a recording must not keep as they came, besides those with
    common names such as ``email``, ``name``, ``address`` and ``metadata``: by the end of their
    dotted path, such as ``delivery.state``. What stands below such a field counts too."""

    def __init__(self, account: str, options: Options) -> None:
        self.account = account
        self.options = options

    @abstractmethod
    def compile(self, query: ListSessions) -> Compiled:
        """Translate a resolved query: the streams to walk and one verdict per predicate.

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
        """

    @abstractmethod
    def get_request(self, id: str) -> Request:
        """The request for a single session."""

    @abstractmethod
    def parse_session(self, response: Response) -> Session:
        """The session of a successful response to ``get_request``."""

    @abstractmethod
    def parse_error(self, response: Response) -> ProviderError:
        """The typed error for an unsuccessful response, whatever its body holds."""

    @abstractmethod
    def sign(self, request: Request, credentials: Credentials) -> Request:
        """The request with its credentials; called last, by the transport."""

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        """What the key's shape tells; UNKNOWN where it tells nothing."""
        return KeyKind.UNKNOWN

    def options_for(self, query: ListSessions) -> dict[str, Any]:
        """The query's provider options for this provider, their names checked.

        Raises:
            InvalidQuery: naming the option that is unknown and those that are allowed.
        """
        options = query.provider_options.get(self.name, {})
        unknown = sorted(set(options) - self.provider_options)
        if unknown:
            raise InvalidQuery(
                f"provider_options.{self.name}: no such option {unknown[0]!r}; "
                f"allowed: {', '.join(sorted(self.provider_options)) or 'none'}"
            )
        return options
