"""The command line: ``unified-checkout``."""

from __future__ import annotations

import gc
import signal
import sys
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM: as Ctrl-C, from whoever runs this."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        from unified_checkout.cli.app import app

        app()
    except KeyboardInterrupt as interruption:
        sys.exit(143 if isinstance(interruption, Terminated) else 130)
    finally:
        gc.freeze()  # Else Python looks through all that was imported once more before it ends.
