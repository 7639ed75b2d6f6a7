"""The figures that pages quote: ``benchmarks/figures.json``, the last full run of each part."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.lab import ROOT, Line, Scale, Verdict
from benchmarks.machine import described

FIGURES = ROOT / "benchmarks" / "figures.json"


def keep(
    part: str,
    lines: Iterable[Line],
    verdicts: Iterable[Verdict],
    scale: Scale,
    path: Path = FIGURES,
) -> None:
    """Put what was measured of a part in the place of what was measured of it before."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for line in lines:
        found = figures.setdefault(line.part, {}).setdefault(line.name, {})
        found |= {name: _short(figure) for name, figure in line.figures.items()}
    for verdict in verdicts:
        measured = {"measured": _short(verdict.figure), "to reach": _short(verdict.reach)}
        figures.setdefault(verdict.what, {})[""] = measured
    machine = described()
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept[part] = {
        "command": f"make bench BENCH={part}",
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": machine["python"],
        "machine": f"{platform.system()}, {machine['processor']}",
        "rounds": scale.rounds,
        "figures": figures,
    }
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _short(figure: float) -> float:
    """Four digits of it, or all before the point."""
    return round(figure) if abs(figure) >= 1000 else float(f"{figure:.4g}")
