"""Another program that holds a store's file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = (
    "import duckdb, sys; held = duckdb.connect(sys.argv[1], read_only={}); "
    "print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def held_by_another(path: Path, *, read_only: bool = False) -> Iterator[int]:
    """Another program has the file open for as long as this lasts; its process is told."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(read_only), path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield other.pid
        other.communicate()
