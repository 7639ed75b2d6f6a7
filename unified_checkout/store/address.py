"""The address of a PostgreSQL database, taken apart as the database's own library does."""

from __future__ import annotations

import re

from unified_checkout.errors import UnusableStore

_HOST = r"(?:\[[^\]@/?]*\]|[^:@/?,\[\]]*)(?::\d*)?"
_TEXT = r"(?:[^%{}]|%(?!00)[0-9A-Fa-f]{{2}})*"
_ADDRESS = re.compile(
    rf"postgres(?:ql)?://(?P<user>{_TEXT.format('@/')}@)?(?P<hosts>{_HOST}(?:,{_HOST})*)"
    rf"(?:/{_TEXT.format('@/?')})?"
    rf"(?P<settings>\?{_TEXT.format('&=')}={_TEXT.format('&=')}"
    rf"(?:&{_TEXT.format('&=')}={_TEXT.format('&=')})*)?"
)
_NEVER = re.compile("[\0\ud800-\udfff]|%(?:00|(?![0-9A-Fa-f]{2}))")
"""What no text of a database holds, and escapes of it or of nothing."""


def place_of(address: str) -> str:
    """The hosts and ports of an address, to be told; empty where none is surely one.

    Raises:
        UnusableStore: if the address is not well formed. Nothing of it is told, for any of it may
            be a part of the password.

    >>> place_of("postgresql://shop:obviously-fake@db.example:5432/shop")
    'db.example:5432'
    >>> place_of("postgresql:///shop")
    ''
    """
    found = None if _NEVER.search(address) else _ADDRESS.fullmatch(address)
    if found is None:
        raise UnusableStore(
            "the address of the database is not well formed; within a name or a password write "
            "%25 for %, %2F for /, %40 for @, %26 for & and %3D for =, or set PGPASSWORD"
        )
    # without a user before it, what looks like a host may be one, and an @ later on its end
    unsure = found["user"] is None and "@" in (found["settings"] or "")
    return "" if unsure else found["hosts"]
