"""What an account has not: a session that is gone, an id of nothing, a condition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from gateway.asking import Answer, Asking, asking, check
from gateway.serving import NOW
from house import PROVIDERS

from unified_checkout.gateway.identity import merged_id
from unified_checkout.sandbox import Facts, Sandbox

WAYS = ("starting_after", "ending_before")
MISSED: dict[str, tuple[str, ...]] = dict.fromkeys(("flex", "paddle", "stripe"), WAYS)
MISSED |= dict.fromkeys(("gocardless", "mollie"), WAYS[1:])
"""Providers that miss a place, and in which direction; elsewhere its moment leads on."""


@pytest.fixture(scope="module")
def everywhere() -> Iterator[Asking]:
    with Sandbox(sessions=3, seed=3, now=NOW) as sandbox, asking(sandbox.accounts) as ask:
        yield ask


@pytest.mark.parametrize(("token", "account"), [("polar", "polar"), ("all", "gocardless")])
def test_a_condition_that_an_account_cannot_answer_is_refused_by_name(
    everywhere: Asking, token: str, account: str
) -> None:
    answer = everywhere.get(token=token, payment_link="plink_1")
    check(answer)
    assert answer.status == 400
    assert f"account {account!r}" in answer.json["error"]["message"]
    assert "payment_link" in answer.json["error"]["message"]


@pytest.mark.parametrize("account", PROVIDERS)
def test_an_id_of_nothing_is_missing_whatever_the_provider_calls_it(
    everywhere: Asking, account: str
) -> None:
    ids = ["cs_test_nothing", "1", "00000000-0000-4000-8000-000000000000", "a/b", "x" * 200]
    for id in ids[:1] if account == "paypal" else ids:  # where all is searched
        answers = [
            everywhere.session(id, account),
            everywhere.session(merged_id(account, datetime(2026, 11, 1, tzinfo=UTC), id)),
            everywhere.get(token=account, starting_after=id),
        ]
        assert [answer.status for answer in answers] == [404, 404, 400]
        for answer in answers:
            check(answer)
            assert answer.json["error"]["code"] == "resource_missing"


def check_vanished(answer: Answer, account: str, way: str, beside: list[str]) -> None:
    """The place is missed, or the page lies beside its moment."""
    check(answer)
    if way in MISSED.get(account, ()):
        assert answer.status == 400, (account, way)
    if answer.status == 200:
        assert [id for _, id in answer.named] == beside, (account, way)
    else:
        error = answer.json["error"]
        assert (answer.status, error["code"]) == (400, "resource_missing"), (account, way)
        assert error["param"] == way


def test_a_place_that_is_gone_is_missed_or_led_on_from_by_its_moment() -> None:
    """Whether or not the process has seen it, and whether or not the id tells the moment."""
    facts = [Facts(serial=f"s{n}", created=NOW - 60 * n) for n in range(20)]
    names = [name for name in PROVIDERS if name != "paypal"]  # where all is searched
    with (
        Sandbox(facts=facts, now=NOW, providers=names) as sandbox,
        asking(sandbox.accounts) as warm,
        asking(sandbox.accounts) as cold,
    ):
        for account in names:
            page = warm.get(token=account, limit=20)
            ids, moment = page.ids, page.json["data"][2]["created"]
            sandbox.vanish(account, ids[2])
            at = datetime.fromtimestamp(moment, UTC)
            for way, beside in zip(WAYS, (ids[3:5], ids[:2]), strict=True):
                for ask, place in (
                    (warm, ids[2]),
                    (cold, ids[2]),
                    (cold, merged_id(account, at, ids[2])),
                    (cold, merged_id(account, at, "00000000-0000-4000-8000-000000000000")),
                    (cold, merged_id(account, at, "cs_test_nothing")),
                ):
                    asked: dict[str, Any] = {"limit": 2, way: place}
                    answer = ask.get(token=account, **asked)
                    check_vanished(answer, account, way, beside)
