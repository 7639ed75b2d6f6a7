"""The command line as a process of its own."""

from __future__ import annotations

import sys

_HEEDING_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""Where tests run in the background of a shell, what they start would ignore it."""

PROGRAM = [
    sys.executable,
    "-c",
    f"{_HEEDING_CTRL_C}; from unified_checkout.cli import main; main()",
]
