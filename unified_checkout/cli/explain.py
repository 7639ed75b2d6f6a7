"""``explain``: what would be asked of each account."""

from __future__ import annotations

import re
import sys
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import typer

from unified_checkout.cli.options import (
    Config,
    Document,
    DocumentOption,
    Filters,
    with_filters,
)

if TYPE_CHECKING:
    from unified_checkout.engine.plan import AccountPlan, Plan

_LABEL = re.compile(r"  \S+(?: \S+)*  +")


@with_filters
def explain_query(
    filters: Filters, output: DocumentOption = Document.TABLE, config: Config = None
) -> None:
    """Show what would be asked of each account, and what would be applied here. Sends nothing.

    A condition is exact where the provider returns precisely the sessions that match, inexact
    where it returns those and perhaps more, unsupported where it is applied here, and
    unanswerable where nobody can tell: list then refuses the query.
    """
    from unified_checkout.cli.formats import write_document
    from unified_checkout.client import Client

    query = filters.query()
    with Client.from_config(config) as client:
        plan = client.sessions.explain(query)
    if output is Document.JSON:
        write_document(plain_plan(plan))
    else:
        show_plan(plan)


def show_plan(plan: Plan) -> None:
    """Print a plan; on a terminal, what does not fit into a line goes on below its beginning."""
    from unified_checkout.cli.terminal import wrapped
    from unified_checkout.printing import printable

    width = get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for line in map(printable, str(plan).splitlines()):
        label = _LABEL.match(line)
        for part in wrapped(line, width, indent=label.end() if label else 0):
            typer.echo(part)


def plain_plan(plan: Plan) -> dict[str, Any]:
    """A plan as plain dictionaries, lists, strings and numbers; without personal data."""
    return {
        "created_to": plan.ceiling.isoformat().replace("+00:00", "Z"),
        "limit": plan.query.limit,
        "direction": str(plan.direction),
        "notes": list(plan.notes),
        "accounts": [_plain_account(account) for account in plan.accounts],
    }


def _plain_account(plan: AccountPlan) -> dict[str, Any]:
    compiled = plan.compiled
    return {
        "account": plan.account,
        "provider": plan.provider,
        "rows": plan.rows,
        "refused": [str(verdict.predicate) for verdict in plan.refused],
        "requests": [] if plan.refused else list(plan.requests),
        "predicates": [
            {
                "predicate": str(verdict.predicate),
                "pushdown": str(verdict.pushdown),
                "note": verdict.note,
            }
            for verdict in plan.told
        ],
        "residual": [] if plan.refused else [str(predicate) for predicate in plan.residual],
        "believed": [] if plan.refused else [str(predicate) for predicate in plan.believable],
        "order": str(compiled.order),
        "paging": str(compiled.paging),
        "end_of_list": str(compiled.end_of_list),
        "page_size": plan.page_size,
        "divisible": compiled.divisible,
        "untold": {field: untold.expand for field, untold in plan.untold.items()},
        "excludes": list(compiled.excludes),
        "notes": list(compiled.notes),
    }
