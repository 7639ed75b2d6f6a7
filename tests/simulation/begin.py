"""Where in an answer a consumer begins to read."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from simulation.rows import Row


@attrs.frozen
class Begin:
    """Beside a session or a moment, towards older sessions or newer ones."""

    at: float
    """The moment, or when the session was created."""
    onward: bool = True
    """Whether towards older ones."""
    row: Row | None = None
    """The session; None for a moment."""

    def is_newer(self, row: Row, accounts: Sequence[str]) -> bool:
        """Whether a row stands on the newer side of it; of one moment, accounts stand in order."""
        if row.created != self.at:
            return row.created > self.at
        if self.row is None or row is self.row:
            return self.onward
        if row.account != self.row.account:
            return accounts.index(row.account) < accounts.index(self.row.account)
        return row.place > self.row.place
