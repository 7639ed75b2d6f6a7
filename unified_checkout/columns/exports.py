"""What a listing's own methods use of this room: the one way in from below."""

from unified_checkout.columns.arrow import table, table_async
from unified_checkout.columns.frames import DtypeBackend, pandas_maker, polars_maker
from unified_checkout.columns.parquet import write_parquet, write_parquet_async

__all__ = [
    "DtypeBackend",
    "pandas_maker",
    "polars_maker",
    "table",
    "table_async",
    "write_parquet",
    "write_parquet_async",
]
