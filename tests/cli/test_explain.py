"""``explain`` and ``providers``: what would be asked, and of whom; nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house import PROVIDERS
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import Result

from unified_checkout import Client
from unified_checkout.adapters import Pushdown
from unified_checkout.cli import terminal
from unified_checkout.cli.terminal import wrapped
from unified_checkout.engine.support import PROBES, support
from unified_checkout.sandbox import Sandbox

Run = Callable[..., Result]

QUERY = ("--created-gte", "2026-01-01", "--status", "complete", "--email", "jenny@example.com")


@pytest.fixture(autouse=True)
def _nothing_is_sent(sandbox: Sandbox) -> Iterator[None]:
    sandbox.clear_requests()
    yield
    assert [sandbox.requests(account.name) for account in sandbox.accounts] == [[], [], []]


def test_explain_prints_the_plan(ask: Run, client: Client) -> None:
    plan = client.sessions.explain(
        created={"gte": "2026-01-01"}, status="complete", email="jenny@example.com"
    )
    told = ask("explain", *QUERY).stdout.splitlines()
    assert told[1:] == str(plan).splitlines()[1:]
    assert told[0].startswith("sessions created until ")


def test_explain_for_programs_says_the_same(ask: Run, client: Client) -> None:
    plan = client.sessions.explain(
        created={"gte": "2026-01-01"}, status="complete", email="jenny@example.com"
    )
    told = json.loads(ask("explain", *QUERY, "-o", "json").stdout)
    for account, said in zip(plan.accounts, told["accounts"], strict=True):
        assert said["account"] == account.account
        assert said["requests"] == list(account.requests)
        assert said["residual"] == [str(one) for one in account.residual]
        assert said["believed"] == [str(one) for one in account.believable]
        assert [one["pushdown"] for one in said["predicates"]] == [
            verdict.pushdown for verdict in account.told
        ]
        assert said["order"] == "newest first"
        assert said["end_of_list"] == account.compiled.end_of_list


def test_explain_speaks_of_kinds_only_where_they_matter(ask: Run) -> None:
    assert "kind" not in ask("explain", *QUERY).stdout
    assert "kind" not in ask("explain", *QUERY, "-o", "json").stdout
    told = ask("explain", "--kind", "renewal", "--kind", "invoice").stdout
    assert "  request  none: no session of this provider can match\n" in told
    assert "kind in (renewal, invoice)  (every session here is of kind checkout)" in told
    assert "GET" not in told


@pytest.mark.parametrize("output", ["table", "json"])
def test_explain_keeps_personal_data_to_itself(ask: Run, output: str) -> None:
    assert "jenny" not in ask("explain", *QUERY, "-o", output).stdout


def test_explain_shows_what_list_would_refuse(ask: Run) -> None:
    told = ask("explain", "--payment-status", "paid").stdout
    assert "unanswerable  payment_status = paid" in told
    flex = told.partition("\nflex (flex)\n")[2].partition("\n\n")[0]
    assert "refused       this account cannot answer, and nothing is sent to it" in flex
    assert "GET" not in flex
    told = json.loads(ask("explain", "--payment-status", "paid", "-o", "json").stdout)
    refusals = {one["account"]: (one["refused"], one["requests"]) for one in told["accounts"]}
    assert refusals["flex"] == (["payment_status = paid"], [])
    assert refusals["stripe"][0] == []
    assert refusals["stripe"][1]


@given(st.integers(20, 200))
def test_a_line_ends_between_words_and_never_within_a_request(width: int) -> None:
    line = "  word=paid  GET /v1/sessions?limit=100&status=complete and more  (some more)"
    lines = wrapped(line, width, indent=13)
    assert "GET /v1/sessions?limit=100&status=complete" in "\n".join(lines)
    assert lines[0].startswith("  word=paid  GET ")
    assert " ".join(lines).split() == line.split()
    assert {one[:13] for one in lines[1:]} <= {" " * 13}


def test_providers_shows_the_verdict_on_every_predicate(run: Run) -> None:
    rows = [line.split() for line in run("providers").stdout.splitlines()]
    assert rows[0] == ["predicate", *PROVIDERS]
    shown = {row[0]: row[1:] for row in rows if row and row[0] in PROBES}
    supports = [support(name) for name in rows[0][1:]]
    assert shown == {
        probe: [one.predicates[probe].pushdown for one in supports] for probe in PROBES
    }


def test_providers_explains_its_words(run: Run) -> None:
    told = run("providers").stdout
    assert [word for word in Pushdown if f"\n{word}: " not in told] == []


def test_providers_says_what_a_list_does_not_tell(run: Run) -> None:
    told = run("providers").stdout.splitlines()
    (line,) = [one for one in told if one.startswith("flex: ")]
    assert "untold: customer (give expand=customer: larger answers)" in line
    (line,) = [one for one in told if one.startswith("stripe: ")]
    assert "untold" not in line


@pytest.mark.parametrize("columns", [80, 120])
def test_providers_fit_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """The matrix comes in as many parts as it takes."""
    monkeypatch.setattr(terminal, "output_console", lambda: Console(width=columns))
    told = run("providers").stdout
    matrix = told.partition("exact: the provider")[0]
    assert max(map(len, matrix.splitlines())) <= columns
    heads = [line.split()[1:] for line in matrix.splitlines() if line.startswith("predicate")]
    assert [name for names in heads for name in names] == [*PROVIDERS]
    assert len(heads) > 1


def test_explain_says_it_to_programs(ask: Run) -> None:
    first, *_ = json.loads(ask("explain", "--expand", "customer", "-o", "json").stdout)["accounts"]
    assert first["rows"] == "checkout sessions"
    assert first["untold"] == {"subscription": "subscription"}
    assert first["excludes"] == []


def test_providers_for_programs(run: Run) -> None:
    told = json.loads(run("providers", "-o", "json").stdout)
    assert told == {"providers": [support(name).to_dict() for name in PROVIDERS], "errors": {}}


def test_a_broken_provider_does_not_hide_the_others(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[unified_checkout.providers]\nbroken = gone:Gone\n")
    monkeypatch.syspath_prepend(tmp_path)
    result = run("providers")
    assert result.stdout.startswith("predicate ")
    assert "Error: provider 'broken' needs the module 'gone'" in result.stderr
    told = json.loads(run("providers", "-o", "json").stdout)
    assert [one["provider"] for one in told["providers"]] == [*PROVIDERS]
    assert list(told["errors"]) == ["broken"]
