"""Errors without the frames they came through: crash reports show all variables of every frame."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from unified_checkout.errors import UnifiedCheckoutError

Given = ParamSpec("Given")
Result = TypeVar("Result")
Error = TypeVar("Error", bound=BaseException)


def without_frames(error: Error, around: BaseException | None = None) -> Error:
    """An error without the frames that it, and what it came from, came through.

    Args:
        error: what was raised.
        around: what was being handled when its making began, which is somebody else's.
    """
    link: BaseException | None = error
    while link is not None and link is not around:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error


def frameless(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """For what is given a secret: an error of ours leaves it without frames that hold one.

    So does a ``ValueError``, as pydantic's are, or ``OverflowError``. A mistake of our own keeps
    its frames.
    """

    @wraps(function)
    def door(*given: Given.args, **named: Given.kwargs) -> Result:
        around = sys.exception()
        try:
            return function(*given, **named)
        except (UnifiedCheckoutError, ValueError, OverflowError) as error:
            failure = without_frames(error, around)
        del given, named
        raise failure

    return door
