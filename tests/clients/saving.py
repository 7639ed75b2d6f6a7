"""A program that saves every session with the cursor after it, and goes on where it was cut off.

``python saving.py Client checkout.toml saved.txt``; the first word may be ``AsyncClient``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TextIO

from unified_checkout import AsyncClient, Client, ListSessions, Session

QUERY = ListSessions(page_size=7)


def line(session: Session, cursor: str) -> str:
    return f"{session.account} {session.id} {cursor}\n"


def last_cursor(path: Path) -> str | None:
    """The cursor in the last whole line; what follows it is removed."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]))
        del lines[-1]
    return lines[-1].split()[-1] if lines else None


def save(config: str, cursor: str | None, file: TextIO) -> None:
    with Client.from_config(config) as client:
        sessions = client.sessions.list(QUERY, cursor=cursor)
        for session in sessions:
            file.write(line(session, sessions.cursor))
            file.flush()
            print(flush=True)


async def save_async(config: str, cursor: str | None, file: TextIO) -> None:
    async with AsyncClient.from_config(config) as client:
        sessions = client.sessions.list(QUERY, cursor=cursor)
        async for session in sessions:
            file.write(line(session, sessions.cursor))
            file.flush()
            print(flush=True)


def main(kind: str, config: str, path: str) -> None:
    cursor = last_cursor(Path(path))
    with Path(path).open("a") as file:
        if kind == "Client":
            save(config, cursor, file)
        else:
            asyncio.run(save_async(config, cursor, file))


if __name__ == "__main__":
    main(*sys.argv[1:])
