"""``Client`` and ``AsyncClient``: the same questions, waiting in their two ways."""

from unified_checkout.client.clients import (
    AsyncClient,
    Client,
    channels_of,
    surroundings_of,
    with_log,
)
from unified_checkout.client.listings import AsyncSessionList, SessionList
from unified_checkout.client.sessions import AsyncSessions, Sessions

__all__ = [
    "AsyncClient",
    "AsyncSessionList",
    "AsyncSessions",
    "Client",
    "SessionList",
    "Sessions",
    "channels_of",
    "surroundings_of",
    "with_log",
]
