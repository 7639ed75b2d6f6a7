"""The address of a PostgreSQL database, taken apart as the database's own library does."""

from __future__ import annotations

import os
import re

from unified_checkout.errors import UnusableStore

_HOST = r"(?:\[[^\]@/?]*\]|[^:@/?,\[\]]*)(?::\d*)?"
_TEXT = r"(?:[^%{}]|%(?!00)[0-9A-Fa-f]{{2}})*"
_ADDRESS = re.compile(
    rf"postgres(?:ql)?://(?P<user>{_TEXT.format('@/')}@)?(?P<hosts>{_HOST}(?:,{_HOST})*)"
    rf"(?:/(?P<database>{_TEXT.format('@/?')}))?"
    rf"(?P<settings>\?{_TEXT.format('&=')}={_TEXT.format('&=')}"
    rf"(?:&{_TEXT.format('&=')}={_TEXT.format('&=')})*)?"
)
_VARIABLES = {
    "PGAPPNAME": "application_name",
    "PGCHANNELBINDING": "channel_binding",
    "PGCLIENTENCODING": "client_encoding",
    "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGDATABASE": "dbname",
    "PGDATESTYLE": "datestyle",
    "PGGEQO": "geqo",
    "PGGSSDELEGATION": "gssdelegation",
    "PGGSSENCMODE": "gssencmode",
    "PGGSSLIB": "gsslib",
    "PGHOST": "host",
    "PGHOSTADDR": "hostaddr",
    "PGKRBSRVNAME": "krbsrvname",
    "PGLOADBALANCEHOSTS": "load_balance_hosts",
    "PGMAXPROTOCOLVERSION": "max_protocol_version",
    "PGMINPROTOCOLVERSION": "min_protocol_version",
    "PGOPTIONS": "options",
    "PGPASSFILE": "passfile",
    "PGPASSWORD": "password",
    "PGPORT": "port",
    "PGREQUIREAUTH": "require_auth",
    "PGREQUIREPEER": "requirepeer",
    "PGREQUIRESSL": "requiressl",
    "PGSERVICE": "service",
    "PGSERVICEFILE": "servicefile",
    "PGSSLCERT": "sslcert",
    "PGSSLCERTMODE": "sslcertmode",
    "PGSSLCOMPRESSION": "sslcompression",
    "PGSSLCRL": "sslcrl",
    "PGSSLCRLDIR": "sslcrldir",
    "PGSSLKEY": "sslkey",
    "PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version",
    "PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version",
    "PGSSLMODE": "sslmode",
    "PGSSLNEGOTIATION": "sslnegotiation",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLSNI": "sslsni",
    "PGSYSCONFDIR": "sysconfdir",
    "PGTARGETSESSIONATTRS": "target_session_attrs",
    "PGTZ": "timezone",
    "PGUSER": "user",
}
"""What libpq reads from the environment, and the setting of an address that prevails over it.

Source: https://www.postgresql.org/docs/current/libpq-envars.html
"""
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
    found = _parts(address)
    # without a user before it, what looks like a host may be one, and an @ later on its end
    unsure = found["user"] is None and "@" in (found["settings"] or "")
    return "" if unsure else found["hosts"]


def variables_beside(address: str) -> list[str]:
    """The environment variables that are set and tell libpq what an address leaves open.

    Raises:
        UnusableStore: if the address is not well formed.
    """
    parts = _parts(address)
    told = {one.partition("=")[0] for one in (parts["settings"] or "").lower()[1:].split("&")}
    user, _, password = (parts["user"] or "").removesuffix("@").partition(":")
    for setting, given in (
        ("user", user),
        ("password", password),
        ("host", re.sub(r":\d*(?=,|$)", "", parts["hosts"])),
        ("port", re.search(r":\d+$", parts["hosts"])),
        ("dbname", parts["database"]),
    ):
        told |= {setting} if given else set()
    return [
        name for name, setting in _VARIABLES.items() if name in os.environ and setting not in told
    ]


def _parts(address: str) -> re.Match[str]:
    found = None if _NEVER.search(address) else _ADDRESS.fullmatch(address)
    if found is None:
        raise UnusableStore(
            "the address of the database is not well formed; within a name or a password write "
            "%25 for %, %2F for /, %40 for @, %26 for & and %3D for =, or set PGPASSWORD"
        )
    return found
