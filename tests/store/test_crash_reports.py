"""A crash report with all variables of every frame shows neither a password nor what a store takes in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from crashes import reported
from store.planted import assert_no_buyer_is_shown

from unified_checkout import ConfigurationError, read_store
from unified_checkout.store import Store

PASSWORD = "hunter2_obviously_fake"
ADDRESSES = {
    "nobody listens": f"postgresql://shop:{PASSWORD}@127.0.0.1:1/shop",
    "ill-formed": f"postgresql://shop:a@{PASSWORD}@127.0.0.1:1/shop",
    "in the settings": f"postgresql://127.0.0.1:1/shop?password={PASSWORD}",
    "a stray percent": f"postgresql://shop:%{PASSWORD}@127.0.0.1:1/shop",
    "another database": f"mysql://shop:{PASSWORD}@127.0.0.1:1/shop",
}


@pytest.mark.parametrize("door", [Store.open, read_store])
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("more", [{}, {"wait": -1}], ids=["", "and a wrong wait"])
def test_a_password_is_not_shown(
    door: Callable[..., object], address: str, more: dict[str, Any]
) -> None:
    pytest.importorskip("adbc_driver_postgresql", reason="the extra postgres is not installed")
    with pytest.raises(ConfigurationError) as caught:
        door(address, **more)
    assert PASSWORD not in reported(caught.value)


def test_what_could_not_be_written_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "checkout.duckdb"
    store = Store.open(path)
    with duckdb.connect(path) as connection:
        connection.execute("DROP VIEW sessions_decimal")
        connection.execute("ALTER TABLE sessions DROP COLUMN customer_email")
    assert_no_buyer_is_shown(store)
