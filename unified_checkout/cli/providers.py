"""``providers``: what each installed provider evaluates itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from unified_checkout.adapters import Untold
    from unified_checkout.engine.support import ProviderSupport
    from unified_checkout.errors import ProviderLoadError

_STYLES = {"exact": "green", "inexact": "yellow", "unsupported": "", "unanswerable": "red"}
_LEGEND = (
    "exact: the provider returns precisely the sessions that match",
    "inexact: it returns those and perhaps more; checked again here",
    "unsupported: the provider cannot; applied here to all that it returns",
    "unanswerable: its sessions do not tell either; such a query is refused",
)
_PREFACE = (
    "Written by `unified-checkout providers -o markdown`, which asks each adapter; `make docs` writes",
    "it anew. Each provider's README, under `providers/`, has its surprises, with their sources.",
)


class Form(StrEnum):
    """How the providers are written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


FormOption = Annotated[
    Form,
    typer.Option("--output", "-o", help="A table for people, JSON for programs, or a page."),
]


def show_providers(output: FormOption = Form.TABLE) -> None:
    """Show what each installed provider evaluates itself: the support matrix.

    It is computed by compiling each predicate with each adapter. It takes no configuration and
    sends nothing. Below the matrix stands how each provider's list is read, and what it leaves out.
    """
    from unified_checkout.engine.support import survey

    supports, errors = survey()
    match output:
        case Form.JSON:
            _write_json(supports, errors)
        case Form.MARKDOWN:
            print(page(list(supports.values())), end="")
            _say_errors(errors)
        case Form.TABLE:
            _show(list(supports.values()))
            _say_errors(errors)


def _write_json(
    supports: Mapping[str, ProviderSupport], errors: Mapping[str, ProviderLoadError]
) -> None:
    from unified_checkout.cli.formats import write_document

    write_document(
        {
            "providers": [support.to_dict() for support in supports.values()],
            "errors": {name: str(error) for name, error in errors.items()},
        }
    )


def _say_errors(errors: Mapping[str, ProviderLoadError]) -> None:
    from unified_checkout.cli.ending import say

    for error in errors.values():
        say(f"Error: {error}")


def _show(supports: Sequence[ProviderSupport]) -> None:
    from unified_checkout.cli.terminal import show, show_hanging, show_note

    if not supports:
        return
    for number, block in enumerate(_blocks(supports)):
        show(_matrix(block), apart=number > 0)
    print()
    for line in _LEGEND:
        show_note(line)
    print()
    for support in supports:
        show_hanging(f"{support.provider}: {'; '.join(manner_of(support))}", indent=2)


def _blocks(supports: Sequence[ProviderSupport]) -> Iterator[Sequence[ProviderSupport]]:
    """The providers in groups, of which each fits the terminal as a table."""
    from unified_checkout.cli.terminal import fits

    start = 0
    for end in range(1, len(supports) + 1):
        if end - start > 1 and not fits(_matrix(supports[start:end])):
            yield supports[start : end - 1]
            start = end - 1
    yield supports[start:]


def manner_of(support: ProviderSupport) -> Iterator[str]:
    """How a provider's list is read, and what it is like."""
    yield f"order: {support.order}"
    yield f"places: {support.paging}"
    yield f"end of list: {support.end_of_list}"
    yield "windows of time are read at once" if support.divisible else "read page after page"
    yield f"pages of {support.page_size}"
    yield _rate(support)
    yield from limits_of(support.rows, support.untold, support.excludes)


def page(supports: Sequence[ProviderSupport]) -> str:
    """What is known of the providers, as a page in Markdown.

    >>> page([]).splitlines()[0]
    '# Providers'
    """
    names = [support.provider for support in supports]
    rows = [["predicate", *names], ["---"] * (len(names) + 1)]
    for predicate in supports[0].predicates if supports else ():
        verdicts = [support.predicates[predicate].pushdown.value for support in supports]
        rows.append([predicate.replace("|", " or "), *verdicts])
    lines = [
        "# Providers",
        "",
        *_PREFACE,
        "",
        "## Who evaluates which condition",
        "",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        *(f"- {line}." for line in _LEGEND),
        "",
        "## How each list is read",
    ]
    for support in supports:
        lines += ["", f"### {support.title}", ""]
        if support.evidence:
            lines += [f"{support.evidence}", ""]
        lines += [f"- {what}" for what in manner_of(support)]
        if support.provider_options:
            options = ", ".join(f"`{name}`" for name in support.provider_options)
            lines.append(f"- `provider_options`: {options}")
    return "\n".join([*lines, ""])


def limits_of(rows: str, untold: Mapping[str, Untold], excludes: Sequence[str]) -> Iterator[str]:
    """What a provider's list is like, where it is not simply one of checkout sessions.

    >>> from unified_checkout.adapters import Untold
    >>> list(limits_of("payments", {"invoice": Untold()}, ["open checkouts"]))
    ['lists payments', 'untold: invoice (no list tells it)', 'never seen: open checkouts']
    """
    from unified_checkout.adapters import Adapter
    from unified_checkout.engine.plan import untold_fields

    if rows != Adapter.rows:
        yield f"lists {rows}"
    if untold:
        yield f"untold: {', '.join(untold_fields(untold))}"
    if excludes:
        yield f"never seen: {', '.join(excludes)}"


def _matrix(supports: Sequence[ProviderSupport]) -> Table:
    from unified_checkout.cli.terminal import cell, column, plain_table

    table = plain_table(
        column("predicate"), *(column(support.provider, narrow="fold") for support in supports)
    )
    for predicate in supports[0].predicates:
        verdicts = [support.predicates[predicate].pushdown for support in supports]
        table.add_row(predicate, *(cell(verdict, _STYLES[verdict]) for verdict in verdicts))
    return table


def _rate(support: ProviderSupport) -> str:
    rate = support.requests_per_second
    return "no limit to requests" if rate == math.inf else f"{rate:g} requests/s"
