"""Whether pages and pictures can be drawn here."""

from __future__ import annotations

from importlib import import_module

from unified_checkout.errors import ConfigurationError

_NEEDED = ("babel", "jinja2", "altair", "vl_convert")


def check_drawing() -> None:
    """Make sure that everything is installed that draws pages and pictures.

    Raises:
        ConfigurationError: if the extra ``report`` is not installed.
    """
    for name in _NEEDED:
        try:
            import_module(name)
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"pages and pictures need {error.name}; run: pip install 'unified-checkout[report]'"
            ) from None
