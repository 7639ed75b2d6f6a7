"""``Home``: the event loop that a client's connections live in, and that may be gone."""

from __future__ import annotations

import asyncio

from unified_checkout.errors import ConfigurationError


class Home:
    """The event loop that a client was first used in. Its connections cannot be used from another."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def has_ended(self) -> bool:
        """Whether the loop was closed, and all that waited in it is over without knowing.

        Raises:
            ConfigurationError: if it goes on, and this is another loop.
        """
        if self._loop is not None and self._loop.is_closed():
            return True
        self.check()
        return False

    def settle(self) -> None:
        """Make the running loop the home, unless there is one.

        Raises:
            ConfigurationError: if that is another loop.
        """
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        self.check()

    def check(self) -> None:
        """Make sure that this is the home, if there is one.

        Raises:
            ConfigurationError: if it is another loop.
        """
        if self._loop is not None and self._loop is not asyncio.get_running_loop():
            raise ConfigurationError(
                "an AsyncClient belongs to the event loop that it was first used in, and is closed "
                "there; make another one in each asyncio.run"
            )

    def leave(self) -> None:
        """Forget the loop, in a process that was forked from its own."""
        self._loop = None
