"""What pages and pictures have in common: what draws them, and what they can hold."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING

from unified_checkout.extras import needing

if TYPE_CHECKING:
    from jinja2 import Template

_UNHELD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NEEDED = ("babel", "jinja2", "altair", "vl_convert")


def check_drawing() -> None:
    """Make sure that everything is installed that draws pages and pictures.

    Raises:
        ConfigurationError: if the extra ``report`` is not installed.
    """
    with needing("report", "pages and pictures need"):
        for name in _NEEDED:
            import_module(name)


@cache
def template(name: str) -> Template:
    """A template of the folder ``pages``; whatever is put into it is text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("unified_checkout.report", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def beside(name: str) -> str:
    """What a file of that folder holds."""
    return files("unified_checkout.report").joinpath("pages", name).read_text(encoding="utf-8")


def held(text: str) -> str:
    """The text with U+FFFD for what no file of XML or HTML can hold: control characters and the like.

    What draws the charts ends the whole process over one of those.

    >>> held("a\\x00b\\ud800")
    'a\ufffdb\ufffd'
    """
    return _UNHELD.sub("\N{REPLACEMENT CHARACTER}", text)
