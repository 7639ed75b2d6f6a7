"""``new-adapter``: the folder that an adapter author begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def begin_adapter(
    name: Annotated[
        str, typer.Argument(help="The provider's name, as in checkout.toml.", metavar="NAME")
    ],
    into: Annotated[
        Path,
        typer.Option(
            help="Where to put the folder, otherwise here.",
            metavar="PATH",
            file_okay=False,
            show_default=False,
        ),
    ] = Path(),
) -> None:
    """Lay out an adapter for another provider, with a failing test to start from.

    The test names the next step until there is none.
    """
    from unified_checkout.paths import path_of
    from unified_checkout.printing import printable
    from unified_checkout.testing.skeleton import lay_out

    folder = lay_out(name, path_of(into))
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            typer.echo(printable(str(path)))
    place = printable(str(folder))
    typer.echo(f"\nNext:\n\n  cd {place}\n  pip install -e '.[test]'\n  pytest -x\n")
