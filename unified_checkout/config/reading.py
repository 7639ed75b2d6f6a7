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

from unified_checkout.adapters import KeyKind
from unified_checkout.config.account import Account, adapter_of
from unified_checkout.config.keys import variable
from unified_checkout.errors import (
    ConfigurationError,
    LiveKeyInFile,
    MissingEnvironmentVariable,
)
from unified_checkout.frames import frameless
from unified_checkout.model.validation import told_of
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import named, only_plain, plain_path, quoted

FILE_NAME = "checkout.toml"

_ACCOUNTS = "UNIFIED_CHECKOUT_ACCOUNTS"
_CONFIG = "UNIFIED_CHECKOUT_CONFIG"
_LARGEST_FILE = 1024 * 1024
_TABLES = ("accounts", "gateway")

Table = dict[str, Any]
"""One account as it is written, before anything is checked."""


@frameless  # the frames hold what is written, keys and all
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
    configuration = read_configuration(path)
    return tuple(configuration.account(name) for name in configuration.tables)


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
    set_by: Mapping[str, Mapping[str, str]] = attrs.field(repr=False, factory=dict)
    """By account and option, the environment variable that sets it."""

    def account(self, name: str) -> Account:
        """One account, checked; its key is not looked for yet.

        Raises:
            ConfigurationError: if it is wrong, as ``load_accounts``.
        """
        key = self.written.get(name, {}).get("api_key")
        set_by = self.set_by.get(name, {})
        account = _account(name, self._with_place_of_key(name, key), set_by)
        if isinstance(key, str):
            _refuse_live_key(account, key)
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
    tables = {name: dict(table) for name, table in written.items()}
    set_by = {}
    for override in overrides:
        name = _meant(override, written)
        tables.setdefault(name, {}).update(override.options)
        set_by[name] = override.set_by
    if file is not None and not tables:
        raise ConfigurationError(f"{file.told}: no account; write a table [accounts.NAME]")
    path = None if file is None else file.path
    return Configuration(path, written, tables, document.get("gateway", {}), set_by)


@attrs.frozen
class _File:
    """A file that was chosen."""

    path: Path
    told: str
    """What it is called where something is wrong with it."""


def _chosen_file(path: str | os.PathLike[str] | None) -> _File | None:
    if path is not None and not isinstance(path, str | os.PathLike):
        raise ConfigurationError(
            f"{type(path).__name__} is no path; give that of a file, such as {FILE_NAME!r}"
        )
    if path is not None:
        if path == "":
            raise ConfigurationError(f"a path is empty; name a file, such as {FILE_NAME!r}")
        given = Path(os.path.expanduser(path))
        return _File(given, _shown(given))
    if named_there := os.environ.get(_CONFIG):
        return _File(Path(os.path.expanduser(named_there)), f"{_CONFIG}: the file that it names")
    return next((_File(file, _shown(file)) for file in _usual_files() if _is_file(file)), None)


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


@attrs.frozen
class _Override:
    """What the environment says of one account."""

    account: str
    """Its name as a variable has it."""
    options: Table = attrs.field(repr=False, factory=dict)
    set_by: dict[str, str] = attrs.field(factory=dict)
    """By option, the variable that sets it; of two that set parts of it, the first."""


def _of_environment() -> list[_Override]:
    """The accounts that the environment names, in alphabetical order."""
    accounts: dict[str, _Override] = {}
    for name, value in sorted(os.environ.items()):
        prefix, *place = name.split("__")
        if prefix.upper() != _ACCOUNTS or not value:
            continue
        if not 2 <= len(place) <= 3 or not all(place):
            raise ConfigurationError(
                f"{named(name)}: name the account and the option, as in {_ACCOUNTS}__US__PROVIDER"
            )
        account, option, *part = place
        override = accounts.setdefault(account.upper(), _Override(account.upper()))
        override.set_by.setdefault(option.lower(), name)
        if part:
            set_to: Any = {part[0].lower(): value}
        else:
            set_to = {"env": name} if option.upper() == "API_KEY" else value
        before = override.options.setdefault(option.lower(), set_to)
        if before is set_to:
            continue
        if not isinstance(before, dict) or not part:
            raise ConfigurationError(
                f"{named(name)}: another variable sets this option too; keep one"
            )
        before.update(set_to)
    return [accounts[name] for name in sorted(accounts)]


def _tables(file: _File, document: Table) -> dict[str, Table]:
    """The accounts of a file by name, as they are written."""
    for name, table in document.items():
        if name not in _TABLES:
            raise ConfigurationError(
                f"{file.told}: no such table {quoted(name)}; allowed: {', '.join(_TABLES)}"
                f"{did_you_mean(name, _TABLES) or _misplaced(name, table)}"
            )
        if name != "accounts" and not isinstance(table, dict):
            raise ConfigurationError(f"{file.told}: {name} must be a table; write [{name}]")
    tables = document.get("accounts", {})
    if not isinstance(tables, dict):
        raise ConfigurationError(f"{file.told}: accounts must be tables; write [accounts.NAME]")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigurationError(
                f"{file.told}: accounts.{named(name)} must be a table; "
                "write [accounts.NAME] above it"
            )
        for part, inner in table.items():
            if part != "api_key" and _is_account(inner):
                raise ConfigurationError(
                    f"{file.told}: accounts.{named(name)}.{named(part)} is a table of its own within "
                    "an account; a name with a dot stands in quotation marks: "
                    f"{_header(f'{name}.{part}')}"
                )
    return tables


def _misplaced(name: str, table: object) -> str:
    """What to do with what stands at the top of a file and belongs to an account."""
    if _is_account(table):
        return f"; did you mean {_header(name)}?"
    return "; write [accounts.NAME] above it" if name in Account.model_fields else ""


def _is_account(table: object) -> bool:
    return isinstance(table, dict) and ("provider" in table or "api_key" in table)


def _header(name: str) -> str:
    """The head of an account's table; a name that may be secret is not repeated.

    >>> _header("us"), _header("us.eu")
    ('[accounts.us]', '[accounts."us.eu"]')
    """
    if named(name) != name:
        return "[accounts.NAME]"
    return f"[accounts.{name}]" if re.fullmatch(r"[\w-]+", name) else f'[accounts."{name}"]'


def _document(file: _File) -> dict[str, Any]:
    """What a file holds, as TOML."""
    import tomllib

    try:
        with file.path.open("rb") as opened:
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
    except RecursionError:
        problem = "lists or tables within others, deeper than anything is written here"
    except ValueError:
        # beyond what TOML forbids: an integer too long for Python, or a path that is none
        problem = "a number of too many digits, or no path of a file"
    raise ConfigurationError(f"{file.told}: {problem}")


def _meant(override: _Override, written: Mapping[str, Table]) -> str:
    """The name of the account of the file that is overridden, or of one that is only overrides."""
    names = [name for name in written if _as_variable(name) == override.account]
    if len(names) > 1:
        raise ConfigurationError(
            f"{_ACCOUNTS}__{named(override.account)} could mean any of "
            f"the accounts {', '.join(map(named, names))}; rename all but one"
        )
    return names[0] if names else override.account.lower()


def _as_variable(name: str) -> str:
    return re.sub(r"[.-]", "_", name).upper()


def _account(name: str, table: Table, set_by: Mapping[str, str]) -> Account:
    if "name" in table:
        place = told_of("name", set_by.get("name"))
        raise ConfigurationError(
            f"account {quoted(name)}: {place}: the table's own name is the account's; leave this out"
        )
    options: Table = {"name": name}
    variables = dict(set_by)
    for option, value in table.items():
        options[option] = _resolved(name, option, value, set_by.get(option))
        referred = value.get("env") if isinstance(value, dict) and len(value) == 1 else None
        if isinstance(referred, str) and referred:
            variables[option] = set_by.get(option, referred)
    return Account.model_validate(options, context={"set_by": variables})


def _resolved(account: str, option: str, value: Any, set_by: str | None) -> Any:
    """The value of an option; ``{ env = "VARIABLE" }`` is that variable's value."""
    if option == "api_key":
        return value if isinstance(value, str | dict) else {}
    if not isinstance(value, dict) or "env" not in value:
        return value
    name = value["env"]
    place = f"account {quoted(account)}: {told_of(named(option), set_by)}"
    if len(value) > 1 or not isinstance(name, str):
        raise ConfigurationError(f'{place}: write {{ env = "VARIABLE" }} and nothing else in it')
    if not name:
        raise ConfigurationError(
            f'{place}: the name of the environment variable is empty; write {{ env = "VARIABLE" }}'
        )
    if not (found := variable(name)):
        raise MissingEnvironmentVariable(name, account=account, option=option, named_by=set_by)
    return found


def _refuse_live_key(account: Account, key: str) -> None:
    if adapter_of(account).key_kind(key) not in (KeyKind.TEST, KeyKind.PUBLISHABLE):
        raise LiveKeyInFile(account.name)
