"""The imitation of Paddle is as strict, and as odd, as its documentation says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unified_checkout.sandbox import Answer, Facts, Received
from unified_checkout.sandbox.invention import Invention
from unified_checkout_paddle.sandbox import PaddleSandbox

NOW = 1_795_000_000
PATH = "/transactions"


@pytest.fixture(scope="module")
def sandbox() -> PaddleSandbox:
    held = PaddleSandbox(clock=lambda: NOW)
    held.hold(
        Invention(seed=2, provider="paddle", now=NOW, currencies=held.currencies).history(200)
    )
    return held


def asked(
    sandbox: PaddleSandbox, path: str = PATH, *, headers: Any = None, **sent: str
) -> tuple[int, dict[str, Any]]:
    key = {"authorization": f"Bearer {sandbox.api_key}"}
    request = Received(
        path=path, parameters=tuple(sent.items()), headers={**key, **(headers or {})}
    )
    found = sandbox.answer(request)
    answer = found if isinstance(found, Answer) else sandbox.envelope(found)
    return answer.status, json.loads(answer.body)


def ids(sandbox: PaddleSandbox, **sent: str) -> list[str]:
    """The ids of a whole list, page after page."""
    found: list[str] = []
    more = True
    while more:
        status, page = asked(sandbox, **sent)
        assert status == 200, page
        found += [one["id"] for one in page["data"]]
        more = page["meta"]["pagination"]["has_more"]
        sent["after"] = found[-1] if found else ""
    return found


@pytest.mark.parametrize("size", ["31", "100", "999999999"])
def test_more_than_thirty_are_clamped_without_a_word(sandbox: PaddleSandbox, size: str) -> None:
    status, page = asked(sandbox, per_page=size)
    assert (status, len(page["data"]), page["meta"]["pagination"]["per_page"]) == (200, 30, 30)
    assert page["meta"]["pagination"]["has_more"] is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("per_page", "0"),
        ("per_page", "-1"),
        ("per_page", "ten"),
        ("order_by", "created_at"),
        ("order_by", "amount[DESC]"),
        ("status", "paid,open"),
        ("origin", "phone"),
        ("collection_mode", "both"),
        ("include", "everything"),
        ("after", "txn_none"),
        ("limit", "10"),
        ("created_at[gte]", "2026-01-01T00:00:00Z"),
        ("created_at[NOT]", "2026-01-01T00:00:00Z"),
    ],
)
def test_what_is_wrong_is_named(sandbox: PaddleSandbox, name: str, value: str) -> None:
    status, body = asked(sandbox, **{name: value})
    assert (status, body["error"]["code"]) == (400, "invalid_field")
    assert body["error"]["errors"][0]["field"] == name
    assert body["meta"]["request_id"]


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", "1790000000.5"])
def test_a_time_that_is_none_has_an_error_of_its_own(sandbox: PaddleSandbox, value: str) -> None:
    status, body = asked(sandbox, **{"created_at[GT]": value})
    assert (status, body["error"]["code"]) == (400, "invalid_time_query_parameter")


@pytest.mark.parametrize(
    "value", ["2026-10-01", "2026-10-01T00:00:00", "2026-10-01T00:00:00+00:00"]
)
def test_a_time_may_lack_its_zone_or_be_a_date(sandbox: PaddleSandbox, value: str) -> None:
    wanted = ids(sandbox, **{"created_at[LT]": "2026-10-01T00:00:00Z"})
    assert ids(sandbox, **{"created_at[LT]": value}) == wanted != []


def test_the_usual_order_is_that_of_ids_and_not_of_creation(sandbox: PaddleSandbox) -> None:
    truth = [facts.id for facts in sandbox.shelf]
    usual, by_creation = ids(sandbox), ids(sandbox, order_by="created_at[DESC]")
    assert usual == sorted(truth, reverse=True)
    assert by_creation == truth
    assert usual != by_creation
    assert ids(sandbox, order_by="created_at[asc]") == truth[::-1]


def test_the_clock_in_an_id_runs_ahead(sandbox: PaddleSandbox) -> None:
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    for facts in sandbox.shelf:
        clock = 0
        for letter in facts.id.removeprefix("txn_")[:10]:
            clock = clock * 32 + letters.index(letter)
        assert 47 <= facts.created * 1000 - clock <= 570


def test_the_next_address_is_never_empty_and_repeats_what_was_asked(sandbox: PaddleSandbox) -> None:
    _, page = asked(sandbox, status="canceled", per_page="30")
    pagination = page["meta"]["pagination"]
    assert not pagination["has_more"]
    assert pagination["next"].startswith("https://sandbox-api.paddle.com/transactions?")
    assert "status=canceled" in pagination["next"]
    assert f"after={page['data'][-1]['id']}" in pagination["next"]


def test_all_are_counted_unless_that_is_skipped(sandbox: PaddleSandbox) -> None:
    _, page = asked(sandbox, status="completed", per_page="3")
    counted = page["meta"]["pagination"]["estimated_total"]
    assert counted == len(ids(sandbox, status="completed")) > 30
    _, page = asked(sandbox, headers={"skip-count": "true"})
    assert page["meta"]["pagination"]["estimated_total"] == -1


def test_null_means_of_no_subscription(sandbox: PaddleSandbox) -> None:
    found = set(ids(sandbox, subscription_id="null"))
    assert found == {facts.id for facts in sandbox.shelf if facts.subscription is None}
    assert found


def test_every_word_occurs(sandbox: PaddleSandbox) -> None:
    rows = [asked(sandbox, f"{PATH}/{facts.id}")[1]["data"] for facts in sandbox.shelf]
    assert {row["status"] for row in rows} >= {
        "draft", "ready", "billed", "past_due", "paid", "completed", "canceled"
    }  # fmt: skip
    assert len({row["origin"] for row in rows}) == 6
    assert {row["collection_mode"] for row in rows} == {"automatic", "manual"}
    assert {row["currency_code"] for row in rows if row["collection_mode"] == "manual"} <= {
        "EUR", "GBP", "USD"
    }  # fmt: skip
    assert any(int(row["details"]["totals"]["total"]) < 0 for row in rows)
    assert all(row["customer_id"] is None for row in rows if row["status"] == "draft")


def test_what_was_told_of_a_kind_stays_so() -> None:
    kinds = {"renewal": "renewal", "invoice": "invoice", "other": "other", "in_person": "checkout"}
    held = PaddleSandbox(clock=lambda: NOW)
    for told, kept in kinds.items():
        (facts,) = held.hold([Facts(serial=told, created=NOW - 9, kind=told, mode="setup")])
        assert facts.kind == kept
