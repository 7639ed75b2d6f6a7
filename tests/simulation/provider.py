"""A simulated provider: its sessions, who changes them meanwhile, and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import formatdate
from functools import partial
from itertools import count
from operator import attrgetter, ge, gt, le, lt
from random import Random

import attrs
import msgspec

from simulation.adapter import NEW_PATH, PATH, REFUSAL, UNLISTED, Profile, Style
from simulation.faults import (
    DECEIT,
    EMPTY_MORE,
    EXPIRED,
    HTML,
    MALFORMED,
    MISSING,
    NO_PLACE,
    REFUSED,
    REPEATED,
    RESET,
    STUCK,
    TIMEOUT,
    TRUNCATED,
    TWINS,
    Fault,
    Nature,
    Weather,
)
from simulation.rows import CUSTOMERS, STATUSES, SUCCESSORS, Row
from unified_checkout.adapters import Order, Paging, Request, Response
from unified_checkout.errors import ProviderError

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "created>": gt,
    "created>=": ge,
    "created<": lt,
    "created<=": le,
    "since": ge,
    "until": lt,
}
_CONDITIONS = {
    **dict.fromkeys(("created>", "created>=", "created<", "created<="), "created"),
    **dict.fromkeys(("since", "until"), "window"),
    **dict.fromkeys(("word", "words", "words_or_so"), "status"),
    **dict.fromkeys(("customer", "customer_like"), "customer"),
}


def _compares(
    compare: Callable[[float, float], bool],
    bound: float,
    moment: Callable[[Row], float],
    row: Row,
) -> bool:
    return compare(moment(row), bound)


_TESTS: dict[str, Callable[[str, Row], bool]] = {
    "word": lambda value, row: row.word == value,
    "words": lambda value, row: row.word in value.split(","),
    "words_or_so": lambda value, row: row.word in value.split(",") or not row.place[1] % 3,
    "customer": lambda value, row: row.customer == value,
    "customer_like": lambda value, row: row.customer.lower() == value.lower(),
}
"""By parameter, whether a session is listed that is asked for with a value."""


_PLACES = frozenset(("after", "before", "token", "offset"))
"""The parameters that name a place."""

Spot = tuple[float, float]
"""Where a session stands in its provider's list."""


@attrs.frozen
class Reply:
    """What a provider sent, and what it knows about it."""

    answer: Response | ProviderError
    fault: Fault | None = None
    rows: tuple[tuple[Row, str], ...] = ()
    """The sessions of a page that came whole, with the status that was sent."""
    ended: bool = False
    """Whether this page truly ends the list."""
    detour: bool = False
    """Whether the list is elsewhere, or the session asked for is gone: no failure."""


@attrs.define
class Unrest:
    """How the sessions change while somebody reads them."""

    rate: float = 0.0
    """The probability of a change before a request is served."""
    skew: float = 0.0
    """How many seconds the provider's clock is ahead."""

    @property
    def still(self) -> bool:
        """Whether nothing changes."""
        return self.rate == 0.0


class SimulatedProvider:
    """One account's sessions, behind one endpoint."""

    def __init__(
        self,
        account: str,
        profile: Profile,
        rows: list[Row],
        weather: Weather,
        unrest: Unrest,
    ) -> None:
        self.account = account
        self.profile = profile
        self.rows = rows
        self.weather = weather
        self.unrest = unrest
        self.requests = 0
        self.changed = profile.settles > 0
        self._ascends = profile.order is Order.OLDEST_FIRST
        self._sorted = self._in_order(rows)
        self._by_id = {row.id: row for row in rows}
        self._numbers = count(len(rows))
        self._pages: dict[str, list[Row]] = {}
        self._firsts: dict[frozenset[tuple[str, str]], list[Row]] = {}

    def begin(self) -> None:
        """Somebody begins to list, and remembers no page of before."""
        self._pages.clear()
        self._firsts.clear()

    def row(self, id: str) -> Row:
        """The session of that id, there or gone."""
        return self._by_id[id]

    def serve(self, request: Request, now: float, random: Random) -> Reply:
        """Answer a request, perhaps after something changed, and say what time it is here."""
        reply = self._serve(request, now, random)
        if self.profile.timeless or not isinstance(reply.answer, Response):
            return reply
        headers = {**reply.answer.headers, "date": formatdate(int(now), usegmt=True)}
        return attrs.evolve(reply, answer=attrs.evolve(reply.answer, headers=headers))

    def _serve(self, request: Request, now: float, random: Random) -> Reply:
        self.requests += 1
        if random.random() < self.unrest.rate:
            self.change(now, random)
        fault = self.weather.strike(self.requests, random)
        if fault is MISSING and (request.path != PATH or self.profile.moved):
            fault = None
        single = request.path not in (PATH, NEW_PATH)
        if fault is TRUNCATED:
            cut = b'["a-1", 10' if single else b'{"rows": [["a-1", 10'
            return Reply(Response(status=200, body=cut), fault)
        if fault is not None and fault.nature is not Nature.DECEIT and fault is not MALFORMED:
            return self._failed(fault)
        if single:
            return self._single(request.path.rpartition("/")[2], fault)
        if self.profile.moved and request.path == PATH:
            return Reply(Response(status=404, body=REFUSAL), detour=True)
        return self._page(dict(request.parameters), fault, now, random)

    # What changes.

    def change(self, now: float, random: Random) -> None:
        """Let a session arrive, vanish or go on to its next status."""
        self.changed = True
        kind = random.random()
        present = [row for row in self.rows if row.word is not None]
        if kind < 0.3 or not present:
            self._arrive(now, random)
        elif kind < 0.5:
            random.choice(present).history.append((now, None))
        else:
            paid = [row for row in present if row.word == "paid"]
            row = random.choice(paid if paid and self.profile.union else present)
            following = SUCCESSORS[str(row.word)]
            if following:
                row.history.append((now, random.choice(following)))

    def _arrive(self, now: float, random: Random) -> None:
        late = random.choice((0, 0, 0, 5, 30))
        created = float(int(now + self.unrest.skew - late))
        number = next(self._numbers)
        row = Row(
            id=f"{self.account}-{number}",
            created=created,
            place=(created, number),
            customer=random.choice(CUSTOMERS),
            history=[(now, random.choice(tuple(STATUSES)))],
        )
        self.rows.append(row)
        self._by_id[row.id] = row
        self._sorted = self._in_order(self.rows)

    def _in_order(self, rows: Iterable[Row]) -> list[Row]:
        return sorted(rows, key=attrgetter("place"), reverse=not self._ascends)

    # How it answers.

    def _failed(self, fault: Fault) -> Reply:
        if fault in (RESET, TIMEOUT):
            error = fault.error(fault.name, account=self.account, provider="simulated")
            return Reply(error, fault)
        if fault is HTML:
            return Reply(Response(status=200, body=b"<html>at your service</html>"), fault)
        advice = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
        return Reply(Response(status=fault.status, headers=advice, body=REFUSAL), fault)

    def _single(self, id: str, fault: Fault | None) -> Reply:
        if fault is MALFORMED:
            return Reply(Response(status=200, body=b'["a-1"]'), fault)
        row = self._by_id.get(id)
        if row is None or row.word is None:
            return Reply(Response(status=404, body=REFUSAL), detour=True)
        body = msgspec.json.encode(_wire(row, row.word))
        return Reply(Response(status=200, body=body), rows=((row, row.word),))

    def _page(
        self, asked: Mapping[str, str], fault: Fault | None, now: float, random: Random
    ) -> Reply:
        if fault is MALFORMED:
            return Reply(Response(status=200, body=b'{"rows": [["a-1", "yesterday"]]}'), fault)
        place = self._place(asked)
        if place is None:
            return self._failed(REFUSED)
        if _PLACES & set(asked) and self.weather.expires(random):
            return Reply(Response(status=EXPIRED.status), EXPIRED, detour=True)
        size = min(int(asked["size"]), self.profile.clamp)
        if self.profile.short_pages and random.random() < 0.3:
            size = random.randint(1, size)
        since = float(asked.get("since", "-inf"))
        if self.profile.unlisted and not place and since > self._known_to(now):
            return Reply(Response(status=UNLISTED), ended=True)
        asked_for = {
            name: value
            for name, value in asked.items()
            if _CONDITIONS.get(name) not in self.profile.ignores
        }
        listed = [row for row in self._sorted if row.word is not None and self._settled(row, now)]
        for accepts in self._conditions(asked_for, self._known_to(now)):
            listed = list(filter(accepts, listed))
        total = len(listed)
        listed = [row for row in listed if not row.hidden]
        start, end = self._window(listed, place, size, backward="before" in asked)
        page = listed[start:end]
        more = start > 0 if "before" in asked else end < len(listed)
        if fault is not None:
            shown = listed[end:] if "before" in asked else listed[:start]
            fault, page = self._deceived(asked, page, shown, random)
            more = more or fault in (EMPTY_MORE, NO_PLACE)
            more = more and not (self.profile.stale and fault is STUCK)
        if page and fault is None:
            self._firsts.setdefault(_list_of(asked), page)
        sent = [(row, str(row.word)) for row in page]
        if self.profile.flips and random.random() < 0.3:
            sent.reverse()
        if self.profile.twins and sent and fault is None and random.random() < 0.2:
            row, word = random.choice(sent)
            fault = TWINS
            sent.append((row, "open" if word != "open" else "paid"))
        return Reply(
            Response(status=200, body=self._body(sent, more, fault, total)),
            fault,
            tuple(sent),
            ended=not sent if self.profile.style.silent else not more,
        )

    def _settled(self, row: Row, now: float) -> bool:
        """Whether a session made it into the list by now."""
        delay = self.profile.settles * (row.place[1] * 37 % 100) / 100
        return row.created + delay <= now or not self.profile.settles

    def _place(self, asked: Mapping[str, str]) -> Spot | int | None:
        """Where a page begins: a place in the list or a count; None for a cursor refused."""
        if "offset" in asked:
            return int(asked["offset"])
        if "token" in asked:
            created, _, number = asked["token"].partition("~")
            return float(created), float(number)
        named = asked.get("after", asked.get("before"))
        if named is None:
            return 0
        row = self._by_id.get(named.removeprefix("next:"))
        if row is None or (row.word is None and self.profile.forgetful):
            return None
        return row.place

    def _known_to(self, now: float) -> float:
        """Up to when its list knows of updates, and refuses no window.

        What was updated since then stands meanwhile where it stood before.
        """
        return now - self.profile.settles if self.profile.unlisted else now

    def _conditions(
        self, asked: Mapping[str, str], known_to: float
    ) -> Iterator[Callable[[Row], bool]]:
        """Whether a session is listed, by each of the parameters that filter."""
        for name, value in asked.items():
            if name in _COMPARISONS:
                moment: Callable[[Row], float] = attrgetter("created")
                if self.profile.updates and _CONDITIONS[name] == "window":
                    moment = partial(Row.updated, until=known_to)
                yield partial(_compares, _COMPARISONS[name], float(value), moment)
            elif name in _TESTS:
                yield partial(_TESTS[name], value)

    def _deceived(
        self, asked: Mapping[str, str], page: list[Row], before: list[Row], random: Random
    ) -> tuple[Fault | None, list[Row]]:
        """What some deceit makes of a page, if any makes a difference."""
        deceits = random.sample(DECEIT, len(DECEIT))
        for fault in (STUCK,) if self.profile.stale else deceits:
            lie = self._lie(fault, asked, page, before)
            if lie is not None:
                return fault, lie
        return None, page

    def _lie(
        self, fault: Fault, asked: Mapping[str, str], page: list[Row], before: list[Row]
    ) -> list[Row] | None:
        """The page that a deceit makes of this one; None where it makes no difference."""
        if fault is EMPTY_MORE:
            return None if self.profile.style.silent else []
        if fault is NO_PLACE:
            return page if self.profile.style is Style.TOKEN and page else None
        if not page or self.profile.style.paging is Paging.OFFSET:
            return None
        if fault is REPEATED:
            return [page[0], *page]
        known = self._pages.get(asked.get("after", asked.get("token", "")), [])
        if self.profile.stale and before and fault is STUCK:
            known = self._firsts.get(_list_of(asked), [])
        again = [row for row in known if row in before]
        if not again:
            return None
        return again if fault is STUCK else [again[-1], *page]

    def _body(
        self, rows: list[tuple[Row, str]], more: bool, fault: Fault | None, total: int
    ) -> bytes:
        page = [row for row, _ in rows]
        sent: dict[str, object] = {"rows": [_wire(row, word) for row, word in rows]}
        if self.profile.counts:
            sent["total"] = total
        style = self.profile.style
        if not style.silent:
            sent["more"] = more
        if page:
            last = self._in_order(page)[-1]
            self._pages[last.id] = page
            if style is Style.TOKEN and more and fault is not NO_PLACE:
                sent["next"] = f"{last.place[0]}~{last.place[1]}"
            if style is Style.NAMED and more and last.place[1] % 2:
                sent["next"] = f"next:{last.id}"
            self._pages[str(sent.get("next"))] = page
        return msgspec.json.encode(sent)

    def _window(
        self, listed: list[Row], place: Spot | int, size: int, *, backward: bool
    ) -> tuple[int, int]:
        """The span of a list that a page covers."""
        if isinstance(place, int):
            return place, min(len(listed), place + size)
        if backward:
            end = sum(self._precedes(row.place, place) for row in listed)
            return max(0, end - size), end
        start = sum(not self._precedes(place, row.place) for row in listed)
        return start, min(len(listed), start + size)

    def _precedes(self, one: Spot, other: Spot) -> bool:
        return one < other if self._ascends else one > other


def _list_of(asked: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """What tells the list that a page is of."""
    return frozenset(one for one in asked.items() if one[0] not in _PLACES and one[0] != "size")


def _wire(row: Row, word: str | None) -> tuple[str, float, str | None, str | None]:
    return row.id, row.created, word, None if row.silent else row.customer
