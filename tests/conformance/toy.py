"""A small provider and its adapter: the sound one, of which ``variants`` break one law each."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

import attrs
import msgspec

from unified_checkout.adapters import (
    Adapter,
    AdapterOptions,
    Compiled,
    Credentials,
    Direction,
    KeyKind,
    Place,
    ProviderPage,
    Reach,
    Request,
    Response,
    Sensitive,
    Stream,
    kit,
)
from unified_checkout.adapters.rules import (
    Pushed,
    exact,
    inexact,
    narrowed,
    page_parameters,
    page_size,
    push,
    push_created,
    push_status,
    streams,
    unanswerable,
    unsupported,
)
from unified_checkout.errors import ProviderError
from unified_checkout.model.predicate import Operator, Predicate
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Address, Customer, Session
from unified_checkout.model.statuses import PaymentStatus, SessionKind, SessionMode, SessionStatus
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused

PATH = "/orders"
LARGEST_PAGE = 100
CREATED = {
    Operator.GT: "after",
    Operator.GTE: "from",
    Operator.LT: "before",
    Operator.LTE: "until",
}
CURSORS = {Direction.FORWARD: "older_than", Direction.BACKWARD: "newer_than"}
STATUSES = {
    "new": SessionStatus.OPEN,
    "held": SessionStatus.COMPLETE,
    "done": SessionStatus.COMPLETE,
    "stopped": SessionStatus.CANCELED,
    "over": SessionStatus.EXPIRED,
    "refused": SessionStatus.FAILED,
}
PAYMENT_STATUSES = {
    "yes": PaymentStatus.PAID,
    "no": PaymentStatus.UNPAID,
    "free": PaymentStatus.NO_PAYMENT_REQUIRED,
}
MODES = {word.value: word for word in SessionMode if word is not SessionMode.UNKNOWN}

PREDICATES = {
    "customer": exact("buyer"),
    "email": inexact("mail", "in any letter case"),
    "client_reference_id": exact("reference"),
    "payment_status": unsupported("no such filter"),
    "mode": unsupported("no such filter"),
    "currency": unsupported("no such filter"),
    "livemode": unsupported("the key's mode decides"),
    "payment_intent": unsupported("no such filter"),
    "payment_link": unsupported("no such filter"),
    "subscription": unsupported("no such filter"),
    "customer_account": unsupported("no such filter"),
    "has_disputes": unanswerable("orders say nothing about disputes"),
}

Row = TypeVar("Row")
Tests = list[Callable[[Facts], bool]]
Values = Mapping[str, str]


class Home(msgspec.Struct, frozen=True):
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Buyer(msgspec.Struct, frozen=True):
    key: str | None = None
    mail: str | None = None
    name: str | None = None
    phone: str | None = None
    address: Home | None = None


class SameName(msgspec.Struct, frozen=True, kw_only=True):
    """What the toy calls as the common language does."""

    amount_subtotal: int | None = None
    amount_discount: int | None = None
    amount_shipping: int | None = None
    amount_tax: int | None = None
    amount_received: int | None = None
    amount_refunded: int | None = None
    amount_disputed: int | None = None
    customer_account: str | None = None
    customer_email: str | None = None
    payment_intents: tuple[str, ...] = ()
    subscription: str | None = None
    setup_intent: str | None = None
    invoice: str | None = None
    payment_link: str | None = None
    url: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None


SAME = SameName.__struct_fields__


class Order(SameName, frozen=True, kw_only=True):
    order: kit.Id
    shop: str = ""
    at: kit.Timestamp
    ends: kit.Timestamp | None = None
    state: str | None = None
    money: str | None = None
    kind: str | None = None
    total: int | None = None
    currency: str | None = None
    buyer: Buyer | None = None
    reference: str | None = None
    live: bool | None = None
    again: bool = False
    notes: msgspec.Raw = msgspec.Raw()


class Orders(msgspec.Struct, Generic[Row], frozen=True):
    rows: list[Row] = msgspec.field(name="orders")
    rest: bool
    next: str | None = None
    total: int | None = None
    fresh: kit.Timestamp | None = None


PAGE = kit.page_decoder(Orders, Order)


class ToyOptions(AdapterOptions):
    base_url: str = "https://api.toy.example.com"


class ToyAdapter(Adapter[AdapterOptions]):
    name = "toy"
    title = "Toy"
    options_type: ClassVar[type[AdapterOptions]] = ToyOptions
    requests_per_second = 10.0
    judges_kinds: ClassVar[bool] = False
    manner: ClassVar[Mapping[str, Any]] = {"reach": Reach(windowed=True)}
    """What is compiled of every query alike."""
    bounds: ClassVar[Mapping[Operator, str]] = CREATED
    largest_page: ClassVar[int] = LARGEST_PAGE
    suite: ClassVar[Mapping[str, Any]] = {}
    """What a suite for this adapter sets."""
    sensitive: ClassVar[Mapping[str, Sensitive | None]] = {
        "notes": Sensitive.TEXT,
        "url": Sensitive.PAGE,
        "buyer.key": None,
    }

    def compile(self, query: ListSessions) -> Compiled:
        self.options_for(query)
        pushed = [self.push(predicate) for predicate in query.predicates(kind=self.judges_kinds)]
        return Compiled(
            streams=streams(pushed, self.template()),
            verdicts=tuple(one.verdict for one in pushed),
            page_size=page_size(
                query, self.largest_page, inclusive=self.manner.get("inclusive", False)
            ),
            **self.manner,
        )

    def template(self) -> Stream:
        return Stream(name="orders", path=PATH)

    def push(self, predicate: Predicate) -> Pushed:
        match predicate.field:
            case "created":
                return push_created(predicate, self.bounds)
            case "status":
                return push_status(predicate, "state", STATUSES)
            case field:
                return push(predicate, PREDICATES[field])

    def page_request(self, compiled: Compiled, stream: Stream, place: Place) -> Request:
        stream = narrowed(stream, place.window, names=self.bounds, read=int, write=str)
        parameters = page_parameters(stream, place, size="count", cursors=CURSORS)
        return Request(path=stream.path, parameters=parameters)

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page, rows = PAGE.decode(response.body, **self.origin(response))
        sessions = kit.sessions(self.session, rows, **self.origin(response))
        return self.page(page, sessions, place)

    def page(self, sent: Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        return ProviderPage(
            sessions=sessions, next=kit.end_of(sessions, place.direction), more=sent.rest
        )

    def get_request(self, id: str) -> Request:
        return Request(path=kit.item_path(PATH, id))

    def parse_session(self, response: Response) -> Session:
        order = kit.decode(PAGE.row, response.body, **self.origin(response))
        with kit.field_errors(row=None, **self.origin(response)):
            return self.session(order, response.body)

    def session(self, order: Order, raw: bytes) -> Session:
        return Session(
            account=self.account,
            provider="toy",
            id=order.order,
            created=kit.seconds(order.at),
            raw_bytes=raw,
            status=kit.word(STATUSES, order.state, SessionStatus.UNKNOWN),
            payment_status=kit.word(PAYMENT_STATUSES, order.money, PaymentStatus.UNKNOWN),
            mode=kit.word(MODES, order.kind, SessionMode.UNKNOWN),
            kind=SessionKind.RENEWAL if order.again else SessionKind.CHECKOUT,
            expires_at=None if order.ends is None else kit.seconds(order.ends),
            amount_total=order.total,
            currency=order.currency,
            currency_exponent=self.exponent(order.currency) if order.currency else None,
            customer=self.buyer(order.buyer) if order.buyer else None,
            client_reference_id=order.reference,
            livemode=order.live,
            metadata=kit.strings(order.notes),
            provider_status=order.state,
            **{name: getattr(order, name) for name in SAME},
        )

    def buyer(self, buyer: Buyer) -> Customer:
        home = buyer.address
        return Customer(
            id=buyer.key,
            email=buyer.mail,
            name=buyer.name,
            phone=buyer.phone,
            address=Address(**msgspec.structs.asdict(home)) if home else None,
        )

    def parse_error(self, response: Response) -> ProviderError:
        problem = kit.error_body(response).get("problem")
        message = kit.explanation(problem, response)
        return kit.error_for(response, message, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        return kit.bearer(request, credentials)

    @classmethod
    def key_kind(cls, api_key: str) -> KeyKind:
        return kit.key_kind(api_key, {"tk_test_": KeyKind.TEST, "tk_": KeyKind.LIVE})

    def origin(self, response: Response) -> dict[str, Any]:
        return kit.origin(self, response, "x-request-id")


_WORDS = {
    "open": "new",
    "paid": "held",
    "complete": "done",
    "canceled": "stopped",
    "failed": "refused",
}
_MONEY = {"paid": "yes", "unpaid": "no", "no_payment_required": "free"}
_COMPARED = {"after": operator.gt, "from": operator.ge, "before": operator.lt, "until": operator.le}
_PARAMETERS = {"state", "buyer", "mail", "reference", "count", "skip"}
_PARAMETERS |= {*_COMPARED, *CURSORS.values()}


def word_of(facts: Facts) -> str:
    """The toy's word for the state that facts are in."""
    return _WORDS.get(facts.status or "", "over")


def _compared(name: str, values: Values, facts: Facts) -> bool:
    return bool(_COMPARED[name](facts.created, int(values[name])))


@attrs.define(kw_only=True, eq=False)
class ToySandbox(ProviderSandbox):
    """The toy's orders: strict in what it takes."""

    api_key: ClassVar[str] = "tk_test_obviously_fake"
    more_parameters: ClassVar[frozenset[str]] = frozenset()
    largest_page: ClassVar[int] = LARGEST_PAGE

    def adopt(self, facts: Facts) -> Facts:
        return attrs.evolve(
            facts,
            id=f"o-{facts.token('order', 12)}",
            status=facts.status or "expired",
            kind=self.kind(facts),
            url=f"https://toy.example.com/{facts.token('page', 12)}",
            disputed=None,
        )

    def kind(self, facts: Facts) -> str:
        return "checkout"

    def read(self, request: Received) -> Page | Answer:
        self.authorize(request)
        if request.path == PATH:
            return self.listing(self.values(request))
        return self.item(request.path.removeprefix(f"{PATH}/"))

    def authorize(self, request: Received) -> None:
        if request.bearer_token != self.api_key:
            raise Refused(self.failure(401))

    def values(self, request: Received) -> dict[str, str]:
        """The parameters, all of them known."""
        values = dict(request.parameters)
        if set(values) - {*_PARAMETERS, *self.more_parameters}:
            raise Refused(self.failure(400))
        return values

    def item(self, id: str) -> Answer:
        row = self.shelf.row(id)
        if row is None:
            raise Refused(self.failure(404))
        return Answer.json(self.rendered(row, None))

    def listing(self, values: Values) -> Page | Answer:
        older, newer = (self._position(values.get(name)) for name in CURSORS.values())
        return self.select(
            self.tests(values),
            None,
            limit=self.count(values),
            after=older,
            before=newer,
            offset=int(values.get("skip", "0")),
        )

    def count(self, values: Values) -> int:
        """How many orders are asked for."""
        count = values.get("count", "20")
        if not count.isdecimal() or not 1 <= int(count) <= self.largest_page:
            raise Refused(self.failure(400))
        return int(count)

    def envelope(self, page: Page) -> Answer:
        tail = json.dumps(self.tail(page)).encode()
        return Answer.json(b'{"orders":[' + b",".join(page.rows) + b"]," + tail[1:])

    def tail(self, page: Page) -> dict[str, object]:
        """What stands beside the orders."""
        return {"rest": page.more}

    def failure(self, status: int) -> Answer:
        return self.problem(f"that is a {status}", status)

    def problem(self, text: str, status: int = 400) -> Answer:
        return Answer.json({"problem": text}, status)

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        buyer = facts.customer
        return {
            "order": facts.id,
            "at": facts.created,
            "ends": facts.expires_at,
            "state": word_of(facts),
            "money": _MONEY.get(facts.payment_status or ""),
            "kind": facts.mode,
            "total": facts.amount_total,
            "currency": facts.currency,
            "buyer": buyer
            and {
                "key": buyer.id,
                "mail": buyer.email,
                "name": buyer.name,
                "phone": buyer.phone,
                "address": buyer.address and attrs.asdict(buyer.address),
            },
            "reference": facts.client_reference_id,
            "live": facts.livemode,
            "again": facts.kind == "renewal",
            "notes": facts.metadata,
            **{name: getattr(facts, name) for name in SAME},
        }

    def _position(self, id: str | None) -> tuple[int, int] | None:
        if id is None:
            return None
        position = self.position(id)
        if position is None:
            raise Refused(self.failure(400))
        return position

    def tests(self, values: Values) -> Tests:
        """What an order must pass to be listed."""
        return [test for name, test in self._tests(values).items() if name in values]

    def _tests(self, values: Values) -> dict[str, Callable[[Facts], bool]]:
        mail = values.get("mail", "").lower()
        return {
            "state": lambda facts: word_of(facts) == values["state"],
            "buyer": lambda facts: facts.customer_id == values["buyer"],
            "mail": lambda facts: (facts.email or "").lower() == mail,
            "reference": lambda facts: facts.client_reference_id == values["reference"],
            **{name: partial(_compared, name, values) for name in _COMPARED},
        }


@attrs.define(kw_only=True, eq=False)
class RenewingSandbox(ToySandbox):
    """Orders that come again, in between."""

    def kind(self, facts: Facts) -> str:
        return "renewal" if facts.one_in(3, "renewal") else "checkout"
