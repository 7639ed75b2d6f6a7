"""``Task``: what one worker reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import pyarrow as pa

from unified_checkout.client import Client
from unified_checkout.columns import batches, schema
from unified_checkout.config import Account, read_configuration
from unified_checkout.engine.coverage import Coverage
from unified_checkout.engine.plan import Plan
from unified_checkout.errors import UnknownAccount


@attrs.frozen(kw_only=True)
class Manner:
    """Where the accounts are configured, and what is made of their sessions."""

    config: Path | None = None
    """The ``checkout.toml``, at the same place for every worker; None looks in the usual places,
    and at the environment."""
    share_rate: bool | Path = False
    """As an account's option of that name: whether the workers of a machine keep to the rate
    together. True keeps a small file in the user's cache, a path names another folder."""
    raw: bool = False
    """Add the column ``raw``, the provider's object as text."""
    decimals: bool = False
    """Add each amount in its currency's main unit: ``amount_total_decimal``."""

    @property
    def schema(self) -> pa.Schema:
        """The columns that there are."""
        return schema(raw=self.raw, decimals=self.decimals)

    def accounts(self, names: Sequence[str] | None = None) -> list[Account]:
        """The accounts of these names, or all, in the order in which they are configured.

        Raises:
            ConfigurationError: if one of them is not configured, or wrong.
        """
        configuration = read_configuration(self.config)
        tables = configuration.tables
        for name in names or ():
            if name not in tables:
                raise UnknownAccount(name, list(tables))
        accounts = [configuration.account(name) for name in tables if name in (names or tables)]
        if self.share_rate is False:
            return accounts
        return [one.model_copy(update={"share_rate": self.share_rate}) for one in accounts]


@attrs.frozen(kw_only=True)
class Task:
    """A part of a question, for one worker. It pickles, and holds no credential.

    The worker looks for the keys itself, where its own ``checkout.toml`` and environment say.
    """

    plan: Plan
    """What is read: usually of one account, and perhaps of one span of time."""
    manner: Manner
    rate_share: float = 1.0
    """The part of the accounts' rates that it may use, as others read them at the same time."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """The names of the accounts that it reads."""
        return tuple(one.account for one in self.plan.accounts)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The sessions as Arrow batches, newest first.

        Whoever takes all of them has all that the task promises: what is not complete raises.

        Raises:
            ConfigurationError: if an account is not configured here, or its key cannot be had.
            ProviderError: what an account fails with.
            IncompleteAnswer: if its answer is not complete for another reason.
        """
        with self._client() as client:
            listing = client.sessions.list(self.plan)
            yield from batches(listing, raw=self.manner.raw, decimals=self.manner.decimals)
            listing.coverage.raise_if_incomplete()

    def coverage(self) -> Coverage:
        """What reading the task proves. It reads all of it, and keeps no session.

        An account that fails is told as incomplete.
        """
        with self._client() as client:
            listing = client.sessions.list(self.plan, on_error="report")
            for _ in listing:
                pass
            return listing.coverage

    def _client(self) -> Client:
        return Client(self.manner.accounts(self.accounts), rate_share=self.rate_share)
