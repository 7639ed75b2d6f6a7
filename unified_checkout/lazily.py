"""The public names of a package, each imported when it is first used."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Callable
from typing import Any

import lazy_loader


def named_in_stub(
    package: str, extra: str = "", who: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a package, from the stub beside it.

    It is had from whatever the package was loaded by, be it an archive, which lazy_loader's own
    ``attach_stub`` does not do. Where a library is missing for a name, ``needing`` says so, if an
    extra is named.
    """
    names: dict[str, list[str]] = {}
    for node in ast.parse(pkgutil.get_data(package, "__init__.pyi") or b"").body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            names.setdefault(node.module, []).extend(alias.name for alias in node.names)
    found: tuple[Callable[[str], Any], Callable[[], list[str]], list[str]] = lazy_loader.attach(
        package, submod_attrs=names
    )
    if not extra:
        return found
    get, listed, public = found

    def get_or_say_what_is_missing(name: str) -> Any:
        from unified_checkout.extras import needing

        with needing(extra, who):
            return get(name)

    return get_or_say_what_is_missing, listed, public
