"""Accounts, and where they are configured: ``checkout.toml`` and the environment.

What only reading the configuration needs is imported there, to keep the import of accounts cheap.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import urlsplit

import attrs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from unified_checkout.adapters import Adapter, KeyKind, installed, load
from unified_checkout.errors import (
    ConfigurationError,
    LiveKeyInFile,
    MissingEnvironmentVariable,
)
from unified_checkout.model.validation import explained

FILE_NAME = "checkout.toml"

DAY = 86_400
"""Seconds in a day: the longest that anything is waited for."""

Table = dict[str, Any]
"""One account as it is written, before anything is checked."""


class Account(BaseModel):
    """One configured credential at a provider.

    Everything beyond the fields below is the provider's own: see that provider's README.

    >>> account = Account(name="us", provider="acme", api_key="sk_test_x", api_version="2026-01-01")
    >>> account
    Account(name='us', provider='acme', options=['api_version'])
    >>> account.timeout
    30.0
    >>> Account(name="us", provider="acme", api_key="sk_test_x", timeout=0)
    Traceback (most recent call last):
    ...
    unified_checkout.errors.ConfigurationError: account 'us': timeout: input should be greater than 0

    Raises:
        ConfigurationError: naming the field that is wrong and what is allowed, never the key.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    """The account's name, yours to choose: letters, digits, ``-``, ``_`` and ``.``."""
    provider: Annotated[str, Field(min_length=1)]
    """The provider's name, such as ``unified-checkout providers`` lists them."""
    api_key: SecretStr
    """The secret key. A ``str`` is wrapped, so that no representation shows it."""
    base_url: str | None = None
    """Another address than the provider's own: a sandbox, or a proxy."""
    timeout: Annotated[float, Field(gt=0, le=DAY, allow_inf_nan=False)] = 30.0
    """How long one request of ``AsyncClient`` may take, all in all, in seconds. For ``Client``:
    how long connecting may take, each wait for headers, and the body, all in all."""
    requests_per_second: Annotated[float | None, Field(ge=0.0001)] = None
    """The rate to keep to. None means what the provider documents, ``math.inf`` no limit."""
    max_attempts: Annotated[int, Field(ge=1)] = 5
    """How often one request is tried, the first time included."""
    retry_delay: Annotated[float, Field(ge=0, le=8)] = 0.5
    """The wait before a second attempt, in seconds: it doubles with each further one, up to 8 s,
    and is shortened at random by up to half. A provider's own advice comes first."""
    max_wait: Annotated[float, Field(ge=0, le=DAY, allow_inf_nan=False)] = 60.0
    """The longest wait that a provider may ask for before a retry, in seconds."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 32 * 1024 * 1024
    """The largest response body to accept, decompressed, in bytes."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            name: str,
            provider: str,
            api_key: str | SecretStr,
            base_url: str | None = ...,
            timeout: float = ...,
            requests_per_second: float | None = ...,
            max_attempts: int = ...,
            retry_delay: float = ...,
            max_wait: float = ...,
            max_body_bytes: int = ...,
            **options: Any,
        ) -> None: ...

    @property
    def options(self) -> Mapping[str, Any]:
        """The provider's own options, as given; ``adapter`` checks them."""
        return self.model_extra or {}

    def adapter(self) -> Adapter[Any]:
        """The adapter that speaks for this account, its options checked.

        Raises:
            ProviderLoadError: if the provider's adapter is unknown or cannot be loaded.
            ConfigurationError: if an option is unknown, and which are allowed; if one is
                ill-formed; if the key is one for web pages, which cannot list sessions; if it
                is a live one that would go over plain http to another machine.
        """
        kind = load(self.provider)
        key_kind = kind.key_kind(self.api_key.get_secret_value())
        if key_kind is KeyKind.PUBLISHABLE:
            raise ConfigurationError(
                f"account {self.name!r}: api_key: this is {kind.title}'s publishable key, made "
                "for web pages; listing sessions takes the secret key or a restricted one"
            )
        options = dict(self.options)
        if self.base_url is not None:
            options["base_url"] = self.base_url
        try:
            checked = kind.options_type.model_validate(options)
        except ValidationError as error:
            allowed = {*kind.options_type.model_fields, *type(self).model_fields} - {"name"}
            problems = explained(error, "account", lambda _: sorted(allowed))
        else:
            if key_kind is not KeyKind.LIVE or _private(checked.base_url):
                return kind(self.name, checked)
            problems = "base_url: a live key over plain http can be read on its way; write https://"
        raise ConfigurationError(f"account {self.name!r}: {problems}")

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", name):
            raise ValueError("write letters, digits, '-', '_' and '.', 255 at most")
        return name

    @field_validator("api_key")
    @classmethod
    def _sendable(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value():
            raise ValueError("the key is empty")
        if not re.fullmatch(r"[!-~]+", key.get_secret_value()):
            raise ValueError(
                "a key is printable ASCII without spaces; look for a stray blank or line break"
            )
        return key

    @model_validator(mode="wrap")
    @classmethod
    def _typed_error(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            problems = explained(error, "account", lambda _: sorted(cls.model_fields), _missing)
        name = value.get("name") if isinstance(value, Mapping) else None
        raise ConfigurationError(f"account {name!r}: {problems}" if name else problems)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield "name", self.name
        yield "provider", self.provider
        if self.options:
            yield "options", sorted(self.options)


def load_accounts(path: str | os.PathLike[str] | None = None) -> tuple[Account, ...]:
    """The accounts of a file and of the environment, in the order of the file.

    Without a path: the file that ``UNIFIED_CHECKOUT_CONFIG`` names, else ``checkout.toml`` in
    the working directory, else ``unified-checkout/checkout.toml`` in the user's configuration
    directory. A variable such as ``UNIFIED_CHECKOUT_ACCOUNTS__US__TIMEOUT`` sets one option of
    the account ``us`` and prevails over the file; accounts may be made of variables alone.

    Raises:
        LiveKeyInFile: if the file holds a key that is not plainly a test key.
        MissingEnvironmentVariable: if the file refers to a variable that is not set.
        ProviderLoadError: if the adapter for a key in the file cannot be loaded.
        ConfigurationError: for whatever else is wrong with the file or an account.
    """
    configuration = read_configuration(path)
    return tuple(configuration.account(name) for name in configuration.tables)


@attrs.frozen
class Configuration:
    """What is configured, as it is written; an account is checked when it is asked for."""

    file: Path | None
    """Where it was found; None where only the environment names accounts."""
    written: Mapping[str, Table]
    """The accounts of the file."""
    tables: Mapping[str, Table]
    """The accounts of the file and of the environment, which prevails."""

    def account(self, name: str) -> Account:
        """One account, checked.

        Raises:
            ConfigurationError: if it is wrong, as ``load_accounts``.
        """
        account = _account(name, self.tables[name])
        key = self.written.get(name, {}).get("api_key")
        if isinstance(key, str):
            _refuse_live_key(name, account.provider, key)
        return account


def read_configuration(path: str | os.PathLike[str] | None = None) -> Configuration:
    """Find and read what ``load_accounts`` loads, its accounts not yet checked.

    Raises:
        ConfigurationError: if there is no account, or the file cannot be read as accounts.
    """
    overrides, configured = _environment()
    file = _chosen_file(configured if path is None else path)
    if file is None and not overrides:
        raise ConfigurationError(
            f"no accounts are configured; looked for {', '.join(map(str, _usual_files()))} and "
            "at UNIFIED_CHECKOUT_CONFIG. Write one of these files with a table "
            '[accounts.NAME] holding provider = "..." and api_key = { env = "..." }'
        )
    written = _tables(file) if file is not None else {}
    tables = _merged(written, overrides)
    if not tables:
        raise ConfigurationError(f"{file}: no account; write a table [accounts.NAME]")
    return Configuration(file, written, tables)


def _usual_files() -> tuple[Path, ...]:
    from platformdirs import user_config_path

    return Path(FILE_NAME).absolute(), user_config_path("unified-checkout") / FILE_NAME


def _chosen_file(path: str | os.PathLike[str] | None) -> Path | None:
    if path is not None:
        return Path(path)
    return next((file for file in _usual_files() if file.is_file()), None)


def _environment() -> tuple[dict[str, Table], Path | None]:
    """The accounts that the environment names, and the file it points to."""
    from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

    class Environment(BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix="UNIFIED_CHECKOUT_", env_nested_delimiter="__", env_ignore_empty=True
        )

        accounts: dict[str, dict[str, Any]] = {}
        config: Path | None = None

    try:
        environment = Environment()
        return environment.accounts, environment.config
    except (ValidationError, SettingsError):
        pass
    raise ConfigurationError(
        "UNIFIED_CHECKOUT_ACCOUNTS: name the account and the option, as in "
        "UNIFIED_CHECKOUT_ACCOUNTS__US__PROVIDER"
    )


def _tables(file: Path) -> dict[str, Table]:
    """The accounts of a file by name, as they are written."""
    import tomllib

    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror or type(error).__name__}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: not UTF-8 text, at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: not valid TOML: {error}") from None
    for name in document:
        if name != "accounts":
            raise ConfigurationError(f"{file}: no such table {name!r}; allowed: accounts")
    tables = document.get("accounts", {})
    if not isinstance(tables, dict):
        raise ConfigurationError(f"{file}: accounts must be tables; write [accounts.NAME]")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigurationError(
                f"{file}: accounts.{name} must be a table; write [accounts.NAME] above it"
            )
    return tables


def _merged(written: Mapping[str, Table], overrides: Mapping[str, Table]) -> dict[str, Table]:
    """The file's accounts with the environment's options on top, then those only it names."""
    tables = {name: dict(table) for name, table in written.items()}
    for variable_name in sorted(overrides):
        names = [name for name in written if _as_variable(name) == _as_variable(variable_name)]
        if len(names) > 1:
            raise ConfigurationError(
                f"UNIFIED_CHECKOUT_ACCOUNTS__{_as_variable(variable_name)} could mean any of "
                f"the accounts {', '.join(names)}; rename all but one"
            )
        name = names[0] if names else variable_name.lower()
        tables.setdefault(name, {}).update(overrides[variable_name])
    return tables


def _as_variable(name: str) -> str:
    return re.sub(r"[.-]", "_", name).upper()


def _account(name: str, table: Table) -> Account:
    if "name" in table:
        raise ConfigurationError(
            f"account {name!r}: name: the table's own name is the account's; leave this out"
        )
    options = {option: _resolved(name, option, value) for option, value in table.items()}
    return Account.model_validate({**options, "name": name})


def _resolved(account: str, option: str, value: Any) -> Any:
    """The value of an option; ``{ env = "VARIABLE" }`` is that variable's value."""
    if not isinstance(value, dict) or "env" not in value:
        if option == "api_key" and not isinstance(value, str):
            raise ConfigurationError(f'account {account!r}: api_key: write {{ env = "VARIABLE" }}')
        return value
    variable = value["env"]
    if len(value) > 1 or not isinstance(variable, str):
        raise ConfigurationError(
            f'account {account!r}: {option}: write {{ env = "VARIABLE" }} and nothing else in it'
        )
    if not variable:
        raise ConfigurationError(
            f"account {account!r}: {option}: the name of the environment variable is empty; "
            'write { env = "VARIABLE" }'
        )
    if not (found := os.environ.get(variable)):
        raise MissingEnvironmentVariable(variable, account=account, option=option)
    return found


def _refuse_live_key(account: str, provider: str, key: str) -> None:
    if load(provider).key_kind(key) not in (KeyKind.TEST, KeyKind.PUBLISHABLE):
        raise LiveKeyInFile(account)


def _missing(field: int | str) -> str:
    """What to write for a field that must be given."""
    if field == "provider":
        return f"installed: {', '.join(installed()) or 'none'}"
    return 'in a file, write api_key = { env = "VARIABLE" }' if field == "api_key" else ""


def _private(base_url: str) -> bool:
    """Whether nobody on the way can read what is sent: it is encrypted, or leaves no machine."""
    if base_url.startswith("https://"):
        return True
    try:
        host = urlsplit(base_url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
