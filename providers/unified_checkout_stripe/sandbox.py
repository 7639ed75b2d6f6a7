"""Stripe, imitated from its documentation.

Sources: the reference pages ``api/checkout/sessions/list`` and ``.../object``, ``api/pagination``,
``api/errors``, ``api/expanding_objects``, ``keys``, ``rate-limits`` and the changelog of versions.

What Stripe does not document is strict here: a cursor that names no session, or one that has
vanished, is a 400 ``resource_missing``; a parameter that is given twice is refused; the address in
``customer_details[email]`` is compared letter for letter.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any, ClassVar

import attrs

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused
from unified_checkout_stripe.sandbox_expanded import EXPANDABLE, PATH, Shape
from unified_checkout_stripe.sandbox_wire import (
    CUSTOMER_ACCOUNT,
    NAME,
    hosted_page,
    recorded_version,
    session_object,
)

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)*")
_EXPAND = re.compile(r"expand\[\d*\]")
_SESSION_ID = re.compile(r"cs_(test|live)_\w+")
_BOUND = re.compile(r"created\[(gt|gte|lt|lte)\]")

_EQUALS: dict[str, Callable[[Facts], object]] = {
    "customer": operator.attrgetter("customer_id"),
    "customer_account": operator.attrgetter("customer_account"),
    "customer_details[email]": operator.attrgetter("email"),
    "payment_link": operator.attrgetter("payment_link"),
    "status": operator.attrgetter("status"),
    "subscription": operator.attrgetter("subscription"),
}
_PARAMETERS = {
    *_EQUALS,
    "created",
    "ending_before",
    "limit",
    "payment_intent",
    "starting_after",
}
_STATUSES = {"paid": "complete", "canceled": "expired", "failed": "expired"}
_MODES = {"order": "payment", "off_session": "payment"}
_FAILURES = {
    400: ("invalid_request_error", "parameter_invalid", "The request was unacceptable."),
    401: ("invalid_request_error", None, "Invalid API Key provided: sk_test_***"),
    402: ("card_error", "card_declined", "The parameters were valid but the request failed."),
    403: (
        "invalid_request_error",
        None,
        "The provided key 'rk_test_***' lacks the permission 'rak_checkout_session_read'.",
    ),
    404: ("invalid_request_error", "resource_missing", "No such checkout.session"),
    409: ("idempotency_error", None, "The request conflicts with another request."),
    429: ("invalid_request_error", "rate_limit", "Request rate limit exceeded."),
}


@attrs.define(kw_only=True, eq=False)
class StripeSandbox(ProviderSandbox):
    """One Stripe account in test mode.

    Facts are held as Stripe would hold them: ``paid`` is complete, ``canceled`` and ``failed``
    are expired, the modes ``order`` and ``off_session`` are payments, all are test sessions; there
    is at most one payment intent, in payment mode and not while the session is open; a setup
    intent is there from the beginning; nothing is known of disputes, refunds and amounts received.
    Of the buyer, an open or expired session tells the address alone: an open one that of a known
    customer, an expired one also that of a guest who got so far as to give it. A complete one
    always tells the buyer, and in subscription mode the customer; where the facts do not, they
    are invented. An order of nothing that is complete is ``paid``, but for subscriptions that
    begin with a trial.

    Some sessions are shown in the shape of 2020 or 2022 whatever version is asked for, as they
    come from recorded bodies and proxies.
    """

    api_key: ClassVar[str] = "sk_test_obviously_fake_sandbox_key"
    restricted_key: ClassVar[str] = "rk_test_obviously_fake_may_read_sessions"
    powerless_key: ClassVar[str] = "rk_test_obviously_fake_may_read_nothing"

    account_version: str = "2022-11-15"
    """The version that applies where a request names none."""
    connected_account: str | None = None
    """Where set, all sessions live on this connected account, and a request that does not name it
    in ``Stripe-Account`` or ``Stripe-Context`` finds none."""
    old_versions_filter_by_account: bool = False
    """Whether versions before 2025-12-15.clover know the filter ``customer_account`` too. They
    show the field; about the filter nothing is documented."""
    _request_ids: Iterable[int] = attrs.field(factory=lambda: count(1), init=False)

    def adopt(self, facts: Facts) -> Facts:
        """The facts as Stripe would hold them; see the class."""
        id = "cs_test_a1" + facts.token("session", 56)
        recorded = recorded_version(facts) is not None
        if recorded:
            facts = _in_old_shape(facts)
        mode = _MODES.get(facts.mode or "payment", facts.mode or "payment")
        status = _STATUSES.get(facts.status or "", facts.status)
        with_payment = mode == "payment" and status != "open"
        return attrs.evolve(
            facts,
            id=id,
            kind="checkout",
            status=status,
            payment_status=_payment_status(facts, status, mode),
            mode=mode,
            amount_received=None,
            amount_refunded=None,
            amount_disputed=None,
            disputed=None,
            customer=_known_buyer(facts, status, mode),
            customer_account=None if recorded else facts.customer_account,
            payment_intents=facts.payment_intents[:1] if with_payment else (),
            subscription=facts.subscription if mode == "subscription" else None,
            setup_intent=_setup_intent(facts) if mode == "setup" else None,
            url=hosted_page(facts, id) if facts.hosted and status == "open" else None,
            livemode=False,
        )

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        self._authorize(request.bearer_token or request.basic_user)
        visible = self._sees_sessions(request.headers)
        version = self._version(request.headers)
        if request.method != "GET" or not re.fullmatch(f"{PATH}(/[^/]+)?", request.path):
            raise Refused(_unrecognized(request))
        if request.path != PATH:
            id = request.path.rpartition("/")[2]
            return self._one(id, Shape(version, _expansions(request, "")), visible)
        shape = Shape(version, _expansions(request, "data."))
        by_account = self.old_versions_filter_by_account or version >= CUSTOMER_ACCOUNT
        return self._list(_values(request, by_account=by_account), shape, visible)

    def envelope(self, page: Page) -> Answer:
        """The list object with a page's sessions."""
        more = b"true" if page.more else b"false"
        start = b'{"object":"list","url":"' + PATH.encode() + b'","has_more":' + more + b',"data":['
        return Answer.json(start + b",".join(page.rows) + b"]}")

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        kind, code, message = _FAILURES.get(
            status, ("api_error", None, "An unexpected error occurred.")
        )
        answer = _error(status, message, kind=kind, code=code)
        if status == 429:
            headers = {**answer.headers, "stripe-rate-limited-reason": "endpoint-rate"}
            return attrs.evolve(answer, headers=headers)
        return answer

    def headers(self, request: Received) -> Mapping[str, str]:
        """What every answer carries."""
        version = request.headers.get("stripe-version", self.account_version)
        number = next(iter(self._request_ids))
        return {"request-id": f"req_sandbox{number:07}", "stripe-version": version}

    def _authorize(self, key: str | None) -> None:
        if not key:
            raise Refused(
                _error(
                    401,
                    "You did not provide an API key. You need to provide your API key in the "
                    "Authorization header, using Bearer auth.",
                )
            )
        if key.startswith("pk_"):
            raise Refused(
                _error(
                    401,
                    "This API call cannot be made with a publishable API key. "
                    "Please use a secret API key.",
                    code="secret_key_required",
                )
            )
        if key == self.powerless_key:
            raise Refused(self.failure(403))
        if key not in (self.api_key, self.restricted_key):
            raise Refused(self.failure(401))

    def _sees_sessions(self, headers: Mapping[str, str]) -> bool:
        account = headers.get("stripe-context") or headers.get("stripe-account")
        if account is not None and account != self.connected_account:
            raise Refused(
                _error(
                    403,
                    f"The provided key 'sk_test_***' does not have access to account '{account}' "
                    "(or that account does not exist).",
                    code="account_invalid",
                )
            )
        return account == self.connected_account

    def _version(self, headers: Mapping[str, str]) -> str:
        version = headers.get("stripe-version", self.account_version)
        if not _VERSION.fullmatch(version):
            raise Refused(_error(400, f"Invalid Stripe API version: {version}"))
        return version

    def _one(self, id: str, shape: Shape, visible: bool) -> Answer:
        row = self.shelf.row(id) if visible else None
        if row is None:
            raise Refused(self._missing(id, "session", 404))
        return Answer.json(self.rendered(row, shape))

    def _list(self, values: Mapping[str, str], shape: Shape, visible: bool) -> Page:
        limit = _limit(values)
        tests = _tests(values)
        if not visible:
            return Page(ids=(), rows=(), more=False)
        after, before = (
            self._cursor(values, name) if name in values else None
            for name in ("starting_after", "ending_before")
        )
        return self.select(tests, shape, limit=limit, after=after, before=before)

    def _cursor(self, values: Mapping[str, str], name: str) -> tuple[int, int]:
        if not _SESSION_ID.fullmatch(values[name]):
            raise Refused(_error(400, f"Invalid checkout.session id: {values[name]}", param=name))
        position = self.position(values[name])
        if position is None:
            raise Refused(self._missing(values[name], name, 400))
        return position

    def _missing(self, id: str, param: str, status: int) -> Answer:
        message = f"No such checkout.session: '{id}'"
        return _error(status, message, code="resource_missing", param=param)

    def render(self, facts: Facts, shape: Shape) -> dict[str, object]:
        """A session as Stripe writes it."""
        return session_object(facts, shape)


def _in_old_shape(facts: Facts) -> Facts:
    """Old sessions were on Stripe's page always, and had addresses to return to."""
    shop = "https://shop.example.com"
    return attrs.evolve(
        facts,
        hosted=True,
        success_url=facts.success_url or f"{shop}/thanks",
        cancel_url=facts.cancel_url or f"{shop}/cart",
    )


def _payment_status(facts: Facts, status: str | None, mode: str) -> str:
    """Whether the money is there; of an order of nothing, as recorded payloads have it."""
    trial = mode == "subscription" and facts.one_in(3, "trial")
    free = facts.amount_total == 0 and facts.payment_status == "no_payment_required"
    if status == "complete" and mode != "setup" and free and not trial:
        return "paid"
    return facts.payment_status or "unpaid"


def _setup_intent(facts: Facts) -> str:
    return facts.setup_intent or f"seti_{facts.token('setup', 24)}"


def _known_buyer(facts: Facts, status: str | None, mode: str) -> Customer | None:
    """The buyer as far as Stripe tells: all of it on completion only."""
    buyer = facts.customer
    if status in ("open", "expired"):
        if buyer is None or (buyer.id is None and not _address_given(facts, status)):
            return None
        return Customer(id=buyer.id, email=buyer.email)
    if status == "complete":
        buyer = buyer or Customer()
        if buyer == Customer(id=buyer.id):
            email = f"buyer-{facts.token('buyer', 6).lower()}@example.com"
            buyer = Customer(id=buyer.id, email=email, name=NAME, address=Address(country="US"))
        if mode == "subscription" and buyer.id is None:
            buyer = attrs.evolve(buyer, id=f"cus_{facts.token('customer', 14)}")
    return attrs.evolve(buyer, address=None) if buyer and mode == "setup" else buyer


def _address_given(facts: Facts, status: str | None) -> bool:
    """Whether a guest who left had given an address before."""
    return status == "expired" and facts.one_in(2, "address given")


def _values(request: Received, *, by_account: bool) -> dict[str, str]:
    """The parameters of a list request, but for ``expand[]``; each known, filled and given once."""
    values: dict[str, str] = {}
    for name, value in request.parameters:
        if _EXPAND.fullmatch(name):
            continue
        known = name in _PARAMETERS or _BOUND.fullmatch(name)
        if not known or (name == "customer_account" and not by_account):
            raise Refused(_unknown_parameter(name))
        if name in values:
            raise Refused(_error(400, f"Received {name} twice", param=name))
        if not value:
            message = f"You passed an empty string for '{name}'."
            raise Refused(_error(400, message, code="parameter_invalid_empty", param=name))
        values[name] = value
    if "starting_after" in values and "ending_before" in values:
        raise Refused(_error(400, "starting_after and ending_before are mutually exclusive"))
    if "created" in values and any(map(_BOUND.fullmatch, values)):
        raise Refused(_error(400, "created is either an integer or a hash", param="created"))
    return values


def _tests(values: Mapping[str, str]) -> list[Callable[[Facts], bool]]:
    tests: list[Callable[[Facts], bool]] = []
    for name, value in values.items():
        if name == "status" and value not in ("open", "complete", "expired"):
            message = "Invalid status: must be one of complete, expired, or open"
            raise Refused(_error(400, message, param=name))
        if name == "customer_details[email]" and len(value) > 800:
            raise Refused(_error(400, "Invalid email: longer than 800 characters", param=name))
        if name in _EQUALS:
            tests.append(_equal(_EQUALS[name], value))
        elif name == "payment_intent":
            tests.append(_paid_by(value))
        elif name == "created":
            tests.append(_equal(operator.attrgetter("created"), _integer(name, value)))
        elif bound := _BOUND.fullmatch(name):
            compare = getattr(operator, {"gte": "ge", "lte": "le"}.get(bound[1], bound[1]))
            tests.append(_within(compare, _integer(name, value)))
    return tests


def _equal(get: Callable[[Facts], object], wanted: object) -> Callable[[Facts], bool]:
    return lambda facts: get(facts) == wanted


def _within(compare: Callable[[Any, Any], bool], bound: int) -> Callable[[Facts], bool]:
    return lambda facts: compare(facts.created, bound)


def _paid_by(payment_intent: str) -> Callable[[Facts], bool]:
    return lambda facts: payment_intent in facts.payment_intents


def _limit(values: Mapping[str, str]) -> int:
    limit = _integer("limit", values.get("limit", "10"))
    if 1 <= limit <= 100:
        return limit
    side = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
    code = "parameter_invalid_integer"
    raise Refused(_error(400, f"This value must be {side}.", code=code, param="limit"))


def _integer(name: str, value: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", value):
        message = f"Invalid integer: {value}"
        raise Refused(_error(400, message, code="parameter_invalid_integer", param=name))
    return int(value)


def _expansions(request: Received, prefix: str) -> frozenset[str]:
    """The objects to expand; in a list their paths begin with ``data.``."""
    expanded = set()
    for name, path in request.parameters:
        if not _EXPAND.fullmatch(name):
            if not prefix:
                raise Refused(_unknown_parameter(name))
            continue
        message = f"This property cannot be expanded ({path})."
        if not path.startswith(prefix):
            hint = f" You may want to try expanding '{prefix}{path}' instead."
            raise Refused(_error(400, message + hint))
        found = _expandable(path.removeprefix(prefix))
        if found is None:
            raise Refused(_error(400, message))
        if len(path.split(".")) > 4:
            raise Refused(_error(400, "You cannot expand more than 4 levels of a property"))
        expanded.add(found)
    return frozenset(expanded)


def _expandable(path: str) -> str | None:
    """What a path expands first; what lies behind that is not looked at."""
    steps = path.split(".")
    heads = (".".join(steps[:length]) for length in range(1, len(steps) + 1))
    return next((head for head in heads if head in EXPANDABLE), None)


def _unrecognized(request: Received) -> Answer:
    hint = " Please remove the trailing slash." if request.path.endswith("/") else ""
    where = f"{request.method}: {request.path}"
    return _error(404, f"Unrecognized request URL ({where}).{hint}")


def _unknown_parameter(name: str) -> Answer:
    message = f"Received unknown parameter: {name}"
    return _error(400, message, code="parameter_unknown", param=name)


def _error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
) -> Answer:
    error = {"message": message, "type": kind}
    if code is not None:
        error |= {"code": code, "doc_url": f"https://docs.stripe.com/error-codes#{code}"}
    if param is not None:
        error["param"] = param
    return Answer.json({"error": error}, status)
