"""Tasks give the whole answer together, wherever they run, and hold nothing secret."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from house import PROVIDERS, THREE
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import (
    Account,
    Client,
    ConfigurationError,
    IncompleteAnswer,
    InvalidQuery,
    ListSessions,
    ProviderError,
    UnknownAccount,
    UnsupportedPredicate,
)
from unified_checkout.engine.runtime import Runtime, running
from unified_checkout.sandbox import Sandbox
from unified_checkout.sandbox.faults import Status
from unified_checkout.tasks import Manner, Question, Task, changes_for

NOW = 1_795_000_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=40, seed=5, now=NOW, providers=PROVIDERS) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def manner(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Manner:
    file = tmp_path_factory.mktemp("tasks") / "checkout.toml"
    file.write_text(sandbox.config_toml(), encoding="utf-8")
    return Manner(config=file)


def read(tasks: list[Task]) -> pa.Table:
    """What the tasks read, each after a journey to a worker."""
    sent: list[Task] = pickle.loads(pickle.dumps(tasks))
    return pa.Table.from_batches(
        [batch for task in sent for batch in task.batches()], schema=sent[0].manner.schema
    )


BY_KEY = [("account", "ascending"), ("id", "ascending")]


@settings(deadline=None, max_examples=6)
@given(
    days=st.none() | st.integers(1, 90),
    fields=st.fixed_dictionaries(
        {},
        optional={
            "status": st.sampled_from(["open", "complete", "expired"]),
            "kind": st.just("any"),
        },
    ),
    parts=st.integers(1, 4),
)
def test_tasks_give_what_a_listing_gives(
    sandbox: Sandbox, manner: Manner, days: int | None, fields: dict[str, str], parts: int
) -> None:
    created = {"gte": datetime.fromtimestamp(NOW, UTC) - timedelta(days=days or 400)}
    query = ListSessions(created=created, **fields)  # type: ignore[arg-type]
    tasks = Question(query=query, manner=manner, parts=parts).tasks()
    with Client(sandbox.accounts) as client:
        listed = client.sessions.list(query).to_arrow()
    assert read(tasks).sort_by(BY_KEY).to_pylist() == listed.sort_by(BY_KEY).to_pylist()


def test_an_account_is_a_task_unless_more_are_asked_for(manner: Manner) -> None:
    query = ListSessions(accounts=THREE, created="2026")
    names = [task.accounts for task in Question(query=query, manner=manner).tasks()]
    assert names == [(name,) for name in THREE]
    tasks = Question(query=query, manner=manner, parts=4).tasks()
    shares = {task.accounts: task.rate_share for task in tasks}
    assert shares == {("flex",): 0.25, ("leanrails",): 1.0, ("stripe",): 0.25}
    assert len(tasks) == 4 + 1 + 4


def test_those_who_agree_on_a_rate_each_have_all_of_it(manner: Manner, tmp_path: Path) -> None:
    shared = Manner(config=manner.config, share_rate=tmp_path)
    query = ListSessions(accounts="stripe", created="2026")
    tasks = Question(query=query, manner=shared, parts=3).tasks()
    assert [task.rate_share for task in tasks] == [1.0] * 3
    assert [one.share_rate for one in tasks[0].manner.accounts(["stripe"])] == [tmp_path]


def test_accounts_that_are_counted_together_are_one_task(tmp_path: Path) -> None:
    """By address, or those of one key."""
    table = '[accounts.{0}]\nprovider = "{1}"\napi_key = {{ env = "NOWHERE_{2}" }}\n'
    options = 'client_id = "x"\n'
    text = "".join(
        table.format(name, provider, key) + (options if provider == "paypal" else "")
        for name, provider, key in (
            ("a", "paddle", 1),
            ("b", "stripe", 1),
            ("c", "paddle", 2),
            ("d", "stripe", 2),
            ("e", "paypal", 1),
            ("f", "stripe", 1),
        )
    )
    file = tmp_path / "checkout.toml"
    file.write_text(text, encoding="utf-8")
    tasks = Question(query=ListSessions(last="1d"), manner=Manner(config=file)).tasks()
    assert [task.accounts for task in tasks] == [("a", "c"), ("b", "f"), ("d",), ("e",)]


def test_no_key_travels(sandbox: Sandbox, manner: Manner) -> None:
    sent = pickle.dumps(Question(query=ListSessions(), manner=manner).tasks())
    keys = [one.api_key.get_secret_value() for one in sandbox.accounts]
    assert [key for key in keys if key.encode() in sent] == []


def test_a_task_that_fails_raises_and_its_coverage_says_why(
    sandbox: Sandbox, manner: Manner
) -> None:
    [task] = Question(query=ListSessions(accounts="stripe"), manner=manner).tasks()
    sandbox.misbehave("stripe", Status(401, times=None))
    try:
        with pytest.raises(ProviderError):
            list(task.batches())
        assert not task.coverage().complete
    finally:
        sandbox.behave("stripe")
    assert task.coverage().complete


def test_what_is_incomplete_without_an_error_raises_too(manner: Manner) -> None:
    """As where a span is counted back from a clock that is days ahead of the provider's."""
    ahead = Runtime(now=lambda: datetime.now(UTC) + timedelta(days=5))
    with running(ahead):
        [task] = Question(query=ListSessions(accounts="stripe", last="1d"), manner=manner).tasks()
        with pytest.raises(IncompleteAnswer):
            list(task.batches())
        assert not task.coverage().complete


def test_what_cannot_be_cut_is_refused_before_anything_is_sent(
    sandbox: Sandbox, manner: Manner
) -> None:
    sandbox.clear_requests()
    with pytest.raises(InvalidQuery, match="limit"):
        Question(query=ListSessions(limit=5), manner=manner)
    with pytest.raises(InvalidQuery, match="parts"):
        Question(query=ListSessions(), manner=manner, parts=0)
    with pytest.raises(InvalidQuery, match="from when on"):
        Question(query=ListSessions(accounts="stripe"), manner=manner, parts=2).tasks()
    with pytest.raises(UnsupportedPredicate):
        Question(query=ListSessions(has_disputes=True), manner=manner).tasks()
    with pytest.raises(UnknownAccount):
        Question(query=ListSessions(accounts="nobody"), manner=manner).tasks()
    assert [name for name in PROVIDERS if sandbox.requests(name)] == []


def test_a_client_uses_its_part_of_the_rate() -> None:
    account = Account(name="us", provider="stripe", api_key="sk_test_x", requests_per_second=40)
    with Client([account], rate_share=0.25) as client:
        pace = client.sessions._surroundings.states["us"].pace
    assert pace.requests_per_second == 10
    for share in (0, 1.5, float("nan")):
        with pytest.raises(ConfigurationError, match="rate_share"):
            Client([account], rate_share=share)


@pytest.mark.parametrize("horizon", [None, timedelta(days=2)])
def test_what_may_have_changed_is_read_again(
    sandbox: Sandbox, manner: Manner, horizon: timedelta | None
) -> None:
    since = datetime.fromtimestamp(NOW, UTC) - timedelta(days=10)
    until = since + timedelta(days=5)
    question = Question(query=ListSessions(accounts=THREE), manner=manner)
    read_again = read(question.tasks_again(since, until, horizon))
    wanted = []
    for account in sandbox.accounts:
        if account.name in THREE:
            begins = since - (horizon or changes_for(account))
            wanted += [
                (account.name, one.id)
                for one in sandbox.truth(account.name)
                if begins.timestamp() <= one.created < until.timestamp()
            ]
    assert sorted(key_of(row) for row in read_again.to_pylist()) == sorted(wanted) != []
    assert read(question.tasks_again(None, until)).num_rows > read_again.num_rows


def key_of(row: dict[str, str]) -> tuple[str, str]:
    return row["account"], row["id"]


def test_a_horizon_is_what_the_adapter_declares_or_a_month(sandbox: Sandbox) -> None:
    for account in sandbox.accounts:
        declared = account.adapter().changes_for
        assert changes_for(account) == (timedelta(days=30) if declared is None else declared)
