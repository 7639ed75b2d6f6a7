"""``Cassette``: records what is exchanged with providers once, and replays it ever after.

vcrpy does the recording and matching. It is hooked in where a request is sent but not yet signed:
there the key is not yet in it, the account's name still is, and the response's body is already
decompressed. (At the level of HTTP two accounts that ask the same could not be told apart once
their keys are gone.)
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import attrs

from unified_checkout.adapters import Request, Response
from unified_checkout.errors import (
    ConnectionFailed,
    ProviderError,
    RequestTimeout,
    ResponseTooLarge,
)
from unified_checkout.testing.cassettes import messages, stillness
from unified_checkout.testing.cassettes.checking import leaks
from unified_checkout.testing.cassettes.errors import CassetteLeak, CassetteMismatch, missing_extra
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.tape import (
    UNANSWERED,
    Asked,
    Exchange,
    Recording,
    Reply,
    read,
    save,
    written,
)
from unified_checkout.transport.http import AsyncHttpSender, HttpSender

_FAILURES = {kind.__name__: kind for kind in (ConnectionFailed, RequestTimeout, ResponseTooLarge)}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
