"""What pytest leaves alone while it looks for examples: rooms whose engine is not installed."""

from importlib.util import find_spec

_ROOMS = {
    "pyspark": ["spark/pushdown", "spark/source", "spark/streaming"],
    "daft": ["daft"],
    "dlt": ["store/dlt"],
}

collect_ignore = [
    f"unified_checkout/{module}.py"
    for engine, modules in _ROOMS.items()
    if find_spec(engine) is None
    for module in modules
]
