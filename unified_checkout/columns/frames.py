"""Frames of a table: pandas and polars, each imported when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from unified_checkout.clocks import real_dates
from unified_checkout.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

DtypeBackend = Literal["pyarrow", "numpy_nullable"]
"""Pandas' own names for its two families of types that keep a null a null."""

_polars_began_in: int | None = None
"""The process that made the first frame of polars. A child that is forked from it waits for polars'
threads, which it has not: https://docs.pola.rs/user-guide/misc/multiprocessing/"""


def pandas_maker(backend: DtypeBackend) -> Callable[[pa.Table], pd.DataFrame]:
    """What makes pandas' frames of tables.

    Raises:
        ConfigurationError: if pandas is not installed, or there is no such backend.
    """
    pandas = _library("pandas")
    if backend == "pyarrow":
        return lambda table: table.to_pandas(types_mapper=pandas.ArrowDtype)
    if backend == "numpy_nullable":
        nullable = {
            pa.int64(): pandas.Int64Dtype(),
            pa.bool_(): pandas.BooleanDtype(),
            pa.string(): pandas.StringDtype(),
            pa.large_string(): pandas.StringDtype(),
        }
        return lambda table: table.to_pandas(types_mapper=nullable.get)
    raise ConfigurationError("dtype_backend is 'pyarrow' or 'numpy_nullable'")


def polars_maker() -> Callable[[pa.Table], pl.DataFrame]:
    """What makes polars' frames of tables.

    Raises:
        ConfigurationError: if polars is not installed, or made a frame here before this process was
            forked.
    """
    global _polars_began_in
    frame: Callable[[pa.Table], pl.DataFrame] = _library("polars").from_arrow
    _polars_began_in = _polars_began_in or os.getpid()
    if _polars_began_in != os.getpid():
        raise ConfigurationError(
            "polars was used before this process was forked, and would wait for ever here; "
            "use to_arrow or to_pandas, or start processes with multiprocessing's 'spawn'"
        )
    return frame


def _library(name: str) -> Any:
    try:
        with real_dates():
            return import_module(name)
    except ModuleNotFoundError:
        raise ConfigurationError(
            f"to_{name} needs the extra: pip install 'unified-checkout[{name}]'"
        ) from None
