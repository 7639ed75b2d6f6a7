"""List checkout sessions across payment providers: explained before, certified after.

The public names are those of the stub beside this file; each is imported when it is first used.
"""

from unified_checkout.lazily import named_in_stub
from unified_checkout.version import __version__ as __version__

__getattr__, __dir__, __all__ = named_in_stub(__name__)
