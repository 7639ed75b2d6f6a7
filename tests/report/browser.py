"""A real browser, for tests that look at a page as it is shown."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_browser = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium here")

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def shown(page: Path, profile: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Open a page in a browser that has never been used, and give what it prints.

    Args:
        page: the file.
        profile: a folder that is not there yet.
        options: what else the browser is told, such as ``--dump-dom``.
    """
    assert PROGRAM is not None
    return subprocess.run(
        [PROGRAM, *_OPTIONS, f"--user-data-dir={profile}", *options, page.absolute().as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def dom(page: Path, profile: Path, *options: str) -> str:
    """The page's document, as it stands once its script has run."""
    return shown(page, profile, "--dump-dom", *options).stdout
