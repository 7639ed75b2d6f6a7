"""What an adapter author imports, and nothing else is needed.

The contract and its words; ``JsonAdapter``, which most adapters begin with; the common language;
the errors that an adapter raises; and two folders of tools, ``kit`` (requests and responses) and
``rules`` (a dialect as a table).
"""

from unified_checkout.adapters import kit, rules
from unified_checkout.adapters.contract import (
    Adapter,
    Allowance,
    Compiled,
    Credentials,
    Direction,
    EndOfList,
    KeyKind,
    Order,
    Paging,
    Place,
    ProviderPage,
    Pushdown,
    Reach,
    Sensitive,
    Stream,
    Token,
    Untold,
    Verdict,
    Window,
)
from unified_checkout.adapters.http import Parameters, Request, Response
from unified_checkout.adapters.json_api import JsonAdapter
from unified_checkout.adapters.options import AdapterOptions
from unified_checkout.adapters.query_options import QueryOptions
from unified_checkout.adapters.registry import installed, load
from unified_checkout.errors import (
    AddressNotFound,
    AuthenticationError,
    InvalidQuery,
    InvalidRequest,
    MalformedPage,
    NotFound,
    NotYetListed,
    PermissionDenied,
    PlaceExpired,
    ProviderError,
    RateLimited,
    RetryRefused,
    ServerError,
    TerminalError,
    TransientError,
    UnexpectedRedirect,
    UnreadableBody,
    WindowTooFull,
)
from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import (
    Address,
    AddressDraft,
    Customer,
    CustomerDraft,
    Session,
    SessionDraft,
    sealed,
)
from unified_checkout.model.statuses import (
    PaymentStatus,
    SessionKind,
    SessionMode,
    SessionStatus,
)
from unified_checkout.model.validation import worded

__all__ = [
    "Adapter",
    "AdapterOptions",
    "Address",
    "AddressDraft",
    "AddressNotFound",
    "Allowance",
    "AuthenticationError",
    "Compiled",
    "Credentials",
    "Customer",
    "CustomerDraft",
    "Direction",
    "EndOfList",
    "InvalidQuery",
    "InvalidRequest",
    "JsonAdapter",
    "KeyKind",
    "ListSessions",
    "MalformedPage",
    "NotFound",
    "NotYetListed",
    "Operator",
    "Order",
    "Paging",
    "Parameters",
    "PaymentStatus",
    "PermissionDenied",
    "Place",
    "PlaceExpired",
    "Predicate",
    "ProviderError",
    "ProviderPage",
    "Pushdown",
    "QueryOptions",
    "RateLimited",
    "Reach",
    "Request",
    "Response",
    "RetryRefused",
    "Sensitive",
    "ServerError",
    "Session",
    "SessionDraft",
    "SessionKind",
    "SessionMode",
    "SessionStatus",
    "Stream",
    "TerminalError",
    "Token",
    "TransientError",
    "UnexpectedRedirect",
    "UnreadableBody",
    "Untold",
    "Verdict",
    "Window",
    "WindowTooFull",
    "installed",
    "kit",
    "load",
    "rules",
    "sealed",
    "worded",
]
