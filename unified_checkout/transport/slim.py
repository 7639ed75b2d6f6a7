"""httpx is imported without its command line, which takes as long as all the rest of it."""

from __future__ import annotations

import sys

_COMMAND_LINE = "httpx._main"
"""httpx imports it wherever click, pygments and rich are installed, and does without elsewhere."""


def import_httpx() -> None:
    """Import httpx, as it is where its command line's dependencies are not installed."""
    if "httpx" in sys.modules:
        return
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
    try:
        import httpx  # noqa: F401
    finally:
        sys.modules.pop(_COMMAND_LINE, None)
