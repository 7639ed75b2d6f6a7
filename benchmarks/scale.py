"""What reading costs at scale, by simulation: ``python -m benchmarks.scale`` writes docs/scale.md.

Two planners decide, and neither waits nor asks: the engine's machine, driven on a virtual clock over
the providers' imitations, says how fast one account can be read; the store's plan, asked sync after
sync, says what keeping ten thousand accounts true costs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import cache
from heapq import heappop, heappush, heapreplace
from itertools import count
from pkgutil import resolve_name
from urllib.parse import parse_qsl

import attrs
import numpy as np

from benchmarks.lab import ROOT
from unified_checkout import Account, Client, ListSessions
from unified_checkout.adapters import Response, installed, load
from unified_checkout.client import channels_of
from unified_checkout.engine.events import Answered, Demand, Event, Send, Woke
from unified_checkout.engine.planner import Manner
from unified_checkout.engine.runtime import Runtime, running
from unified_checkout.sandbox.exchange import Received
from unified_checkout.sandbox.imitation import Imitation
from unified_checkout.sandbox.invention import Invention
from unified_checkout.store.plan import Ability, Due, Gets, Known, Patience, Span, Wish, reads
from unified_checkout.transport.channel import Channel

PAGE = ROOT / "docs" / "scale.md"
START = 1_795_000_000
DAY = 86_400
LATENCY = 0.06
"""Seconds that a provider takes to answer."""
SESSIONS = 5_000
"""How many are read of each provider in the first table."""

ACCOUNTS = 10_000
PER_DAY = 1_000_000
"""Sessions of the whole marketplace."""
LARGEST = PER_DAY / sum(1 / rank for rank in range(1, ACCOUNTS + 1))
"""Sessions a day of the largest account: the r-th largest has one r-th of them."""
MEDIAN = LARGEST / (ACCOUNTS / 2)
LISTED = 100
"""Sessions of a page there."""
RATE = 100.0
"""Requests a second there: of each account, or of all of them where they are counted together."""
PER_SESSION = 40e-6
"""Seconds of a core for each session that becomes columns; docs/performance.md measures less."""
OPEN_FOR = DAY
PAID_AFTER = 600
MOST_SIMULATED = 2_000
"""Sessions a day of the largest account that is simulated. A larger one is read by lists alone, and
is taken to cost as much for each session."""


# One account


@attrs.frozen(kw_only=True)
class Reached:
    """How fast one account was read."""

    provider: str
    rate: float
    page: int
    requests: int
    seconds: float
    rows: int

    @property
    def per_second(self) -> float:
        """Sessions a second, without the burst that the first moments let through."""
        return self.rows / max(self.seconds, self.requests / self.rate)


def reached(provider: str, sessions: int = SESSIONS) -> Reached:
    """Read one account on a virtual clock, at the rate that its adapter documents."""
    kind = load(provider)
    clock = _Clock()
    imitation = Imitation(provider=resolve_name(kind.sandbox or "")(clock=clock.time))
    imitation.hold(
        Invention(
            seed=1, provider=provider, now=START, currencies=imitation.provider.currencies
        ).history(sessions)
    )
    account = Account(
        name="shop",
        provider=provider,
        api_key=imitation.provider.api_key,
        base_url="http://127.0.0.1:9",
        requests_per_second=kind.requests_per_second,
        **kind.options_type.examples(),
    )
    since = _at(min(one.created for one in imitation.truth()) - START)
    runtime = Runtime(now=clock.now, monotonic=clock.time)
    with running(runtime), Client([account]) as client:
        [channel] = channels_of([account]).values()
        planner = client.sessions._planner
        query = ListSessions(kind="any", created={"gte": since})
        machine = planner.listing(query, Manner())
        drive = _Drive(clock, imitation, channel)
        rows = sum(map(len, drive.run(machine)))
        size = machine.plan.accounts[0].page_size
    return Reached(
        provider=provider,
        rate=kind.requests_per_second,
        page=size,
        requests=drive.requests,
        seconds=clock.seconds,
        rows=rows,
    )


@attrs.define
class _Clock:
    seconds: float = 0.0

    def time(self) -> float:
        return START + self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)


@attrs.define
class _Drive:
    """Does what a machine says; nothing takes time but answers, and waits that it asks for."""

    clock: _Clock
    imitation: Imitation
    channel: Channel
    requests: int = 0

    def run(self, machine: object) -> Iterator[Sequence[object]]:
        ahead: list[tuple[float, int, Send]] = []
        order = count()
        event: Event = Demand()
        while True:
            step = machine.step(event, self.clock.time())  # type: ignore[attr-defined]
            for send in step.requests:
                self.requests += 1
                heappush(ahead, (self.clock.seconds + LATENCY, next(order), send))
            if step.finished:
                return
            if step.sessions is not None:
                yield step.sessions
                event = Demand()
                continue
            wake = math.inf if step.wake is None else step.wake - START
            if ahead and ahead[0][0] <= wake:
                self.clock.seconds, _, send = heappop(ahead)
                event = Answered(send.id, self._answer(send))
            else:
                self.clock.seconds = max(self.clock.seconds, wake)
                event = Woke()

    def _answer(self, send: Send) -> Response:
        asked = self.channel.http_request(send.request, send.token)
        answer = self.imitation.handle(
            Received(
                method=asked.method,
                path=asked.url.path,
                parameters=tuple(parse_qsl(asked.url.query.decode(), keep_blank_values=True)),
                headers={name.lower(): value for name, value in asked.headers.items()},
                body=asked.content,
            )
        )
        headers = {"date": formatdate(self.clock.time(), usegmt=True), **answer.headers}
        return Response(status=answer.status, headers=headers, body=answer.body)


def one_account(providers: Sequence[str] = ()) -> str:
    """The first table."""
    rows = []
    for provider in providers or installed():
        one = reached(provider)
        rows.append(
            (
                load(provider).title,
                f"{one.rate:.3g}",
                f"{one.page}",
                f"{one.rate * one.page:,.0f}",
                f"{one.per_second:,.0f}",
                f"{one.per_second * DAY / 1e6:,.1f}",
            )
        )
    return _table(
        "provider|requests/s|page|sessions/s at most|reached|million sessions a day", rows
    )


# Ten thousand accounts


@attrs.frozen(kw_only=True)
class Day:
    """What keeping one account true for a day costs."""

    lists: int
    gets: int

    @property
    def requests(self) -> int:
        """Both together."""
        return self.lists + self.gets


@cache
def day_of(per_day: int, every: int, horizon: int) -> Day:
    """The second day of an account that is synced every so many seconds.

    Sessions begin evenly. Three of five are paid after ten minutes, the others expire after a day.

    Args:
        per_day: how many sessions begin each day.
        every: seconds from one sync to the next.
        horizon: seconds for which a session may change.
    """
    if per_day > MOST_SIMULATED:
        most = day_of(MOST_SIMULATED, every, horizon)
        times = per_day / MOST_SIMULATED
        return Day(lists=round(most.lists * times), gets=round(most.gets * times))
    gap = DAY / per_day
    created = np.arange(-(horizon + 2 * DAY), 2 * DAY, gap)[::-1]  # newest first
    paid = np.arange(len(created)) % 5 < 3
    ends = created + np.where(paid, PAID_AFTER, OPEN_FOR)
    read_at = np.where(created <= 0, 0.0, -math.inf)
    patience = Patience(horizon=timedelta(seconds=horizon))
    ability = Ability(page_size=LISTED, by_id=True)
    lists = gets = 0
    mark = 0.0
    for now in range(every, 2 * DAY + 1, every):
        first = int(np.searchsorted(-created, -now))  # of those that have begun
        seen = read_at > -math.inf
        moving = ends > read_at
        young = read_at < created + horizon
        due = seen & ((young & moving) | ((young | moving) & (read_at < now - DAY)))
        known_before = int(np.argmax(seen))
        places = np.flatnonzero(due)
        known = Known(
            complete=Span(since=_at(created[-1]), until=_at(mark)),
            due=[
                Due(str(place), _at(created[place]), int(place) - known_before + 1)
                for place in places
            ],
            wanted_since=_at(created[-1]),
        )
        for one in reads(known, ability, patience, Wish()):
            if isinstance(one, Gets):
                ids = np.array([int(id) for id in one.ids])
                read_at[ids] = now
                gets += len(ids) if now > DAY else 0
            else:
                last = int(np.searchsorted(-created, -(one.since.timestamp() - START), "right"))
                read_at[first:last] = now
                pages = max(1, math.ceil((last - first) / ability.page_size))
                lists += pages if now > DAY else 0
        mark = now
    return Day(lists=lists, gets=gets)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(START + float(seconds), UTC)


def marketplace() -> list[tuple[int, int]]:
    """How many accounts there are of each size: the r-th largest has one r-th of the largest."""
    classes = []
    rank = 1
    while rank <= ACCOUNTS:
        end = min(2 * rank, ACCOUNTS + 1)
        sizes = sum(LARGEST / one for one in range(rank, end))
        classes.append((end - rank, max(1, round(sizes / (end - rank)))))
        rank = end
    return classes


@attrs.frozen(kw_only=True)
class Kept:
    """What keeping the marketplace true for a day costs."""

    every: int
    horizon: int
    days: Sequence[tuple[int, int, Day]]
    """How many accounts of how many sessions a day, and what each of them costs."""

    @property
    def requests(self) -> int:
        """Of all accounts."""
        return sum(accounts * day.requests for accounts, _, day in self.days)

    @property
    def of_one(self) -> list[int]:
        """Requests of each account, the most first."""
        return sorted(
            (day.requests for accounts, _, day in self.days for _ in range(accounts)), reverse=True
        )


def kept(every: int, horizon: int) -> Kept:
    """A day of the marketplace."""
    days = [(number, size, day_of(size, every, horizon)) for number, size in marketplace()]
    return Kept(every=every, horizon=horizon, days=days)


EVERY = {"hour": 3600, "6 hours": 6 * 3600, "day": DAY}
HORIZONS = (7, 30, 180)


def ten_thousand_accounts(horizons: Sequence[int] = HORIZONS) -> str:
    """The second table."""
    rows = []
    for days in horizons:
        for name, every in EVERY.items():
            one = kept(every, days * DAY)
            requests = one.requests
            shared = requests / (RATE * DAY)
            rows.append(
                (
                    f"{days} days",
                    name,
                    f"{requests:,}",
                    f"{requests / DAY:,.1f}",
                    f"{one.of_one[0]:,}",
                    f"{one.of_one[ACCOUNTS // 2]:,}",
                    f"{shared:.0%}" if shared >= 0.01 else f"{shared:.1%}",
                )
            )
    return _table(
        "may change for|a sync every|requests a day|a second|the largest account|the median one"
        "|of a shared budget",
        rows,
    )


WORKERS = (1, 4, 16, 64, 256)


def workers(horizon: int = 30) -> str:
    """The third table: a day's sync of all accounts, spread over so many workers."""
    one = kept(DAY, horizon * DAY)
    each = [max(requests / RATE, requests * LISTED * PER_SESSION) for requests in one.of_one]
    each = [max(seconds, LATENCY) for seconds in each]
    rows = []
    for number in WORKERS:
        loads = [0.0] * number
        for seconds in each:
            heapreplace(loads, loads[0] + seconds)
        longest = max(loads)
        rows.append(
            (f"{number}", _span(longest), _span(max(each)), f"{sum(each) / number / longest:.0%}")
        )
    return _table("workers|all accounts take|the largest alone|busy", rows)


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _table(head: str, rows: Sequence[Sequence[str]]) -> str:
    names = head.split("|")
    lines = [names, ["---", *("--:" for _ in names[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES: Mapping[str, Callable[[], str]] = {
    "one account": one_account,
    "ten thousand": ten_thousand_accounts,
    "workers": workers,
}


def written(page: str, name: str, table: str) -> str:
    """The page with a table between its marks."""
    marks = rf"(<!-- make scale: {name} -->\n)(?:(?!<!-- ).)*(<!-- end -->)"
    return re.sub(marks, lambda found: f"{found[1]}\n{table}\n\n{found[2]}", page, flags=re.DOTALL)


def main() -> None:
    """Write the tables into the page, and show them."""
    page = PAGE.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        table = make()
        print(f"{name}\n\n{table}\n")
        page = written(page, name, table)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
