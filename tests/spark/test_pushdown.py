"""Random conditions: Spark's answer is the client's, whether it hands them over or not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from spark.conftest import NOW, Read, Spark

from unified_checkout import Client
from unified_checkout.sandbox import Sandbox

pytestmark = pytest.mark.needs_spark

SETTING = "spark.sql.python.filterPushdown.enabled"


@pytest.fixture
def trusting(spark: Spark) -> Iterator[str]:
    """A source that believes every version of Spark, pushdown switched on."""
    from pyspark import cloudpickle

    from unified_checkout.spark.source import SessionSource

    class Trusting(SessionSource):
        check_version = staticmethod(lambda version="": None)

        @classmethod
        def name(cls) -> str:
            return "trusting"

    here = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(here)
    spark.session.dataSource.register(Trusting)
    cloudpickle.unregister_pickle_by_value(here)
    spark.session.conf.set(SETTING, "true")
    yield "trusting"
    spark.session.conf.set(SETTING, "false")


MOMENTS = st.integers(-60 * 86_400, 0).map(
    lambda ago: datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=ago)
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "created": st.dictionaries(st.sampled_from(["gte", "lt"]), MOMENTS, min_size=1),
        "status": st.lists(
            st.sampled_from(["open", "complete", "expired"]), min_size=1, max_size=2, unique=True
        ),
        "currency": st.sampled_from(["usd", "eur"]),
        "mode": st.sampled_from(["payment", "subscription"]),
        "livemode": st.booleans(),
    },
)


def where(conditions: dict[str, Any]) -> str:
    """The conditions in SQL."""
    said = ["true"]
    for name, value in conditions.items():
        if name == "created":
            signs = {"gte": ">=", "lt": "<"}
            said += [
                f"created {signs[bound]} timestamp'{moment:%Y-%m-%d %H:%M:%S}Z'"
                for bound, moment in value.items()
            ]
        elif isinstance(value, list):
            said.append(f"{name} in ({', '.join(map(repr, value))})")
        else:
            said.append(f"{name} = {str(value).lower() if value in (True, False) else repr(value)}")
    return " and ".join(said)


def as_options(conditions: dict[str, Any]) -> dict[str, str]:
    """The conditions as options of the source."""
    written: dict[str, str] = {}
    for name, value in conditions.items():
        if name == "created":
            written |= {f"created_{bound}": moment.isoformat() for bound, moment in value.items()}
        else:
            written[name] = ",".join(value) if isinstance(value, list) else str(value)
    return written


def found(frame: Any) -> list[tuple[str, str]]:
    rows = frame.select("account", "id").toArrow()
    return sorted(zip(rows["account"].to_pylist(), rows["id"].to_pylist(), strict=True))


@seed(20_261_126)
@settings(
    deadline=None,
    max_examples=8,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(CONDITIONS)
def test_spark_s_answer_is_the_client_s(
    sandbox: Sandbox,
    client: Client,
    read: Read,
    trusting: str,
    conditions: dict[str, Any],
) -> None:
    if conditions.get("created", {}).get("gte", datetime.min.replace(tzinfo=UTC)) >= conditions.get(
        "created", {}
    ).get("lt", datetime.max.replace(tzinfo=UTC)):
        del conditions["created"]
    listed = client.sessions.list(**conditions, on_error="report")
    wanted = sorted((one.account, one.id) for one in listed)
    if listed.coverage.complete:
        assert found(read(**as_options(conditions))) == wanted
    assert found(read().where(where(conditions))) == wanted
    assert found(read(trusting, pushdown="true").where(where(conditions))) == wanted


def test_what_spark_hands_over_is_sent_to_the_providers(
    sandbox: Sandbox, read: Read, trusting: str
) -> None:
    frame = read(trusting, pushdown="true", accounts="stripe")
    sandbox.clear_requests()
    frame.where("status = 'open' and created >= timestamp'2026-11-01 00:00:00Z'").count()
    asked = {name for one in sandbox.requests("stripe") for name in dict(one.parameters)}
    assert {"status", "created[gte]"} <= asked


def test_pushdown_is_refused_unless_this_version_forgets(
    spark: Spark, read: Read, trusting: str
) -> None:
    """A frame that is used again, in a union, in a subquery and in a view, tells."""
    from pyspark import __version__
    from pyspark.errors import PySparkException

    from unified_checkout.spark.pushdown import KNOWN_TO_FORGET

    frame = read(trusting, pushdown="true", accounts="stripe")
    everything = read(accounts="stripe").count()
    opened = read(accounts="stripe", status="open").count()
    completed = read(accounts="stripe", status="complete").count()
    frame.createOrReplaceTempView("reused")
    is_open, is_complete = frame.where("status = 'open'"), frame.where("status = 'complete'")
    counts = [
        (is_open.count(), opened),
        (frame.count(), everything),
        (is_open.union(is_complete).count(), opened + completed),
        (
            spark.session.sql(
                "SELECT (SELECT count(*) FROM reused WHERE status = 'open') + "
                "(SELECT count(*) FROM reused WHERE status = 'complete')"
            ).collect()[0][0],
            opened + completed,
        ),
        (spark.session.sql("SELECT * FROM reused").count(), everything),
    ]
    forgets = all(counted == right for counted, right in counts)
    assert (__version__ in KNOWN_TO_FORGET) == forgets
    if not forgets:
        with pytest.raises(PySparkException, match="pushdown is refused"):
            read(pushdown="true").count()
