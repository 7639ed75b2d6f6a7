"""The folder that an adapter author begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from unified_checkout.adapters.registry import names
from unified_checkout.errors import ConfigurationError
from unified_checkout.telltales import looks_like_a_key, plain_path, quoted

_SUFFIX = ".template"


def lay_out(name: str, parent: Path) -> Path:
    """Lay out a distribution with an adapter to be written, and the suite that says how far it is.

    Args:
        name: the provider's name, as in configuration files.
        parent: where to put the folder; it is called after the provider.

    Returns:
        The folder.

    Raises:
        ConfigurationError: if the name cannot be used, or the folder exists or cannot be written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", name) or looks_like_a_key(name):
        raise ConfigurationError(
            f"{quoted(name)} cannot be a provider's name: write lower-case letters and digits, "
            "joined by '-' or '_'"
        )
    if name in names():
        raise ConfigurationError(f"an adapter for provider {name!r} is installed; names are unique")
    words = _words(name)
    folder = parent / words["distribution"]
    if folder.exists():
        raise ConfigurationError(f"{plain_path(folder)} exists already; nothing was written")
    path = folder
    try:
        for place, text in _filled(files("unified_checkout.testing") / "template", words):
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        shown = plain_path(error.filename or path)
        raise ConfigurationError(f"{shown} cannot be written: {error.strerror}") from error
    return folder


def _words(name: str) -> dict[str, str]:
    """What the templates call the provider.

    >>> words = _words("new-pay")
    >>> words["distribution"], words["package"], words["camel"], words["title"]
    ('new-pay-checkout', 'new_pay_checkout', 'NewPay', 'New Pay')
    """
    parts = re.split("[_-]", name)
    return {
        "name": name,
        "distribution": f"{'-'.join(parts)}-checkout",
        "package": f"{'_'.join(parts)}_checkout",
        "camel": "".join(part.capitalize() for part in parts),
        "title": " ".join(part.capitalize() for part in parts),
        "upper": "_".join(parts).upper(),
    }


def _filled(template: Traversable, words: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Every file of the template with its path, both with the provider's names in them."""
    for entry in sorted(template.iterdir(), key=lambda entry: entry.name):
        if entry.is_file():
            text = Template(entry.read_text(encoding="utf-8")).substitute(words)
            yield Path(entry.name.removesuffix(_SUFFIX)), text
            continue
        folder = words["package"] if entry.name == "package" else entry.name
        for place, text in _filled(entry, words):
            yield folder / place, text
