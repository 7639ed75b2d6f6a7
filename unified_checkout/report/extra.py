"""What pages and pictures have in common: what draws them, and what they can hold."""

from __future__ import annotations

import re
from importlib import import_module

from unified_checkout.errors import ConfigurationError

_UNHELD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
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


def held(text: str) -> str:
    """The text with U+FFFD for what no file of XML or HTML can hold: control characters and the like.

    What draws the charts ends the whole process over one of those.

    >>> held("a\\x00b\\ud800")
    'a\ufffdb\ufffd'
    """
    return _UNHELD.sub("\N{REPLACEMENT CHARACTER}", text)
