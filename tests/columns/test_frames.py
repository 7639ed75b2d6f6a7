"""Frames of pandas and polars hold every field exactly, and every null as a null."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from columns.invented import AMOUNTS, many, sessions, told_in_full
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import ConfigurationError, Session
from unified_checkout.columns import schema, table
from unified_checkout.columns.frames import DtypeBackend, pandas_maker, polars_maker

REFUSED_IN_A_CHILD = """
import os, signal
from unified_checkout import Client, ConfigurationError
from unified_checkout.sandbox import Sandbox

def child(use):
    if (process := os.fork()) == 0:
        signal.alarm(60)
        use()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0

def frame():
    assert len(client.sessions.list().to_polars()) == 3

def refused():
    try:
        frame()
    except ConfigurationError as error:
        assert str(error).startswith("polars was used before this process was forked")
        assert len(client.sessions.list().to_arrow()) == 3
    else:
        os._exit(1)

with Sandbox(sessions=3, providers=["stripe"]) as sandbox, Client(sandbox.accounts) as client:
    child(frame)
    frame()
    child(refused)
    frame()
"""
BACKENDS: list[DtypeBackend] = ["pyarrow", "numpy_nullable"]


def cell(value: Any) -> Any:
    """What pandas holds, as a plain value."""
    if value is pd.NA or value is pd.NaT or value is None:
        return None
    if isinstance(value, pd.Timestamp):
        assert value.utcoffset() == timedelta(0)
        return value.to_pydatetime().astimezone(UTC)
    return value.tolist() if hasattr(value, "tolist") else value


def row(values: dict[str, Any]) -> dict[str, Any]:
    plain = {name: cell(value) for name, value in values.items()}
    plain["payment_intents"] = list(plain["payment_intents"])
    if plain["metadata"] is not None:
        plain["metadata"] = dict(plain["metadata"])
    return plain


@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=50)
@given(listed=st.lists(sessions, max_size=3))
def test_pandas_holds_what_the_sessions_tell(backend: DtypeBackend, listed: list[Session]) -> None:
    frame = pandas_maker(backend)(table(listed, raw=True, decimals=True))
    assert list(frame.columns) == schema(raw=True, decimals=True).names
    assert [row(one) for one in frame.to_dict("records")] == [told_in_full(one) for one in listed]


@settings(deadline=None, max_examples=50)
@given(listed=st.lists(sessions, max_size=3))
def test_polars_holds_what_the_sessions_tell(listed: list[Session]) -> None:
    frame = polars_maker()(table(listed, raw=True, decimals=True))
    assert frame.columns == schema(raw=True, decimals=True).names
    assert frame.to_dicts() == [told_in_full(one) for one in listed]


@pytest.mark.parametrize("backend", BACKENDS)
def test_amounts_are_integers_in_pandas_nulls_or_not(backend: DtypeBackend) -> None:
    frame = pandas_maker(backend)(table(many(3)))
    for name in AMOUNTS:
        assert pd.api.types.is_integer_dtype(frame[name].dtype)
        assert [*frame[name].isna()] == [True] * 3


def test_pandas_has_arrows_types_unless_others_are_asked_for() -> None:
    frame = pandas_maker("pyarrow")(table(many(3), raw=True, decimals=True))
    types = dict(frame.dtypes)
    assert types == {
        field.name: pd.ArrowDtype(field.type) for field in schema(raw=True, decimals=True)
    }


def test_a_decimal_can_be_multiplied_by_a_rate() -> None:
    """Arrow refuses where both together take more than 38 digits."""
    [session] = many(1)
    priced = attrs.evolve(session, amount_total=1000, currency="eur", currency_exponent=2)
    frame = pandas_maker("pyarrow")(table([priced], decimals=True))
    assert [*frame["amount_total_decimal"] * Decimal("1.08342")] == [Decimal("10.8342")]


def test_polars_has_integers_decimals_and_utc() -> None:
    frame = polars_maker()(table(many(3), raw=True, decimals=True))
    assert frame.schema["created"] == pl.Datetime("us", "UTC")
    assert frame.schema["amount_total"] == pl.Int64()
    assert frame.schema["amount_total_decimal"] == pl.Decimal(28, 9)
    assert frame.schema["raw"] == pl.String()


def test_types_that_nobody_has_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="'pyarrow' or 'numpy_nullable'"):
        pandas_maker("numpy")  # type: ignore[arg-type]


def test_a_frame_goes_back_to_arrow_unchanged() -> None:
    whole = table(many(5), raw=True, decimals=True)
    frame = pandas_maker("pyarrow")(whole)
    assert pa.Table.from_pandas(frame, schema=whole.schema, preserve_index=False).equals(whole)


def test_where_polars_would_wait_for_ever_it_is_refused() -> None:
    command = [sys.executable, "-c", REFUSED_IN_A_CHILD]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
