"""The address of a PostgreSQL database, taken apart as the database's own library does."""

from __future__ import annotations

import os
import re
from urllib.parse import parse_qsl, urlsplit

from unified_checkout.errors import UnusableStore

_HOST = r"(?:\[[^\]@/?]*\]|[^:@/?,\[\]]*)(?::\d*)?"
_TEXT = r"(?:[^%{}]|%(?!00)[0-9A-Fa-f]{{2}})*"
_ADDRESS = re.compile(
    rf"postgres(?:ql)?://(?P<user>{_TEXT.format('@/')}@)?(?P<hosts>{_HOST}(?:,{_HOST})*)"
    rf"(?:/{_TEXT.format('@/?')})?"
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
    found = None if _NEVER.search(address) else _ADDRESS.fullmatch(address)
    if found is None:
        raise UnusableStore(
            "the address of the database is not well formed; within a name or a password write "
            "%25 for %, %2F for /, %40 for @, %26 for & and %3D for =, or set PGPASSWORD"
        )
    # without a user before it, what looks like a host may be one, and an @ later on its end
    unsure = found["user"] is None and "@" in (found["settings"] or "")
    return "" if unsure else found["hosts"]


def variables_beside(address: str) -> list[str]:
    """The environment variables that are set and tell libpq what an address leaves open."""
    parts = urlsplit(address)
    told = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    user, at, place = parts.netloc.rpartition("@")
    told |= {"user"} if at else set()
    told |= {"password"} if ":" in user else set()
    told |= {"host"} if place.partition(":")[0] else set()
    told |= {"port"} if re.search(r":\d+$", place) else set()
    told |= {"dbname"} if parts.path.strip("/") else set()
    return [
        name for name, setting in _VARIABLES.items() if name in os.environ and setting not in told
    ]
