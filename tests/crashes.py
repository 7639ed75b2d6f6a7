"""What crash reports show of an error: its chain, and all variables of every frame that is not a test's."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.traceback import Traceback

TESTS = str(Path(__file__).parent)
_UNCUT = 1_000_000


def with_locals(error: BaseException) -> str:
    """As the standard library, and what builds on it, writes them."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts: list[str] = []
    chain: list[traceback.TracebackException | None] = [shown]
    while chain:
        if (one := chain.pop()) is None:
            continue
        parts += one.format_exception_only()
        for frame in filter(_is_ours, one.stack):
            parts += _lines(frame.filename, frame.locals)
        chain += [one.__cause__, one.__context__]
    return "\n".join(parts)


def with_rich(error: BaseException) -> str:
    """As rich prints them, which looks into objects, with nothing cut."""
    trace = Traceback.extract(
        type(error),
        error,
        error.__traceback__,
        show_locals=True,
        locals_max_length=_UNCUT,
        locals_max_string=_UNCUT,
        locals_hide_dunder=False,
    )
    parts: list[str] = []
    for stack in trace.stacks:
        parts += [stack.exc_type, stack.exc_value]
        for frame in stack.frames:
            if _is_ours(frame):
                parts += _lines(frame.filename, frame.locals)
    return "\n".join(parts)


def reported(error: BaseException) -> str:
    """Both."""
    return f"{with_locals(error)}\n{with_rich(error)}"


def _lines(filename: str, variables: Mapping[str, object] | None) -> Iterator[str]:
    yield filename
    for name, shown in (variables or {}).items():
        yield f"    {name} = {shown}"


def _is_ours(frame: object) -> bool:
    """Whether a frame is the library's, or of what the library calls."""
    return not str(getattr(frame, "filename", "")).startswith(TESTS)
