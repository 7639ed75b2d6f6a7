"""``python -m handbook``: what ``make docs`` and ``make lint`` ask for.

``write`` what the code writes, or its ``figures`` alone; build the ``site``; look for ``unused`` code.
"""

from __future__ import annotations

import sys

from handbook.pages import ROOT

if __name__ == "__main__":
    sys.path.append(str(ROOT / "tests"))  # pages quote what tests do
    match sys.argv[1:]:
        case ["write"]:
            from handbook.written import write_all

            write_all()
        case ["figures"]:
            from handbook.written import write_figures

            write_figures()
        case ["site"]:
            from handbook.assembly import build_site

            build_site()
        case ["unused"]:
            from handbook.unused import check_unused

            check_unused()
        case _:
            raise SystemExit(__doc__)
