"""The proxy that the environment names for an address, and the addresses that need none."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from unified_checkout.adapters.addresses import is_this_machine, leads_somewhere
from unified_checkout.errors import ConfigurationError
from unified_checkout.frames import frameless
from unified_checkout.transport.authorities import trusting

_SOCKS = ("socks5", "socks5h")
_KINDS = ("http", "https", *_SOCKS)
_PORTS = {"http": 80, "https": 443}
_ADDRESS = "an address such as http://proxy.example.com:3128"


@frameless  # the frames hold the password
def proxy_for(base_url: str) -> httpx.Proxy | None:
    """The proxy to reach an address through; None where it is reached without, as this machine is.

    ``https_proxy`` or ``http_proxy``, by the address, else ``all_proxy``; ``no_proxy`` exempts.
    Names in small letters prevail over those in capitals. Where none of them is set, what the
    operating system has set counts, if it is one that can have.

    Raises:
        ConfigurationError: if it is none, or of a kind that cannot be used; with the name of the
            variable and without its value, which may hold a password.
    """
    address = urlsplit(base_url)
    if is_this_machine(address.hostname or ""):
        return None
    variable, named = _named_for(address)
    return _proxy(variable, named) if named else None


def _named_for(address: SplitResult) -> tuple[str, str]:
    """What names the proxy for an address, and what it names; empty where there is none."""
    variables = dict(map(_variable, ("http_proxy", "https_proxy", "all_proxy")))
    if not any(name in os.environ for name in variables):
        system = {} if proxy_bypass(address.netloc) else getproxies()
        named = system.get(address.scheme) or system.get("all") or ""
        return f"the system's {address.scheme} proxy", named
    if not _is_exempt(address):
        for name in (f"{address.scheme}_proxy", "all_proxy"):
            variable, value = _variable(name)
            if value:
                return variable, value
    return "", ""


def _variable(name: str) -> tuple[str, str]:
    """The name and the value of a variable, in small letters where it is written so.

    A web server that runs programs puts a request's header ``Proxy`` into ``HTTP_PROXY``.
    """
    if name in os.environ:
        return name, os.environ[name].strip()
    name = name.upper()
    if name == "HTTP_PROXY" and "REQUEST_METHOD" in os.environ:
        return name, ""
    return name, os.environ.get(name, "").strip()


def _proxy(variable: str, named: str) -> httpx.Proxy:
    if not re.fullmatch(r"[!-~]+", named):
        raise ConfigurationError(
            f"{variable}: a proxy is {_ADDRESS}; this holds a blank or what is not ASCII"
        )
    address = named if "://" in named else f"http://{named}"
    kind = address.partition("://")[0].lower()
    if kind not in _KINDS:
        raise ConfigurationError(
            f"{variable}: not a kind of proxy that is known; allowed: {', '.join(_KINDS)}"
        )
    if kind in _SOCKS and find_spec("socksio") is None:
        raise ConfigurationError(
            f"{variable}: a socks proxy needs the extra: pip install 'unified-checkout[socks]'"
        )
    try:
        if leads_somewhere(address) and _is_bare(urlsplit(address)):
            proxy = httpx.Proxy(address, ssl_context=trusting() if kind == "https" else None)
            if kind in _SOCKS and max(map(len, proxy.raw_auth or ()), default=0) > 255:
                raise ConfigurationError(
                    f"{variable}: SOCKS takes a user and a password of at most 255 bytes each"
                )
            return proxy
    except (ValueError, httpx.InvalidURL):
        pass
    raise ConfigurationError(
        f"{variable}: a proxy is {_ADDRESS}; in its user and password, what is neither a letter "
        "nor a digit is percent-encoded"
    )


def _is_bare(parts: SplitResult) -> bool:
    """Whether nothing follows the host, as the rest of a password would that was cut in two."""
    return parts.path in ("", "/") and not parts.query and not parts.fragment


def _is_exempt(address: SplitResult) -> bool:
    """Whether ``no_proxy`` names the host, as curl, Go and the clients for Python read it."""
    _, exempt = _variable("no_proxy")
    host = _plain_name(address.hostname or "")
    port = address.port or _PORTS[address.scheme]
    return any(_names(entry, host, port) for entry in re.split(r"[\s,]+", exempt) if entry)


def _names(entry: str, host: str, port: int) -> bool:
    """Whether one entry of ``no_proxy`` means a host."""
    if entry == "*":
        return True
    entry, only_port = _without_port(entry.rpartition("://")[2].rstrip("/"))
    if only_port not in (None, str(port)):
        return False
    if _is_ip(host):
        return _holds(entry, host)
    name = _plain_name(entry.removeprefix("*"))
    domain = name.lstrip(".")
    if not domain:
        return False
    return host.endswith(f".{domain}") or (host == domain and not entry.startswith("*"))


def _without_port(entry: str) -> tuple[str, str | None]:
    """
    >>> _without_port("example.com:80"), _without_port("[::1]:80"), _without_port("fd00::/8")
    (('example.com', '80'), ('::1', '80'), ('fd00::/8', None))
    """
    bracketed = re.fullmatch(r"\[([^\]]*)\](/\d+)?(?::(\d+))?", entry)
    if bracketed:
        return bracketed[1] + (bracketed[2] or ""), bracketed[3]
    plain = re.fullmatch(r"([^:]*):(\d+)", entry)
    return (plain[1], plain[2]) if plain else (entry, None)


def _holds(entry: str, host: str) -> bool:
    """Whether an address of the internet is this one, or in this network."""
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        return False


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _plain_name(name: str) -> str:
    """A host's name as it is looked up: in small letters, in ASCII, without a dot at its end."""
    name = name.lower().rstrip(".")
    try:
        return name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        return name
