"""``python -m handbook``: ``write`` what the code writes, build the ``site``, look for ``unused`` code."""

from __future__ import annotations

import sys

from handbook import assembly, unused, written

if __name__ == "__main__":
    chosen = {
        "write": written.write_all,
        "site": assembly.build_site,
        "unused": unused.check_unused,
    }
    chosen[sys.argv[1]]()
