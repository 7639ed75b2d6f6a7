"""The machine that measures: its cores, and what it is, in words."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path


def cores() -> list[int]:
    """The cores that this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))


def pin(chosen: Collection[int]) -> None:
    """Run this process on these cores alone, where the system can be told so."""
    if chosen and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, chosen)


def described() -> dict[str, str]:
    """What ran the measurements."""
    packages = (
        "httpx",
        "msgspec",
        "attrs",
        "pydantic",
        "orjson",
        "requests",
        "stripe",
        "dlt",
        "pyarrow",
    )
    return {
        "processor": f"{len(cores()) or os.cpu_count()} cores, {_processor()}",
        "system": platform.platform(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
