"""``Invention``: a seeded history of checkout sessions that looks like a shop's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple, TypeVar

import attrs

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox.facts import BASE62, DAY, Facts

Word = TypeVar("Word")

_SPAN = 90 * DAY
_LONG_AGO = 22 * DAY
"""After so long the provider may have forgotten a status."""
_LAST_DAY = 0.1
"""The part of all sessions that falls into the last day, where some are still open."""
_GROWTH = 2.0
"""Sessions double about every ``_SPAN / _GROWTH``, measured in powers of e."""
_RUSHES = 8
"""Seconds in which several sessions begin, at every provider the same ones."""


class _Currency(NamedTuple):
    weight: int
    per_dollar: int
    grain: int


_CURRENCIES = {
    "usd": _Currency(44, 100, 1),
    "eur": _Currency(16, 92, 1),
    "gbp": _Currency(8, 79, 1),
    "jpy": _Currency(10, 150, 1),
    "kwd": _Currency(6, 310, 10),
    "isk": _Currency(5, 14_000, 100),
    "ugx": _Currency(4, 370_000, 100),
    "sek": _Currency(4, 1050, 1),
    "bhd": _Currency(3, 380, 10),
}

_MODES = {"payment": 70, "subscription": 12, "setup": 6, "order": 6, "off_session": 6}
_YOUNG: dict[str | None, int] = {"open": 50, "complete": 30, "paid": 6, "canceled": 8, "expired": 6}
_OLD: dict[str | None, int] = {"complete": 54, "expired": 24, "canceled": 10, "paid": 9, None: 5}

_NAMES = (
    "Ada Sample",
    "Zoë Müster-Beispiel",
    "João Exemplo",
    "Søren Prøve",
    "Siobhán O'Sample",
    "Влада Примерова",
    "山田 例子",
    "예시 김",
    "ليلى مثال",
    "Łucja Przykładowa",
    "İpek Örnek",
    "Ng Dummy",
    "Madonna",
    "Maximiliana Antonia Placeholder de la Invención",
    "Robot 🤖 Tester",
)
_PLACES = (
    Address(
        line1="1 Sample Street", city="Exampleton", state="CA", postal_code="00001", country="US"
    ),
    Address(
        line1="Musterweg 2", line2="Hinterhaus", city="Köln", postal_code="00002", country="DE"
    ),
    Address(line1="架空町3-3", city="京都市", postal_code="000-0003", country="JP"),
    Address(city="Reykjavík", country="IS"),
    Address(country="KW"),
)
_SUCCESS = (
    "https://shop.example.com/thanks?session_id={CHECKOUT_SESSION_ID}",
    "https://shop.example.com/thanks",
    "https://shop.example.org/merci?utm_source=newsletter&utm_campaign="
    + "long-" * 40
    + "#/ordre/ø%20",
)
_METADATA: tuple[dict[str, str], ...] = (
    {},
    {"order_id": "10042", "channel": "web"},
    {"note": "Grüße aus 東京 🎁", "gift": "true"},
    {"cart": "sku-1:2,sku-2:1," * 25},
    {"empty": "", "quote": '"\\/\n\t'},
)


class Invention:
    """Invents facts: the same ones for the same seed, provider and number.

    At another time their moments are others, and nothing else is.

    >>> invention = Invention(seed=1, provider="acme", now=1_790_000_000)
    >>> invention.history(300) == Invention(seed=1, provider="acme", now=1_790_000_000).history(300)
    True
    """

    def __init__(
        self, *, seed: int, provider: str, now: int, currencies: frozenset[str] | None = None
    ) -> None:
        self._seed = seed
        self._shares = {
            code: row.weight
            for code, row in _CURRENCIES.items()
            if currencies is None or code in currencies
        }
        self._provider = provider
        self._told = (seed, provider, now, currencies)
        self._now = now
        self._random = Random(f"{seed}:{provider}")  # noqa: S311
        self._moments = Random(f"{seed}:{provider}:moments")  # noqa: S311
        self._count = 0
        self._customers = [self._customer(number) for number in range(24)]
        self._links = [self._id("plink") for _ in range(5)]
        self._accounts = [self._id("acct") for _ in range(4)]

    def history(self, sessions: int) -> list[Facts]:
        """So many facts over the last ninety days, the oldest first."""
        shared = Random(f"{self._seed}:rushes")  # noqa: S311
        rushes = [self._now - round(shared.uniform(DAY, _SPAN)) for _ in range(_RUSHES)]
        moments = [self._moment(rushes) for _ in range(sessions)]
        return [self.fact(created) for created in sorted(moments)]

    def fact(self, created: int) -> Facts:
        """One more, begun at a given second."""
        self._count += 1
        return _remembered(self, self._count, created)

    def invented(self, number: int, created: int) -> Facts:
        """The fact of a number, begun at a given second."""
        random = self._random
        random.seed(f"{self._seed}:{self._provider}:{number}")
        age = self._now - created
        mode = self._pick(_MODES)
        status = self._status(age)
        finished = status in ("complete", "paid") or (status is None and random.random() < 0.7)
        facts = Facts(
            serial=f"{self._seed}-{self._provider}-{number}",
            created=created,
            expires_at=created + random.choice((DAY, DAY, DAY, 1800, DAY // 2)),
            status=status,
            mode=mode,
            customer=self._buyer(),
            customer_account=random.choice(self._accounts) if random.random() < 0.1 else None,
            payment_link=random.choice(self._links) if random.random() < 0.2 else None,
            client_reference_id=self._reference(number),
            hosted=random.random() < 0.85,
            success_url=random.choice(_SUCCESS),
            cancel_url="https://shop.example.com/cart" if random.random() < 0.6 else None,
            livemode=random.random() < 0.1,
            metadata=random.choice(_METADATA) if random.random() > 0.05 else None,
        )
        if status == "open":
            facts = attrs.evolve(facts, expires_at=max(facts.expires_at or 0, self._now + 900))
        if not facts.hosted:
            facts = attrs.evolve(facts, success_url=None, cancel_url=None)
        return self._prefilled(self._settled(self._priced(facts), finished))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Invention) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)

    def _moment(self, rushes: Sequence[int]) -> int:
        """A second in the span: more of them lately, fewer at night, some in a rush.

        How many whole days ago it is, on which the status depends, is the same at any time.
        """
        random = self._moments
        if random.random() < 0.08:
            return random.choice(rushes)
        if random.random() < _LAST_DAY:
            return self._now - random.randrange(60, DAY)
        share = math.log1p(random.random() * math.expm1(_GROWTH)) / _GROWTH
        days = int(_SPAN * (1 - share)) // DAY
        return self._now - max(60, days * DAY + (self._now - self._second()) % DAY)

    def _second(self) -> int:
        """A second of the day."""
        random = self._moments
        while True:
            second = random.randrange(DAY)
            if random.random() < 0.55 - 0.45 * math.cos((second / 3600 - 2) / 24 * math.tau):
                return second

    def _status(self, age: int) -> str | None:
        status = self._pick(_YOUNG if age < DAY else _OLD)
        return "expired" if status is None and age < _LONG_AGO else status

    def _priced(self, facts: Facts) -> Facts:
        """With a currency and amounts that add up; some are zero, some are not given."""
        random = self._random
        if facts.mode == "setup":
            return attrs.evolve(facts, currency=None, payment_status="no_payment_required")
        currency = self._pick(self._shares)
        subtotal = self._amount(currency, random.lognormvariate(3.4, 1.0))
        tax = self._amount(currency, random.choice((0, 0, 2.4, 7.77)))
        shipping = self._amount(currency, random.choice((0, 0, 4.9))) if tax else None
        discount = min(subtotal, self._amount(currency, random.choice((0, 0, 0, 1))))
        if random.random() < 0.07:
            tax, shipping, discount = 0, 0, subtotal
        total = subtotal - discount + (shipping or 0) + tax
        told = total != subtotal or random.random() > 0.1
        return attrs.evolve(
            facts,
            currency=currency,
            amount_subtotal=subtotal,
            amount_discount=discount if told else None,
            amount_shipping=shipping if told else None,
            amount_tax=tax if told else None,
            amount_total=total,
            payment_status="unpaid" if total else "no_payment_required",
        )

    def _settled(self, facts: Facts, finished: bool) -> Facts:
        """With what a finished session leaves behind: payments, and what became of them."""
        random = self._random
        if not finished:
            return attrs.evolve(facts, amount_refunded=0, amount_disputed=0)
        if facts.mode == "setup":
            return attrs.evolve(facts, setup_intent=self._id("seti"))
        if facts.mode == "subscription":
            facts = attrs.evolve(facts, subscription=self._id("sub"), invoice=self._id("in"))
        total = facts.amount_total
        if not total:
            return attrs.evolve(facts, amount_received=0, amount_refunded=0)
        split = random.random() < 0.08
        intents = tuple(self._id("pi") for _ in range(2 if split else 1))
        facts = attrs.evolve(facts, payment_intents=intents, amount_refunded=0, amount_disputed=0)
        if facts.status == "complete" and random.random() < 0.12:
            return attrs.evolve(facts, amount_received=0)
        received = total // (1 if random.random() < 0.9 else 2)
        disputed = random.random() < 0.12
        return attrs.evolve(
            facts,
            payment_status="paid",
            amount_received=received,
            amount_refunded=random.choice((0, 0, 0, 0, 0, 0, received // 3, received)),
            disputed=disputed,
            amount_disputed=received if disputed else 0,
        )

    def _prefilled(self, facts: Facts) -> Facts:
        """With the address the shop knew beforehand: the buyer's own, another's, or none."""
        email = self._random.choice((facts.email, "prefilled@example.net", None, None))
        return attrs.evolve(facts, customer_email=email)

    def _buyer(self) -> Customer | None:
        """A known customer, a guest, or nobody yet."""
        draw = self._random.random()
        known = self._random.choice(self._customers)
        if draw < 0.15:
            return None
        return attrs.evolve(known, id=None) if draw < 0.4 else known

    def _customer(self, number: int) -> Customer:
        random = self._random
        name = random.choice(_NAMES)
        domain = random.choice(("example.com", "example.org", "example.net"))
        buyer = random.choice(("buyer", "Buyer", "o'buyer+tag"))
        return Customer(
            id=self._id("cus"),
            email=f"{buyer}{number // 2}@{domain}",
            name=name if random.random() < 0.9 else None,
            phone=f"+1202555{number:04}" if random.random() < 0.4 else None,
            address=random.choice(_PLACES) if random.random() < 0.7 else None,
        )

    def _reference(self, number: int) -> str | None:
        """The shop's own reference; a buyer who tried again shares one with an earlier session."""
        number -= number % 5 == 0
        return self._random.choice(
            (None, f"order-{number}", f"order-{number}", f"Bestellung № {number}")
        )

    def _amount(self, currency: str, dollars: float) -> int:
        row = _CURRENCIES[currency]
        return round(dollars * row.per_dollar / row.grain) * row.grain

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{''.join(self._random.choices(BASE62, k=20))}"

    def _pick(self, weights: Mapping[Word, int]) -> Word:
        return self._random.choices(list(weights), list(weights.values()))[0]


@lru_cache(maxsize=2000)
def _remembered(invention: Invention, number: int, created: int) -> Facts:
    """A fact, invented once: each test has a sandbox of its own, and all hold the same sessions."""
    return invention.invented(number, created)
