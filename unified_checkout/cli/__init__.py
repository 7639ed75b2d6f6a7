"""The command line: ``unified-checkout``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    try:
        from unified_checkout.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
