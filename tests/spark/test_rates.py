"""Against providers that refuse what is beyond their rate: nothing is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from spark.conftest import NOW, Spark, written

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox

pytestmark = pytest.mark.needs_spark

RATE = 8.0
PAGE = 10
SESSIONS = 400


@attrs.define
class Moments:
    """When each request of an account came in."""

    moments: list[float] = attrs.field(factory=list)

    def __call__(self, number: int) -> None:
        self.moments.append(time.monotonic())

    @property
    def seconds(self) -> float:
        """From the first request to the last."""
        return self.moments[-1] - self.moments[0]


@pytest.fixture
def throttled() -> Iterator[Sandbox]:
    with Sandbox(
        sessions=SESSIONS, seed=4, now=NOW, providers=["stripe"], requests_per_second=RATE
    ) as sandbox:
        yield sandbox


@attrs.frozen
class Refusals:
    """What reading an account came to at a provider that keeps to its rate."""

    sandbox: Sandbox
    config: Path
    spark: Spark

    def rows(self, **options: object) -> int:
        """How many sessions Spark reads."""
        return int(self._read("unified_checkout", options).count())

    def retries(self, **options: object) -> tuple[int, int]:
        """How often a request of Spark's was sent again, and in how many tasks."""
        rows = self._read("checkout_coverage", options).select("complete", "retries").collect()
        assert all(row.complete for row in rows)
        return sum(row.retries for row in rows), len(rows)

    def _read(self, source: str, options: dict[str, object]) -> Any:
        told = {"page_size": PAGE, "created_gte": "2025-01-01", **options}
        reader = self.spark.session.read.format(source).option("config", str(self.config))
        for name, value in told.items():
            reader = reader.option(name, str(value))
        return reader.load()


@pytest.fixture
def refusals(throttled: Sandbox, spark: Spark, tmp_path: Path) -> Refusals:
    return Refusals(throttled, written(throttled, tmp_path), spark)


def test_with_the_defaults_none_is_refused_and_the_rate_is_used_up(
    refusals: Refusals, throttled: Sandbox
) -> None:
    seconds = {}
    for who in ("the client", "Spark"):
        throttled.on_request("stripe", moments := Moments())
        if who == "Spark":
            assert refusals.retries() == (0, 1)
        else:
            with Client(throttled.accounts) as client:
                listing = client.sessions.list(page_size=PAGE, created={"gte": "2025-01-01"})
                assert len(list(listing)) == SESSIONS
        throttled.on_request("stripe", None)
        seconds[who] = moments.seconds
    assert seconds["Spark"] <= 1.2 * seconds["the client"]


@pytest.mark.parametrize("options", [{}, {"share_rate": True}], ids=["parts", "lease"])
def test_several_tasks_of_an_account_keep_to_its_rate(
    refusals: Refusals, options: dict[str, object], tmp_path: Path
) -> None:
    if options:
        options = {"share_rate": tmp_path / "rates"}
    assert refusals.retries(partitions=4, **options) == (0, 4)
    assert refusals.rows(partitions=4, **options) == SESSIONS
