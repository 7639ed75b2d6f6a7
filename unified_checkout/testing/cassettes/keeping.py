"""What text a recording may keep: ids, words of closed sets, times, amounts and the like.

Nothing is kept because it looks harmless alone. Either no person's data has such a look, or the
name of the field and the look of the text agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from unified_checkout.testing.cassettes.names import Path, plain

_LONGEST = 255

# By look alone.

_PHRASES = frozenset({*(status.phrase for status in HTTPStatus), "Bearer"})
_VOCABULARY = """
    abandoned absent accepted ach active adjustment affirm alipay always amex any api app
    apple_pay approved async authorized auto automatic bacs balance bancontact bank bank_transfer
    blocked business canceled cancelled captured card card_present cash charge charge_automatically
    checkout closed complete completed confirmed consumed created credit custom customer daily
    day debit declined default deferred delayed deleted denied digital_wallet diners disabled
    discover dispute disputed document draft elements elevated embedded enabled eps error
    everyday exclusive expired failed failure false fixed forever fpx fraudulent free fulfilled full
    giropay google_pay hidden highest hosted ideal if_required immediate in_progress inactive
    inclusive individual initiated instant invalid invoice item jcb klarna late licensed link list
    lost manual mastercard match matched metered minute month monthly multibanco never new no
    no_payment_required none normal not_required off_session on_session once one_time open optional
    order overdue paid partial partially_paid partially_refunded pass passed past_due pay payment
    payment_intent paused pending percentage per_unit pix posted prepaid price processing
    product public quarter recurring refund refunded refused rejected released required
    requires_action requires_capture requires_confirmation requires_payment_method resolved retired
    returned reversed review safe scheduled self send_invoice sent sepa_debit session settled setup
    shippable shipped skipped sms sofort standard started subscription succeeded success
    successful supported suspended test trialing true unavailable unchecked uncollectible
    under_review union unionpay unknown unpaid unspecified unsubmitted unsupported
    us_bank_account usage valid verified visa void voided waiting wallet warning week
    weekly won year yearly yes p24 3d_secure 3d_secure_redirect v1 v2
    """
_WORDS = frozenset(_VOCABULARY.split())
"""Words that providers choose among, whatever the field is called."""

_ID = re.compile(
    r"(?=\w*\d|\w*_[A-Za-z0-9]*(?:[a-z][A-Z]|[A-Z][a-z]))"
    r"[a-z]{1,12}_(?:test_|live_)?[A-Za-z0-9]{14,}",
    re.ASCII,
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DECIMAL = re.compile(r"-?\d{1,15}\.\d{2,3}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?!00:00:00)\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?(?:Z|[+-]\d\d:?\d\d)",
    re.ASCII,
)
"""A day alone, or a midnight, may be a birthday."""
_BY_LOOK = (_ID, _UUID, _DECIMAL, _MOMENT)

# By name and look.

_WORD = re.compile(r"[a-z]+(?:[_.-](?:[a-z]+|\d{1,2}))*")
_WORD_OF_SEVERAL = re.compile(r"[a-z]+(?:_[a-z]+)+")
_SHORT_CODE = re.compile(r"[A-Z]{1,2}\d{2,4}", re.ASCII)
_CONSTANT = re.compile(r"[A-Z]|[A-Z]+(?:_[A-Z]+)+")
_PLACE = re.compile(r"[a-z_]+(?:(?:[.,]|\[[A-Za-z_]*\])[a-z_]*)*")
_ANY_ID = re.compile(
    r"(?=[^\d]*\d)(?:\d{1,20}|(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]+(?:[_.:~-]+[A-Za-z0-9]+)*)"
)
_PREFIXED_ID = re.compile(r"[a-z]{1,8}(?:_[A-Za-z0-9]+)+", re.ASCII)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?(?:Z|[+-]\d\d:?\d\d)?)?|\d{9,13}"
    r"|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
    re.ASCII,
)
_AMOUNT = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?", re.ASCII)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[a-z]{3,5}|[A-Z]{3,5}")
_LOCALE = re.compile(r"[a-z]{2,3}(?:[-_](?:[A-Z]{2}|[A-Z][a-z]{3}|\d{3}))*")
_VERSION = re.compile(r"v?\d{1,4}(?:[.-]\d{1,4})*(?:\.[a-z]+)*", re.ASCII)
_MEDIA = re.compile(r"[a-z]+/[a-z0-9.+*-]+(?:; ?[a-z]+=[\w-]+)*", re.ASCII)


def _is_word(text: str) -> bool:
    return bool(_WORD.fullmatch(text) or _CONSTANT.fullmatch(text)) or (
        text.isupper() and text.lower() in _WORDS
    )


def _is_code(text: str) -> bool:
    return (_WORD_OF_SEVERAL.fullmatch(text) or _SHORT_CODE.fullmatch(text)) is not None


def _is_id(text: str) -> bool:
    return _is_prefixed(text) or (_ANY_ID.fullmatch(text) is not None and not looks_personal(text))


def _is_prefixed(text: str) -> bool:
    return _PREFIXED_ID.fullmatch(text) is not None


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


_CLOSED: dict[Callable[[str], bool], str] = {
    _is_word: """
        action behavior behaviour brand category channel check checks collection creation
        direction eligibility environment event exempt feature feedback flow
        format frequency funding interval kind level liability method methods mode network networks
        object origin outcome permission processor provider reason redisplay requirement resource
        role scheme status statuses tier type types unit usage visibility
        """,
    _is_code: "code codes",
    _matches(_PLACE): "param params loc expand field include order_by",
    _is_id: "id ids trace after before cursor page_token next_page",
    _matches(_TIME): """
        at on date time timestamp datetime created updated modified expires opened closes start end
        since until gt gte lt lte retry_after due
        """,
    _matches(_AMOUNT): """
        amount amounts total subtotal price fee fees discount balance rate percent percentage
        percent_off decimal cost net gross quantity refunded captured received
        amount.value price.value total.value fee.value balance.value refunded.value
        discount.value units
        """,
    _matches(_NUMBER): """
        limit offset page per_page page_size size count length remaining reset retry_after position
        index days hours minutes seconds exp_month exp_year page.number interval ratelimit attempts
        """,
    _matches(_COUNTRY): "country countries country_code country_codes",
    _matches(_CURRENCY): "currency currencies currency_code currency_codes",
    _matches(_LOCALE): "locale locales language languages",
    _matches(_VERSION): "version",
    _matches(_MEDIA): "accept content_type mime_type type",
}
_BY_NAME: dict[str, list[Callable[[str], bool]]] = {}
for _look, _names in _CLOSED.items():
    for _name in _names.split():
        _BY_NAME.setdefault(_name, []).append(_look)
"""By the end of a field's dotted path, the looks of what it may hold."""

_OBJECTS = """
    application balance_transaction charge checkout checkout_session coupon customer
    customer_account discount dispute invoice mandate merchant organization payment payment_intent
    payment_link payment_method payout plan price product promotion_code quote refund schedule
    session setup_intent shipping_rate store subscription test_clock transfer
    """
_RELATED = frozenset(_OBJECTS.split())
"""What a provider's objects are called: a field of that name holds an id."""

_TOKEN = re.compile(r"[\w.:/#~+=%@,&|*$?!\[\]{}-]+", re.ASCII)

# What gives itself away.

_PERSONAL = re.compile(
    r"\+\d[\d ().-]{5,}"  # a telephone number
    r"|\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,4}"
    r"|\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}"  # an IP address
    r"|[A-Z]{2}\d{2}[A-Z0-9]{11,30}"  # an IBAN
    r"|[A-Z]{2,3}\d{7,12}[A-Z]?"  # a tax number
    r"|\d{4}-\d\d-\d\d(?:[T ]00:00(?::00(?:\.0+)?)?.{0,6})?"  # a birthday
    r"|(?=[^\d_]*$)[A-Z].*[a-z].*",  # a name
    re.ASCII,
)


def looks_personal(text: str) -> bool:
    """Whether one word looks like somebody's name, birthday, telephone or tax number, and the like.

    >>> [looks_personal(text) for text in ("GB123456789", "2001:db8::1", "Jenny", "in_progress")]
    [True, True, True, False]
    """
    return _PERSONAL.fullmatch(text) is not None


def may_be_kept(path: Path, text: str) -> bool:
    """Whether text in a field may be kept, wherever the field is; with commas, each part of it.

    >>> may_be_kept(("payment_intent", "status"), "requires_capture")
    True
    >>> may_be_kept(("status",), "paid,completed"), may_be_kept(("order_by",), "created[DESC]")
    (True, True)
    >>> may_be_kept(("payment_intent", "nickname"), "requires_capture_of_jenny")
    False
    """
    if len(text) > _LONGEST:
        return False
    if text in _WORDS or text in _PHRASES or any(look.fullmatch(text) for look in _BY_LOOK):
        return True
    names = [plain(name) for name in path[-2:]]
    if not names:
        return False
    last = names[-1]
    if (last in _RELATED or last.removesuffix("s") in _RELATED) and _is_prefixed(text):
        return True
    looks = [look for ending in _endings(names) for look in _BY_NAME.get(ending, ())]
    return any(look(text) or all(map(look, text.split(","))) for look in looks)


def may_be_kept_of_a_session(text: str) -> bool:
    """Whether text may be kept in a field of a session's own, or around the sessions of a page.

    There a provider's word for a status, an id and a cursor may have any name and look. But what
    consists of several words was typed by somebody.

    >>> may_be_kept_of_a_session("order-1"), may_be_kept_of_a_session("for Jenny")
    (True, False)
    """
    return _TOKEN.fullmatch(text) is not None and not looks_personal(text)


def _endings(names: list[str]) -> list[str]:
    """The ends of a dotted path at which a name begins.

    >>> _endings(["net_amount", "currency_value"])[:3]
    ['net_amount.currency_value', 'amount.currency_value', 'currency_value']
    """
    joined = ".".join(names)
    return [joined, *(joined[end.end() :] for end in re.finditer(r"[._]", joined))]
