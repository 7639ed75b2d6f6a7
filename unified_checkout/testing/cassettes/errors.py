"""How a cassette fails a test: as an ``AssertionError``, which no code under test expects.

::

    CassetteError             the file cannot be used
    ├── CassetteMismatch      something was asked that is not recorded, or not all of it was asked
    └── CassetteLeak          the recording would hold a secret or personal data; it is not kept
"""

from __future__ import annotations

from unified_checkout.errors import ConfigurationError


class CassetteError(AssertionError):
    """A cassette cannot be used."""


class CassetteMismatch(CassetteError):
    """What was asked is not what was recorded; the message shows the difference."""


class CassetteLeak(CassetteError):
    """A recording still holds what looks like a secret or personal data; nothing was written."""


def missing_extra(error: ModuleNotFoundError) -> ConfigurationError:
    """The error for a module that only the ``testing`` extra brings."""
    return ConfigurationError(
        f"cassettes need {error.name}, which is not installed; "
        "run: pip install 'unified-checkout[testing]'"
    )
