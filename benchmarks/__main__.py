"""``python -m benchmarks``: measure, print a table and write JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.figures import keep
from benchmarks.lab import FULL, QUICK, ROOT, Findings, Lab
from benchmarks.machine import described
from benchmarks.parts import PARTS

WIDTH = 140
HEADINGS = ("sessions", "cpu µs", "wall µs", "cpu / floor", "peak MB")
RESULTS = ROOT / "benchmarks" / "results"


def main(
    parts: Annotated[
        list[str] | None, typer.Argument(help=f"Which parts to run: {', '.join(PARTS)}.")
    ] = None,
    *,
    quick: Annotated[bool, typer.Option(help="Fewer sessions, fewer rounds.")] = False,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each job runs.")] = None,
) -> None:
    """Measure what listing sessions costs, against what people would do instead.

    A full run puts what it measured into ``benchmarks/figures.json``, which pages quote.
    """
    for name in parts or []:
        if name not in PARTS:
            raise typer.BadParameter(f"no part is named {name!r}; there are {', '.join(PARTS)}")
    console = Console(width=max(WIDTH, Console().width))
    scale = QUICK if quick else FULL
    with Lab(attrs.evolve(scale, rounds=rounds or scale.rounds)) as lab:
        for name in parts or PARTS:
            with console.status(f"{name}: {(PARTS[name].__doc__ or '').splitlines()[0]}"):
                _measure(lab, name, keeping=not quick and rounds is None)
    console.print(lines(lab.findings), verdicts(lab.findings))
    if quick:
        console.print("A quick run is for trying things; what to reach is meant for a full one.")
    console.print(f"written to {written(lab).relative_to(ROOT)}")


def _measure(lab: Lab, name: str, *, keeping: bool) -> None:
    found = lab.findings
    before = len(found.lines), len(found.verdicts)
    PARTS[name](lab)
    if keeping:
        keep(name, found.lines[before[0] :], found.verdicts[before[1] :], lab.scale)


def lines(findings: Findings) -> Table:
    """All that was measured."""
    table = Table(title="measured")
    for heading in ("part", "who"):
        table.add_column(heading, no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    table.add_column("besides")
    part = None
    for line in findings.lines:
        if part not in (None, line.part):
            table.add_section()
        figures = [_written(line.figures.get(heading)) for heading in HEADINGS]
        besides = [
            f"{name} {_written(figure)}"
            for name, figure in line.figures.items()
            if name not in HEADINGS
        ]
        table.add_row(
            "" if part == line.part else line.part, line.name, *figures, ", ".join(besides)
        )
        part = line.part
    return table


def verdicts(findings: Findings) -> Table:
    """The figures beside what should be reached."""
    table = Table("what", title="reached")
    for heading in ("measured", "to reach", ""):
        table.add_column(heading, justify="right")
    for verdict in findings.verdicts:
        sign = "≥" if verdict.more_is_better else "≤"
        table.add_row(
            verdict.what,
            _written(verdict.figure),
            f"{sign} {_written(verdict.reach)}",
            "[green]yes[/]" if verdict.reached else "[red]no[/]",
        )
    return table


def written(lab: Lab) -> Path:
    """Write everything as JSON, and say where."""
    now = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y%m%d-%H%M%S}.json"
    report = {
        "measured_at": now.isoformat(timespec="seconds"),
        "machine": described(),
        "scale": attrs.asdict(lab.scale),
        "lines": [attrs.asdict(line) for line in lab.findings.lines],
        "verdicts": [
            {**attrs.asdict(verdict), "reached": verdict.reached}
            for verdict in lab.findings.verdicts
        ],
    }
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _written(figure: float | None) -> str:
    if figure is None:
        return ""
    digits = 0 if figure == int(figure) or figure >= 1000 else 1 if figure >= 100 else 3
    return f"{figure:,.{digits}f}"


if __name__ == "__main__":
    typer.run(main)
