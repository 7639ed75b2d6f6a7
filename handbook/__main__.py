"""``python -m handbook``: ``write`` what the code writes, build the ``site``, look for ``unused`` code."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            from handbook.written import write_all

            write_all()
        case ["site"]:
            from handbook.assembly import build_site

            build_site()
        case ["unused"]:
            from handbook.unused import check_unused

            check_unused()
        case _:
            raise SystemExit(__doc__)
