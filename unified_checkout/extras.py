"""What is said where a library is not there that an extra of this one installs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from unified_checkout.clocks import real_dates
from unified_checkout.errors import ConfigurationError


@contextmanager
def needing(extra: str, who: str) -> Iterator[None]:
    """Import in this what an extra installs; where it is missing, the line is said that installs it.

    >>> with needing("columns", "columns need"):
    ...     import no_such_module
    Traceback (most recent call last):
    ...
    unified_checkout.errors.ConfigurationError: columns need no_such_module, which is not installed; run: pip install 'unified-checkout[columns]'

    Args:
        extra: its name.
        who: whom it is missing for, with the verb.
    """
    try:
        with real_dates():
            yield
    except ModuleNotFoundError as error:
        missing = error.name or "a library"
        if missing.partition(".")[0] == "unified_checkout":
            raise
    else:
        return
    raise ConfigurationError(
        f"{who} {missing}, which is not installed; run: pip install 'unified-checkout[{extra}]'"
    )
