"""A configuration whose accounts are checked one by one, so that one mistake hides no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from unified_checkout import config
from unified_checkout.config import Account, Table, load_accounts


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
        """One account, checked as ``load_accounts`` does.

        Raises:
            ConfigurationError: if it is wrong.
        """
        account = config._account(name, self.tables[name])
        key = self.written.get(name, {}).get("api_key")
        if isinstance(key, str):
            config._refuse_live_key(name, account.provider, key)
        return account


def read_configuration(path: Path | None) -> Configuration:
    """Find and read what ``load_accounts`` loads.

    Raises:
        ConfigurationError: if there is no account, or the file cannot be read as accounts.
    """
    overrides, configured = config._environment()
    file = config._chosen_file(configured if path is None else path)
    written = config._tables(file) if file is not None else {}
    tables = config._merged(written, overrides)
    if not tables:
        load_accounts(path)
    return Configuration(file, written, tables)
