"""What dlt loads is what a store holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import duckdb
import pytest
from store.shops import DAY, HOUR, SHOPS, at, at_the_time
from store.tables import Row, stored, truth

from handbook.pages import pages
from unified_checkout import Account, Client, ConfigurationError
from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Facts, Sandbox, faults
from unified_checkout.store import Manner, Patience, Store, sync

dlt = pytest.importorskip("dlt", reason="the extra dlt is not installed")
from unified_checkout.store.dlt import checkout_sessions, load

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EAGER = Patience(settled=timedelta(0))


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """dlt tells nobody, and keeps what it keeps in the test's folder."""
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "file.duckdb"


@pytest.fixture
def pipeline(database: Path) -> Any:
    return made_pipeline(database, "here")


def made_pipeline(database: Path, folder: str) -> Any:
    return dlt.pipeline(
        "shop",
        pipelines_dir=str(database.with_name(folder)),
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="shop",
    )


@pytest.fixture
def every() -> Iterator[tuple[Sandbox, Client]]:
    now = int(NOON.timestamp())
    with Sandbox(sessions=12, seed=5, now=now) as sandbox, Client(sandbox.accounts) as client:
        yield sandbox, client


def rows(database: Path, statement: str) -> list[Row]:
    with duckdb.connect(database) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found: list[Row] = connection.sql(statement).to_arrow_table().to_pylist()
    return found


def loaded(database: Path) -> dict[tuple[str, str], Row]:
    """The rows that dlt made, as those of a store."""
    found = {}
    for row in rows(database, "SELECT * FROM shop.sessions"):
        del row["read_at"]
        row["metadata"] = json.loads(row["metadata"] or "{}")
        row["payment_intents"] = json.loads(row["payment_intents"])
        key = row["account"], row["id"]
        assert key not in found
        found[key] = row
    return found


def there(client: Client) -> dict[tuple[str, str], Row]:
    held = truth(client)
    for row in held.values():
        del row["raw"]
    return held


def in_store(store: Store) -> dict[tuple[str, str], Row]:
    """The rows of a store."""
    found = stored(store)
    for row in found.values():
        del row["raw"]
    return found


def test_what_is_loaded_is_what_a_store_would_hold(
    every: tuple[Sandbox, Client], pipeline: Any, database: Path, store: Store
) -> None:
    sandbox, client = every
    for number in range(4):
        with at_the_time(NOON + number * HOUR):
            load(pipeline, checkout_sessions(client, patience=EAGER))
            assert sync(client, store, manner=Manner(patience=EAGER)).complete
        if not number:
            assert loaded(database) == there(client)
        assert loaded(database) == in_store(store)
        for account in sandbox.accounts:
            one = sandbox.truth(account.name)[number]
            sandbox.change(account.name, one.id, status="complete", payment_status="paid")
            sandbox.arrive(account.name, some(number))
    told = rows(database, "SELECT account, complete FROM shop.checkout_runs")
    assert {one["account"] for one in told} == {one.name for one in sandbox.accounts}
    assert all(one["complete"] for one in told)


def some(number: int) -> list[Facts]:
    """Sessions that begin after a round, one of them open."""
    created = int((NOON + number * HOUR + MINUTE).timestamp())
    buyer = Customer(email=f"buyer{number}@example.com")
    paid = {"status": "complete", "payment_status": "paid"}
    return [
        Facts(serial=f"{number} {more}", created=created, customer=buyer, **more)  # type: ignore[arg-type]
        for more in (paid, {"status": "open"})
    ]


def test_what_only_a_single_session_tells_stays_loaded(
    pipeline: Any, database: Path, store: Store
) -> None:
    """Within the overlap, where it is listed once more, and when everything is read again."""
    buyers = "SELECT id, email FROM {} WHERE email IS NOT NULL ORDER BY id"
    facts = [one for hours in (-300, -50, -3, 0) for one in some(hours)]
    facts = [one for one in facts if one.status != "open" or one.created > facts[0].created]
    known = []
    with (
        Sandbox(facts=facts, providers=["gocardless"], now=int(NOON.timestamp())) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        now = NOON
        for passed in (MINUTE, MINUTE, MINUTE, MINUTE, DAY + HOUR, MINUTE, DAY + HOUR, 9 * DAY):
            now += passed
            with at_the_time(now):
                load(pipeline, checkout_sessions(client))
                assert sync(client, store).complete
            assert loaded(database) == in_store(store)
            held = store.query(buyers.format("sessions")).to_pylist()
            assert rows(database, buyers.format("shop.sessions")) == held
            known.append(len(held))
            for one in sandbox.truth("gocardless"):
                if one.status == "open" and now > NOON + MINUTE:
                    sandbox.change("gocardless", one.id, status="complete", payment_status="paid")
    assert known == sorted(known)
    assert known[0] < known[1] < known[-1]


def test_what_only_a_list_tells_stays_loaded(pipeline: Any, database: Path, store: Store) -> None:
    """Of one that is asked for by its id, since it is far down in the list."""
    days = range(-110, -50)
    facts = [one for number in days for one in some(24 * number) if one.status == "complete"]
    facts += [attrs.evolve(one, serial=f"more {one.serial}") for one in facts] + some(-24 * 120)
    with (
        Sandbox(facts=facts, providers=["flex"], now=int(NOON.timestamp())) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        old: list[Row] = []
        for number in range(3):
            with at_the_time(NOON + number * HOUR):
                load(pipeline, checkout_sessions(client))
                assert sync(client, store).complete
            assert loaded(database) == in_store(store)
            old = rows(database, "SELECT status, email FROM shop.sessions ORDER BY created LIMIT 2")
            assert {one["email"] for one in old} == {"buyer-2880@example.com"}
            for one in sandbox.truth("flex"):
                if one.status == "open" and number:
                    sandbox.change("flex", one.id, status="complete", payment_status="paid")
        assert {one["status"] for one in old} == {"complete"}
    told = rows(database, "SELECT read FROM shop.checkout_runs ORDER BY began")
    assert "ids" in {one["read"] for one in told}


def test_after_other_options_the_buyers_within_the_horizon_stay_loaded(
    pipeline: Any, database: Path, store: Store
) -> None:
    facts = [one for hours in (-160, -50) for one in some(hours) if one.status == "complete"]
    buyers = "SELECT email FROM {} WHERE email IS NOT NULL ORDER BY email"
    with Sandbox(facts=facts, providers=["gocardless"], now=int(NOON.timestamp())) as sandbox:
        [account] = sandbox.accounts
        told = account.model_dump()
        other = Account.model_validate(
            {**told, "base_url": told["base_url"].replace("127.0.0.1", "localhost")}
        )
        for number, one in enumerate((account, account, other)):
            with Client([one]) as client, at_the_time(NOON + number * (DAY + HOUR)):
                load(pipeline, checkout_sessions(client))
                assert sync(client, store).complete
        held = store.query(buyers.format("sessions")).to_pylist()
        assert held == [{"email": "buyer-160@example.com"}, {"email": "buyer-50@example.com"}]
        assert rows(database, buyers.format("shop.sessions")) == held[1:]


def test_later_it_asks_for_what_is_new_and_what_is_open_also_on_another_machine(
    sandbox: Sandbox, client: Client, pipeline: Any, database: Path
) -> None:
    for facts in sandbox.truth("stripe"):
        if facts.status == "open" or facts.payment_status == "unpaid":
            sandbox.change("stripe", facts.id, status="complete", payment_status="paid")
    [still_open] = sandbox.arrive("stripe", 1)
    sandbox.change("stripe", still_open.id, status="open", payment_status="unpaid")
    load(pipeline, checkout_sessions(client, accounts=["stripe"]))
    sandbox.clear_requests()
    sandbox.change("stripe", still_open.id, status="complete", payment_status="paid")
    sandbox.arrive("stripe", 1)
    elsewhere = made_pipeline(database, "elsewhere")
    load(elsewhere, checkout_sessions(client, accounts=["stripe"]))
    assert len(sandbox.requests("stripe")) == 1
    expected = {key: row for key, row in there(client).items() if key[0] == "stripe"}
    assert loaded(database) == expected


def test_what_an_earlier_run_left_behind_is_loaded_too(
    sandbox: Sandbox, client: Client, pipeline: Any, database: Path
) -> None:
    load(pipeline, checkout_sessions(client, accounts=["stripe"]))
    sandbox.arrive("stripe", 2)
    pipeline.extract(checkout_sessions(client, accounts=["stripe"]))
    pipeline.normalize()
    assert pipeline.has_pending_data
    load(pipeline, checkout_sessions(client))
    assert not pipeline.has_pending_data
    assert loaded(database) == there(client)


def test_an_account_that_fails_is_told_of_and_read_again(
    sandbox: Sandbox, client: Client, pipeline: Any, database: Path
) -> None:
    sandbox.misbehave("stripe", faults.Status(401, times=None))
    load(pipeline, checkout_sessions(client, raw=True))
    told = rows(database, "SELECT account, complete, reason FROM shop.checkout_runs ORDER BY 1")
    assert [(one["account"], one["complete"]) for one in told] == [
        ("flex", True),
        ("stripe", False),
    ]
    assert "HTTP 401" in told[1]["reason"]
    sandbox.behave("stripe")
    load(pipeline, checkout_sessions(client, raw=True))
    held = loaded(database)
    assert all(json.loads(row.pop("raw")) for row in held.values())
    assert held == there(client)


def test_an_account_that_moved_to_another_provider_is_refused(
    sandbox: Sandbox, client: Client, pipeline: Any
) -> None:
    load(pipeline, checkout_sessions(client))
    [one, other] = sandbox.accounts
    swapped = [
        one.model_copy(update={"name": other.name}),
        other.model_copy(update={"name": one.name}),
    ]
    sandbox.clear_requests()
    with Client(swapped) as other_way, pytest.raises(Exception, match="another name") as raised:
        load(pipeline, checkout_sessions(other_way))
    causes = [raised.value]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)  # type: ignore[arg-type]
    assert any(isinstance(cause, ConfigurationError) for cause in causes)
    assert not sandbox.requests("stripe")


def test_a_location_that_is_added_is_loaded_from_the_beginning(
    shops: Sandbox, pipeline: Any, database: Path
) -> None:
    with at(shops, "LMAIN") as client:
        load(pipeline, checkout_sessions(client))
        few = loaded(database)
        assert few == there(client)
    with at(shops, *SHOPS) as client:
        load(pipeline, checkout_sessions(client))
        assert loaded(database) == there(client)
        assert len(loaded(database)) > len(few)
        shops.clear_requests()
        load(pipeline, checkout_sessions(client))
        assert len(shops.requests("square")) < len(loaded(database))
        assert few.items() <= loaded(database).items()


def test_the_program_of_the_page_runs(tmp_path: Path) -> None:
    [program] = [
        block.text
        for page in pages()
        for block in page.blocks()
        if block.note == "run by tests/store/test_dlt.py"
    ]
    program = program.replace('"bigquery"', 'dlt.destinations.duckdb("page.duckdb")')
    with Sandbox(sessions=3, seed=5, providers=["stripe"]) as sandbox:
        (tmp_path / "checkout.toml").write_text(sandbox.config_toml(), encoding="utf-8")
        exec(compile(program, "docs/store.md", "exec"), {})
    assert rows(tmp_path / "page.duckdb", "SELECT count(*) AS n FROM checkout.sessions") == [
        {"n": 3}
    ]
