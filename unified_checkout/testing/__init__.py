"""Tools for tests: cassettes for those who list sessions, a suite for those who write adapters.

Importing this loads neither pytest nor vcrpy; the names do, each when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
