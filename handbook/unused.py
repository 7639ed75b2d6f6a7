"""Dead code: there is none, but for what others call, each with its reason.

Tests count as who uses code, and are not looked through themselves.
"""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

from vulture import Vulture

from handbook.pages import ROOT

_DECORATORS = ["@*.command*", "@*.callback*", "@app.*", "@field_validator*", "@model_validator*"]
"""What typer and pydantic call."""

REASONS = {
    "benchmarks/contenders.py: *": "named by the list of jobs",
    "benchmarks/scale.py: MEDIAN": "docs/scale.md quotes it",
    "handbook/docstrings.py: *": "griffe calls it; the site's settings name it",
    "providers/*/dialect.py: *": "an option of that provider's; its value goes into a request",
    "providers/*/wire.py: *": "a field that has to be of its type, though nobody reads it",
    "*: model_config": "pydantic reads it",
    "*: access_log": "uvicorn reads it",
    "*: app_state": "uvicorn reads it",
    "unified_checkout/cli/ending.py: showwarning": "the module warnings calls it",
    "unified_checkout/cli/options.py: REPORT": "a word that users write",
    "unified_checkout/cli/options.py: created_*": "an option; all of them are read together",
    "unified_checkout/cli/terminal.py: on_broken_pipe": "rich calls it",
    "unified_checkout/daft.py: get_tasks": "Daft calls it",
    "unified_checkout/gateway/server.py: msg": "a parameter of logging's",
    "unified_checkout/model/session.py: __class__": "msgspec's Raw takes the class of what it was",
    "unified_checkout/model/validation.py: __pydantic_base_init__": "pydantic reads it",
    "unified_checkout/report/html.py: rises": "the page's template reads it",
    "unified_checkout/spark/*: *": "Spark calls it",
    "unified_checkout/testing/cassettes/recorder.py: *": "vcrpy calls it",
    "unified_checkout/testing/cassettes/tape.py: ignore_aliases": "PyYAML calls it",
    "unified_checkout/testing/plugin.py: pytest_*": "pytest calls it",
    "unified_checkout/transport/*: local_address": "a parameter of httpcore's",
    "unified_checkout/transport/*: socket_options": "a parameter of httpcore's",
    "unified_checkout/transport/lines.py: _network_backend": "httpcore reads it",
}


def unused() -> set[str]:
    """What nothing uses, as ``file: name``."""
    vulture = Vulture(ignore_decorators=_DECORATORS)
    rooms = ["unified_checkout", "providers", "handbook", "benchmarks", "tests"]
    vulture.scavenge([str(ROOT / room) for room in rooms])
    found = set()
    for item in vulture.get_unused_code(min_confidence=60):
        path = Path(item.filename).relative_to(ROOT)
        if path.parts[0] != "tests":
            found.add(f"{path}: {item.name}")
    return found


def check_unused() -> None:
    """End with an error if something is dead, or a reason is no longer needed.

    Raises:
        SystemExit: naming it.
    """
    found = unused()
    dead = [one for one in sorted(found) if not any(fnmatch(one, reason) for reason in REASONS)]
    idle = [reason for reason in REASONS if not any(fnmatch(one, reason) for one in found)]
    problems = [
        f"{one} is used by nobody: remove it, or say why in handbook/unused.py" for one in dead
    ]
    problems += [f"handbook/unused.py: {one} is needed no longer" for one in idle]
    if problems:
        raise SystemExit("\n".join(problems))
