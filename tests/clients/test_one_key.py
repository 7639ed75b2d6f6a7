"""Accounts of one key are counted together by the provider, and keep to one rate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clients.setting import NOW

from unified_checkout import Account, Client, ListSessions
from unified_checkout.client.clients import channels_of, surroundings_of
from unified_checkout.engine.policy import Pace
from unified_checkout.sandbox import Sandbox

KEY = "sk_test_obviously_fake"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A provider that refuses what is beyond its rate."""
    with Sandbox(
        sessions=150, now=NOW, providers=["leanrails"], requests_per_second=8.0
    ) as sandbox:
        yield sandbox


def test_together_they_are_refused_nothing(sandbox: Sandbox) -> None:
    [account] = sandbox.accounts
    others = [account.model_copy(update={"name": name}) for name in ("b", "c", "d")]
    with Client([account, *others]) as client:
        sessions = client.sessions.list(ListSessions(page_size=30))
        assert len(list(sessions)) == 4 * 150
    assert [one.retries for one in sessions.coverage.accounts] == [0] * 4


def paces(*accounts: dict[str, Any], provider: str = "stripe", **more: Any) -> list[Pace]:
    """What each of some accounts keeps to."""
    made = [
        Account(**{"name": f"a{number}", "provider": provider, "api_key": KEY, **more, **one})
        for number, one in enumerate(accounts)
    ]
    states = surroundings_of(made, channels_of(made)).states
    return [states[one.name].pace for one in made]


@pytest.mark.parametrize("key", [KEY, {"env": "SHOP"}])
def test_a_key_at_hand_is_compared_itself(key: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", KEY)
    monkeypatch.setenv("OTHER", KEY)
    one, other, third = paces({}, {"api_key": key}, {"api_key": {"env": "OTHER"}})
    assert one is other is third


@pytest.mark.parametrize("kind", ["env", "file", "command", "keyring"])
def test_of_others_the_place_is_compared_and_nobody_looks_there(kind: str, tmp_path: Path) -> None:
    places: dict[str, list[dict[str, Any]]] = {
        "env": [{"env": name} for name in ("NOWHERE", "ELSEWHERE")],
        "file": [{"file": str(tmp_path / name)} for name in ("nowhere", "elsewhere")],
        "command": [{"command": ["/nowhere", name]} for name in ("us", "eu")],
        "keyring": [{"keyring": "shop", "user": name} for name in ("us", "eu")],
    }
    here, there = places[kind]
    one, other, third = paces({"api_key": here}, {"api_key": there}, {"api_key": here})
    assert one is third
    assert one is not other


@pytest.mark.parametrize("rates", [(5.0, 3.0), (3.0, 5.0), (None, 3.0)])
def test_the_lowest_of_their_rates_counts(rates: tuple[float | None, ...]) -> None:
    one, other = paces(*({"requests_per_second": rate} for rate in rates))
    assert one is other
    assert one.requests_per_second == 3.0


def test_another_key_or_address_has_a_rate_of_its_own() -> None:
    elsewhere = {"base_url": "https://elsewhere.example.com"}
    made = paces({}, {"api_key": f"{KEY}_2"}, elsewhere, {})
    assert made[0] is made[3]
    assert len(set(made)) == 3


def test_where_the_address_is_counted_the_key_is_not() -> None:
    one, other = paces({}, {"api_key": f"{KEY}_2"}, provider="paddle")
    assert one is other
