"""Lists: one for each shop, with rows that are no checkouts, and lists that tell less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import attrs
import msgspec
from conformance import toy
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants.breaking import breaks, sound

from unified_checkout.adapters import (
    Compiled,
    ListSessions,
    Paging,
    Place,
    Predicate,
    ProviderPage,
    Reach,
    Request,
    Response,
    Session,
    Stream,
    Untold,
    kit,
)
from unified_checkout.adapters.rules import Pushed, push, unanswerable
from unified_checkout.sandbox import Answer, Facts, Page, Received, Refused

SHOPS = ("north", "south")


@sound
class Shops(ToyAdapter):
    """Has a list for each shop, and numbers that are unique within a shop."""

    sandbox = "conformance.toys.lists:ShopSandbox"
    shops: ClassVar[tuple[str, ...]] = SHOPS
    suite: ClassVar[Mapping[str, Any]] = {"absent_id": "north:0"}
    manner: ClassVar[Mapping[str, Any]] = {
        "paging": Paging.TOKEN,
        "disjoint": True,
        "reach": Reach(windowed=True),
    }

    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        found = [self.of_shop(stream, shop) for stream in compiled.streams for shop in self.shops]
        # The two words for a status are two lists, and an order moves from one to the other.
        alone = len(compiled.streams) <= 1
        return attrs.evolve(compiled, streams=tuple(found), disjoint=alone)

    def of_shop(self, stream: Stream, shop: str) -> Stream:
        parameters = (*stream.parameters, ("shop", shop))
        return attrs.evolve(stream, name=f"{stream.name} {shop}", parameters=parameters)

    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        return ProviderPage(sessions=sessions, next=sent.next, more=sent.rest)

    def session(self, order: toy.Order, raw: bytes) -> Session:
        if not order.shop:
            raise kit.FieldError("shop", "missing, and without it a number is no id")
        session = super().session(order, raw)
        return attrs.evolve(session, id=f"{order.shop}:{order.order}")

    def get_request(self, id: str) -> Request:
        shop, _, number = id.partition(":")
        path = kit.item_path(toy.PATH, number if number else id)
        return Request(path=path, parameters=(("shop", shop),))


@attrs.define(kw_only=True, eq=False)
class ShopSandbox(ToySandbox):
    """Two shops; that in the north is asked where none is named."""

    more_parameters: ClassVar[frozenset[str]] = frozenset({"shop"})

    def adopt(self, facts: Facts) -> Facts:
        adopted = super().adopt(facts)
        shop = SHOPS[facts.one_in(2, "shop")]
        return attrs.evolve(adopted, id=f"{shop}:{self.number(facts, shop)}")

    def number(self, facts: Facts, shop: str) -> int:
        """The next number of a shop; what is known keeps its own."""
        ours = [held for held in self.shelf if held.id.startswith(shop)]
        known = [held.id for held in ours if held.serial == facts.serial]
        return int(known[0].partition(":")[2]) if known else len(ours) + 1

    def read(self, request: Received) -> Page | Answer:
        self.authorize(request)
        values = self.values(request)
        if request.path == toy.PATH:
            return self.listing(values)
        number = request.path.removeprefix(f"{toy.PATH}/")
        return self.item(f"{values.get('shop', SHOPS[0])}:{number}")

    def listing(self, values: toy.Values) -> Page | Answer:
        shop = values.get("shop", SHOPS[0])
        if "older_than" in values:
            values = {**values, "older_than": f"{shop}:{values['older_than']}"}
        return super().listing({**values, "shop": shop})

    def tests(self, values: toy.Values) -> toy.Tests:
        return [*super().tests(values), lambda facts: facts.id.startswith(values["shop"])]

    def tail(self, page: Page) -> dict[str, object]:
        following = page.ids[-1].partition(":")[2] if page.more else None
        return {"rest": page.more, "next": following}

    def render(self, facts: Facts, shape: None) -> Mapping[str, object]:
        shop, _, number = facts.id.partition(":")
        return {**super().render(facts, shape), "order": number, "shop": shop}


@sound
class Tills(Shops):
    """Knows no order that is still open."""

    sandbox = "conformance.toys.lists:TillSandbox"


@attrs.define(kw_only=True, eq=False)
class TillSandbox(ShopSandbox):
    """Takes what is open elsewhere as held."""

    def adopt(self, facts: Facts) -> Facts:
        status = "paid" if facts.status == "open" else facts.status
        return super().adopt(attrs.evolve(facts, status=status))


@breaks("test_pages_of_any_size_give_the_whole_list", saying="sessions are missing")
class AsksTheMainShop(Shops):
    shops = SHOPS[:1]


@breaks("test_ids_tell_sessions_apart", saying="two sessions have the id")
class TakesANumberForAnId(Shops):
    def session(self, order: toy.Order, raw: bytes) -> Session:
        return attrs.evolve(super().session(order, raw), id=order.order)


@breaks("test_no_session_moves_between_disjoint_lists", saying="is in .* now|is in .* and in")
class CallsStatesDisjoint(Shops):
    def compile(self, query: ListSessions) -> Compiled:
        return attrs.evolve(super().compile(query), disjoint=True)


@sound
class Noisy(ToyAdapter):
    """Finds refunds among its orders, leaves them out, and cannot give an order by itself."""

    sandbox = "conformance.toys.lists:NoisySandbox"
    reads_by_id = False
    largest_page = 250
    manner: ClassVar[Mapping[str, Any]] = {"paging": Paging.TOKEN, "reach": Reach()}

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        page, rows = toy.PAGE.decode(response.body, **self.origin(response))
        orders = ((order, raw) for order, raw in rows if self.is_order(order))
        sessions = kit.sessions(self.session, orders, **self.origin(response))
        return self.page(page, sessions, place)

    def is_order(self, order: toy.Order) -> bool:
        return order.state != "refund"

    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        return ProviderPage(sessions=sessions, next=sent.next, more=sent.rest)

    def get_request(self, id: str) -> Request:
        raise NotImplementedError

    def parse_session(self, response: Response) -> Session:
        raise NotImplementedError


@attrs.define(kw_only=True, eq=False)
class NoisySandbox(ToySandbox):
    """Lists four refunds in front of every other order."""

    largest_page: ClassVar[int] = 250

    def item(self, id: str) -> Answer:
        raise Refused(self.failure(404))

    def listing(self, values: toy.Values) -> Page:
        everything = [*self.with_refunds({})]
        passing = {id for id, _ in self.with_refunds(values)}
        start = 0
        if "older_than" in values:
            found = [
                index for index, (id, _) in enumerate(everything) if id == values["older_than"]
            ]
            if not found:
                raise Refused(self.failure(400))
            start = found[0] + 1
        rest = [(id, row) for id, row in everything[start:] if id in passing]
        chosen = rest[: self.count(values)]
        return Page(
            ids=tuple(id for id, _ in chosen),
            rows=tuple(row for _, row in chosen),
            more=len(rest) > len(chosen),
        )

    def with_refunds(self, values: toy.Values) -> Iterator[tuple[str, bytes]]:
        """The rows that pass, refunds among them, each with its id."""
        page = self.select(self.tests(values), None, limit=10**9)
        for id, row in zip(page.ids, page.rows, strict=True):
            for number in range(4 if sum(id.encode()) % 2 else 0):
                yield f"refund-{number}-{id}", row.replace(b'"state":', b'"state":"refund","was":')
            yield id, row

    def tail(self, page: Page) -> dict[str, object]:
        return {"rest": page.more, "next": page.ids[-1] if page.more else None, "total": 7}


@breaks("test_pages_of_any_size_give_the_whole_list", saying="names no place|end too early")
class GoesOnFromTheLastOrder(Noisy):
    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        end = kit.end_of(sessions, place.direction)
        return ProviderPage(sessions=sessions, next=end, more=sent.rest)


@breaks("test_pages_of_any_size_give_the_whole_list", saying="end too early")
class TakesAnEmptyPageForTheEnd(Noisy):
    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        page = super().page(sent, sessions, place)
        return page if sessions else attrs.evolve(page, next=None, more=False)


@breaks("test_sessions_say_what_the_provider_holds", saying="refund|status")
class TakesRefundsForOrders(Noisy):
    def is_order(self, order: toy.Order) -> bool:
        return True


@breaks("test_a_total_is_that_of_the_whole_list", saying="total:")
class CountsRefundsToo(Noisy):
    def page(self, sent: toy.Orders[Any], sessions: list[Session], place: Place) -> ProviderPage:
        return attrs.evolve(super().page(sent, sessions, place), total=sent.total)


@sound
class Terse(ToyAdapter):
    """Lists tell of the buyer when asked, and of payments never."""

    sandbox = "conformance.toys.lists:TerseSandbox"
    untold: ClassVar[Mapping[str, Untold]] = {
        "customer": Untold(expand="buyer", cost="larger answers"),
        "payment_intents": Untold(),
    }

    def compile(self, query: ListSessions) -> Compiled:
        compiled = super().compile(query)
        if "buyer" not in query.expand and not self.needs_buyer(query):
            return compiled
        more = ("with", "buyer")
        found = (attrs.evolve(one, parameters=(*one.parameters, more)) for one in compiled.streams)
        return attrs.evolve(compiled, streams=tuple(found))

    def needs_buyer(self, query: ListSessions) -> bool:
        return query.email is not None or query.customer is not None

    def push(self, predicate: Predicate) -> Pushed:
        if predicate.field == "payment_intent":
            return push(predicate, unanswerable("a list does not tell payments"))
        return super().push(predicate)


@attrs.define(kw_only=True, eq=False)
class TerseSandbox(ToySandbox):
    """Tells all of a single order, and less of those in a list."""

    more_parameters: ClassVar[frozenset[str]] = frozenset({"with"})
    asked: bool = attrs.field(default=False, init=False)

    def item(self, id: str) -> Answer:
        row = self.shelf.row(id)
        if row is None:
            raise Refused(self.failure(404))
        return Answer.json(msgspec.json.encode(super().render(row.facts, None)))

    def listing(self, values: toy.Values) -> Page:
        chosen = super().listing({name: values[name] for name in values if name != "with"})
        assert isinstance(chosen, Page)
        hidden = {"payment_intents"} if "with" in values else {"payment_intents", "buyer"}
        rows = tuple(without(row, hidden) for row in chosen.rows)
        return attrs.evolve(chosen, rows=rows)


def without(row: bytes, hidden: set[str]) -> bytes:
    whole = msgspec.json.decode(row)
    shown = {name: value for name, value in whole.items() if name not in hidden}
    return bytes(msgspec.json.encode(shown))


@breaks("test_sessions_say_what_the_provider_holds", saying="customer.id|customer.email")
class DoesNotSayThatItIsTerse(Terse):
    untold: ClassVar[Mapping[str, Untold]] = {"payment_intents": Untold()}


@breaks("test_what_lists_leave_out_is_told_when_asked", saying="customer")
class DoesNotAsk(Terse):
    def compile(self, query: ListSessions) -> Compiled:
        return super().compile(query.model_copy(update={"expand": ()}))


@breaks("test_a_single_session_is_the_one_in_the_list", saying="payment_intents")
class ReadsASingleOrderLikeAListedOne(Terse):
    def parse_session(self, response: Response) -> Session:
        return attrs.evolve(super().parse_session(response), payment_intents=())


@sound
class Bare(ToyAdapter):
    """Writes a list without an order as ``{}``."""

    sandbox = "conformance.toys.lists:BareSandbox"

    def parse_page(self, response: Response, place: Place) -> ProviderPage:
        if self.is_empty(response):
            return ProviderPage(sessions=[], next=None, more=False)
        return super().parse_page(response, place)

    def is_empty(self, response: Response) -> bool:
        return response.body.strip() == b"{}"


@attrs.define(kw_only=True, eq=False)
class BareSandbox(ToySandbox):
    """Leaves out what is empty."""

    def envelope(self, page: Page) -> Answer:
        return super().envelope(page) if page.rows else Answer.json(b"{}")


@breaks("test_a_body_of_another_shape_is_never_an_empty_list", saying="was read as one")
class TakesAnyObjectForAnEmptyList(Bare):
    def is_empty(self, response: Response) -> bool:
        body = kit.error_body(response)
        return response.body.startswith(b"{") and "orders" not in body
