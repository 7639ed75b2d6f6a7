"""A store: the sessions of all accounts in tables that stay true; needs the extra ``store``."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
