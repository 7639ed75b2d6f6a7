"""A run as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.driver import Arrived, Call, Delivered, Ended, Happening, Sent
from simulation.provider import SimulatedProvider
from simulation.reader import Leg, Run
from unified_checkout.adapters import Response


def trace(run: Run) -> str:
    """The accounts, the question, and all that happened."""
    return "\n".join(_lines(run))


def _lines(run: Run) -> Iterator[str]:
    schedule = run.schedule
    yield f"seed {schedule.seed}, from {schedule.start:.3f} on, {schedule.conduct}"
    yield f"the clock here is {schedule.clock:+g} s off"
    yield f"query {schedule.query.model_dump(mode='json', exclude_defaults=True)}"
    for account, provider in schedule.providers.items():
        yield from _account(provider, account in schedule.disorderly)
        yield f"  rate {schedule.rates[account]}/s, latency {schedule.latencies[account]} s"
    yield f"retry {schedule.retry}"
    for number, leg in enumerate(run.legs, 1):
        way = "forward" if leg.forward else "backward"
        yield f"leg {number}, {way}, process {leg.process}, at most {leg.asked}"
        yield from ("  " + _happening(event) for event in leg.journal)
        yield from (f"  {line}" for line in _outcome(leg))
    if run.refused is not None:
        yield f"refused: {run.refused}"
    if run.broken is not None:
        yield f"broken: {run.broken!r}"


def _account(provider: SimulatedProvider, disorderly: bool) -> Iterator[str]:
    yield f"{provider.account}: {provider.profile}"
    yield f"  {provider.weather} {provider.unrest}{' disorderly' if disorderly else ''}"
    for row in sorted(provider.rows, key=lambda row: row.place, reverse=True):
        history = ", ".join(f"{word or 'gone'} from {since:.3f}" for since, word in row.history)
        yield f"  {row.id:<9} {row.created:<7g} {row.customer:<4} {history.removesuffix(' from 0.000')}"


def _happening(event: Happening) -> str:
    match event:
        case Sent(call):
            return f"{call.sent:.3f} send    {call.account} {_request(call)}"
        case Arrived(call):
            return (
                f"{call.arrived or 0:.3f} arrive  {call.account} {_request(call)} -> {_reply(call)}"
            )
        case Delivered(time, sessions):
            return f"{time:.3f} deliver {' '.join(session.id for session in sessions)}"
        case Ended(time):
            return f"{time:.3f} end"


def _request(call: Call) -> str:
    parameters = "&".join(f"{name}={value}" for name, value in call.request.parameters)
    return f"{call.request.path}?{parameters}"


def _reply(call: Call) -> str:
    reply = call.reply
    if reply is None:
        return "nothing"
    status = reply.answer.status if isinstance(reply.answer, Response) else reply.answer.message
    rows = " ".join(f"{row.id}:{word}" for row, word in reply.rows)
    ended = ", the end" if reply.ended else ""
    return f"{status} [{rows}]{ended}{f', {reply.fault.name}' if reply.fault else ''}"


def _outcome(leg: Leg) -> Iterator[str]:
    yield f"taken {' '.join(session.id for session in leg.taken)}"
    if leg.error is not None:
        yield f"error {leg.error!r}"
    yield str(leg.machine.coverage())
    if leg.page is not None:
        cursors = leg.page.previous_cursor, leg.page.next_cursor
        yield f"page before: {cursors[0] is not None}, page after: {cursors[1] is not None}"
