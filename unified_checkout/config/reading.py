"""Finding and reading what is configured: ``checkout.toml`` and the environment.

What only reading the configuration needs is imported there, to keep the import of accounts cheap.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from unified_checkout.adapters import KeyKind, load
from unified_checkout.config.account import Account
from unified_checkout.config.keys import variable
from unified_checkout.errors import (
    ConfigurationError,
    LiveKeyInFile,
    MissingEnvironmentVariable,
)
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import named, only_plain, plain_path, quoted

FILE_NAME = "checkout.toml"

_ACCOUNTS = "UNIFIED_CHECKOUT_ACCOUNTS"
_CONFIG = "UNIFIED_CHECKOUT_CONFIG"
_LARGEST_FILE = 1024 * 1024
_TABLES = ("accounts", "gateway")

Table = dict[str, Any]
"""One account as it is written, before anything is checked."""


def load_accounts(path: str | os.PathLike[str] | None = None) -> tuple[Account, ...]:
    """The accounts of a file and of the environment, in the order of the file.

    Without a path: the file that ``UNIFIED_CHECKOUT_CONFIG`` names, else ``checkout.toml`` in
    the working directory, else ``unified-checkout/checkout.toml`` in the user's configuration
    directory. A variable such as ``UNIFIED_CHECKOUT_ACCOUNTS__US__TIMEOUT`` sets one option of
    the account ``us`` and prevails over the file; accounts may be made of variables alone.

    A key that is elsewhere is looked for when it is first needed, so that an account whose key
    cannot be had keeps nobody from asking the others.

    Raises:
        LiveKeyInFile: if the file holds a key that is not plainly a test key.
        MissingEnvironmentVariable: if an option, other than the key, refers to a variable that is
            not set.
        ProviderLoadError: if the adapter for a key in the file cannot be loaded.
        ConfigurationError: for whatever else is wrong with the file or an account.
    """
    try:
        configuration = read_configuration(path)
        return tuple(configuration.account(name) for name in configuration.tables)
    except ConfigurationError as error:
        failure = error.with_traceback(None)  # the frames hold what is written, keys and all
    raise failure


@attrs.frozen
class Configuration:
    """What is configured, as it is written; an account is checked when it is asked for."""

    file: Path | None
    """Where it was found; None where only the environment names accounts."""
    written: Mapping[str, Table] = attrs.field(repr=False)
    """The accounts of the file."""
    tables: Mapping[str, Table] = attrs.field(repr=False)
    """The accounts of the file and of the environment, which prevails."""
    gateway: Table = attrs.field(repr=False, factory=dict)
    """The file's table ``[gateway]``, not yet checked."""

    def account(self, name: str) -> Account:
        """One account, checked; its key is not looked for yet.

        Raises:
            ConfigurationError: if it is wrong, as ``load_accounts``.
        """
        key = self.written.get(name, {}).get("api_key")
        account = _account(name, self._with_place_of_key(name, key))
        if isinstance(key, str):
            _refuse_live_key(name, account.provider, key)
        return account

    def _with_place_of_key(self, name: str, written: Any) -> Table:
        """An account's table, in which the path of the key's file begins where the file lies."""
        table = self.tables[name]
        if self.file is None or table.get("api_key") is not written:
            return table
        if not isinstance(written, dict) or not isinstance(path := written.get("file"), str):
            return table
        place = self.file.parent / os.path.expanduser(path) if path else path
        return {**table, "api_key": {**written, "file": str(place)}}


def read_configuration(path: str | os.PathLike[str] | None = None) -> Configuration:
    """Find and read what ``load_accounts`` loads, its accounts not yet checked.

    Raises:
        ConfigurationError: if there is no account, or the file cannot be read as accounts.
    """
    overrides = _of_environment()
    file = _chosen_file(path)
    if file is None and not overrides:
        raise ConfigurationError(
            f"no accounts are configured; looked for {', '.join(map(_looked_for, _usual_files()))} "
            f"and at {_CONFIG}. Write one of these files with a table "
            '[accounts.NAME] holding provider = "..." and api_key = { env = "..." }'
        )
    document = _document(file) if file is not None else {}
    written = _tables(file, document) if file is not None else {}
    tables = _merged(written, overrides)
    if not tables:
        raise ConfigurationError(f"{_shown(file)}: no account; write a table [accounts.NAME]")
    return Configuration(file, written, tables, document.get("gateway", {}))


def _chosen_file(path: str | os.PathLike[str] | None) -> Path | None:
    given = path if path is not None else os.environ.get(_CONFIG) or None
    if given is not None and not isinstance(given, str | os.PathLike):
        raise ConfigurationError(
            f"{type(given).__name__} is no path; give that of a file, such as {FILE_NAME!r}"
        )
    if given is not None:
        return Path(os.path.expanduser(given))
    return next((file for file in _usual_files() if _is_file(file)), None)


def _usual_files() -> list[Path]:
    """In the working directory and in the user's configuration directory, if there are any."""
    from platformdirs import user_config_path

    try:
        here = Path(FILE_NAME).absolute()
    except OSError:
        here = Path(FILE_NAME)
    try:
        users = user_config_path("unified-checkout") / FILE_NAME
    except (RuntimeError, OSError, ValueError):  # there is no home directory
        return [here]
    return [here, users] if users.is_absolute() else [here]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _looked_for(path: Path) -> str:
    try:
        path.is_file()
    except OSError as error:
        return f"{_shown(path)} ({error.strerror or type(error).__name__})"
    return _shown(path)


def _shown(path: Path | None) -> str:
    return plain_path(path)


def _of_environment() -> dict[str, Table]:
    """The accounts that the environment names, by the name as a variable has it."""
    accounts: dict[str, Table] = {}
    for name, value in sorted(os.environ.items()):
        prefix, *place = name.split("__")
        if prefix.upper() != _ACCOUNTS or not value:
            continue
        if not 2 <= len(place) <= 3 or not all(place):
            raise ConfigurationError(
                f"{named(name)}: name the account and the option, as in {_ACCOUNTS}__US__PROVIDER"
            )
        account, option, *part = place
        table = accounts.setdefault(account.upper(), {})
        if part:
            set_to: Any = {part[0].lower(): value}
        else:
            set_to = {"env": name} if option.upper() == "API_KEY" else value
        before = table.setdefault(option.lower(), set_to)
        if before is set_to:
            continue
        if not isinstance(before, dict) or not part:
            raise ConfigurationError(
                f"{named(name)}: another variable sets this option too; keep one"
            )
        before.update(set_to)
    return accounts


def _tables(file: Path, document: Table) -> dict[str, Table]:
    """The accounts of a file by name, as they are written."""
    for name, table in document.items():
        if name not in _TABLES:
            raise ConfigurationError(
                f"{_shown(file)}: no such table {quoted(name)}; allowed: {', '.join(_TABLES)}"
                f"{did_you_mean(name, _TABLES)}"
            )
        if name != "accounts" and not isinstance(table, dict):
            raise ConfigurationError(f"{_shown(file)}: {name} must be a table; write [{name}]")
    tables = document.get("accounts", {})
    if not isinstance(tables, dict):
        raise ConfigurationError(f"{_shown(file)}: accounts must be tables; write [accounts.NAME]")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigurationError(
                f"{_shown(file)}: accounts.{named(name)} must be a table; "
                "write [accounts.NAME] above it"
            )
    return tables


def _document(file: Path) -> dict[str, Any]:
    """What a file holds, as TOML."""
    import tomllib

    try:
        with file.open("rb") as opened:
            held = opened.read(_LARGEST_FILE + 1)
        if len(held) <= _LARGEST_FILE:
            return tomllib.loads(held.decode("utf-8-sig").replace("\r\n", "\n"))
        problem = f"larger than {_LARGEST_FILE} bytes"
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 text, at byte {error.start}"
    except tomllib.TOMLDecodeError as error:
        problem = f"not valid TOML: {only_plain(str(error))}"
    except (ValueError, RecursionError) as error:
        problem = f"not valid TOML, or no path: {type(error).__name__}"
    raise ConfigurationError(f"{_shown(file)}: {problem}")


def _merged(written: Mapping[str, Table], overrides: Mapping[str, Table]) -> dict[str, Table]:
    """The file's accounts with the environment's options on top, then those only it names."""
    tables = {name: dict(table) for name, table in written.items()}
    for variable_name in sorted(overrides):
        names = [name for name in written if _as_variable(name) == variable_name]
        if len(names) > 1:
            raise ConfigurationError(
                f"{_ACCOUNTS}__{named(variable_name)} could mean any of "
                f"the accounts {', '.join(map(named, names))}; rename all but one"
            )
        name = names[0] if names else variable_name.lower()
        tables.setdefault(name, {}).update(overrides[variable_name])
    return tables


def _as_variable(name: str) -> str:
    return re.sub(r"[.-]", "_", name).upper()


def _account(name: str, table: Table) -> Account:
    if "name" in table:
        raise ConfigurationError(
            f"account {quoted(name)}: name: the table's own name is the account's; leave this out"
        )
    options = {option: _resolved(name, option, value) for option, value in table.items()}
    return Account.model_validate({**options, "name": name})


def _resolved(account: str, option: str, value: Any) -> Any:
    """The value of an option; ``{ env = "VARIABLE" }`` is that variable's value."""
    if option == "api_key":
        return value if isinstance(value, str | dict) else {}
    if not isinstance(value, dict) or "env" not in value:
        return value
    name = value["env"]
    place = f"account {quoted(account)}: {named(option)}"
    if len(value) > 1 or not isinstance(name, str):
        raise ConfigurationError(f'{place}: write {{ env = "VARIABLE" }} and nothing else in it')
    if not name:
        raise ConfigurationError(
            f'{place}: the name of the environment variable is empty; write {{ env = "VARIABLE" }}'
        )
    if not (found := variable(name)):
        raise MissingEnvironmentVariable(name, account=account, option=option)
    return found


def _refuse_live_key(account: str, provider: str, key: str) -> None:
    if load(provider).key_kind(key) not in (KeyKind.TEST, KeyKind.PUBLISHABLE):
        raise LiveKeyInFile(account)
