"""Sessions for Apache Spark; needs the extra ``spark``: ``unified-checkout[spark]``, and Java.

::

    from unified_checkout.spark import register

    register(spark)
    spark.read.format("unified_checkout").option("config", "/etc/checkout.toml").load()
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from unified_checkout.errors import ConfigurationError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from unified_checkout.store import Store

__all__ = ["into_store", "register"]


def register(spark: SparkSession) -> None:
    """Let a Spark session know the sources ``unified_checkout`` and ``checkout_coverage``.

    Options that look like keys are refused, but Spark writes the options of a ``CREATE VIEW`` into
    its event log before it asks anybody. So the session is also told to redact what is named, or
    looks, like one: ``spark.sql.redaction.options.regex``, to which that is added.

    Args:
        spark: the session, of PySpark 4.1 or later.

    Raises:
        ConfigurationError: if PySpark is not installed, or is older.
    """
    try:
        from unified_checkout.spark.source import SOURCES
    except ImportError as error:
        raise ConfigurationError(
            "Spark needs the extra: pip install 'unified-checkout[spark]'"
        ) from error
    from unified_checkout.spark.options import KEY_LIKE

    setting = "spark.sql.redaction.options.regex"
    redacted = spark.conf.get(setting)
    if redacted is None or KEY_LIKE not in redacted:
        spark.conf.set(setting, "|".join(one for one in (redacted, KEY_LIKE) if one))
    for source in SOURCES:
        spark.dataSource.register(source)


def into_store(store: Store) -> Callable[[DataFrame, int], None]:
    """What ``foreachBatch`` takes to merge a stream's batches into a store, by account and id.

    A batch is collected on the driver. It moves no mark: the store then holds the sessions, and it
    is ``sync`` that proves how far it is complete.

    Args:
        store: where to; ``sync`` may write into it as well.

    Raises:
        StoreError: in the stream, if a batch cannot be written; the store is then as before.
    """
    from unified_checkout.spark.sink import merge

    return lambda frame, number: merge(store, frame, number)
