"""Accounts, and where they are configured: ``checkout.toml`` and the environment.

``account`` holds what one account is, ``keys`` where its key comes from, ``reading`` how both are
found and read.
"""

from unified_checkout.config.account import Account, credentials_of
from unified_checkout.config.reading import Configuration, load_accounts, read_configuration

__all__ = ["Account", "Configuration", "credentials_of", "load_accounts", "read_configuration"]
