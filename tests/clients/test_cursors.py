"""Cursors: bound to a query and to accounts, good in another process, and proof against edits."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from asking import Asker, expected, names
from clients.setting import ACCOUNTS, Open, impatient

from unified_checkout import InvalidCursor, ListSessions
from unified_checkout.sandbox import Sandbox

QUERY = ListSessions(mode="payment", page_size=9)


@pytest.fixture
def cursor(ask: Asker) -> str:
    """After the twentieth session."""
    return ask.read(QUERY, take=20).answer.cursor


def refused(ask: Asker, cursor: str, query: ListSessions = QUERY) -> str:
    """How a cursor is refused, by either way of asking, before anything is sent."""
    with pytest.raises(InvalidCursor) as caught:
        ask.read(query, cursor=cursor)
    with pytest.raises(InvalidCursor):
        ask.page(query, cursor)
    return str(caught.value)


class TestRefused:
    @pytest.fixture(autouse=True)
    def _nothing_is_sent(self, cursor: str, sandbox: Sandbox) -> None:
        sandbox.clear_requests()

    @pytest.fixture(autouse=True)
    def _nothing_was_sent(self, _nothing_is_sent: None, sandbox: Sandbox) -> object:
        yield
        assert all(sandbox.requests(account) == [] for account in ACCOUNTS)
