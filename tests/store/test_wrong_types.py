"""What is of a wrong type is named before anything is sent or written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from unified_checkout import Client, ConfigurationError, InvalidQuery, StoreError, read_store
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Manner, Patience, Store, sync

WHEN = "allowed: an aware datetime, such as 2026-10-01T00:00:00Z"
FROM_ONE = "allowed: a number from 1 on"
FROM_ZERO = "allowed: a timedelta from 0 on"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"since": "2026-10-01"}, f"since is of type str; {WHEN}"),
        ({"since": 5}, f"since is of type int; {WHEN}"),
        ({"since": datetime(2026, 10, 1)}, "since: give an aware datetime"),
        ({"recheck": "30d"}, "recheck is of type str; allowed: a timedelta"),
        ({"recheck": True}, "recheck is of type bool"),
        ({"only": 5}, "only: give a list of ids"),
        ({"only": "cs_1"}, "only: give a list of ids"),
        ({"only": [5]}, "only: an id is of type int; allowed: a string"),
        ({"manner": 5}, "manner is of type int; allowed: a Manner"),
        ({"max_requests": "5"}, "max_requests: '5' is not a number"),
        ({"deadline": "5"}, "deadline: '5' is not a number"),
        ({"accounts": 5}, r"accounts\.0: input should be a valid string"),
    ],
)
def test_an_argument_of_a_sync_is_named(
    sandbox: Sandbox, client: Client, store: Store, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidQuery, match=said):
        sync(client, store, **given)
    assert [sandbox.requests(account.name) for account in client.accounts] == [[], []]
    assert store.query("SELECT * FROM runs").num_rows == 0


def test_neither_client_nor_store_may_be_something_else(client: Client, store: Store) -> None:
    given: Any
    for given in (5, None, list(client.accounts), store):
        with pytest.raises(InvalidQuery, match=r"client is of type \w+; allowed: a Client"):
            sync(given, store)
    for given in (5, None, "checkout.duckdb", client):
        with pytest.raises(InvalidQuery, match=r"store is of type \w+; allowed: what Store.open"):
            sync(client, given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"patience": 5}, "patience is of type int; allowed: a Patience"),
        ({"raw": None}, "raw is of type NoneType; allowed: a bool"),
        ({"slice_rows": "5"}, f"slice_rows is of type str; {FROM_ONE}"),
        ({"slice_rows": 0}, f"slice_rows is 0; {FROM_ONE}"),
        ({"accounts_at_once": True}, f"accounts_at_once is of type bool; {FROM_ONE}"),
        ({"accounts_at_once": -1}, f"accounts_at_once is -1; {FROM_ONE}"),
        ({"told": 5}, "told is of type int; allowed: a function"),
        ({"begins": None}, "begins is of type NoneType"),
        ({"reached": "x"}, "reached is of type str"),
    ],
)
def test_a_manner_names_what_is_wrong(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        Manner(**given)


@pytest.mark.parametrize("name", ["overlap", "horizon", "settled", "missed"])
def test_patience_is_never_below_nothing(name: str) -> None:
    """Less than nothing would leave sessions out."""
    given: Any
    for given in (-timedelta(seconds=1), "30d", 5):
        with pytest.raises(InvalidQuery, match=f"{name} is .*{FROM_ZERO}"):
            Patience(**{name: given})
    Patience(**{name: timedelta(0)})


@pytest.mark.parametrize("place", [5, None, b"checkout.duckdb", ["checkout.duckdb"]])
def test_a_place_that_is_none_is_refused(place: Any) -> None:
    for opened in (Store.open, read_store):
        with pytest.raises(ConfigurationError, match="not of type"):
            opened(place)


@pytest.mark.parametrize("wait", ["5", None, [5], -1, float("nan"), float("inf")])
def test_a_wait_that_is_no_number_of_seconds_is_refused(wait: Any) -> None:
    with pytest.raises(ConfigurationError, match="wait: give seconds, from 0 on"):
        Store.open("checkout.duckdb", wait=wait)


@pytest.mark.parametrize("statement", [5, None, b"SELECT 1", ["SELECT 1"]])
def test_a_statement_that_is_no_text_is_refused(store: Store, statement: Any) -> None:
    with pytest.raises(StoreError, match="SELECT"):
        store.query(statement)
