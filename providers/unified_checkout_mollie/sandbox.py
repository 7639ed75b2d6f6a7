"""Mollie, imitated from its documentation.

Sources: docs.mollie.com ``reference/list-payments``, ``get-payment``, ``list-customer-payments``,
``get-payment-link-payments``, ``pagination``, ``authentication`` and ``handling-errors``.

What Mollie does not document is strict here: an unknown parameter, one given twice, and one that
goes with another kind of key are refused; a payment that has vanished is no place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

import attrs

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused
from unified_checkout_mollie import sandbox_wire as wire

Test = Callable[[Facts], bool]

PATH = "/v2/payments"

_CUSTOMER = re.compile(r"/v2/customers/([^/]+)/payments")
_LINK = re.compile(r"/v2/payment-links/([^/]+)/payments")
_SINGLE = re.compile(r"/v2/payments/([^/]+)")
_OF_A_LINK = frozenset({"from", "limit", "sort", "testmode"})
_OF_A_LIST = _OF_A_LINK | {"profileId"}
_OF_ONE = frozenset({"embed", "include", "testmode"})
_OF_TOKENS = frozenset({"profileId", "testmode"})
_CHARGED = {"renewal": "subscription", "other": "off_session"}
_UNKNOWN: Mapping[str, Any] = dict.fromkeys(
    (
        *("amount_subtotal", "amount_discount", "amount_shipping", "amount_tax"),
        *("customer_account", "setup_intent", "invoice", "client_reference_id", "payment_link"),
    )
)
"""What Mollie has no field for, or never tells of a payment."""
_OLDEST = (1 << 62, 0)
"""A position behind every payment."""


@attrs.define(kw_only=True, eq=False)
class MollieSandbox(ProviderSandbox):
    """One website profile at Mollie, in test mode.

    Facts are held as Mollie would hold them. Half of the ``subscription`` sessions are renewals,
    and ``off_session`` ones are charges without the buyer; of the others some are taken at a till,
    and those without an amount are mandates of zero. ``complete`` is paid, or where it is unpaid
    authorized or pending; a null status is paid or expired. A buyer has no e-mail address of its
    own, and often no address at all. Only open payments have a page and an expiry, only paid ones
    refunds and chargebacks. The payment link is known, and no row tells it.
    """

    api_key: ClassVar[str] = "test_obviouslyFakeSandboxKey1Mollie"
    organization_key: ClassVar[str] = "access_obviouslyFakeSandboxToken1Mollie"
    """Accepted as well: it reads live payments, of which there are none, unless told otherwise."""
    currencies = frozenset({"usd", "eur", "gbp", "jpy", "isk", "sek"})

    profile_required: bool = False
    """Whether a list asked for with an access token must name a profile: documents differ."""
    unknown_list: int = 404
    """What the payments of no customer, or of no link, are answered with."""
    unfit_parameter: int = 400
    """What a parameter is answered with that goes with another kind of key."""
    lag: int = 0
    """Seconds before a new payment is in the list."""
    advises_to_wait: bool = False
    """Whether a 429 carries ``Retry-After``."""
    reversed_keep_link: bool = True
    """Whether a chargeback that was reversed, and is no amount any more, still has its link."""
    older_times: bool = False
    """Whether times are written as in older answers."""
    links_to_caller: bool = False
    """Whether a page names the addresses of others at the host that was asked, and not Mollie's."""

    def adopt(self, facts: Facts) -> wire.PaymentFacts:
        """The facts as Mollie would hold them; see the class."""
        kind = _kind(facts)
        mandate = kind == "checkout" and not facts.amount_total
        paid = facts.payment_status in ("paid", "no_payment_required")
        status = facts.status or ("complete" if paid else "expired")
        status = "complete" if status == "paid" else status
        id = f"tr_{facts.token('payment', 22)}"
        shown = kind == "checkout"
        held = attrs.evolve(
            facts,
            id=id,
            kind=kind,
            status=status,
            payment_status="paid" if paid and status == "complete" else "unpaid",
            mode="setup" if mandate else _CHARGED.get(kind, "payment"),
            expires_at=facts.expires_at if status == "open" else None,
            amount_total=facts.amount_total or 0,
            **_UNKNOWN,
            amount_received=0,
            amount_refunded=None,
            amount_disputed=0,
            disputed=False,
            currency=facts.currency if facts.currency in wire.CURRENCIES else "eur",
            customer=_customer(facts, kind),
            customer_email=facts.customer_email if _has_a_bill(facts) else None,
            payment_intents=(id,),
            subscription=_subscription(facts) if kind == "renewal" else None,
            url=_page(facts) if shown and status == "open" and facts.hosted else None,
            success_url=facts.success_url if shown else None,
            cancel_url=facts.cancel_url if shown else None,
            livemode=False,
        )
        payment = wire.PaymentFacts(
            **attrs.asdict(held, recurse=False),
            first=shown and (mandate or facts.mode in ("setup", "subscription")),
            link=_link(facts) if shown else None,
        )
        if mandate:
            return attrs.evolve(payment, payment_status="no_payment_required")
        return self._paid(payment, facts) if wire.word(payment) == "paid" else payment

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        live = self._authorize(request)
        if request.method != "GET":
            raise Refused(self.failure(405))
        if request.path == PATH:
            return self._list(request, _OF_A_LIST, live)
        if found := _CUSTOMER.fullmatch(request.path):
            customer = found[1]
            return self._list(request, _OF_A_LIST, live, lambda one: one.customer_id == customer)
        if found := _LINK.fullmatch(request.path):
            link = found[1]
            return self._list(request, _OF_A_LINK, live, lambda one: _held(one).link == link)
        if found := _SINGLE.fullmatch(request.path):
            _values(request, _OF_ONE)
            row = None if live else self.shelf.row(found[1])
            if row is None:
                raise Refused(wire.failure(404, f"No payment exists with token {found[1]}"))
            return wire.hal(Answer.json(self.rendered(row, None)))
        raise Refused(self.failure(404))

    def envelope(self, page: Page) -> Answer:
        """The page in its envelope."""
        assert isinstance(page, wire.PaymentPage)
        return wire.envelope(page)

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        answer = wire.failure(status)
        if status == 429 and self.advises_to_wait:
            return attrs.evolve(answer, headers={**answer.headers, "retry-after": "1"})
        return answer

    def render(self, facts: Facts, shape: None) -> dict[str, object]:
        """A payment as Mollie writes it."""
        return wire.payment(_held(facts), older_times=self.older_times)

    def _authorize(self, request: Received) -> bool:
        """Whether live payments are asked for."""
        given = dict(request.parameters)
        if request.bearer_token == self.api_key:
            for name in sorted(_OF_TOKENS & given.keys()):
                detail = f"The parameter {name} does not go with an API key"
                raise Refused(wire.failure(self.unfit_parameter, detail, name))
            return False
        if request.bearer_token != self.organization_key:
            raise Refused(self.failure(401))
        needed = self.profile_required and request.path == PATH
        if given.get("profileId", None if needed else wire.PROFILE) != wire.PROFILE:
            raise Refused(wire.failure(400, "The profile is missing or unknown", "profileId"))
        return given.get("testmode") != "true"

    def _list(
        self, request: Received, allowed: frozenset[str], live: bool, of: Test | None = None
    ) -> wire.PaymentPage:
        values = _values(request, allowed)
        if of is not None and not any(map(of, self.shelf)):
            raise Refused(wire.failure(self.unknown_list, "No entity exists with this token"))
        size, newer = _size(values), _choice(values, "sort", ("desc", "asc")) == "asc"
        tests: list[Test] = [] if of is None else [of]
        if live:
            tests.append(lambda one: one.livemode)
        if self.lag:
            settled = self.clock() - self.lag
            tests.append(lambda one: one.created <= settled)
        place = self._place(values)
        if newer:
            before = _OLDEST if place is None else (place[0], place[1] + 1)
            found = self.select(tests, None, limit=size + 1, before=before)
            shown = slice(-size, None)
        else:
            after = None if place is None else (place[0], place[1] - 1)
            found = self.select(tests, None, limit=size + 1, after=after)
            shown = slice(size)
        more = len(found.ids) > size
        home = f"http://{request.headers.get('host', '')}" if self.links_to_caller else wire.HOME
        return wire.PaymentPage(
            ids=found.ids[shown],
            rows=found.rows[shown],
            more=more,
            backward=newer,
            address=home + request.path,
            asked=request.parameters,
            next_from=found.ids[0 if newer else -1] if more else None,
            previous_from=self._previous(found, tests, size, newer),
        )

    def _previous(self, page: Page, tests: list[Test], size: int, newer: bool) -> str | None:
        """The payment that the page before begins with."""
        if not page.ids:
            return None
        edge = self.position(page.ids[-1 if newer else 0])
        if newer:
            ids = self.select(tests, None, limit=size, after=edge).ids[::-1]
        else:
            ids = self.select(tests, None, limit=size, before=edge).ids
        return ids[0] if ids else None

    def _place(self, values: Mapping[str, str]) -> tuple[int, int] | None:
        if "from" not in values:
            return None
        position = self.position(values["from"])
        if position is None:
            raise Refused(wire.failure(400, "Invalid cursor value", "from"))
        return position

    def _paid(self, held: wire.PaymentFacts, told: Facts) -> wire.PaymentFacts:
        """A paid payment, with what became of the money."""
        total = held.amount_total or 0
        received = total
        if wire.captured(held) and told.amount_received is not None:
            received = min(total, told.amount_received)
        disputed = bool(told.disputed or told.amount_disputed)
        amount = told.amount_disputed or 0
        if told.one_in(4, "reversed"):
            amount, disputed = 0, disputed and self.reversed_keep_link
        return attrs.evolve(
            held,
            amount_received=received,
            amount_refunded=told.amount_refunded or 0,
            amount_disputed=amount if disputed else 0,
            disputed=disputed,
        )


def _held(facts: Facts) -> wire.PaymentFacts:
    """Facts of the shelf, which are payments all."""
    return cast(wire.PaymentFacts, facts)


def _kind(facts: Facts) -> str:
    """What becomes of facts: a renewal, a charge without the buyer, a till's, or a checkout."""
    if facts.kind in ("renewal", "other", "in_person"):
        return facts.kind
    if facts.mode == "subscription":
        return "renewal" if facts.one_in(2, "renewal") else "checkout"
    if facts.mode == "off_session":
        return "other"
    return "in_person" if facts.mode != "setup" and facts.one_in(9, "till") else "checkout"


def _customer(facts: Facts, kind: str) -> Customer | None:
    """The buyer, of whom a bill tells if there is one; charging later takes a customer."""
    buyer = facts.customer or Customer()
    id = buyer.id and f"cst_{buyer.id.removeprefix('cus_')}"
    if id is None and kind in _CHARGED:
        id = f"cst_{facts.token('customer', 10)}"
    found = attrs.evolve(buyer, id=id, email=None) if _has_a_bill(facts) else Customer(id=id)
    return None if found == Customer() else found


def _has_a_bill(facts: Facts) -> bool:
    """Whether the shop said whom the bill is for."""
    return not facts.one_in(3, "no bill")


def _subscription(facts: Facts) -> str:
    return facts.subscription or f"sub_{facts.token('subscription', 10)}"


def _link(facts: Facts) -> str | None:
    return facts.payment_link and f"pl_{facts.payment_link.removeprefix('plink_')}"


def _page(facts: Facts) -> str:
    return f"https://www.mollie.com/checkout/select-method/{facts.token('page', 10)}"


def _values(request: Received, allowed: frozenset[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in request.parameters:
        if name not in allowed:
            raise Refused(wire.failure(400, f"Unknown parameter {name}", name))
        if name in values:
            raise Refused(wire.failure(400, "The parameter is given twice", name))
        values[name] = value
    _choice(values, "testmode", ("false", "true"))
    return values


def _size(values: Mapping[str, str]) -> int:
    limit = values.get("limit", "50")
    if not limit.isdecimal() or not 1 <= int(limit) <= 250:
        raise Refused(wire.failure(400, "The limit must be between 1 and 250", "limit"))
    return int(limit)


def _choice(values: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = values.get(name, allowed[0])
    if value not in allowed:
        raise Refused(wire.failure(400, f"Allowed: {' and '.join(allowed)}", name))
    return value
