"""Where an address leads: whether anybody else may read what is sent there."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit


def is_this_machine(host: str) -> bool:
    """Whether a host, as an address names it, is the machine that this runs on.

    >>> is_this_machine("127.1.2.3"), is_this_machine("localhost"), is_this_machine("10.0.0.1")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def leads_somewhere(address: str) -> bool:
    """Whether an address names a host that can be looked up, and a port that there can be.

    >>> leads_somewhere("https://example.com:443"), leads_somewhere("https://example..com")
    (True, False)
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        host.removesuffix(".").encode("idna")
        if ":" in host:
            ip_address(host)
        return bool(host.strip(".")) and parts.port != 0 and address.isprintable()
    except ValueError:
        return False


def is_private(base_url: str) -> bool:
    """Whether nobody on the way can read what is sent: it is encrypted, or leaves no machine.

    >>> is_private("https://example.com"), is_private("http://example.com")
    (True, False)
    """
    if base_url.startswith("https://"):
        return True
    try:
        return is_this_machine(urlsplit(base_url).hostname or "")
    except ValueError:
        return False
