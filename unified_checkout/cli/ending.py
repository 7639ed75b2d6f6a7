"""How a command ends: its exit code, and what it says where it fails. Never a traceback."""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from shutil import get_terminal_size
from typing import TYPE_CHECKING, TextIO
from warnings import catch_warnings

import typer

from unified_checkout.cli import Terminated

if TYPE_CHECKING:
    from unified_checkout.engine.coverage import Coverage
    from unified_checkout.errors import UnifiedCheckoutError


class ExitCode(IntEnum):
    """What a script can tell from the exit code."""

    DONE = 0
    """The answer is whole, or the reader of a pipe has seen enough of it."""
    FAILED = 1
    """A provider, the way to it or writing the output failed, or a check found something."""
    MISUSED = 2
    """An option, the query, the cursor or the configuration is wrong; nothing was sent."""
    INCOMPLETE = 3
    """An answer was given and is known to lack something; standard error says what."""
    INTERRUPTED = 130
    """Ctrl-C."""
    TERMINATED = 143
    """SIGTERM."""


EXIT_CODES = (
    "Exit codes: 0 done; 1 a provider failed, the output could not be written, or a check (doctor, "
    "cassettes) found something; 2 an option, the query or the configuration is wrong, and nothing "
    "was sent; 3 the answer is incomplete, and standard error says why; 130 interrupted, and 143 "
    "terminated, but 0 for the sandbox and the gateway, which run until then. What an interrupted "
    "listing has written is right, and the cursor to go on with is told."
)


_OF_SEVERAL = (
    (r"\bcreated: the range", "--created-gt/gte and --created-lt/lte: the range"),
    (r"\bcreated: ([gl]te?) and ([gl]te?) are", r"--created-\1 and --created-\2 are"),
    (
        r"\bgive bounds: gt, gte, lt or lte",
        "use --created-gt, --created-gte, --created-lt or --created-lte",
    ),
    (r"^(cursor|after|before) and (after|before) exclude", r"--\1 and --\2 exclude"),
    (r"^after, before and provider_options each", "--after, --before and --provider-option each"),
    (r"\bquery: last and a lower bound of created", "--last and --created-gt or --created-gte"),
    (r"; or give a Session$", ""),
)
"""What a query says of several fields at once, and the same of options."""


@contextmanager
def decent_ending() -> Iterator[None]:
    """Turn what ends a command early into an exit code, with one message where one is due."""
    _check_streams()
    try:
        with _told_errors(), catch_warnings():
            warnings.showwarning = _say_warning  # type: ignore[assignment]
            _let_no_warning_end_it()
            try:
                yield
            finally:
                sys.stdout.flush()
    except BrokenPipeError:
        abandon(sys.stdout, sys.stderr)
        raise typer.Exit(ExitCode.DONE) from None
    except OSError as error:
        abandon(sys.stdout)
        try:
            say(f"Error: {_place(error)}: {error.strerror or type(error).__name__}")
        except OSError:
            abandon(sys.stderr)
        raise typer.Exit(ExitCode.FAILED) from None
    except Terminated:
        raise typer.Exit(ExitCode.TERMINATED) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _let_no_warning_end_it() -> None:
    """Where warnings are errors, as with ``PYTHONWARNINGS``, those for people are said still."""
    if any(action == "error" for action, *_ in warnings.filters):
        warnings.simplefilter("default", UserWarning)


def _say_warning(message: Warning | str, *_: object) -> None:
    say(f"Warning: {message}")


def _place(error: OSError) -> str:
    from unified_checkout.telltales import plain_path

    return plain_path(error.filename or "the output cannot be written")


def _check_streams() -> None:
    """Make do without standard error where there is none, but not without standard output.

    Raises:
        typer.Exit: if it is closed.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (until the end)
    if sys.stdout is None:
        say("Error: standard output is closed")
        raise typer.Exit(ExitCode.FAILED)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextmanager
def _told_errors() -> Iterator[None]:
    """Say what an error of ours says, and end with its exit code; others are left alone."""
    try:
        yield
    except Exception as error:
        from unified_checkout.errors import UnifiedCheckoutError

        _hide_secrets(error)
        _fit(error)
        if not isinstance(error, UnifiedCheckoutError):
            raise
        say(f"Error: {told(error)}")
        raise typer.Exit(_exit_code(error)) from None


def _hide_secrets(error: Exception) -> None:
    """Take what may be a key out of what is said about a wrong argument, which repeats it."""
    said = getattr(error, "message", None)
    if hasattr(error, "format_message") and isinstance(said, str):
        from unified_checkout.telltales import only_plain

        vars(error)["message"] = only_plain(said.removeprefix("Value error, ")) + _meant(said)


def _fit(error: Exception) -> None:
    """Let what is said about a wrong argument steer no terminal, and break it there between words."""
    told = getattr(error, "format_message", None)
    if told is not None:
        from unified_checkout.printing import printable_lines

        before = "Error: "
        fitted = _fitted(before + printable_lines(told())).removeprefix(before)
        vars(error)["format_message"] = lambda: fitted


def _meant(said: str) -> str:
    """The option that a word belongs to, or the one of the words that is written most like it."""
    refused = re.search(r"""(['"])(.*)\1 is not one of (.*)""", said)
    if refused is None:
        return ""
    from unified_checkout.cli.options import WORDS
    from unified_checkout.spelling import nearest, several_in_one

    word, own = refused[2].casefold(), re.findall(r"'([^']*)'", refused[3])
    if word not in own:
        for option, words in WORDS.items():
            if word in list(words):
                return f" Did you mean {option} {word}?"
    if several := several_in_one(word, own):
        return f" Did you mean {' and '.join(several)}, the option written once for each?"
    near = nearest(word, own)
    return f" Did you mean {near}?" if near else ""


def report(coverage: Coverage) -> None:
    """Say what an answer covers, and end with a code of its own if it lacks something.

    It is one line for programs, and one for each account on a terminal.

    Raises:
        typer.Exit: if it does.
    """
    say_coverage(coverage)
    exit_if_incomplete(coverage)


def say_coverage(coverage: Coverage) -> None:
    """Say what an answer covers."""
    width = get_terminal_size().columns if sys.stderr.isatty() else None
    for line in coverage_lines(coverage, width):
        say(line)


def exit_if_incomplete(coverage: Coverage) -> None:
    """End with a code of its own where an answer lacks something.

    Raises:
        typer.Exit: if it does.
    """
    if not coverage.complete:
        raise typer.Exit(ExitCode.INCOMPLETE)


def coverage_lines(coverage: Coverage, width: int | None) -> list[str]:
    """What an answer covers: on a screen of so many columns a line for each account, else one."""
    from unified_checkout.cli.terminal import wrapped

    text = _with_options(f"coverage: {coverage}")
    if width is None:
        return [text]
    return [part for line in text.split(" | ") for part in wrapped(line, width, indent=2)]


def say(line: str) -> None:
    """One line on standard error; on a terminal, what does not fit into it goes on below."""
    from unified_checkout.printing import printable

    typer.echo(_fitted(printable(line)), err=True)


def _fitted(line: str) -> str:
    """A line broken between its words, as wide as the terminal is that it is shown on."""
    width = get_terminal_size().columns
    if not sys.stderr.isatty() or len(line) <= width:
        return line
    from unified_checkout.cli.terminal import wrapped

    return "\n".join(wrapped(line, width, indent=0))


def told(error: UnifiedCheckoutError) -> str:
    """What an error says, the fields of a query called by the options that set them.

    >>> from unified_checkout.errors import InvalidQuery
    >>> told(InvalidQuery("created.gte: 'x' is not a time; page_size: too large"))
    "--created-gte: 'x' is not a time; --page-size: too large"
    """
    from unified_checkout.errors import InvalidQuery

    text = str(error)
    if isinstance(error, InvalidQuery):
        for words, options in _OF_SEVERAL:
            text = re.sub(words, options, text)
        text = re.sub(r"(^|; )([a-z_]+(?:\.[gl]te?)?)(?:\.\d+)?(?=[.:])", _as_option, text)
    return _with_options(text)


def _with_options(text: str) -> str:
    return (
        text.replace("accounts=...", "--accounts")
        .replace("account=...", "--account")
        .replace("--provider-option.", "--provider-option ")
    )


def _as_option(place: re.Match[str]) -> str:
    from unified_checkout.cli.options import MANNERS, OPTIONS

    return place[1] + (MANNERS | OPTIONS).get(place[2], place[2])


def _exit_code(error: UnifiedCheckoutError) -> ExitCode:
    from unified_checkout.errors import ConfigurationError, InvalidCursor, InvalidQuery

    misused = (ConfigurationError, InvalidCursor, InvalidQuery)
    return ExitCode.MISUSED if isinstance(error, misused) else ExitCode.FAILED


def abandon(*streams: TextIO) -> None:
    """Send what is still buffered nowhere: nobody reads it, or flushing it would fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        with suppress(io.UnsupportedOperation):
            os.dup2(nowhere, stream.fileno())
