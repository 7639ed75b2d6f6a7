"""The pytest plugin, loaded by entry point: ``checkout_cassette``, as a marker and as a fixture.

It is loaded in every run of pytest, whatever its release. So what using a cassette takes is imported
when one is used, and while this module loads, nothing is named that is newer than pytest 7.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pytest

if TYPE_CHECKING:
    from unified_checkout.testing.cassettes.cassette import Cassette, Record

MARKER = "checkout_cassette"
OPTION = "--checkout-record"
FOLDER = "checkout_cassettes"

_LONGEST_NAME = 100

_runs: WeakKeyDictionary[pytest.Item, _Run] = WeakKeyDictionary()
_rewritten: WeakKeyDictionary[pytest.Config, set[Path]] = WeakKeyDictionary()
"""The cassettes that a run of pytest has begun to replace."""


class _Run:
    """One run of a test with a cassette."""

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette
        self.over = False
        """Whether the test's own code has come to its end, well or not."""
        self.failed = False
        """Whether something in it failed, be it a subtest only."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the setting."""
    parser.getgroup("unified-checkout").addoption(
        OPTION,
        choices=("once", "none", "rewrite"),
        help="Record cassettes that do not exist yet (once, the default), record nothing (none, "
        "the default where the environment variable CI is set), or replace them all (rewrite).",
    )
    parser.addini(FOLDER, "The folder of the cassettes, below the root.", default="cassettes")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(name=None, *, now=None): record what clients exchange with providers, and "
        "replay it from then on. name is the cassette's, below the folder of cassettes; now is "
        "the moment that it is while recording, as an ISO 8601 string.",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a test that is marked the fixture, before all others."""
    if isinstance(item, pytest.Function) and item.get_closest_marker(MARKER):
        item.fixturenames = [MARKER, *(name for name in item.fixturenames if name != MARKER)]


@pytest.fixture
def checkout_cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """The test's cassette: see ``unified_checkout.testing.Cassette``."""
    from unified_checkout.testing.cassettes.cassette import Cassette

    marker = request.node.get_closest_marker(MARKER)
    try:
        name, now = _marked(*marker.args, **marker.kwargs) if marker else (None, None)
    except TypeError:
        raise pytest.UsageError(
            f"@pytest.mark.{MARKER} takes the cassette's name and now=..., both optional, "
            "and nothing else"
        ) from None
    path = _path(request.config, name or _default_name(request.node))
    record = _record(request.config)
    if record == "rewrite":
        rewritten = _rewritten.setdefault(request.config, set())
        record = "once" if path in rewritten else record
        rewritten.add(path)
    cassette = Cassette(path, record=record, now=now, test=request.node.nodeid)
    _runs[request.node] = _Run(cassette)
    cassette.open()
    yield cassette
    cassette.discard()


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note that the test's own code is over: reports from now on are no longer of subtests."""
    yield
    if item in _runs:
        _runs[item].over = True


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    """Close the cassette as part of the test, so that what is wrong with it fails the test.

    What fails in a ``TestCase`` or in a subtest is not raised; only the report tells. So it does of
    what fails afterwards, such as a fixture's end, where nothing that was recorded is kept.
    """
    outcome = yield
    run = _runs.get(item)
    if run is None or outcome.excinfo is not None:
        return
    report = outcome.get_result()
    if call.when == "teardown" and report.failed:
        run.cassette.take_back()
    if call.when != "call":
        return
    run.failed |= report.failed
    if not run.over or run.failed or not report.passed:
        return
    closing = pytest.CallInfo.from_call(run.cassette.close, "call", reraise=KeyboardInterrupt)
    if closing.excinfo is not None:
        call.excinfo = closing.excinfo
        outcome.force_result(pytest.TestReport.from_item_and_call(item, call))


def _record(config: pytest.Config) -> Record:
    chosen: Record | None = config.getoption(OPTION)
    return chosen or ("none" if os.environ.get("CI") else "once")


def _marked(name: str | None = None, *, now: str | None = None) -> tuple[str | None, str | None]:
    """What the marker says."""
    return name, now


def _path(config: pytest.Config, name: str) -> Path:
    from unified_checkout.paths import path_of

    folder: Path = config.rootpath / path_of(config.getini(FOLDER) or ".")
    path = folder / f"{name}.yaml"
    if not path.resolve().is_relative_to(folder.resolve()):
        raise pytest.UsageError(f"the cassette {name!r} would not be in {folder}")
    return path


def _default_name(item: pytest.Function) -> str:
    """The path of the test's module and the test's own name, as far as a file may bear it."""
    module, *rest = item.nodeid.split("::")
    test = ".".join(rest)
    plain = re.sub(r"[^\w.=,+-]+", "-", test).strip("-")[:_LONGEST_NAME]
    if plain != test:
        plain = f"{plain}-{sha256(test.encode()).hexdigest()[:6]}"
    return f"{module.removesuffix('.py')}/{plain}"
