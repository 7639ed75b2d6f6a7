"""``[gateway]`` of ``checkout.toml``: where to listen, and who may ask for what."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

import attrs
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from unified_checkout.config import Account, Configuration, read_configuration
from unified_checkout.errors import ConfigurationError
from unified_checkout.gateway.identity import LONGEST_NAME
from unified_checkout.gateway.tokens import Token
from unified_checkout.model.times import midnight, moment
from unified_checkout.model.validation import Frozen, Place, explained, worded
from unified_checkout.paths import path_of
from unified_checkout.telltales import looks_like_a_key, named, plain_path, quoted

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LISTEN = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]\0]+):(?P<port>\d{1,5})")
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which several processes add up their numbers; set before ``metrics`` is
imported."""
OFF = "off"
"""Written for ``metrics``: there are none."""


def _moment(value: Any) -> Any:
    written = moment(value)
    return written if isinstance(written, datetime) else midnight(written)


Digest = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{64}$", repr=False),
    worded("write the 64 digits that 'unified-checkout gateway token NAME' prints"),
]


def forget_shared_numbers() -> None:
    """Leave a folder alone in which other programs add up theirs; before ``metrics`` is imported."""
    for name in (SHARED, SHARED.lower()):
        os.environ.pop(name, None)


class TokenSettings(Frozen):
    """One table ``[gateway.tokens.NAME]``."""

    model_config = ConfigDict(extra="forbid")

    sha256: Digest
    """The digest of the token, which is itself kept nowhere."""
    accounts: Annotated[tuple[str, ...], Field(min_length=1)]
    """The accounts that it reaches, by name."""
    pages: bool = Field(default=False, strict=True)
    """Whether it may see the addresses of hosted pages: whoever has one can open the page."""
    buyers: bool = Field(default=False, strict=True)
    """Whether it may see who the buyers are."""
    expires: Annotated[datetime | None, BeforeValidator(_moment)] = None
    """From when on it is refused: a date, or a moment with its time zone."""


class GatewaySettings(Frozen):
    """The table ``[gateway]``."""

    model_config = ConfigDict(extra="forbid")

    listen: str = "127.0.0.1:8484"
    """Where requests are taken, as ``HOST:PORT``."""
    metrics: str = "127.0.0.1:8485"
    """Where Prometheus finds ``/metrics``, as ``HOST:PORT``; or ``off``."""
    workers: int = Field(default=1, ge=1, le=64, strict=True)
    """How many processes answer. Several share each account's rate."""
    deadline: float = Field(default=60.0, ge=1, le=75)
    """How long one request may take, in seconds. Clients give up after 80."""
    drain: float = Field(default=30.0, ge=0, le=300)
    """How long requests may go on after SIGTERM, in seconds."""
    most_at_once: int = Field(default=512, ge=1, strict=True)
    """How many requests a process has under way at the most; beyond, it answers 503."""
    behind_proxy: bool = Field(default=False, strict=True)
    """Whether a proxy that ends TLS stands before it, on whose ``X-Forwarded-For`` to rely."""
    certificate: Path | None = None
    """The file of the certificate chain, for TLS."""
    private_key: Path | None = None
    """The file of its key."""
    tokens: dict[str, TokenSettings] = Field(default_factory=dict)

    @field_validator("listen", "metrics")
    @classmethod
    def _address(cls, value: str, info: ValidationInfo) -> str:
        if info.field_name == "listen" or value != OFF:
            address(value)
        return value

    @field_validator("certificate", "private_key")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        return None if value is None else path_of(value)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """The settings of a table as it is written.

        Raises:
            ConfigurationError: naming the field that is wrong and what is allowed.
        """
        try:
            return cls.model_validate(written)
        except ValidationError as error:
            problems = explained(error, "gateway", _siblings)
        raise ConfigurationError(f"gateway: {problems}")


def _siblings(place: Place) -> Sequence[str]:
    return tuple((TokenSettings if "tokens" in place else GatewaySettings).model_fields)


def address(written: str) -> tuple[str, int]:
    """Host and port.

    >>> address("127.0.0.1:8484"), address("[::1]:0")
    (('127.0.0.1', 8484), ('::1', 0))

    Raises:
        ValueError: if it is no ``HOST:PORT``.
    """
    found = _LISTEN.fullmatch(written)
    if found is None or int(found["port"]) > 65_535 or not _may_be_looked_up(found["host"]):
        raise ValueError("write HOST:PORT, such as 127.0.0.1:8484")
    return found["host"].strip("[]"), int(found["port"])


def _may_be_looked_up(host: str) -> bool:
    """Whether the system can be asked for a host at all.

    >>> _may_be_looked_up("localhost"), _may_be_looked_up("local..host")
    (True, False)
    """
    try:
        return bool(host.strip("[]").encode("idna"))
    except UnicodeError:
        return False


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches an address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@attrs.frozen(kw_only=True)
class Setup:
    """All that a gateway is started with: checked."""

    settings: GatewaySettings
    accounts: tuple[Account, ...]
    """Those that a token reaches, in the order of the file."""
    tokens: tuple[Token, ...] = attrs.field(repr=False)


def load_setup(path: str | os.PathLike[str] | None = None, **options: Any) -> Setup:
    """What a gateway is started with, from a ``checkout.toml``.

    Args:
        path: the file; None looks where ``load_accounts`` does.
        options: settings that prevail over the file; None is none.

    Raises:
        ConfigurationError: for whatever is wrong. There is no start without a token, nor beyond
            this machine without TLS or a proxy that ends it.
    """
    configuration = read_configuration(path)
    given = {name: value for name, value in options.items() if value is not None}
    settings = GatewaySettings.read({**configuration.gateway, **given})
    problems = list(problems_of(configuration, settings))
    if problems:
        raise ConfigurationError(f"gateway: {problems[0]}")
    reached = {name for token in settings.tokens.values() for name in token.accounts}
    accounts = tuple(
        configuration.account(name) for name in configuration.tables if name in reached
    )
    order = [account.name for account in accounts]
    if settings.workers > 1:
        accounts = tuple(_sharing(account) for account in accounts)
    tokens = tuple(
        Token(
            name=name,
            digest=one.sha256,
            accounts=tuple(sorted(set(one.accounts), key=order.index)),
            pages=one.pages,
            buyers=one.buyers,
            expires=one.expires,
        )
        for name, one in settings.tokens.items()
    )
    return Setup(settings=settings, accounts=accounts, tokens=tokens)


def problems_of(configuration: Configuration, settings: GatewaySettings) -> list[str]:
    """What keeps a gateway from starting, a sentence each."""
    problems = []
    if not settings.tokens:
        problems.append(
            "there is no token, and nothing is served without one; "
            "'unified-checkout gateway token NAME' makes one and shows the table to write"
        )
    if (settings.certificate is None) is not (settings.private_key is None):
        problems.append("give both certificate and private_key, or neither")
    unreadable = [
        f"{plain_path(file)} cannot be read"
        for file in (settings.certificate, settings.private_key)
        if file is not None and not os.access(file, os.R_OK)
    ]
    problems += unreadable
    if not unreadable and not _are_a_pair(settings.certificate, settings.private_key):
        problems.append("certificate and private_key are no pair of PEM files without a password")
    host, _ = address(settings.listen)
    if not (is_loopback(host) or settings.certificate or settings.behind_proxy):
        problems.append(
            "beyond this machine, tokens and buyers would travel in clear: give certificate and "
            "private_key, or say behind_proxy where a proxy before it ends TLS"
        )
    digests: dict[str, str] = {}
    for name, token in settings.tokens.items():
        problems += [f"tokens.{problem}" for problem in token_problems(configuration, name, token)]
        if (other := digests.setdefault(token.sha256, name)) != name:
            problems.append(f"tokens.{named(name)}: the same token as {named(other)}; make another")
    return problems


def _are_a_pair(certificate: Path | None, private_key: Path | None) -> bool:
    """Whether TLS can be served with them; one that is not given is another matter."""
    if certificate is None or private_key is None:
        return True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, private_key, password=lambda: "")
    except (OSError, ValueError):
        return False
    return True


def token_problems(configuration: Configuration, name: str, token: TokenSettings) -> list[str]:
    """What is wrong with one token's table."""
    problems = []
    if not _NAME.fullmatch(name) or looks_like_a_key(name):
        problems.append(f"{named(name)}: a name is letters, digits, -, _ and ., 64 at most, no key")
    for account in token.accounts:
        if account not in configuration.tables:
            known = ", ".join(map(named, configuration.tables))
            problems.append(
                f"{named(name)}: no account named {quoted(account)}; configured: {known}"
            )
        elif len(account) > LONGEST_NAME and len(set(token.accounts)) > 1:
            problems.append(
                f"{named(name)}: the name of an account that is merged has {LONGEST_NAME} "
                "characters at most, so that ids keep to 255"
            )
    return problems


def _sharing(account: Account) -> Account:
    """The account, whose rate the worker processes keep to together."""
    return account if account.share_rate else account.model_copy(update={"share_rate": True})
