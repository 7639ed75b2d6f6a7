"""What an adapter raises that is no error of ours, or gives that was not asked for, as an error.

An adapter is somebody's program and may be unfinished. Around the methods that the core calls stands
a guard, so that a mistake in one adapter is told in a line, and fails no other account.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from functools import cache, wraps
from traceback import walk_tb
from typing import Any, TypeVar

from unified_checkout.adapters.contract import (
    Adapter,
    Allowance,
    Compiled,
    KeyKind,
    ProviderPage,
    Token,
)
from unified_checkout.adapters.http import Request
from unified_checkout.errors import (
    AdapterFailed,
    BrokenProvider,
    ProviderError,
    TransientError,
    UnifiedCheckoutError,
)
from unified_checkout.frames import frameless
from unified_checkout.model.session import Session
from unified_checkout.telltales import without_secrets

Result = TypeVar("Result")

_GIVES: dict[str, tuple[type, ...]] = {
    "compile": (Compiled,),
    "page_request": (Request,),
    "parse_page": (ProviderPage,),
    "get_request": (Request,),
    "parse_session": (Session,),
    "parse_error": (ProviderError,),
    "tells_of": (str, type(None)),
    "joined": (Session,),
    "instead": (Request, type(None)),
    "token_request": (Request, type(None)),
    "parse_token": (Token,),
    "allowance": (Allowance, type(None)),
    "sign": (Request,),
}
"""By method that the core calls, what it gives."""
_SCARCE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_DECLARED = ("name", "title", "options_type", "requests_per_second")


@cache
def guarded(kind: type[Adapter[Any]]) -> type[Adapter[Any]]:
    """The same adapter class with a guard around what the core calls.

    What is no error of ours becomes ``AdapterFailed``, and ``BrokenProvider`` where an adapter is
    made or asked what a key is, since nothing was sent then. What a machine lacks for a while is
    nobody's mistake, and a ``TransientError``.
    """
    guards: dict[str, Any] = {name: _guard(kind, name, gives) for name, gives in _GIVES.items()}
    guards |= {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    guards |= {"__doc__": kind.__doc__}

    def __init__(self: Adapter[Any], *arguments: Any, **named: Any) -> None:  # noqa: N807
        _unsent(kind, lambda: kind.__init__(self, *arguments, **named))

    @frameless
    def key_kind(_: type[Adapter[Any]], api_key: str) -> KeyKind:
        return _unsent(kind, lambda: KeyKind(kind.key_kind(api_key)))

    guards |= {"__init__": __init__, "key_kind": classmethod(key_kind)}
    made: type[Adapter[Any]] = type(kind.__name__, (kind,), guards)
    made.provider_options = kind.provider_options
    return made


def lacking(kind: type[Adapter[Any]]) -> list[str]:
    """What an adapter class must have and does not."""
    undeclared = [name for name in _DECLARED if not hasattr(kind, name)]
    return [*undeclared, *sorted(kind.__abstractmethods__)]


def mistake(kind: type, error: Exception) -> str:
    """What an error of an adapter's own tells of it, in a line without what was sent to it.

    >>> mistake(Adapter, NotImplementedError("step 2: fill KEY_KINDS"))
    'the adapter in unified_checkout is not finished: step 2: fill KEY_KINDS'
    """
    package = kind.__module__.partition(".")[0]
    if isinstance(error, NotImplementedError) and str(error):
        said = " ".join(without_secrets(str(error)).split())
        return f"the adapter in {package} is not finished: {said}"
    places = [
        (frame.f_globals.get("__name__", ""), line) for frame, line in walk_tb(error.__traceback__)
    ]
    own = [place for place in places if place[0].partition(".")[0] == package]
    at = "".join(f" in {module}, line {line}" for module, line in (own or places)[-1:])
    return f"the adapter in {package} has a mistake: {type(error).__name__}{at}"


def _guard(kind: type[Adapter[Any]], name: str, gives: tuple[type, ...]) -> Callable[..., object]:
    method = getattr(kind, name)

    @wraps(method)
    def guard(self: Adapter[Any], *arguments: Any, **named: Any) -> object:
        try:
            given = method(self, *arguments, **named)
        except UnifiedCheckoutError:
            raise
        except Exception as error:
            if _of_a_signal(error):
                raise
            failure, told = _failure(kind, error)  # raised below, without what was sent to it
        else:
            if isinstance(given, gives):
                return given
            failure, told = AdapterFailed, _misgiven(kind, name, given, gives)
        raise failure(told, account=self.account, provider=self.name)

    return frameless(guard)  # what an answer holds is in the frames


def _unsent(kind: type[Adapter[Any]], ask: Callable[[], Result]) -> Result:
    try:
        return ask()
    except UnifiedCheckoutError:
        raise
    except Exception as error:
        if _of_a_signal(error):
            raise
        told = mistake(kind, error)  # told below, without the key
    raise BrokenProvider(f"provider {kind.name!r}: {told}")


def _of_a_signal(error: Exception) -> bool:
    """Whether a signal's handler raised it: it interrupts whatever runs, and is nobody's mistake."""
    handlers = map(signal.getsignal, signal.valid_signals())
    codes = {getattr(handler, "__code__", None) for handler in handlers}
    return any(frame.f_code in codes for frame, _ in walk_tb(error.__traceback__))


def _failure(kind: type, error: Exception) -> tuple[type[ProviderError], str]:
    """What becomes of an error that is none of ours, and what is told."""
    if scarce := _scarce(error):
        return TransientError, f"this machine has not enough for the answer to be read: {scarce}"
    return AdapterFailed, mistake(kind, error)


def _scarce(error: Exception) -> str:
    """What the machine has not enough of, by the system's words; nothing if that was not it."""
    if isinstance(error, MemoryError):
        return "out of memory"
    if isinstance(error, OSError) and error.errno in _SCARCE:
        return os.strerror(error.errno).lower()
    return ""


def _misgiven(kind: type, name: str, given: object, gives: tuple[type, ...]) -> str:
    package = kind.__module__.partition(".")[0]
    expected = " or ".join(one.__name__ for one in gives)
    return (
        f"the adapter in {package} has a mistake: {name} gives {type(given).__name__}, "
        f"not {expected}"
    )
