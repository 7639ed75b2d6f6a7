"""Paystack, imitated from its documentation and its published description.

Sources: paystack.com/docs ``api/transaction``, ``api/pagination``, ``api/errors`` and
``payments/verify-payments``, their samples, and the OpenAPI description that Paystack publishes.

Where the two contradict each other, or neither says anything, an attribute of the sandbox chooses.
Without a word it takes both for true and is strict about the rest: an unknown parameter, a page
that is too large and a cursor that names nothing are 400.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import attrs

from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Answer, Facts, Page, ProviderSandbox, Received, Refused
from unified_checkout_paystack.sandbox_wire import (
    PAID,
    SOURCES,
    PaystackFacts,
    Shape,
    failure,
    fees,
    transaction,
)

PATH = "/transaction"
_REQUESTS_PER_MINUTE = 100

Test = Callable[[Facts], bool]
Key = tuple[int, int]
"""A place in the list, newest first: the time of creation, then who came last."""

_CURRENCIES = ("usd", "ngn", "ngn", "ghs", "zar", "kes", "xof")
"""What a shop takes whose amounts were told in dollars."""
_LEAST = 5000
"""What a card is charged to be remembered."""
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?)?")
"""With a blank and without a zone, as Paystack's own package writes it."""
_DIGITS = "0123456789"

_EVERYWHERE = ("amount", "from", "next", "page", "previous", "status", "to", "use_cursor")
_DOCUMENTED = ("customer", "perPage", "terminalid")
_DESCRIBED = (
    *("channel", "customer_code", "per_page", "settlement", "source"),
    *("split_code", "subaccount_code", "terminal_id", "virtual_account_number"),
)
_WORDS: Mapping[str, tuple[str, ...]] = {
    "channel": ("card", "pos", "bank", "dedicated_nuban", "ussd", "bank_transfer"),
    "source": ("merchantApi", "checkout", "pos", "virtualTerminal"),
    "use_cursor": ("true", "false"),
}
_HELD: Mapping[str, Callable[[PaystackFacts], object]] = {
    "amount": lambda facts: facts.amount,
    "channel": lambda facts: facts.channel,
    "customer": lambda facts: int(facts.customer_id or 0),
    "customer_code": lambda facts: facts.customer_code,
    "settlement": lambda facts: None,
    "source": lambda facts: SOURCES[facts.source],
    "split_code": lambda facts: None,
    "status": lambda facts: facts.word,
    "subaccount_code": lambda facts: None,
    "terminal_id": lambda facts: facts.terminal,
    "terminalid": lambda facts: facts.terminal,
    "virtual_account_number": lambda facts: facts.account_number,
}
"""What a filter compares with; nothing here is ever settled or split."""
_NUMBERS = ("amount", "customer", "settlement")


@attrs.frozen(kw_only=True)
class TransactionPage(Page):
    """A page, with what its ``meta`` tells."""

    size: int
    by_cursor: bool
    skipped: int = 0
    """Transactions ahead of it in the list, where pages are numbered."""
    first: bool = True
    total: int = 0
    volume: int = 0


@attrs.define(kw_only=True, eq=False)
class PaystackSandbox(ProviderSandbox):
    """One Paystack integration.

    Facts are held as Paystack would hold them. Every other one is the renewal of a subscription,
    some are charges of a remembered card, transfers to a dedicated account or taken at a terminal,
    and some old ones do not say. What was not paid is abandoned or failed, and never expires.
    Each customer has a numeric id and an address. Test and live transactions stand side by side.
    """

    api_key: ClassVar[str] = "sk_test_obviously_fake_paystack_key"
    currencies = frozenset({"usd"})
    vanished_cursors = True

    speaks: Literal["both", "documentation", "description"] = "both"
    """Which names of parameters are known, and which words of ``status``."""
    ignores_unknown: bool = False
    """Whether an unknown parameter is ignored."""
    bounds_included: bool = True
    """Whether ``from`` and ``to`` themselves are in the span."""
    ties_ascending: bool = False
    """Whether, within one second, the earlier comes first."""
    lists_unopened: bool = True
    """Whether a checkout is listed before its page was opened."""
    last_cursor: Literal["null", "text", "absent"] = "null"
    """What ``meta.next`` is on the last page: null, the text ``null``, or nothing."""
    heeds_use_cursor: bool = True
    """Whether a cursor is to be had at all, or pages are numbered all the same."""
    plain_cursors: bool = False
    """Whether a list that was asked for without ``use_cursor`` names cursors too."""
    largest_page: int = 1000
    cuts_pages: bool = False
    """Whether a page that is too large is made smaller, or refused."""
    wrong_key_status: int = 401
    fetch_names_entry_point: bool = True
    """Whether a single transaction says how it was begun; the sample of the documentation does
    not."""
    _minute: int = attrs.field(default=0, init=False)
    _used: int = attrs.field(default=0, init=False)

    def adopt(self, facts: Facts) -> PaystackFacts:
        """The facts as Paystack would hold them; see the class."""
        kind, channel, entry_point = _nature(facts)
        word = _word(facts, kind)
        currency = facts.currency or "ngn"
        if currency == "usd":
            currency = _CURRENCIES[int(facts.token("money", 1, _DIGITS[:7]))]
        asked = _LEAST if facts.amount_total is None else facts.amount_total
        asked -= asked % 100 if currency == "xof" else 0
        charged = asked + (fees(asked) if facts.one_in(6, "bears the fees") else 0)
        held = Facts(
            serial=facts.serial,
            created=facts.created,
            id=f"{facts.created}{facts.token('transaction', 6, _DIGITS)}".lstrip("0"),
            kind=kind,
            status=_status(facts, word, kind),
            payment_status="paid" if word in PAID else "unpaid",
            mode=_mode(facts, kind, entry_point),
            expires_at=None,
            amount_total=asked,
            amount_received=charged if word in PAID else None,
            currency=currency,
            customer=_buyer(facts),
            client_reference_id=_reference(facts),
            livemode=facts.livemode,
            metadata={"invoice_action": "update"} if kind == "renewal" else facts.metadata,
            disputed=None,
        )
        opened = kind == "checkout" and not (word == "abandoned" and facts.one_in(3, "unopened"))
        return PaystackFacts(
            **attrs.asdict(held, recurse=False),
            word=word,
            entry_point=entry_point,
            channel=channel,
            opened=opened,
        )

    def read(self, request: Received) -> Page | Answer:
        """What a request selects; raises ``Refused``."""
        if request.bearer_token != self.api_key:
            raise Refused(attrs.evolve(self.failure(401), status=self.wrong_key_status))
        folder, _, last = request.path.rpartition("/")
        if request.method == "GET" and request.path == PATH:
            return self._list(self._values(request))
        if request.method != "GET" or folder not in (PATH, f"{PATH}/verify"):
            raise Refused(failure(404, "Route not found"))
        shape: Shape = "fetch" if self.fetch_names_entry_point else "fetch without entry point"
        if folder == f"{PATH}/verify":
            shape = "verify"
            found = [facts.id for facts in self.shelf if facts.client_reference_id == last]
            last = found[0] if found else ""
        elif not last.isdecimal():
            raise Refused(failure(400, "Transaction ID should be numeric."))
        row = self.shelf.row(last)
        if row is None:
            raise Refused(self.failure(404))
        start = b'{"status":true,"message":"Transaction retrieved","data":'
        return Answer.json(start + self.rendered(row, shape) + b"}")

    def render(self, facts: Facts, shape: Shape) -> dict[str, object]:
        """A transaction as Paystack writes it."""
        assert isinstance(facts, PaystackFacts)
        return transaction(facts, shape)

    def envelope(self, page: Page) -> Answer:
        """The list with a page's transactions, and how it goes on."""
        assert isinstance(page, TransactionPage)
        meta = self._cursors(page) if page.by_cursor else _numbers(page)
        start = b'{"status":true,"message":"Transactions retrieved","data":['
        end = b'],"meta":' + json.dumps(meta).encode() + b"}"
        return Answer.json(start + b",".join(page.rows) + end)

    def failure(self, status: int) -> Answer:
        """The error body that goes with a status."""
        return failure(status)

    def headers(self, request: Received) -> Mapping[str, str]:
        """What every answer carries. A rate that is not enforced is never told to be used up."""
        minute, second = divmod(int(self.clock()), 60)
        self._used = self._used + 1 if minute == self._minute else 1
        self._minute = minute
        return {
            "x-ratelimit-limit": str(_REQUESTS_PER_MINUTE),
            "x-ratelimit-remaining": str(max(1, _REQUESTS_PER_MINUTE - self._used)),
            "x-ratelimit-reset": str(60 - second),
        }

    def _values(self, request: Received) -> dict[str, str]:
        known = {
            "both": (*_EVERYWHERE, *_DOCUMENTED, *_DESCRIBED),
            "documentation": (*_EVERYWHERE, *_DOCUMENTED),
            "description": (*_EVERYWHERE, *_DESCRIBED),
        }[self.speaks]
        values: dict[str, str] = {}
        for name, value in request.parameters:
            if name in known:
                values[name] = value
            elif not self.ignores_unknown:
                raise Refused(failure(400, f'"{name}" is not allowed'))
        statuses = ["success", "failed", "abandoned"]
        statuses += [] if self.speaks == "documentation" else ["reversed"]
        for name, words in {**_WORDS, "status": statuses}.items():
            if name in values and values[name] not in words:
                raise Refused(failure(400, f'"{name}" must be one of {", ".join(words)}'))
        return values

    def _list(self, values: Mapping[str, str]) -> Page:
        size = self._size(values)
        number = _integer(values, "page", 1)
        asked_for = values.get("use_cursor") == "true"
        places = [name for name in ("next", "previous") if name in values]
        if len(places) > 1 or (places and ("page" in values or not asked_for)):
            raise Refused(failure(400, "next, previous and page exclude each other"))
        rows = self._rows(self._tests(values))
        position = self._position(values[places[0]]) if places else None
        by_cursor = self.plain_cursors or (asked_for and self.heeds_use_cursor)
        skipped = (number - 1) * size
        backward = places == ["previous"]
        if position is not None and backward:
            ahead = [row for row in rows if self._order(row.key) < self._order(position)]
            chosen, more = ahead[-size:], len(ahead) > size
        else:
            behind = [
                row
                for row in rows
                if position is None or self._order(row.key) > self._order(position)
            ][skipped:]
            chosen, more = behind[:size], len(behind) > size
        return TransactionPage(
            ids=tuple(row.facts.id for row in chosen),
            rows=tuple(self.rendered(row, "list") for row in chosen),
            more=more,
            backward=backward,
            size=size,
            by_cursor=by_cursor,
            skipped=skipped,
            first=position is None and number == 1,
            total=len(rows),
            volume=sum(row.facts.amount_received or 0 for row in rows),
        )

    def _rows(self, tests: Iterable[Test]) -> list[Any]:
        """The rows of the shelf that pass every test, in the order of the list."""
        checks = tuple(tests)
        rows = [row for row in self.shelf.after(None) if all(check(row.facts) for check in checks)]
        return sorted(rows, key=lambda row: self._order(row.key)) if self.ties_ascending else rows

    def _order(self, key: Key) -> Key:
        return (key[0], -key[1]) if self.ties_ascending else key

    def _size(self, values: Mapping[str, str]) -> int:
        size = _integer(values, "perPage", _integer(values, "per_page", 50))
        if size > self.largest_page and not self.cuts_pages:
            raise Refused(failure(400, f"perPage must be {self.largest_page} or less"))
        return min(size, self.largest_page)

    def _position(self, token: str) -> Key:
        try:
            word, _, id = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            word, id = "", ""
        position = self.position(id)
        if word != "undefined" or position is None:
            raise Refused(failure(400, "Invalid cursor"))
        return position

    def _tests(self, values: Mapping[str, str]) -> list[Test]:
        tests = [_equal(name, values) for name in _HELD if name in values]
        if not self.lists_unopened:
            tests.append(lambda facts: not _never_opened(facts))
        bounds = [name for name in ("from", "to") if name in values]
        return tests + [self._bound(name, _time(values, name)) for name in bounds]

    def _bound(self, name: str, moment: float) -> Test:
        sign, included = (1 if name == "from" else -1), self.bounds_included

        def test(facts: Facts) -> bool:
            beyond = sign * (facts.created - moment)
            return beyond > 0 or (included and beyond == 0)

        return test

    def _cursors(self, page: TransactionPage) -> dict[str, object]:
        """The ``meta`` of a page that goes by cursors."""
        goes_on, goes_back = page.more, not page.first
        if page.backward:
            goes_on, goes_back = True, page.more
        meta: dict[str, object] = {
            "next": _token(page.ids[-1]) if goes_on and page.ids else None,
            "previous": _token(page.ids[0]) if goes_back and page.ids else None,
            "perPage": page.size,
        }
        if self.last_cursor == "null":
            return meta
        ended = [name for name, value in meta.items() if value is None]
        kept = {name: value for name, value in meta.items() if value is not None}
        return {**kept, **(dict.fromkeys(ended, "null") if self.last_cursor == "text" else {})}


def _numbers(page: TransactionPage) -> dict[str, object]:
    """The ``meta`` of a page that goes by its number."""
    number = page.skipped // page.size + 1
    return {
        "total": page.total,
        "total_volume": page.volume,
        "skipped": page.skipped,
        "perPage": str(page.size),
        "page": number,
        "pageCount": number if not page.more else -(-page.total // page.size),
    }


def _nature(facts: Facts) -> tuple[str, str, str | None]:
    """What a transaction is, by which channel it was paid, and how it was begun."""
    told = facts.kind if facts.kind in ("renewal", "in_person", "other", "unknown") else None
    once = told is None and facts.mode not in ("subscription", "off_session")
    if told == "renewal" or (once and facts.one_in(2, "renewed")):
        return "renewal", "card", "charge"
    if told == "other" or facts.mode == "off_session":
        return "other", "card", "charge"
    if once and facts.one_in(16, "transferred"):
        return "other", "dedicated_nuban", None
    if told == "in_person" or (once and facts.one_in(16, "at a till")):
        return "in_person", "pos", None
    if told == "unknown" or (once and facts.one_in(16, "of old")):
        return "unknown", "card", None
    inline = facts.one_in(3, "inline")
    return "checkout", "card", "request_inline" if inline else "transaction_initialize"


def _word(facts: Facts, kind: str) -> str:
    paid = facts.payment_status in ("paid", "no_payment_required")
    match facts.status or ("complete" if paid else "expired"):
        case "paid" | "complete" if not paid:
            return "processing" if kind in ("renewal", "other") else "pending"
        case "paid":
            return "success"
        case "complete":
            return "reversed" if facts.amount_refunded or facts.disputed else "success"
        case "open" if kind in ("renewal", "other"):
            return "queued" if facts.one_in(2, "in bulk") else "processing"
        case "open" if facts.one_in(4, "busy"):
            return "ongoing" if facts.one_in(2, "at work") else "pending"
        case "open" | "expired" | "canceled" if kind not in ("renewal", "other"):
            return "abandoned"
        case _:
            return "failed"


def _status(facts: Facts, word: str, kind: str) -> str:
    """The word as facts have it: what nobody is there to pay failed for good."""
    if word in PAID:
        return "paid" if facts.status == "paid" else "complete"
    return "failed" if word == "failed" and kind in ("renewal", "other") else "open"


def _mode(facts: Facts, kind: str, entry_point: str | None) -> str:
    if entry_point is None:
        return "unknown"
    if kind != "checkout":
        return "off_session"
    return "subscription" if facts.mode == "subscription" else "payment"


def _buyer(facts: Facts) -> Customer:
    """The customer, with the numeric id that the same one has in every transaction."""
    buyer = facts.customer or Customer()
    who = Facts(serial=buyer.id or buyer.email or facts.serial, created=0)
    number = f"1{who.token('customer', 8, _DIGITS)}"
    email = buyer.email or f"buyer-{number}@example.com"
    return attrs.evolve(buyer, id=number, email=email, address=None)


def _reference(facts: Facts) -> str:
    """The merchant's reference, of the characters that Paystack takes, or one of its own."""
    told, own = facts.client_reference_id, facts.token("reference", 10, _DIGITS + "abcdefghij")
    return own if told is None else f"{re.sub('[^A-Za-z0-9.=-]', '-', told)}-{own[:4]}"


def _never_opened(facts: Facts) -> bool:
    assert isinstance(facts, PaystackFacts)
    return facts.kind == "checkout" and not facts.opened


def _token(id: str) -> str:
    return base64.b64encode(f"undefined:{id}".encode()).decode()


def _equal(name: str, values: Mapping[str, str]) -> Test:
    wanted: object = _integer(values, name, 0) if name in _NUMBERS else values[name]
    get: Callable[[Any], object] = _HELD[name]
    return lambda facts: get(facts) == wanted


def _integer(values: Mapping[str, str], name: str, default: int) -> int:
    value = values.get(name, str(default))
    least = 0 if name in _NUMBERS else 1
    if not re.fullmatch(r"[0-9]{1,20}", value) or int(value) < least:
        raise Refused(failure(400, f'"{name}" must be a number from {least} on'))
    return int(value)


def _time(values: Mapping[str, str], name: str) -> float:
    """A time, in UTC where it names no zone, or a day alone, which is its midnight."""
    value = values[name]
    try:
        if _TIME.fullmatch(value):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        pass
    raise Refused(failure(400, f'"{name}" must be a valid date'))
