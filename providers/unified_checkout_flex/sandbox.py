"""Flex, imitated from its documentation.

Sources: docs.withflex.com ``api-reference/checkout-sessions/list-checkout-sessions``, the pages of
the other session endpoints, and the shape of validation errors that Flex's own plugin expects.

What Flex does not document is strict here: an unknown parameter, a limit above 100, a cursor beside
an offset and a time that is not ISO 8601 with ``Z`` or an offset are 422; two cursors are a 400; a
cursor that names no session, or one that has vanished, is a 404; a server error is no JSON.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import attrs

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused

PATH = "/v1/checkout/sessions"
STATUSES = ("open", "paid", "complete", "canceled", "expired")

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")
_EXPANDABLE = ("customer", "payment_intent", "subscription", "split_cart")

_EQUALS: dict[str, Callable[[Facts], object]] = {
    "client_reference_id": operator.attrgetter("client_reference_id"),
    "customer": operator.attrgetter("customer_id"),
    "email": operator.attrgetter("email"),
    "status": operator.attrgetter("status"),
    "subscription": operator.attrgetter("subscription"),
}
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "created[gt]": operator.gt,
    "created[gte]": operator.ge,
    "created[lt]": operator.lt,
    "created[lte]": operator.le,
}
_SWITCHES = ("expand_customer", "expand_payment_intent", "has_disputes")
_ONE_SESSION = ("expand", "expand_customer", "expand_payment_intent")
_PARAMETERS = (
    *_EQUALS,
    *_BOUNDS,
    *_ONE_SESSION,
    "ending_before",
    "has_disputes",
    "interval",
    "limit",
    "offset",
    "payment_intent",
    "starting_after",
)
_FAILURES = {
    400: "Bad Request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
}


@attrs.frozen
class Shape:
    """What decides how a session is written: what is expanded, and whether it stands alone."""

    expand: frozenset[str] = frozenset()
    single: bool = False


@attrs.frozen(kw_only=True)
class FlexFacts(Facts):
    """One session as Flex holds it."""

    ship_to: Address | None = None
    """Flex knows where things are sent, and no address of the buyer's own."""


@attrs.define(kw_only=True, eq=False)
class FlexSandbox(ProviderSandbox):
    """One Flex partner account.

    Facts are held as Flex would hold them: in us dollars, without a payment status; the mode
    ``order`` is a payment, ``failed`` is expired and a null status complete or expired; totals are
    never null; every buyer is a customer with an id, whose address is where things are sent; payment
    links and customer accounts are not known. Test and live sessions stand side by side. A list
    names the customer and the subscription only where it is asked to expand them.
    """

    api_key: ClassVar[str] = "fsk_test_obviously_fake_sandbox_key"
    currencies = frozenset({"usd"})

    def adopt(self, facts: Facts) -> FlexFacts:
        """The facts as Flex would hold them; see the class."""
        id = f"fcs_{_ulid(facts)}"
        paid = facts.payment_status in ("paid", "no_payment_required")
        status = facts.status or ("complete" if paid else "expired")
        total = facts.amount_total or 0
        held = attrs.evolve(
            facts,
            id=id,
            kind="checkout",
            status="expired" if status == "failed" else status,
            payment_status=None,
            mode="payment" if facts.mode == "order" else facts.mode,
            amount_total=total,
            amount_subtotal=total if facts.amount_subtotal is None else facts.amount_subtotal,
            currency="usd",
            customer=_with_id(facts),
            customer_account=None,
            payment_link=None,
            disputed=bool(facts.disputed),
            hosted=True,
            url=f"https://checkout.withflex.com/pay/c/{id}",
        )
        ship_to = facts.customer.address if facts.customer else None
        return FlexFacts(**attrs.asdict(held, recurse=False), ship_to=ship_to)

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        if request.bearer_token != self.api_key:
            raise Refused(self.failure(401))
        folder, _, id = request.path.rpartition("/")
        if request.path != PATH and (folder != PATH or not id):
            raise Refused(self.failure(404))
        if request.method != "GET":
            raise Refused(Answer.json({"detail": "Method Not Allowed"}, 405))
        if request.path == PATH:
            return self._list(_values(request, _PARAMETERS))
        row = self.shelf.row(id)
        if row is None:
            raise Refused(_missing(("path", "id"), id))
        shape = _shape(_values(request, _ONE_SESSION), single=True)
        return Answer.json(b'{"checkout_session":' + self.rendered(row, shape) + b"}")

    def envelope(self, page: Page) -> Answer:
        """The list object with a page's sessions."""
        return Answer.json(b'{"checkout_sessions":[' + b",".join(page.rows) + b"]}")

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        if status == 422:
            return _invalid("query", "is not valid", "value_error")
        if status >= 500:
            headers = {"content-type": "text/plain; charset=utf-8"}
            return Answer(status=status, headers=headers, body=b"Internal Server Error")
        return Answer.json({"detail": _FAILURES.get(status, "Bad Request")}, status)

    def render(self, facts: Facts, shape: Shape) -> dict[str, object]:
        """A session as Flex writes it."""
        assert isinstance(facts, FlexFacts)
        session: dict[str, object] = {
            "allow_promotion_codes": facts.one_in(4, "promotion"),
            "amount_total": facts.amount_total,
            "amount_subtotal": facts.amount_subtotal,
            "amount_received": facts.amount_received,
            "cancel_url": facts.cancel_url,
            "captures": [],
            "disputes": _disputes(facts),
            "capture_method": "automatic",
            "checkout_session_id": facts.id,
            "client_reference_id": facts.client_reference_id,
            "created_at": facts.created,
            "defaults": {"email": facts.customer_email} if facts.customer_email else {},
            "expires_at": facts.expires_at,
            "invoice": facts.invoice,
            "hsa_fsa_eligible": facts.one_in(2, "eligible"),
            "letter_of_medical_necessity_required": facts.one_in(9, "letter"),
            "metadata": facts.metadata,
            "mode": facts.mode,
            "origin": "shopify" if facts.one_in(3, "origin") else None,
            "payment_intents": _payment_intents(facts, shape),
            "redirect_url": facts.url,
            "refunds": _refunds(facts),
            "setup_intent": facts.setup_intent,
            "shipping_options": _shipping_options(facts),
            "shipping_address_collection": facts.amount_shipping is not None,
            "shipping_details": _shipping_details(facts),
            "status": facts.status,
            "success_url": facts.success_url,
            "fees": [],
            "custom_text": {},
            "subscription_data": {},
            "tax_rate": {"amount": facts.amount_tax} if facts.amount_tax else {},
            "tax_calculation_mode": "exclusive",
            "test_mode": not facts.livemode,
            "total_details": _total_details(facts),
            "visit_type": "cbtSleep" if facts.one_in(7, "visit") else None,
            "payment_method_options": {},
            "platform_fees": {},
        }
        for name in ("amount_refunded", "amount_disputed"):
            if (amount := getattr(facts, name)) is not None:
                session[name] = amount
        return session | _on_demand(facts, shape)

    def _list(self, values: Mapping[str, str]) -> Page:
        limit = _integer(values, "limit", 10, range(1, 101))
        offset = _integer(values, "offset", 0, range(2**63))
        shape = _shape(values, single=False)
        tests = self._tests(values)
        cursors = [name for name in ("starting_after", "ending_before") if name in values]
        if len(cursors) == 2:
            message = "starting_after and ending_before are mutually exclusive"
            raise Refused(Answer.json({"detail": message}, 400))
        if cursors and "offset" in values:
            raise Refused(_invalid("offset", "cannot be combined with a cursor", "value_error"))
        after, before = (
            self._cursor(values, name) if name in values else None
            for name in ("starting_after", "ending_before")
        )
        return self.select(tests, shape, limit=limit, after=after, before=before, offset=offset)

    def _cursor(self, values: Mapping[str, str], name: str) -> tuple[int, int]:
        position = self.position(values[name])
        if position is None:
            raise Refused(_missing(("query", name), values[name]))
        return position

    def _tests(self, values: Mapping[str, str]) -> list[Callable[[Facts], bool]]:
        if values.get("status", "open") not in STATUSES:
            raise Refused(_invalid("status", f"must be one of {', '.join(STATUSES)}", "enum"))
        if "@" not in values.get("email", "@"):
            raise Refused(_invalid("email", "is not an email address", "value_error"))
        tests = [_equal(get, values[name]) for name, get in _EQUALS.items() if name in values]
        tests += [
            _within(compare, _time(values, name))
            for name, compare in _BOUNDS.items()
            if name in values
        ]
        if "interval" in values:
            days = _integer(values, "interval", 0, range(36_500))
            now = datetime.fromtimestamp(self.clock(), UTC)
            tests.append(_within(operator.ge, now - timedelta(days=days)))
        if "payment_intent" in values:
            wanted = values["payment_intent"]
            tests.append(lambda facts: wanted in facts.payment_intents)
        if values.get("has_disputes") == "true":
            tests.append(lambda facts: bool(facts.disputed))
        return tests


def _ulid(facts: Facts) -> str:
    """Ten characters of time, then sixteen that look random."""
    milliseconds = facts.created * 1000
    time = "".join(_CROCKFORD[milliseconds >> shift & 31] for shift in range(45, -1, -5))
    return time + facts.token("session", 16, _CROCKFORD)


def _with_id(facts: Facts) -> Customer | None:
    if facts.customer is None:
        return None
    id = facts.customer.id or f"cus_{facts.token('customer', 20)}"
    return attrs.evolve(facts.customer, id=id, address=None)


def _on_demand(facts: FlexFacts, shape: Shape) -> dict[str, object]:
    """What a list leaves out unless it is expanded, and a single session always names."""
    intents = _payment_intents(facts, shape)
    objects: dict[str, object] = {
        "customer": _customer(facts) if "customer" in shape.expand else facts.customer_id,
        "payment_intent": intents[0] if intents else None,
        "subscription": _subscription(facts)
        if "subscription" in shape.expand
        else facts.subscription,
        "split_cart": f"fsc_{facts.token('cart', 20)}" if len(intents) > 1 else None,
    }
    shown = _EXPANDABLE if shape.single else shape.expand
    return {name: objects[name] for name in shown}


def _customer(facts: FlexFacts) -> dict[str, object] | None:
    buyer = facts.customer
    if buyer is None:
        return None
    first, _, last = (buyer.name or "").partition(" ")
    return {
        "customer_id": buyer.id,
        "first_name": first or None,
        "last_name": last or None,
        "email": buyer.email,
        "phone": buyer.phone,
        "employer": None,
        "shipping": _flat(facts.ship_to, facts) if facts.ship_to else None,
        "created_at": _iso(facts.created),
        "test_mode": not facts.livemode,
        "metadata": {},
    }


def _subscription(facts: Facts) -> dict[str, object] | None:
    if facts.subscription is None:
        return None
    return {"subscription_id": facts.subscription, "status": "active"}


def _payment_intents(facts: Facts, shape: Shape) -> list[object]:
    if "payment_intent" not in shape.expand:
        return list(facts.payment_intents)
    return [
        {
            "payment_intent_id": intent,
            "amount": (facts.amount_total or 0) // len(facts.payment_intents),
            "status": "succeeded" if facts.amount_received else "processing",
            "created_at": _iso(facts.created),
            "test_mode": not facts.livemode,
        }
        for intent in facts.payment_intents
    ]


def _disputes(facts: Facts) -> list[object]:
    if not facts.disputed:
        return []
    return [
        {
            "dispute_id": f"fdp_{facts.token('dispute', 20)}",
            "amount": facts.amount_disputed or 0,
            "created_at": _iso(facts.created + 3600),
            "status": "needs_response",
        }
    ]


def _refunds(facts: Facts) -> list[object]:
    if not facts.amount_refunded:
        return []
    return [
        {
            "refund_id": f"fre_{facts.token('refund', 20)}",
            "payment_intent_id": next(iter(facts.payment_intents), None),
            "amount": facts.amount_refunded,
            "created_at": _iso(facts.created + 7200),
            "status": "succeeded",
            "reason": "requested_by_customer",
            "test_mode": not facts.livemode,
        }
    ]


def _shipping_options(facts: Facts) -> dict[str, object]:
    if facts.amount_shipping is None:
        return {}
    rate = f"fshr_{facts.token('rate', 20)}"
    return {
        "shipping_rate_id": rate,
        "shipping_amount": facts.amount_shipping,
        "display_name": "Standard",
    }


def _shipping_details(facts: FlexFacts) -> dict[str, object]:
    if facts.amount_shipping is None or facts.ship_to is None:
        return {}
    return _flat(facts.ship_to, facts)


def _flat(address: Address, facts: Facts) -> dict[str, object]:
    return {"shipping_address_id": f"fsa_{facts.token('address', 20)}", **attrs.asdict(address)}


def _total_details(facts: Facts) -> dict[str, object]:
    details = {
        "amount_discount": facts.amount_discount,
        "amount_tax": facts.amount_tax,
        "amount_shipping": facts.amount_shipping,
    }
    return {name: amount for name, amount in details.items() if amount is not None}


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _values(request: Received, allowed: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in request.parameters:
        if name not in allowed:
            raise Refused(_invalid(name, "Extra inputs are not permitted", "extra_forbidden"))
        if name in values:
            raise Refused(_invalid(name, "is given twice", "value_error"))
        if name in _SWITCHES and value not in ("true", "false"):
            raise Refused(_invalid(name, "must be true or false", "bool_parsing"))
        values[name] = value
    return values


def _shape(values: Mapping[str, str], *, single: bool) -> Shape:
    """What to expand: a comma-separated list, and two switches."""
    expand = set(filter(None, values.get("expand", "").split(",")))
    unknown = expand - set(_EXPANDABLE)
    if unknown:
        raise Refused(_invalid("expand", f"cannot expand {min(unknown)}", "value_error"))
    expand |= {
        name for name in ("customer", "payment_intent") if values.get(f"expand_{name}") == "true"
    }
    return Shape(frozenset(expand), single)


def _integer(values: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    value = values.get(name, str(default))
    if not re.fullmatch(r"-?\d{1,20}", value):
        raise Refused(_invalid(name, "must be an integer", "int_parsing"))
    if int(value) < allowed.start:
        message = f"must be greater than or equal to {allowed.start}"
        raise Refused(_invalid(name, message, "greater_than_equal"))
    if int(value) >= allowed.stop:
        message = f"must be less than or equal to {allowed.stop - 1}"
        raise Refused(_invalid(name, message, "less_than_equal"))
    return int(value)


def _time(values: Mapping[str, str], name: str) -> datetime:
    if not _TIME.fullmatch(values[name]):
        message = "must be ISO 8601 with Z or an offset, such as 2024-01-01T00:00:00Z"
        raise Refused(_invalid(name, message, "datetime_parsing"))
    try:
        return datetime.fromisoformat(values[name])
    except ValueError:
        raise Refused(_invalid(name, "is no such time", "datetime_parsing")) from None


def _equal(get: Callable[[Facts], object], wanted: object) -> Callable[[Facts], bool]:
    return lambda facts: get(facts) == wanted


def _within(compare: Callable[[Any, Any], bool], bound: datetime) -> Callable[[Facts], bool]:
    return lambda facts: compare(datetime.fromtimestamp(facts.created, UTC), bound)


def _missing(place: tuple[str, str], id: str) -> Answer:
    message = f"checkout_session_not_found: {id}"
    problem = {"loc": list(place), "msg": message, "type": "checkout_session_not_found"}
    return Answer.json({"detail": [problem]}, 404)


def _invalid(name: str, message: str, kind: str) -> Answer:
    problem = {"loc": ["query", name], "msg": f"{name}: {message}", "type": kind}
    return Answer.json({"detail": [problem]}, 422)
