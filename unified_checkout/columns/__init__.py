"""Sessions as Apache Arrow columns; needs the extra ``columns``: ``unified-checkout[columns]``.

A listing's ``to_arrow``, ``to_pandas``, ``to_polars`` and ``to_parquet`` are made of these.
"""

from unified_checkout.extras import needing

with needing("columns", "columns need"):
    from unified_checkout.columns.arrow import batch, batches, table
    from unified_checkout.columns.schema import ADDRESS, CUSTOMER, SCHEMA, schema

__all__ = ["ADDRESS", "CUSTOMER", "SCHEMA", "batch", "batches", "schema", "table"]
