"""Reports: what the sessions of all providers come to, in one set of words.

Importing this loads no database. ``SessionTable`` needs the extra ``report``:
``pip install 'unified-checkout[report]'``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
