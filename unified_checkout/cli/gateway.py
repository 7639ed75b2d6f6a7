"""``gateway``: Stripe's list and retrieve over any account, for programs in any language."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from unified_checkout.cli.ending import say
from unified_checkout.cli.options import Config, account_names

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def serve_gateway(
    context: typer.Context,
    config: Config = None,
    listen: Annotated[
        str | None,
        typer.Option(
            help="Where to take requests; else the file's, or 127.0.0.1:8484.",
            metavar="HOST:PORT",
            show_default=False,
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Where Prometheus finds /metrics, or off; else the file's, or 127.0.0.1:8485.",
            metavar="HOST:PORT",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="How many processes answer.", metavar="N", show_default=False
        ),
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="A proxy stands before it that ends TLS and writes X-Forwarded-For.",
        ),
    ] = False,
) -> None:
    """Serve Stripe's list and retrieve of checkout sessions over any account, until SIGTERM.

    Any of Stripe's SDKs can ask. The tokens stand in checkout.toml, in [gateway.tokens.NAME].

    Needs the extra: pip install 'unified-checkout[gateway]'.
    """
    if context.invoked_subcommand is not None:
        context.obj = config
        return
    given: dict[str, Any] = {
        "path": None if config is None else str(config),
        "listen": listen,
        "metrics": metrics,
        "workers": workers,
        "behind_proxy": behind_proxy or None,
    }
    from unified_checkout.extras import needing

    with needing("gateway", "the gateway needs"):
        from unified_checkout.gateway.settings import forget_shared_numbers, load_setup

        forget_shared_numbers()
        from unified_checkout.gateway.server import log_to_stderr, serve
    setup = load_setup(**given)
    log_to_stderr()
    scheme = "http" if setup.settings.certificate is None else "https"
    names = ", ".join(account.name for account in setup.accounts)
    serve(setup, given, lambda: say(f"serving {names} at {scheme}://{setup.settings.listen}"))


@app.command("token")
def make_token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it.", metavar="NAME")],
    account: Annotated[
        list[str] | None,
        typer.Option(
            help="An account that it reaches; several may be given. Else all that are configured.",
            metavar="NAME",
            show_default=False,
            autocompletion=account_names,
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Make a token, and show the table to write into checkout.toml.

    The token is shown this once, on standard output; the table holds its digest, and the file
    never holds the token.
    """
    from unified_checkout.config import read_configuration
    from unified_checkout.gateway.settings import TokenSettings, token_problems
    from unified_checkout.gateway.tokens import digest_of, new_token

    configuration = read_configuration(config or context.obj)
    accounts = tuple(account or configuration.tables)
    token = new_token()
    settings = TokenSettings(sha256=digest_of(token), accounts=accounts)
    problems = token_problems(configuration, name, settings)
    if problems:
        raise typer.BadParameter(problems[0])
    typer.echo(token)
    say("")
    say(f"[gateway.tokens.{_key(name)}]")
    say(f'sha256 = "{settings.sha256}"')
    say(f"accounts = [{', '.join(map(_quoted, accounts))}]")
    say("# pages = true    the addresses of hosted pages")
    say("# buyers = true   who the buyers are")
    say("# expires = 2027-01-01")


def _key(name: str) -> str:
    return name if "." not in name else _quoted(name)


def _quoted(text: str) -> str:
    return f'"{text}"'
