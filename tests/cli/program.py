"""The command line as a process of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

_HEEDING_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""Where tests run in the background of a shell, what they start would ignore it."""

PROGRAM = [
    sys.executable,
    "-c",
    f"{_HEEDING_CTRL_C}; from unified_checkout.cli import main; main()",
]


def on_a_terminal(arguments: list[str], code: int = 0, **variables: str) -> str:
    """What a command shows on a terminal of its own; it has to end well."""
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, **variables},
    )
    os.close(terminal)
    shown = b""
    try:
        while part := os.read(screen, 65_536):
            shown += part
    except OSError:
        pass  # the other end is closed
    finally:
        os.close(screen)
    assert process.wait() == code, shown
    return shown.decode(errors="replace")
