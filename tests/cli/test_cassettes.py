"""``cassettes``: what should not be recorded is found, and so is what has changed since."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import Result

from unified_checkout import Client
from unified_checkout.adapters import Request
from unified_checkout.engine.runtime import Observer, ambient, running
from unified_checkout.sandbox import Sandbox
from unified_checkout.testing import Cassette
from unified_checkout.testing.cassettes import tape
from unified_checkout.testing.cassettes.checking import problems
from unified_checkout.testing.cassettes.drift import drift

Run = Callable[..., Result]

ROWS = {"stripe": "data", "leanrails": "data", "flex": "checkout_sessions"}


@pytest.fixture
def folder(sandbox: Sandbox, tmp_path: Path) -> Path:
    """One cassette for each account, recorded just now."""
    folder = tmp_path / "recorded"
    for account in sandbox.accounts:
        with Cassette(folder / f"{account.name}.yaml"), Client([account]) as client:
            sessions = list(client.sessions.list(limit=25, page_size=20))
            client.sessions.get(sessions[0].id)
    return folder


def rewrite(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change every session in a cassette."""
    recording = tape.read(file)
    exchanges = []
    for exchange in recording.exchanges:
        assert exchange.response is not None
        body = json.loads(exchange.response.body)
        for session in body.get(ROWS[file.stem], [body.get("checkout_session", body)]):
            change(session)
        reply = msgspec.structs.replace(exchange.response, body=json.dumps(body, indent=2))
        exchanges.append(msgspec.structs.replace(exchange, response=reply))
    changed = msgspec.structs.replace(recording, exchanges=tuple(exchanges))
    file.write_text(tape.written(changed), encoding="utf-8")


def test_clean_cassettes_pass(run: Run, folder: Path) -> None:
    told = run("cassettes", "check", folder)
    assert told.stdout == ""
    assert told.stderr == "0 problems in 3 cassettes\n"


def test_one_file_can_be_looked_at(run: Run, folder: Path) -> None:
    assert "1 cassette\n" in run("cassettes", "check", folder / "flex.yaml").stderr


@pytest.mark.parametrize(
    ("planted", "where"),
    [
        ("# ask jenny@example.org about this\n", ": an e-mail address"),
        ("# recorded with sk_test_obviously_fake_key\n", ": a secret"),
    ],
)
def test_a_comment_is_looked_at_too(run: Run, folder: Path, planted: str, where: str) -> None:
    file = folder / "flex.yaml"
    file.write_text(planted + file.read_text(encoding="utf-8"), encoding="utf-8")
    told = run("cassettes", "check", folder, code=1)
    assert told.stdout == f"{file}: line 1{where}\n"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Jenny Sample"),
        ("phone", "+12025550123"),
        ("metadata", {"note": "call Jenny"}),
        ("client_secret", "cs_1_secret_2"),
        ("cancel_url", "https://shop.example.com/?name=Jenny"),
        ("locale", "jenny\\u0040example.org"),
    ],
)
def test_what_was_edited_by_hand_is_found_and_not_shown(
    run: Run, folder: Path, field: str, value: Any
) -> None:
    file = folder / "stripe.yaml"
    rewrite(file, lambda session: session.update({field: value}))
    text = file.read_text(encoding="utf-8").replace("\\\\u0040", "\\u0040")
    file.write_text(text, encoding="utf-8")
    told = run("cassettes", "check", folder, code=1).stdout
    assert f"{file}: exchange 1: data[0].{field}" in told
    assert "Jenny" not in told
    assert "example.org" not in told


def test_what_is_too_old_is_found(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "old.yaml"
    stripe = [account for account in sandbox.accounts if account.provider == "stripe"]
    with Cassette(file, now="2024-01-31"), Client(stripe) as client:
        client.sessions.get(sandbox.truth("stripe")[0].id)
    assert run("cassettes", "check", file).stdout == ""
    told = run("cassettes", "check", file, "--max-age", "30d", code=1).stdout
    assert told.startswith(f"{file}: recorded ")
    assert told.endswith(" days ago, more than 30\n")


@pytest.mark.parametrize(
    ("most", "told"),
    [
        (timedelta(days=1), ["recorded 1 day ago, more than 1"]),
        (timedelta(hours=26), ["recorded 29 hours ago, more than 26"]),
        (timedelta(seconds=90), ["recorded 104400 seconds ago, more than 90"]),
        (timedelta(days=2), []),
    ],
)
def test_an_age_is_told_in_the_unit_that_was_asked_in(
    folder: Path, most: timedelta, told: list[str]
) -> None:
    file = folder / "flex.yaml"
    now = tape.read(file).recorded_at + timedelta(hours=29)
    assert problems(file, now=now, max_age=most) == told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\n", "it holds no exchanges"),
        ("a: 1\nb: [\n", "line 3 cannot be read"),
        ("[accounts]\n", "it holds no exchanges"),
    ],
)
def test_a_file_that_is_no_cassette_is_a_problem(
    run: Run, tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    told = run("cassettes", "check", tmp_path, code=1).stdout
    assert told == f"{file}: is not a cassette: {problem}\n"


def test_a_folder_without_cassettes_does_not_pass(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no cassette" in run("cassettes", "check", tmp_path / "empty", code=2).stderr
    assert "does not exist" in run("cassettes", "check", tmp_path / "none", code=2).stderr


def test_a_span_that_is_none_is_refused(run: Run, folder: Path) -> None:
    assert "--max-age" in run("cassettes", "check", folder, "--max-age", "old", code=2).stderr


@pytest.mark.parametrize("account", ROWS)
def test_what_has_not_changed_has_not_drifted(
    run: Run, folder: Path, config: Path, account: str
) -> None:
    told = run("cassettes", "drift", folder, "--account", account, "--config", config)
    assert told.stdout == ""
    assert "0 differences" in told.stderr


def test_whoever_watches_is_told_of_what_is_asked_again(sandbox: Sandbox, folder: Path) -> None:
    class Noting(Observer):
        def __init__(self) -> None:
            self.told: list[str] = []

        def opened(self, addresses: Mapping[str, str]) -> None:
            self.told += addresses

        def sent(self, account: str, request: Request, attempt: int) -> None:
            self.told.append(request.path)

    given, always = Noting(), Noting()
    file, path = folder / "flex.yaml", "/v1/checkout/sessions"
    [account] = [one for one in sandbox.accounts if one.name == "flex"]
    with running(ambient().watched_by([always])):
        asked = drift({file: tape.read(file)}, account, [given]).compared
    assert given.told == ["flex", *always.told]
    assert len(always.told) == asked == 3
    assert all(one.startswith(path) for one in always.told)


def test_what_has_changed_is_shown_by_its_place_and_type(
    run: Run, folder: Path, config: Path
) -> None:
    def change(session: dict[str, Any]) -> None:
        del session["mode"]
        session |= {"colour": "red", "created": str(session["created"])}
        session["metadata"] = session["metadata"] and {"own": 1}

    rewrite(folder / "stripe.yaml", change)
    told = run("cassettes", "drift", folder, "--account", "stripe", "--config", config, code=1)
    differences = [
        "colour: text in every recording, now missing",
        "created: text in the recordings, now a whole number",
        "mode: not in the recordings, now text",
    ]
    path = "/v1/checkout/sessions"
    assert told.stdout.splitlines() == [
        *(f"{path}: data[].{difference}" for difference in differences),
        *(f"{path}/...: {difference}" for difference in differences),
    ]
    assert f"to be recorded again: {folder / 'stripe.yaml'}\n" in told.stderr
    assert "pytest --checkout-record=rewrite TEST\n" in told.stderr
    with (folder / "stripe.yaml").open("a", encoding="utf-8") as file:
        file.write("recorded_by: tests/test_shop.py::test_it\n")
    told = run("cassettes", "drift", folder, "--account", "stripe", "--config", config, code=1)
    assert "pytest --checkout-record=rewrite tests/test_shop.py::test_it\n" in told.stderr


def test_what_is_not_answered_today_is_said_and_not_compared(
    run: Run, folder: Path, config: Path
) -> None:
    file = folder / "stripe.yaml"
    text = file.read_text(encoding="utf-8").replace("starting_after=cs_test_", "starting_after=x_")
    file.write_text(text, encoding="utf-8")
    told = run("cassettes", "drift", file, "--account", "stripe", "--config", config)
    assert told.stderr.startswith("not compared: ")
    assert "2 requests compared" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["flex.yaml", "--account", "stripe"], "nothing recorded of stripe"),
        (["flex.yaml", "--account", "nobody"], "nobody"),
        (["sandbox.toml", "--account", "flex"], "is not a cassette"),
    ],
)
def test_what_cannot_be_compared_does_not_pass(
    run: Run, folder: Path, config: Path, arguments: list[str], problem: str
) -> None:
    file, *rest = arguments
    (folder / "sandbox.toml").write_text("a = 1", encoding="utf-8")
    told = run("cassettes", "drift", folder / file, *rest, "--config", config, code=2)
    assert problem in told.stderr


def test_an_account_that_cannot_be_read_ends_it(
    run: Run, folder: Path, config: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.toml"
    text = config.read_text(encoding="utf-8")
    wrong.write_text(text.replace("sk_test_", "sk_test_not_"), encoding="utf-8")
    told = run("cassettes", "drift", folder, "--account", "stripe", "--config", wrong, code=1)
    assert "HTTP 401" in told.stderr
