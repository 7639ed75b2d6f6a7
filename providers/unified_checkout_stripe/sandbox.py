"""Stripe, imitated from its documentation.

Sources: the reference pages ``api/checkout/sessions/list`` and ``.../object``, ``api/pagination``,
``api/errors``, ``api/expanding_objects``, ``keys``, ``rate-limits`` and the changelog of versions.

What Stripe does not document is strict here: a cursor that names no session, or one that has
vanished, is a 400 ``resource_missing``; a parameter that is given twice is refused; the address in
``customer_details[email]`` is compared letter for letter.
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any, ClassVar

import attrs

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused

PATH = "/v1/checkout/sessions"

SHIPPING_DETAILS = "2022-08-01"
ADAPTIVE_PRICING = "2024-11-20"
COLLECTED_INFORMATION = "2025-02-24"
BASIL = "2025-03-31"
CLOVER = "2025-09-30"
CUSTOMER_ACCOUNT = "2025-12-15"
DAHLIA = "2026-03-25"

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
_EXPANDABLE = {
    "customer",
    "invoice",
    "line_items",
    "payment_intent",
    "payment_link",
    "setup_intent",
    "shipping_cost",
    "subscription",
    "total_details",
}
_STATUSES = {"paid": "complete", "canceled": "expired"}
_MODES = {"order": "payment", "off_session": "payment"}
_UI_MODES = {"hosted": "hosted_page", "embedded": "embedded_page", "custom": "elements"}

_FAILURES = {
    400: ("invalid_request_error", "parameter_invalid", "The request was unacceptable."),
    401: ("invalid_request_error", None, "Invalid API Key provided: sk_test_***"),
    402: ("card_error", "card_declined", "The parameters were valid but the request failed."),
    403: (
        "invalid_request_error",
        None,
        "The provided key 'rk_test_***' does not have the required permissions for this endpoint. "
        "Having the 'rak_checkout_session_read' permission would allow this request to continue.",
    ),
    404: ("invalid_request_error", "resource_missing", "No such checkout.session"),
    409: ("idempotency_error", None, "The request conflicts with another request."),
    429: ("invalid_request_error", "rate_limit", "Request rate limit exceeded."),
}


@attrs.frozen
class Shape:
    """What decides how a session is written: the API version and the expanded objects."""

    version: str
    expand: frozenset[str] = frozenset()


@attrs.define(kw_only=True, eq=False)
class StripeSandbox(ProviderSandbox):
    """One Stripe account in test mode.

    Facts are held as Stripe would hold them: ``paid`` is complete and ``canceled`` expired, the
    modes ``order`` and ``off_session`` are payments, all are test sessions; there is at most one
    payment intent, in payment mode and not while the session is open; nothing is known of
    disputes, refunds and amounts received; while a session is open, the buyer's details are null.

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
    _request_ids: Iterable[int] = attrs.field(factory=lambda: count(1), init=False)

    def adopt(self, facts: Facts) -> Facts:
        id = "cs_test_a1" + facts.token("session", 56)  # noqa: A001
        mode = _MODES.get(facts.mode or "payment", facts.mode or "payment")
        status = _STATUSES.get(facts.status or "", facts.status)
        with_payment = mode == "payment" and status != "open"
        return attrs.evolve(
            facts,
            id=id,
            status=status,
            payment_status=facts.payment_status or "unpaid",
            mode=mode,
            amount_received=None,
            amount_refunded=None,
            amount_disputed=None,
            disputed=None,
            customer=_known_buyer(facts.customer, status, mode),
            customer_account=None if _recorded_version(facts) else facts.customer_account,
            payment_intents=facts.payment_intents[:1] if with_payment else (),
            subscription=facts.subscription if mode == "subscription" else None,
            setup_intent=facts.setup_intent if mode == "setup" else None,
            url=_hosted_page(facts, id) if facts.hosted and status == "open" else None,
            livemode=False,
        )

    def read(self, request: Received) -> Page | Answer:
        self._authorize(request.headers)
        visible = self._sees_sessions(request.headers)
        version = self._version(request.headers)
        if request.method != "GET" or not re.fullmatch(f"{PATH}(/[^/]+)?", request.path):
            raise Refused(_unrecognized(request))
        if request.path != PATH:
            id = request.path.rpartition("/")[2]  # noqa: A001
            return self._one(id, Shape(version, _expansions(request, "")), visible)
        shape = Shape(version, _expansions(request, "data."))
        return self._list(_values(request, version), shape, visible)

    def envelope(self, page: Page) -> Answer:
        more = b"true" if page.more else b"false"
        start = b'{"object":"list","url":"' + PATH.encode() + b'","has_more":' + more + b',"data":['
        return Answer.json(start + b",".join(page.rows) + b"]}")

    def failure(self, status: int) -> Answer:
        kind, code, message = _FAILURES.get(
            status, ("api_error", None, "An unexpected error occurred.")
        )
        answer = _error(status, message, kind=kind, code=code)
        if status == 429:
            headers = {**answer.headers, "stripe-rate-limited-reason": "endpoint-rate"}
            return attrs.evolve(answer, headers=headers)
        return answer

    def headers(self, request: Received) -> Mapping[str, str]:
        version = request.headers.get("stripe-version", self.account_version)
        number = next(iter(self._request_ids))
        return {"request-id": f"req_sandbox{number:07}", "stripe-version": version}

    def _authorize(self, headers: Mapping[str, str]) -> None:
        key = _key(headers.get("authorization", ""))
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

    def _one(self, id: str, shape: Shape, visible: bool) -> Answer:  # noqa: A002
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

    def _missing(self, id: str, param: str, status: int) -> Answer:  # noqa: A002
        message = f"No such checkout.session: '{id}'"
        return _error(status, message, code="resource_missing", param=param)

    def render(self, facts: Facts, shape: Shape) -> dict[str, object]:
        version = _recorded_version(facts) or shape.version
        linked = {
            name: _linked(facts, name, id, shape)
            for name, id in (
                ("customer", facts.customer_id),
                ("invoice", facts.invoice),
                ("payment_intent", next(iter(facts.payment_intents), None)),
                ("payment_link", facts.payment_link),
                ("setup_intent", facts.setup_intent),
                ("subscription", facts.subscription),
            )
        }
        session: dict[str, object] = {
            "id": facts.id,
            "object": "checkout.session",
            "after_expiration": None,
            "allow_promotion_codes": True if facts.one_in(4, "promotion") else None,
            "amount_subtotal": facts.amount_subtotal,
            "amount_total": facts.amount_total,
            "automatic_tax": {"enabled": False, "liability": None, "status": None},
            "billing_address_collection": None,
            "cancel_url": facts.cancel_url,
            "client_reference_id": facts.client_reference_id,
            "consent": None,
            "consent_collection": None,
            "created": facts.created,
            "currency": facts.currency,
            "custom_fields": [],
            "custom_text": {"shipping_address": None, "submit": None},
            "customer_creation": "if_required",
            "customer_details": _customer_details(facts),
            "customer_email": facts.customer_email,
            "expires_at": facts.expires_at,
            "invoice_creation": {"enabled": False} if facts.mode == "payment" else None,
            "livemode": facts.livemode,
            "locale": "auto" if facts.one_in(3, "locale") else None,
            "metadata": facts.metadata,
            "mode": facts.mode,
            "payment_method_collection": "always",
            "payment_method_options": {},
            "payment_method_types": ["card", "link"],
            "payment_status": facts.payment_status,
            "phone_number_collection": {"enabled": facts.one_in(5, "phone")},
            "recovered_from": None,
            "shipping_address_collection": None,
            "shipping_cost": _shipping_cost(facts),
            "shipping_options": [],
            "status": facts.status,
            "submit_type": None,
            "success_url": facts.success_url,
            "total_details": _total_details(facts, shape),
            "url": facts.url,
        }
        return session | linked | _by_version(facts, version) | _when_used(facts, version, shape)


def _known_buyer(customer: Customer | None, status: str | None, mode: str) -> Customer | None:
    """The buyer as far as Stripe tells: details are null while open, a setup has no address."""
    if customer is None:
        return None
    if status == "open":
        return Customer(id=customer.id) if customer.id else None
    return attrs.evolve(customer, address=None) if mode == "setup" else customer


def _recorded_version(facts: Facts) -> str | None:
    """The old version in whose shape this session is always shown."""
    if not facts.one_in(16, "recorded"):
        return None
    return "2020-08-27" if facts.one_in(2, "very old") else "2022-11-15"


def _hosted_page(facts: Facts, id: str) -> str:  # noqa: A002
    secret = f"fidkdWxOYHwnPyd1blpxYHZx{facts.token('page', 150)}%2F{facts.token('more', 60)}%3D"
    return f"https://checkout.stripe.com/c/pay/{id}#{secret}"


def _by_version(facts: Facts, version: str) -> dict[str, object]:
    """The fields that came, went, moved or changed their words."""
    ui_mode = "hosted" if facts.hosted else "embedded"
    if not facts.hosted and facts.one_in(3, "custom page"):
        ui_mode = "custom"
    fields: dict[str, object] = {
        "ui_mode": _UI_MODES[ui_mode] if version >= DAHLIA else ui_mode,
    }
    if version < SHIPPING_DETAILS:
        del fields["ui_mode"]
        fields |= {"shipping": _shipping(facts), "shipping_rate": None}
    elif version < BASIL:
        fields["shipping_details"] = _shipping(facts, carrier=None, phone=None, tracking_number=None)
    if version >= ADAPTIVE_PRICING:
        fields["adaptive_pricing"] = {"enabled": True}
    if version >= COLLECTED_INFORMATION:
        fields["collected_information"] = {"shipping_details": _shipping(facts)}
    if version < CLOVER:
        fields["currency_conversion"] = None
    if version >= CUSTOMER_ACCOUNT:
        fields["customer_account"] = facts.customer_account
    return fields


def _when_used(facts: Facts, version: str, shape: Shape) -> dict[str, object]:
    """The fields that are absent where they do not apply."""
    fields: dict[str, object] = {}
    if not facts.hosted:
        fields["client_secret"] = f"{facts.id}_secret_{facts.token('client', 40)}"
        fields["return_url"] = "https://shop.example.com/return?session={CHECKOUT_SESSION_ID}"
        fields["redirect_on_completion"] = "always"
    if version >= BASIL and facts.amount_total and facts.one_in(10, "presentment"):
        fields["presentment_details"] = {
            "presentment_amount": facts.amount_total * 3,
            "presentment_currency": "cad",
        }
    if "line_items" in shape.expand:
        fields["line_items"] = {
            "object": "list",
            "data": [
                {
                    "id": f"li_{facts.token('line', 24)}",
                    "object": "item",
                    "amount_discount": facts.amount_discount or 0,
                    "amount_subtotal": facts.amount_subtotal or 0,
                    "amount_tax": facts.amount_tax or 0,
                    "amount_total": facts.amount_total or 0,
                    "currency": facts.currency or "usd",
                    "description": "T-shirt",
                    "quantity": 1,
                }
            ],
            "has_more": False,
            "url": f"{PATH}/{facts.id}/line_items",
        }
    return fields


def _linked(facts: Facts, kind: str, id: str | None, shape: Shape) -> object:  # noqa: A002
    """A related object: its id, or the object itself where the request expands it."""
    if id is None or kind not in shape.expand:
        return id
    linked: dict[str, object] = {"id": id, "object": kind}
    if kind == "customer":
        if facts.one_in(6, "deleted"):
            return linked | {"deleted": True}
        buyer = facts.customer or Customer()
        return linked | {"email": buyer.email, "name": buyer.name, "phone": buyer.phone}
    if kind == "payment_intent":
        status = "succeeded" if facts.payment_status == "paid" else "processing"
        linked |= {"amount": facts.amount_total, "currency": facts.currency, "status": status}
    return linked | {"created": facts.created, "livemode": facts.livemode, "metadata": {}}


def _customer_details(facts: Facts) -> dict[str, object] | None:
    buyer = facts.customer
    if buyer is None or buyer == Customer(id=buyer.id):
        return None
    details: dict[str, object] = {
        "email": buyer.email,
        "name": buyer.name,
        "phone": buyer.phone,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    if facts.mode != "setup":
        details["address"] = attrs.asdict(buyer.address) if buyer.address else None
    return details


def _shipping(facts: Facts, **more: object) -> dict[str, object] | None:
    buyer = facts.customer
    if facts.amount_shipping is None or buyer is None or buyer.address is None:
        return None
    return {"address": attrs.asdict(buyer.address), "name": buyer.name, **more}


def _shipping_cost(facts: Facts) -> dict[str, object] | None:
    amount = facts.amount_shipping
    if amount is None:
        return None
    rate = f"shr_{facts.token('rate', 24)}"
    return {
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "shipping_rate": rate,
    }


def _total_details(facts: Facts, shape: Shape) -> dict[str, object] | None:
    details: dict[str, object] = {
        "amount_discount": facts.amount_discount,
        "amount_shipping": facts.amount_shipping,
        "amount_tax": facts.amount_tax,
    }
    if all(amount is None for amount in details.values()):
        return None
    if "total_details" in shape.expand:
        details["breakdown"] = {"discounts": [], "taxes": []}
    return details


def _values(request: Received, version: str) -> dict[str, str]:
    """The parameters of a list request, but for ``expand[]``; each known, filled and given once."""
    values: dict[str, str] = {}
    for name, value in request.parameters:
        if _EXPAND.fullmatch(name):
            continue
        known = name in _PARAMETERS or _BOUND.fullmatch(name)
        if not known or (name == "customer_account" and version < CUSTOMER_ACCOUNT):
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
            tests.append(lambda facts, wanted=value: wanted in facts.payment_intents)
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
        root = path.removeprefix(prefix).partition(".")[0]
        if root not in _EXPANDABLE:
            raise Refused(_error(400, message))
        if len(path.split(".")) > 4:
            raise Refused(_error(400, "You cannot expand more than 4 levels of a property"))
        expanded.add(root)
    return frozenset(expanded)


def _key(authorization: str) -> str | None:
    """The key in a Basic header, as user name without a password, or in a Bearer header."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    try:
        name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name if scheme.lower() == "basic" and not password else None


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
