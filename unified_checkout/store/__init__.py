"""A store: the sessions of all accounts in tables that stay true; needs the extra ``store``."""

from unified_checkout.lazily import named_in_stub

__getattr__, __dir__, __all__ = named_in_stub(__name__, "store", "a store needs")
