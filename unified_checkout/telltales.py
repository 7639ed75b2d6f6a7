"""What secrets and e-mail addresses look like, and how to quote what may be either."""

from __future__ import annotations

import re

_CREDENTIALS = (
    r"(?i:(?:\b[a-z]{0,4}|[a-z]?[rsp])k(?:cs)?_(?:test|live)_[\w*.-]+)"
    r"|\b[a-z]?[rsp]k(?:cs)?_(?=[\w*]*[\d*])[\w*]{8,}"
    r"|whsec_\w+|\b\w+_secret_\w+|\b\w+_apikey_\w{8,}|\b[a-z]+_[op]at_\w{12,}"
    r"|\b[a-z]+_(?:at_[a-z]|c)_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{20,}"
    r"|\b(?:live|test|sandbox|access)_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{16,}|\bEAAA[\w-]{20,}"
    r"|\bsq0(?:at|cs)[a-z]-[\w-]{8,}"
    r"|\b(?:rzp|xnd)_(?:live|test|development|production)_[A-Za-z0-9]{8,}"
    r"|\b(?i:Basic|Bearer)\s+[\w+/=.~-]{8,}"
    r"|\bucgw_[\w-]{16,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
)
_OUTSIDE = r"\s@\"<>()\[\]{},;:=&?/#|\\"
_E_MAIL = (
    rf"(?<![^'{_OUTSIDE}])[^'{_OUTSIDE}][^{_OUTSIDE}]*(?:@|%40)"
    rf"(?:[^'{_OUTSIDE}]*[^\W_]|\[[^\]\s]+\])"
)
TELLTALE = re.compile(f"(?P<email>{_E_MAIL})|(?P<secret>{_CREDENTIALS})")
"""What gives itself away by its look."""

URL = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)
"""An address of the web, which may carry either."""

NOT_SHOWN = "(not shown, it may be secret)"

KEY = re.compile(
    r"(?i:\b[a-z]{0,4}k(?:cs)?_(?:test|live)_\w)|\b[a-z]?[rs]k(?:cs)?_(?=\w*\d)\w{12,}"
    r"|\bsq0(?:at|cs)[a-z]-[\w-]{8,}"
    r"|\b[a-z]+_(?:[op]at|at_[a-z])_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{20,}"
    r"|\bwhsec_\w{8,}|\bucgw_[\w-]{16,}|\b(?:live|test|sandbox|access)_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{16,}"
    r"|\b[a-z]+_(?:[a-z]+_)?apikey_\w{8,}|\bEAAA[\w-]{28,}"
    r"|\b(?:rzp|xnd)_(?:live|test|development|production)_[A-Za-z0-9]{8,}"
    r"|\b[a-z]+_\w{6,}_secret_(?=\w*[A-Z])\w{8,}|\b[a-z]+_c_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{20,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
)
"""A secret key, or what opens one session's page, as no id and no words of a merchant's look."""
_BEGINS_LIKE_A_KEY = re.compile(r"(?i)(?<![^\W_])[a-z]?[rsp]k(?:cs)?_\w")
_RUN = re.compile(r"[^\W_]+")
_WORD = re.compile(
    r"[^\W\d_]{0,16}\d{0,4}"  # prod, eu1, 2026
    r"|\d{1,4}[^\W\d_]{1,2}\d{0,4}"  # 30d, 31T12
    r"|\d+"
)
_UNIT = (
    "s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|mo|mos|months?|quarters?"
    "|y|yrs?|years?"
)
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_TIME = re.compile(
    rf"(?:\d{{1,12}}(?:{_UNIT})){{1,3}}(?:ago)?"  # 2weeks, 1h30min
    r"|P(?:\d{1,4}[YMWD]){0,4}(?:T(?:\d{1,4}[HMS]){1,3})?"  # P30D
    r"|\d{8}T\d{2,6}Z?|\d{2,9}Z"  # 20261031T120000Z, 00.123456Z
    rf"|\d{{1,4}}(?:{_MONTH})\d{{0,4}}",  # 31Oct2026
    re.IGNORECASE,
)
"""A moment or a span of time, right or wrong: letters and digits that are no key."""
_CAPITALIZED = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d*")
_UNSEEN = re.compile(
    r"[\0-\x08\x0e-\x1f\x7f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff]"
)
"""What is not seen, and comes along where a text is copied from a page."""
_BEYOND_A_PATH = re.compile(r"[?#]")
_LONGEST_QUOTED = 100
_SHORTEST_KEY = 10


def looks_like_a_key(text: str) -> bool:
    """Whether a text holds what no name and no id does: a secret key that gives itself away.

    >>> looks_like_a_key("sk_live_x1"), looks_like_a_key("shop-eu")
    (True, False)
    """
    return KEY.search(_seen(text)) is not None


def no_id(text: str) -> str:
    """What a text looks like that is no session's id, for what it may tell; else nothing.

    >>> no_id("sk_live_x1"), no_id("ada@example.com"), no_id("cs_test_a1")
    ('a key', 'an e-mail address', '')
    """
    if looks_like_a_key(text):
        return "a key"
    if URL.search(text):
        return "the address of a page"
    found = TELLTALE.search(_seen(text))
    return "an e-mail address" if found and found["email"] else ""


def quoted(written: object) -> str:
    """What somebody wrote, in quotation marks; or that it is not shown, unless it is plain words.

    A key may stand wherever something else should, so only what cannot be one is repeated.

    >>> quoted("shop-eu"), quoted("sk_live_x1"), quoted("kX7dHar4Ls")
    ("'shop-eu'", '(not shown, it may be secret)', '(not shown, it may be secret)')
    """
    if not isinstance(written, str):
        return type(written).__name__
    return repr(written) if _is_plain(written) else NOT_SHOWN


def named(written: object) -> str:
    """As ``quoted``, for a name that needs no quotation marks.

    >>> named("base_url"), named("sk_live_x1")
    ('base_url', '(not shown, it may be secret)')
    """
    return quoted(written).strip("'") if isinstance(written, str) else str(written)


def without_secrets(text: str) -> str:
    """Running text, such as a path, with neither keys nor e-mail addresses in it.

    Bytes that are no characters are written out, so that it can be printed anywhere.

    >>> without_secrets("/home/ada/sk_live_x1.toml: No such file")
    '/home/ada/(not shown, it may be secret): No such file'
    """
    text = text.encode(errors="backslashreplace").decode()
    seen = _seen(text)
    return TELLTALE.sub(_hidden, seen if TELLTALE.search(seen) else text)


def plain_path(path: object) -> str:
    """A path, but for those parts of it that may be a key.

    >>> plain_path("/run/secrets/kX7dHar4Ls")
    '/run/secrets/(not shown, it may be secret)'
    """
    shown = without_secrets(str(path)).split("/")
    return "/".join(part if len(part) < _SHORTEST_KEY else _plain_or_hidden(part) for part in shown)


def without_pages(text: str) -> str:
    """Running text whose web addresses end where they may begin to be secret.

    The page of a session opens with its address.

    >>> without_pages("see https://pay.example.com/c/kX7dHar4Ls#fid")
    'see https://pay.example.com/c/(not shown, it may be secret)'
    """
    return URL.sub(lambda found: plain_path(_BEYOND_A_PATH.split(found[0], 1)[0]), text)


def only_plain(text: str) -> str:
    """Running text that repeats what was typed, without what may be a key.

    >>> only_plain("No such command 'kX7dHar4Ls'.")
    "No such command '(not shown, it may be secret)'."
    """
    return re.sub(r"[^\s'\"(),]+", lambda part: _typed(part[0]), without_secrets(text))


def is_variable_name(text: str) -> bool:
    """Whether a text is what the name of an environment variable looks like.

    >>> is_variable_name("ACME_API_KEY"), is_variable_name("sk_live_x1")
    (True, False)
    """
    return re.fullmatch(r"[A-Z_][A-Z0-9_]*", text) is not None and _is_plain(text)


def _seen(text: str) -> str:
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub("", text)


def _is_plain(text: str) -> bool:
    if len(text) > _LONGEST_QUOTED or TELLTALE.search(text) or _BEGINS_LIKE_A_KEY.search(text):
        return False
    runs = _RUN.findall(text)
    one_case = text == text.lower() or text == text.upper()
    return all(
        _TIME.fullmatch(run)
        or (_WORD.fullmatch(run) and (one_case or _CAPITALIZED.fullmatch(run) or run.isdigit()))
        for run in runs
    )


def _hidden(found: re.Match[str]) -> str:
    return NOT_SHOWN if found["secret"] else "(e-mail)"


def _plain_or_hidden(part: str) -> str:
    return part if NOT_SHOWN in part or _is_plain(part) else NOT_SHOWN


def _typed(part: str) -> str:
    return plain_path(part) if "/" in part else _plain_or_hidden(part)
