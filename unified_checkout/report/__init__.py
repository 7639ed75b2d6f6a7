"""Reports: what the sessions of all providers come to, in one set of words.

Importing this loads no database. ``SessionTable`` needs the extra ``report``:
``pip install 'unified-checkout[report]'``.
"""

from unified_checkout.lazily import named_in_stub

__getattr__, __dir__, __all__ = named_in_stub(__name__, "report", "reports need")
