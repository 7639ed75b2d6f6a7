"""The drivers, which wait, and the only use of httpx."""

from unified_checkout.transport.slim import import_httpx

import_httpx()

from httpx import AsyncBaseTransport, BaseTransport

from unified_checkout.transport.asynchronous import AsyncDriver
from unified_checkout.transport.threaded import ThreadedDriver

__all__ = ["AsyncBaseTransport", "AsyncDriver", "BaseTransport", "ThreadedDriver"]
