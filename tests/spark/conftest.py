"""One Spark for all tests: it takes seconds to start.

A few tests run wherever Java and PySpark are; the others where ``UNIFIED_CHECKOUT_SPARK`` is set,
as ``make test-spark`` does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import attrs
import pytest
from house import THREE

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox

NOW = 1_795_000_000
"""2026-11-18T11:06:40Z: the providers' clock."""
SESSIONS = 150


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lacking = None
    if find_spec("pyspark") is None:
        lacking = "PySpark is not installed; make test-spark installs it"
    elif which("java") is None:
        lacking = "Spark needs Java, which is not installed"
    for item in items:
        if Path(__file__).parent not in item.path.parents or "needs_spark" not in item.keywords:
            continue
        # Some versions of PySpark leave sockets to the collector of garbage.
        item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
        item.add_marker(
            pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
        )
        if lacking is not None:
            item.add_marker(pytest.mark.skip(reason=lacking))
        elif "quick" not in item.keywords and "UNIFIED_CHECKOUT_SPARK" not in os.environ:
            item.add_marker(pytest.mark.skip(reason="run by make test-spark"))


@attrs.frozen
class Spark:
    """A running Spark, and what it writes."""

    session: Any
    log: Path
    """What the driver and all workers say on standard error."""
    events: Path
    """The folder of the event log."""


@contextmanager
def standard_error_to(path: Path) -> Iterator[None]:
    """What is started meanwhile writes its standard error to a file, for good."""
    sys.stderr.flush()
    before = os.dup(2)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    from pyspark.sql import SparkSession

    from unified_checkout.spark import register

    folder = tmp_path_factory.mktemp("spark")
    log, events = folder / "log", folder / "events"
    events.mkdir()
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.compress": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.python.worker.reuse": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.port": "0",
        "spark.ui.showConsoleProgress": "false",
    }
    environment = {name: os.environ.get(name) for name in ("PYSPARK_PYTHON", *KEYS)}
    os.environ.update({"PYSPARK_PYTHON": sys.executable, **KEYS})
    builder = SparkSession.builder.master("local[2,4]").appName("unified_checkout")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        with standard_error_to(log):
            session = builder.getOrCreate()
    finally:
        for name, before in environment.items():
            del os.environ[name]
            if before is not None:
                os.environ[name] = before
    register(session)
    yield Spark(session, log, events)
    session.stop()


def variable(account: str) -> str:
    """The environment variable that holds an account's key for Spark's workers."""
    return f"PLANTED_{account.upper()}"


def planted() -> dict[str, str]:
    """The sandbox's keys by the variables that hold them; no file and no option has one."""
    with Sandbox(sessions=1, providers=THREE) as sandbox:
        return {variable(one.name): one.api_key.get_secret_value() for one in sandbox.accounts}


KEYS = planted()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=SESSIONS, seed=3, now=NOW, providers=THREE) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox.accounts) as client:
        yield client


@pytest.fixture
def config(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A checkout.toml without a key in it."""
    return written(sandbox, tmp_path)


def written(sandbox: Sandbox, folder: Path, **options: object) -> Path:
    """A checkout.toml for a sandbox, the keys elsewhere."""
    text = sandbox.config_toml()
    for name, key in KEYS.items():
        text = text.replace(f'api_key = "{key}"', f'api_key = {{ env = "{name}" }}')
    for name, value in options.items():
        text = text.replace("provider =", f"{name} = {value}\nprovider =")
    file = folder / "checkout.toml"
    file.write_text(text, encoding="utf-8")
    return file


Read = Callable[..., Any]


@pytest.fixture
def read(spark: Spark, config: Path) -> Read:
    """A frame of the sandbox's sessions, or of another source, with these options."""

    def read(source: str = "unified_checkout", **options: object) -> Any:
        reader = spark.session.read.format(source).option("config", str(config))
        for name, value in options.items():
            reader = reader.option(name, str(value))
        return reader.load()

    return read
