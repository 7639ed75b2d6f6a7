"""``python -m handbook write``: what is written by the code. ``python -m handbook site``: the site."""

from __future__ import annotations

import sys

from handbook import assembly, written

if __name__ == "__main__":
    {"write": written.write_all, "site": assembly.build_site}[sys.argv[1]]()
