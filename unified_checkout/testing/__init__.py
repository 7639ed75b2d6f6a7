"""Tools for tests: cassettes for those who list sessions, a suite for those who write adapters.

Importing this loads neither pytest nor vcrpy; the names do, each when it is first used.
"""

from unified_checkout.lazily import named_in_stub

__getattr__, __dir__, __all__ = named_in_stub(__name__, "testing", "tools for tests need")
