"""``sandbox``: the providers on this machine, until Ctrl-C."""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from unified_checkout.cli.options import SeedOption

if TYPE_CHECKING:
    from unified_checkout.sandbox import Sandbox

_SEAL = "# Invented keys. Written by unified-checkout sandbox, which replaces it while unchanged: "


def serve(
    sessions: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="How many each provider holds.", metavar="N")
    ] = 300,
    seed: SeedOption = 1,
    latency: Annotated[
        float,
        typer.Option(min=0, help="Wait before each answer.", metavar="SECONDS", show_default=False),
    ] = 0.0,
    port_base: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65_000,
            help="The first provider's port, the others' following; else any free ones.",
            metavar="PORT",
            show_default=False,
        ),
    ] = None,
    write_config: Annotated[
        Path | None,
        typer.Option(
            help="Write a checkout.toml for it. A file is replaced only if it is as this command wrote it.",
            metavar="PATH",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the imitation of every provider on this machine, until Ctrl-C.

    Ctrl-C is its ordinary end, with exit code 0.

    Needs the extra: pip install 'unified-checkout[sandbox]'.
    """
    from unified_checkout.paths import path_of
    from unified_checkout.sandbox import Sandbox
    from unified_checkout.sandbox.trial import readable_providers

    if write_config is not None:
        write_config = path_of(write_config)
        _check_replaceable(write_config)
    held = readable_providers()
    ports = {} if port_base is None else {name: port_base + i for i, name in enumerate(held)}
    with Sandbox(
        sessions=sessions, seed=seed, latency=latency, ports=ports, providers=held
    ) as sandbox:
        if write_config is not None:
            _write(write_config, _sealed(sandbox.config_toml()))
        with suppress(KeyboardInterrupt):
            _introduce(sandbox, write_config)
            Event().wait()


def _introduce(sandbox: Sandbox, config: Path | None) -> None:
    from unified_checkout.printing import printable

    for account in sandbox.accounts:
        typer.echo(f"{account.name:<12} {account.base_url}")
    typer.echo()
    if config is None:
        typer.echo("checkout.toml:\n")
        typer.echo(sandbox.config_toml())
    typer.echo("Meanwhile, in another terminal:\n")
    named = printable(str(config or "checkout.toml"))
    typer.echo(f"  unified-checkout list --config {named}\n")
    typer.echo("Ctrl-C stops it.", err=True)


def _check_replaceable(path: Path) -> None:
    """Refuse to replace what somebody else wrote.

    Raises:
        typer.BadParameter: if there is such a file, or its place cannot be written to.
    """
    from unified_checkout.telltales import plain_path

    try:
        held = path.is_file() and _is_sealed(path.read_text(encoding="utf-8"))
        replaceable = held or not path.exists()
    except (OSError, UnicodeDecodeError):
        replaceable = False
    if not replaceable:
        raise typer.BadParameter(
            f"{plain_path(path)} exists and is not as this command wrote it; name another file",
            param_hint="--write-config",
        )
    if not path.absolute().parent.is_dir():
        raise typer.BadParameter(
            f"there is no folder {plain_path(path.parent)} to write to", param_hint="--write-config"
        )


def _write(path: Path, text: str) -> None:
    from unified_checkout.telltales import plain_path

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(
            f"{plain_path(path)} cannot be written: {error.strerror}", param_hint="--write-config"
        ) from None


def _sealed(text: str) -> str:
    return f"{_SEAL}{blake2b(text.encode(), digest_size=8).hexdigest()}\n\n{text}"


def _is_sealed(text: str) -> bool:
    return text == _sealed(text.partition("\n\n")[2])
