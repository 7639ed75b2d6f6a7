"""``providers``: what each installed provider evaluates itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from unified_checkout.cli.options import Document, DocumentOption

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


def show_providers(output: DocumentOption = Document.TABLE) -> None:
    """Show what each installed provider evaluates itself: the support matrix.

    It is computed by compiling each predicate with each adapter. It takes no configuration and
    sends nothing. Below the matrix stands what a provider's list leaves out, where it does.
    """
    from unified_checkout.engine.support import survey

    supports, errors = survey()
    if output is Document.JSON:
        _write_json(supports, errors)
    else:
        _show(supports, errors)


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


def _show(supports: Mapping[str, ProviderSupport], errors: Mapping[str, ProviderLoadError]) -> None:
    from unified_checkout.cli.ending import say
    from unified_checkout.cli.terminal import show, show_note

    if supports:
        show(_matrix(list(supports.values())))
        print()
        for line in _LEGEND:
            show_note(line)
        _show_limits(list(supports.values()))
    for error in errors.values():
        say(f"Error: {error}")


def _show_limits(supports: list[ProviderSupport]) -> None:
    """What a list holds besides checkout sessions, and what it leaves out."""
    from unified_checkout.cli.terminal import show_hanging

    limits = {
        support.provider: "; ".join(limits_of(support.rows, support.untold, support.excludes))
        for support in supports
    }
    if any(limits.values()):
        print()
    for provider, told in limits.items():
        if told:
            show_hanging(f"{provider}: {told}", indent=2)


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


def _matrix(supports: list[ProviderSupport]) -> Table:
    from unified_checkout.cli.terminal import cell, column, plain_table

    table = plain_table(
        column("predicate"), *(column(support.provider, narrow="fold") for support in supports)
    )
    for predicate in supports[0].predicates:
        verdicts = [support.predicates[predicate].pushdown for support in supports]
        table.add_row(predicate, *(cell(verdict, _STYLES[verdict]) for verdict in verdicts))
    table.add_section()
    table.add_row("order", *(cell(support.order) for support in supports))
    table.add_row("paging", *(cell(support.paging) for support in supports))
    table.add_row("end of list", *(cell(support.end_of_list) for support in supports))
    table.add_row("windows", *(cell(_windows(support)) for support in supports))
    table.add_row("page size", *(cell(support.page_size) for support in supports))
    table.add_row("requests/s", *(cell(_rate(support)) for support in supports))
    return table


def _windows(support: ProviderSupport) -> str:
    return "several read at once" if support.divisible else "page after page"


def _rate(support: ProviderSupport) -> str:
    rate = support.requests_per_second
    return "no limit" if rate == math.inf else f"{rate:g}"
