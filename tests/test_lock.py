"""What developers install is locked by version and hash, wherever it is had from."""

from __future__ import annotations

import re
from pathlib import Path

LOCK = (Path(__file__).parent.parent / "requirements/dev.lock").read_text(encoding="utf-8")


def test_everything_has_one_version_and_hashes() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==[\w.+!]+(?: ; .+)? \\\n +--hash=sha256:", entry), entry


def test_no_registry_is_named() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK
