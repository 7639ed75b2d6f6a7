"""How sessions are shown to people and written for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs

from unified_checkout.cli.formats import (
    csv_line,
    plain_json,
    write_csv,
    write_document,
    write_lines,
)
from unified_checkout.cli.options import Output
from unified_checkout.cli.terminal import (
    MARK,
    Row,
    amount_cell,
    cell,
    column,
    fits,
    plain_table,
    reading,
    show,
    show_note,
)
from unified_checkout.errors import (
    BudgetSpent,
    NotFound,
    ProviderError,
)
from unified_checkout.model.money import Money
from unified_checkout.model.session import Address, Customer, Session

if TYPE_CHECKING:
    from rich.table import Table

    from unified_checkout.cli.rows import Rows
    from unified_checkout.client import SessionList
    from unified_checkout.client.listings import HandedOver

_STYLES = {
    "complete": "green",
    "open": "yellow",
    "expired": "dim",
    "canceled": "dim",
    "failed": "red",
}
_AMOUNTS = {
    "amount_total": "total",
    "amount_subtotal": "subtotal",
    "amount_discount": "discount",
    "amount_shipping": "shipping",
    "amount_tax": "tax",
    "amount_received": "received",
    "amount_refunded": "refunded",
    "amount_disputed": "in_dispute",
}
_DECIMAL = ".decimal"
_NESTED: Mapping[str, type[Any]] = {"customer": Customer, "address": Address}


def write_sessions(answer: SessionList, output: Output, *, escape: bool) -> None:
    """Write an answer: for programs each session as soon as it is read, for people at the end."""
    if output is Output.TABLE:
        with reading(within_budget(answer), output_waits=True) as sessions:
            read = list(sessions)
        show_sessions(read)
        return
    from unified_checkout.cli.rows import Rows
    from unified_checkout.client.listings import handed_over

    with Rows() as rows, reading(within_budget(handed_over(answer)), output_waits=False) as given:
        match output:
            case Output.JSON:
                _write_json(rows, given, answer)
            case Output.JSONL:
                for session, take in given:
                    rows.write(f"{plain_json(session.to_json())}\n", take)
            case Output.CSV:
                header = csv_header()
                rows.write(csv_line(header, escape=False))
                for session, take in given:
                    rows.write(csv_line(_csv_cells(session, header), escape=escape), take)


def write_found(found: Mapping[str, Session | NotFound], output: Output, *, escape: bool) -> None:
    """Write in full the sessions that were found; nothing where a single one was not."""
    sessions = [one for one in found.values() if isinstance(one, Session)]
    if not sessions and len(found) == 1:
        return
    match output:
        case Output.TABLE:
            for number, session in enumerate(sessions):
                show(_details(session), apart=number > 0)
        case Output.JSON if len(found) == 1:
            write_document(sessions[0].to_dict())
        case Output.JSON:
            missing = [id for id, one in found.items() if isinstance(one, NotFound)]
            plain = [session.to_dict() for session in sessions]
            write_document({"sessions": plain, "not_found": missing})
        case Output.JSONL:
            write_lines(plain_json(session.to_json()) for session in sessions)
        case Output.CSV:
            _write_csv(sessions, escape=escape)


def show_sessions(sessions: Sequence[Session]) -> None:
    """Print sessions as a table, and what its mark means."""
    tables = (session_table(sessions, narrow=narrow) for narrow in range(3))
    table = next((one for one in tables if fits(one)), None)
    show(table or session_table(sessions, narrow=3))
    if any(session.currency_assumed for session in sessions):
        show_note(f"{MARK} the currency is assumed: the provider names none")


def session_table(sessions: Iterable[Session], *, narrow: int = 0) -> Table:
    """Sessions as a table; the narrower, the less there is beside the id, which comes last.

    Args:
        sessions: the rows.
        narrow: 1 leaves out the seconds, 2 the payment status and the year too; with 3 the names of
            accounts are cut off like the ids, whichever are longer.
    """
    form = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%m-%d %H:%M")[min(narrow, 2)]
    others = [] if narrow > 1 else [column("payment", narrow="cut")]
    table = plain_table(
        column("created (UTC)" if narrow < 2 else "UTC"),
        column("account", narrow="cut" if narrow > 2 else "keep"),
        column("status"),
        *others,
        column("total", right=True),
        column("id", narrow="cut"),
    )
    for session in sessions:
        table.add_row(
            f"{session.created:{form}}",
            cell(session.account),
            cell(session.status, _STYLES.get(session.status or "", "")),
            *(cell(session.payment_status) for _ in others),
            amount_cell(session.total, marked=session.currency_assumed),
            cell(session.id),
        )
    return table


def csv_header() -> list[str]:
    """The columns of a session: the keys of ``Session.to_dict``, nested ones dotted.

    Beside each amount in minor units stands the same as a decimal: ``amount_total`` 1250,
    ``amount_total.decimal`` 12.50; both are empty where the amount is not known, and the second
    also where the currency's decimals are not.
    """
    return [
        column
        for name in _names(Session)
        for column in ((name, f"{name}{_DECIMAL}") if name in _AMOUNTS else (name,))
    ]


def csv_row(session: Session) -> dict[str, Any]:
    """A session by the columns of ``csv_header``."""
    amounts = {name: getattr(session, money) for name, money in _AMOUNTS.items()}
    decimals = {
        f"{name}{_DECIMAL}": None if money is None else format(money.amount, "f")
        for name, money in amounts.items()
    }
    return flattened(session.to_dict()) | decimals


def flattened(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A session's fields, those of its customer and address under dotted names.

    >>> flattened({"customer": {"id": "cus_1", "address": {"city": "Berlin"}}})
    {'customer.id': 'cus_1', 'customer.address.city': 'Berlin'}
    """
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _NESTED:
            inner = flattened(value or {})
            flat.update({f"{name}.{key}": nested for key, nested in inner.items()})
        else:
            flat[name] = value
    return flat


def _names(model: type[Any]) -> Iterator[str]:
    for field in attrs.fields(model):
        if field.name in _NESTED:
            yield from (f"{field.name}.{name}" for name in _names(_NESTED[field.name]))
        elif field.name != "raw_bytes":
            yield field.name


def _write_csv(sessions: Iterable[Session], *, escape: bool) -> None:
    header = csv_header()
    write_csv(header, (_csv_cells(session, header) for session in sessions), escape=escape)


def _csv_cells(session: Session, header: Sequence[str]) -> list[object]:
    row = csv_row(session)
    return [row.get(name) for name in header]


def _write_json(rows: Rows, given: Iterable[HandedOver], answer: SessionList) -> None:
    """One object that holds the sessions, one a line, and what they cover."""
    from unified_checkout.cli.rows import CutOff

    beginning = '{"sessions": ['
    try:
        for session, take in given:
            before = "," if rows.begun else beginning
            rows.write(f"{before}\n{plain_json(session.to_json())}", take)
    except CutOff:
        raise
    except (ProviderError, KeyboardInterrupt):
        rows.end(_end_of_json(answer, "" if rows.begun else beginning))
        raise
    rows.end(_end_of_json(answer, "" if rows.begun else beginning))


def _end_of_json(answer: SessionList, before: str) -> str:
    from unified_checkout.client.listings import continuation

    rest = {"coverage": answer.coverage.to_dict(), "next_cursor": continuation(answer)}
    return f"{before}\n], {plain_json(json.dumps(rest, ensure_ascii=False))[1:]}\n"


def within_budget(sessions: Iterable[Row]) -> Iterator[Row]:
    """The sessions that a budget suffices for; coverage says where it did not."""
    with suppress(BudgetSpent):
        yield from sessions


def _details(session: Session) -> Table:
    table = plain_table(column("field"), column("value", narrow="fold"))
    for name, value in flattened(session.to_dict()).items():
        if value is not None and value != []:
            table.add_row(name, cell(_readable(session, name, value)))
    return table


def _readable(session: Session, name: str, value: Any) -> object:
    if name.startswith("amount_") and session.currency and session.currency_exponent is not None:
        return Money(value, session.currency, session.currency_exponent)
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value
