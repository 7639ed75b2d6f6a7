"""What holds of a report in each of its forms: text is text, and nothing is added or made up."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import attrs
import duckdb
import pytest
from report.pages import PLANTED, Page
from sold import session
from store.slices import slice_of
from typer.testing import CliRunner

from unified_checkout import Customer, Session
from unified_checkout.cli.app import app
from unified_checkout.model.session import Address
from unified_checkout.store import Store

FORMS = ("table", "csv", "json", "html", "svg")
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def stored(path: Path, sessions: list[Session]) -> Path:
    """A store of these sessions, each account complete up to a later day."""
    with Store.open(path) as store:
        for number, account in enumerate(dict.fromkeys(one.account for one in sessions), 1):
            own = [one for one in sessions if one.account == account]
            made = slice_of(path.parent, number, own, NOON)
            store.apply(attrs.evolve(made, account=account, provider=own[0].provider))
    with duckdb.connect(path) as database:
        database.execute(
            "UPDATE accounts SET mark = $1, complete_since = $2",
            [NOON + timedelta(days=30), datetime.fromtimestamp(0, UTC)],
        )
    return path


def told(path: Path, form: str, *by: str) -> str:
    """A report of a store in a form."""
    groups = [word for name in by for word in ("--by", name)]
    ended = CliRunner().invoke(app, ["report", str(path), "--format", form, *groups])
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def planted(text: str, number: int, provider: str) -> Session:
    """A session that holds a text wherever there is room for one."""
    return session(
        account=text,
        provider=provider,
        id=f"{text} {number}",
        created=NOON - timedelta(hours=number),
        currency=text[:20],
        customer=Customer(
            id=text,
            email=text,
            name=text,
            phone=text,
            address=Address(
                line1=text, line2=text, city=text, state=text, postal_code=text, country=text
            ),
        ),
        **dict.fromkeys(
            (
                *("customer_email", "customer_account", "subscription", "setup_intent", "invoice"),
                *("payment_link", "client_reference_id", "url", "success_url", "cancel_url"),
                "provider_status",
            ),
            text,
        ),
        metadata={text: text},
        payment_intents=(text,),
    )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each planted text in all columns of sessions of an account that is called so."""
    sessions = [
        attrs.evolve(planted(text, number, text), customer_email=PLANTED[0])
        for text in PLANTED
        for number in range(2)
    ]
    return stored(tmp_path_factory.mktemp("odd") / "odd.duckdb", sessions)


@pytest.mark.parametrize("form", FORMS)
def test_whatever_is_planted_is_text(odd: Path, form: str) -> None:
    by = ("account", "provider", "currency")
    shown = told(odd, form, *by)
    if form == "html":
        page = Page(shown)
        assert {row[0].text for row in page.rows("groups")} == {*PLANTED, "all"}
        assert {row[0].text for row in page.rows("covered")} == {*PLANTED}
        assert {"img", "b"} & {tag for tag, given in page.tags if "data-tile" not in given} == set()
        assert [tag for tag, _ in page.tags].count("script") == 1
        assert "49" not in page.text.split()
    elif form == "svg":
        tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(shown).iter()}
        assert tags == {"svg", "g", "rect", "text", "path", "line"}
    elif form == "json":
        groups = json.loads(shown)["groups"]
        assert {one["account"] for one in groups} == {one["provider"] for one in groups}
        assert {one["account"] for one in groups} == {*PLANTED}
    elif form == "csv":
        rows = list(csv.DictReader(io.StringIO(shown)))
        names = {row["account"] for row in rows}
        assert {name.removeprefix("'") for name in names} == {*PLANTED}
        assert [cell for row in rows for cell in row.values() if re.match("[=+@]", cell)] == []
    else:
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
        assert "\\u202egnp.exe" in shown
        assert PLANTED[0][:8] in shown


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two currencies at an account, and one whose list shows no open sessions."""
    several = [
        {"currency": "usd", "amount_total": 1_111_100},
        {"currency": "eur", "amount_total": 2_222_200},
        {"currency": "jpy", "currency_exponent": 0, "amount_total": 44_444},
    ]
    sessions = [
        session(account=account, id=f"{account} {number}", created=NOON, **fields)
        for account in ("us", "ledger")
        for number, fields in enumerate(several)
    ]
    path = stored(tmp_path_factory.mktemp("mixed") / "mixed.duckdb", sessions)
    with duckdb.connect(path) as database:
        database.execute(
            "UPDATE runs SET coverage = '{\"shows_open\": false}' WHERE account = 'ledger'"
        )
    return path


@pytest.mark.parametrize("form", FORMS)
def test_no_two_currencies_are_added(mixed: Path, form: str) -> None:
    shown = told(mixed, form, "account")
    cells = shown.replace(",", " ") if form == "csv" else shown.replace(",", "")
    digits = re.sub(r"(?<=\d)\.(?=\d)", "", cells)
    singles = ("1111100", "2222200", "44444") if form == "csv" else ("2222200", "4444400", "88888")
    for single in singles:
        assert single in digits
    for added in ("3333300", "6666600", "3377744", "6755488", "1155544", "2266644"):
        assert added not in digits


@pytest.mark.parametrize("form", FORMS)
def test_what_nobody_tells_is_said_and_is_no_zero(mixed: Path, form: str) -> None:
    shown = told(mixed, form, "account")
    if form == "json":
        by_name = {one["account"]: one for one in json.loads(shown)["groups"]}
        ledger = by_name["ledger"]
        assert [ledger[name] for name in ("open", "completion_rate", "expiry_rate")] == [None] * 3
        assert {one["refunded"] for one in ledger["sales"]} == {None}
        assert {one["open_value"] for one in ledger["sales"]} == {None}
        assert json.loads(shown)["not_rated"] == ["acme"]
    elif form == "csv":
        rows = [one for one in csv.DictReader(io.StringIO(shown)) if one["account"] == "ledger"]
        assert rows[0]["sessions"] == "3"
        names = ("open", "completion_rate", "expiry_rate", "refunded", "disputed", "net")
        assert {rows[0][name] for name in names} == {""}
    elif form == "html":
        [ledger] = [row for row in Page(shown).rows("groups") if row[0].text == "ledger"]
        assert [cell.text for cell in ledger].count("not known") >= 3
        assert "what was refunded of 6 orders" in Page(shown).text
    else:
        assert "takes no part in rates, hours and open values" in shown
        assert "what was refunded of 6 orders" in " ".join(re.sub("<[^>]*>", " ", shown).split())
        if form == "table":
            [ledger, *_] = [line for line in shown.splitlines() if line.startswith("ledger ")]
            assert ledger.count("not known") >= 3
