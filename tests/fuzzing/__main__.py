"""Long fuzzing with atheris: ``python -m fuzzing`` from ``tests/``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from fuzzing.targets import PARSERS, chosen, seeds

_HANGS = 120
"""More seconds, by the clock on the wall, than a machine that is busy keeps one input waiting."""


def main() -> int:
    """Fuzz every parser, or those named; 1 if one of them let something out."""
    parser = argparse.ArgumentParser(prog="python -m fuzzing")
    parser.add_argument("parsers", nargs="*", metavar="PARSER", help=", ".join(PARSERS))
    parser.add_argument("--seconds", type=int, default=3600, help="for each parser")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    unknown = [name for name in asked.parsers if name not in PARSERS]
    if unknown:
        parser.error(f"no parser is called {unknown[0]!r}; there are {', '.join(PARSERS)}")
    if asked.one:
        fuzz(asked.one, asked.seconds)
    broken = [name for name in asked.parsers or PARSERS if not is_sound(name, asked.seconds)]
    print(f"let something out: {', '.join(broken)}" if broken else "nothing was let out")
    return 1 if broken else 0


def is_sound(name: str, seconds: int) -> bool:
    """Fuzz a parser in a process of its own, which a crash may end."""
    command = [sys.executable, "-m", "fuzzing", "--one", name, "--seconds", str(seconds)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    told = run.stderr.splitlines()
    done = next((line for line in reversed(told) if line.startswith("Done ")), "")
    print(f"{name}: {done or 'FAILED'}", flush=True)
    if run.returncode:
        print("\n".join(told[-40:]), flush=True)
    return run.returncode == 0


def fuzz(name: str, seconds: int) -> None:
    """Fuzz a parser in this process, which ends with it."""
    atheris: Any = import_module("atheris")

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds(PARSERS[name])):
            (Path(folder) / str(number)).write_bytes(seed)
        limits = [f"-max_total_time={seconds}", f"-timeout={_HANGS}", "-rss_limit_mb=1024"]
        written = [f"-artifact_prefix={folder}/", "-max_len=65536", "-print_final_stats=1"]
        atheris.instrument_all()
        atheris.Setup([sys.argv[0], *limits, *written, folder], chosen(PARSERS[name]))
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
