"""What a failing cassette says. Everything in it is scrubbed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import ndiff
from pathlib import Path
from shlex import quote
from textwrap import indent

from unified_checkout.testing.cassettes.tape import Asked


def not_recorded(path: Path, test: str | None, asked: Asked, recorded: Sequence[Asked]) -> str:
    """For a request that the cassette does not hold, or not once more."""
    request = _block(asked.lines())
    file = _shown(path)
    if not path.exists():
        return (
            f"there is no cassette {file}, and nothing may be recorded here, but this is asked:\n"
            f"{request}\nRecord it where the provider can be reached{_run(test, 'once')}"
        )
    again = _again(path, test)
    if not recorded:
        return f"{file} holds nothing of the sort, but this is asked:\n{request}\n{again}"
    nearest = min((_difference(other, asked) for other in recorded), key=_changes)
    if not _changes(nearest):
        return f"{file} holds this request, but it is asked once more:\n{request}\n{again}"
    return (
        f"this is not in {file}. Lines with - are of the nearest request recorded, those with + "
        f"of the one asked:\n{_block(nearest)}\n{again}"
    )


def not_played(path: Path, test: str | None, left: Sequence[Asked]) -> str:
    """For recorded requests that were not asked."""
    requests = "\n\n".join(_block(asked.lines()) for asked in left)
    found = f"{len(left)} of the requests in {_shown(path)} were not asked"
    return f"{found}:\n{requests}\n{_again(path, test)}"


def not_kept(path: Path, findings: Iterable[str]) -> str:
    """For a recording that was not written."""
    return (
        f"{_shown(path)} was not written, because it would hold what looks like a secret or personal "
        f"data:\n{_block(findings)}\n"
        "Where an adapter's provider calls such a field by a name of its own, its 'sensitive' "
        "must list it"
    )


def _again(path: Path, test: str | None) -> str:
    """How to record a file again."""
    if test is None:
        return f"If that is meant, delete {_shown(path)} and run this again"
    return f"If that is meant, record it again{_run(test, 'rewrite')}"


def _run(test: str | None, record: str) -> str:
    """The command that records for a test, where it is one of pytest's."""
    return "" if test is None else f": pytest --checkout-record={record} {quote(test)}"


def _shown(path: Path) -> Path:
    """The path from where pytest runs, if it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _difference(recorded: Asked, asked: Asked) -> list[str]:
    return [line for line in ndiff(recorded.lines(), asked.lines()) if line[0] != "?"]


def _changes(difference: Sequence[str]) -> int:
    return sum(line[0] != " " for line in difference)


def _block(lines: Iterable[str]) -> str:
    return indent("\n".join(lines), "    ")
