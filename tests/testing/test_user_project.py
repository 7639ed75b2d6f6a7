"""A project such as a user has: it records once, replays offline, and its cassettes tell nothing.

It has folders of its own called ``providers`` and ``tests``, and runs in a process of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import quote, quote_plus

import attrs
import pytest
from house import THREE
from testing.projects import cassettes, pytest_in, run_in

from unified_checkout import Address, Client, Customer
from unified_checkout.sandbox import Facts, Sandbox

NOW = 1_760_000_000
"""2025-10-09T08:53:20Z"""
FILES = {
    "providers/__init__.py": """
        def buyers(sessions):
            return [session.customer.email for session in sessions if session.customer]
        """,
    "tests/conftest.py": """
        import json
        import os

        import pytest

        from unified_checkout import Account

        OFFLINE = [
            {"name": name, "provider": name, "api_key": "sk_test_not_needed_offline"}
            for name in ("flex", "leanrails", "stripe")
        ]

        @pytest.fixture
        def accounts():
            return [Account(**one) for one in json.loads(os.environ.get("ACCOUNTS", "0")) or OFFLINE]
        """,
    "tests/test_sessions.py": """
        import asyncio
        import os

        import pytest

        from providers import buyers
        from unified_checkout import AsyncClient, Client

        PAGE_SIZE = int(os.environ.get("PAGE_SIZE", "2"))
        LIMIT = int(os.environ.get("LIMIT", "0")) or None

        @pytest.mark.checkout_cassette("everything")
        def test_one_way(accounts):
            with Client(accounts) as client:
                sessions = list(client.sessions.list(page_size=PAGE_SIZE, limit=LIMIT))
            assert len(sessions) == (LIMIT or 9)
            assert buyers(sessions)

        @pytest.mark.checkout_cassette("everything")
        def test_the_other_way(accounts):
            async def ask():
                async with AsyncClient(accounts) as client:
                    asked = client.sessions.list(page_size=PAGE_SIZE, limit=LIMIT)
                    return [session async for session in asked]

            assert len(asyncio.run(ask())) == (LIMIT or 9)

        def test_a_buyer(checkout_cassette, accounts):
            with Client(accounts) as client:
                found = list(client.sessions.list(email="jenny.planted@example.net"))
            assert {session.account for session in found} == {"flex", "leanrails", "stripe"}
            assert len(set(buyers(found))) == 1

        class TestTheLastDays:
            @pytest.mark.parametrize("last", ["1d", "30 d".replace(" ", "")])
            @pytest.mark.checkout_cassette(now="2025-10-09T08:53:20Z")
            def test_is_relative(self, accounts, last):
                with Client(accounts) as client:
                    assert list(client.sessions.list(last=last))

        MARKED = pytest.param(True, marks=pytest.mark.checkout_cassette("unused"))

        @pytest.mark.parametrize("marked", [MARKED, False])
        def test_some_cases_are_marked(request, marked):
            assert ("checkout_cassette" in request.node.funcargs) is marked
        """,
}

JENNY = Customer(
    id="cus_0123456789abcdefghij",
    name="Jenny Planted-Name",
    email="jenny.planted@example.net",
    phone="+12025550187",
    address=Address(
        line1="77 Planted Lane",
        line2="Planted Annex 9",
        city="Plantedborough",
        state="Plantedshire",
        postal_code="PL4 7ED",
        country="GB",
    ),
)
FACTS = [
    Facts(
        serial=serial,
        created=NOW - 3600 * number,
        status=status,
        payment_status="paid" if status == "complete" else "unpaid",
        hosted=hosted,
        amount_total=1250,
        amount_shipping=490,
        customer=JENNY,
        customer_email="prefilled.planted@example.net",
        client_reference_id="order-1 for reference.planted@example.net",
        metadata={"note": "leave it with the Planted-Neighbours", "phone": "+1 202 555 0187"},
        success_url="https://shop.example.com/thanks?buyer=Planted+Buyer&x=1#planted-fragment",
    )
    for number, (serial, status, hosted) in enumerate(
        [("a", "complete", True), ("b", "open", True), ("c", "open", False)]
    )
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def planted(project: Path) -> set[str]:
    """Whatever went over the wire and must not be recorded; the project has recorded it all."""
    with Sandbox(facts=FACTS, now=NOW, providers=THREE) as sandbox:
        accounts = [
            {
                "name": account.name,
                "provider": account.provider,
                "api_key": account.api_key.get_secret_value(),
                "base_url": account.base_url,
            }
            for account in sandbox.accounts
        ]
        run = pytest_in(project, ACCOUNTS=json.dumps(accounts))
        assert run.returncode == 0, run.stdout
        with Client(sandbox.accounts) as client:
            sessions = [session.raw for session in client.sessions.list(expand="customer")]
    keys = {account["api_key"] for account in accounts}
    assert JENNY.name
    assert JENNY.address
    return {
        *(str(value) for value in attrs.astuple(JENNY)[1:4]),
        *JENNY.name.split(),
        *attrs.astuple(JENNY.address)[:5],
        "prefilled.planted",
        "reference.planted",
        "Planted-Neighbours",
        "+1 202 555 0187",
        "Planted Buyer",
        "planted-fragment",
        *keys,
        *(secret for session in sessions for secret in strings(session, "client_secret")),
        *(
            url.rpartition("#")[2]
            for session in sessions
            for name in ("url", "redirect_url")
            for url in strings(session, name)
        ),
    }


def strings(tree: Any, name: str) -> Iterator[str]:
    """The texts in all fields of a name."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == name and isinstance(value, str):
                yield value
            yield from strings(value, name)
    elif isinstance(tree, list):
        for item in tree:
            yield from strings(item, name)


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from unified_checkout.cli import main; main()"
    command = [sys.executable, "-c", program, "cassettes", "check"]
    return run_in(folder, command)


def test_each_cassette_is_where_its_name_says(project: Path, planted: set[str]) -> None:
    assert sorted(cassettes(project)) == [
        "everything.yaml",
        "tests/test_sessions/TestTheLastDays.test_is_relative-1d-500ba7.yaml",
        "tests/test_sessions/TestTheLastDays.test_is_relative-30d-8cc446.yaml",
        "tests/test_sessions/test_a_buyer.yaml",
    ]


def test_nothing_that_was_planted_is_in_a_cassette(project: Path, planted: set[str]) -> None:
    assert len(planted) > 20
    recorded = "".join(cassettes(project).values())
    assert recorded.count("Name ") > 5
    leaked = {
        text
        for text in planted
        for form in (text, quote(text), quote_plus(text), json.dumps(text)[1:-1])
        if form in recorded
    }
    assert leaked == set()
    assert check(project).returncode == 0


def test_nothing_of_this_machine_is_in_a_cassette(project: Path, planted: set[str]) -> None:
    recorded = "".join(cassettes(project).values())
    for text in ("127.0.0.1", "localhost", str(project), "uvicorn", "user-agent"):
        assert text not in recorded


def test_it_replays_offline_and_leaves_the_cassettes_as_they_are(
    project: Path, planted: set[str]
) -> None:
    before = cassettes(project)
    run = pytest_in(project, CI="true")
    assert "7 passed" in run.stdout
    assert cassettes(project) == before


def test_a_changed_request_fails_and_shows_the_difference(project: Path, planted: set[str]) -> None:
    run = pytest_in(project, "-k", "one_way or other_way", PAGE_SIZE="3")
    assert "2 failed" in run.stdout
    assert "- limit=2" in run.stdout
    assert "+ limit=3" in run.stdout


def test_a_tail_that_is_not_played_fails(project: Path, planted: set[str]) -> None:
    run = pytest_in(project, "-k", "one_way or other_way", LIMIT="2")
    assert "2 failed" in run.stdout
    assert "were not asked" in run.stdout


def test_where_nothing_may_be_recorded_a_new_test_fails(project: Path, planted: set[str]) -> None:
    new = project / "tests" / "test_new.py"
    text = (project / "tests" / "test_sessions.py").read_text(encoding="utf-8")
    new.write_text(text.replace('"everything"', '"more"'), encoding="utf-8")
    try:
        for run in (
            pytest_in(project, "tests/test_new.py", "-k", "one_way", CI="true"),
            pytest_in(project, "tests/test_new.py", "-k", "one_way", "--checkout-record=none"),
        ):
            assert "1 failed" in run.stdout
            assert "there is no cassette" in run.stdout
    finally:
        new.unlink()


def test_what_is_edited_in_by_hand_is_found(project: Path, planted: set[str]) -> None:
    file = project / "cassettes" / "everything.yaml"
    clean = file.read_text(encoding="utf-8")
    try:
        file.write_text(clean.replace("person-", "jenny@", 1), encoding="utf-8")
        run = check(project)
        assert run.returncode == 1
        assert "an e-mail address" in run.stdout
    finally:
        file.write_text(clean, encoding="utf-8")


def test_a_marker_that_makes_no_sense_is_an_error(tmp_path: Path) -> None:
    program = """
        from pytest import mark

        @mark.checkout_cassette("../outside")
        def test_outside(): ...

        @mark.checkout_cassette(1, 2)
        def test_two_names(): ...

        @mark.checkout_cassette("name", nwo="2026-11-18T11:06:40Z")
        def test_a_slip(): ...

        @mark.checkout_cassette(now="yesterday")
        def test_no_time(): ...

        @mark.checkout_cassette(now="2026-11-18T11:06:40")
        def test_no_time_zone(): ...
        """
    (tmp_path / "test_it.py").write_text(dedent(program), encoding="utf-8")
    run = pytest_in(tmp_path)
    assert "5 errors" in run.stdout
    for problem in (
        "would not be in",
        "@pytest.mark.checkout_cassette takes the cassette's name and now=..., both optional",
        "is not an ISO 8601 date",
        "has no time zone",
    ):
        assert problem in run.stdout


def test_the_folder_can_be_chosen_and_everything_recorded_anew(tmp_path: Path) -> None:
    program = """
        import pytest
        from unified_checkout import Client
        from unified_checkout.sandbox import Sandbox

        def ask(accounts):
            with Client(accounts) as client:
                return list(client.sessions.list())

        @pytest.mark.checkout_cassette("all")
        def test_it(checkout_cassette):
            with Sandbox(sessions=3, providers=["stripe"]) as sandbox:
                ask(sandbox.accounts)
                print("replaying", checkout_cassette.replaying)

        test_again = test_it
        """
    (tmp_path / "test_it.py").write_text(dedent(program), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\ncheckout_cassettes = recorded/here\n")
    told = [
        pytest_in(tmp_path, "-s", *options).stdout.count("replaying True")
        for options in ([], [], ["--checkout-record=rewrite"])
    ]
    assert told == [1, 2, 1]
    assert (tmp_path / "recorded/here/all.yaml").exists()


@pytest.mark.parametrize("name", ["vcr", "yaml"])
def test_without_the_extra_only_a_cassette_s_use_fails_and_says_what_to_install(
    tmp_path: Path, name: str
) -> None:
    program = f"""
        import sys

        sys.modules[{name!r}] = None

        def test_without():
            pass

        def test_with(checkout_cassette):
            pass
        """
    (tmp_path / "test_it.py").write_text(dedent(program), encoding="utf-8")
    folder = tmp_path / "cassettes" / "test_it"
    folder.mkdir(parents=True)
    (folder / "test_with.yaml").write_text(
        "{version: 1, recorded_from: sandbox, recorded_at: 2026-11-20T00:00:00Z, exchanges: []}"
    )
    run = pytest_in(tmp_path)
    assert "1 passed, 1 error" in run.stdout
    assert "pip install 'unified-checkout[testing]'" in run.stdout


def test_the_programs_of_the_page_on_testing_run(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "testing.md"
    programs = re.findall(
        r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    for number, program in enumerate(programs):
        (tmp_path / f"test_{number}.py").write_text(program, encoding="utf-8")
    now = int(time.time())
    fresh = [attrs.evolve(facts, created=facts.created - NOW + now) for facts in FACTS]
    with Sandbox(providers=["stripe"], facts=fresh, now=now) as sandbox:
        [account] = sandbox.accounts
        key = account.api_key.get_secret_value()
        recorded = pytest_in(tmp_path, STRIPE_API_KEY=key, STRIPE_URL=sandbox.url("stripe"))
    assert "5 passed" in recorded.stdout
    assert len(cassettes(tmp_path)) == 3
    assert "5 passed" in pytest_in(tmp_path, CI="true").stdout
