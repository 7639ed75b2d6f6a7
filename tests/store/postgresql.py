"""A PostgreSQL server of the tests' own: a free port, a temporary folder, an ordinary user."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = ["/usr/lib/postgresql"]


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``; None where PostgreSQL is not installed."""
    if (found := shutil.which("initdb")) is not None:
        return Path(found).parent
    installed = [one for place in PLACES for one in Path(place).glob("*/bin/initdb")]
    return max(installed).parent if installed else None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run one, and give the address of its database."""
    found = programs()
    assert found is not None
    data, user = folder / "data", "postgres"
    run: list[str | Path] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
        run = ["runuser", "-u", "nobody", "--"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    init: list[str | Path] = [
        found / "initdb",
        "-D",
        data,
        "-U",
        user,
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
    ]
    subprocess.run([*run, *init], check=True, capture_output=True, cwd=folder)
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories={folder}"
    )
    control: list[str | Path] = [*run, found / "pg_ctl", "-D", data, "-w"]
    start = [*control, "-l", folder / "log", "-o", options, "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        yield f"postgresql://{user}@127.0.0.1:{port}/postgres"
    finally:
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run(stop, check=True, stdout=subprocess.DEVNULL, cwd=folder)


@contextmanager
def temporary_server() -> Iterator[str]:
    """The same, in a folder that is gone afterwards; its path is short, as sockets want it."""
    with (
        tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder,
        server(Path(folder)) as url,
    ):
        yield url
