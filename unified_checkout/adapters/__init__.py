"""What an adapter author imports: the contract, the registry and a kit of shared parts."""

from unified_checkout.adapters.contract import (
    Adapter,
    AdapterOptions,
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
    Sensitive,
    Stream,
    Verdict,
    Window,
)
from unified_checkout.adapters.http import Parameters, Request, Response
from unified_checkout.adapters.registry import installed, load

__all__ = [
    "Adapter",
    "AdapterOptions",
    "Compiled",
    "Credentials",
    "Direction",
    "EndOfList",
    "KeyKind",
    "Order",
    "Paging",
    "Parameters",
    "Place",
    "ProviderPage",
    "Pushdown",
    "Request",
    "Response",
    "Sensitive",
    "Stream",
    "Verdict",
    "Window",
    "installed",
    "load",
]
