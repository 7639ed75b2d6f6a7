"""The command line: ``unified-checkout``."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM: as Ctrl-C, from whoever runs this."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _tell_what_is_asked() -> None:
    """Bash tells of the line that it completes in two variables; without them nothing is typed yet.

    Whoever tries completion by hand may leave them out.
    """
    os.environ.setdefault("COMP_WORDS", "")
    if not re.fullmatch(r"\d{1,9}", os.environ.get("COMP_CWORD", ""), re.ASCII):
        os.environ["COMP_CWORD"] = "1"


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    signal.signal(signal.SIGTERM, _terminate)
    if "_UNIFIED_CHECKOUT_COMPLETE" in os.environ:
        _tell_what_is_asked()
    try:
        from unified_checkout.cli.app import app

        app()
    except KeyboardInterrupt as interruption:
        sys.exit(143 if isinstance(interruption, Terminated) else 130)
    finally:
        gc.freeze()  # Else Python looks through all that was imported once more before it ends.
