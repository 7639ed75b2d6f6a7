"""Square's imitation: as strict as the description, with the defaults that hide payments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from unified_checkout.sandbox import Facts, Received
from unified_checkout.sandbox.imitation import Imitation
from unified_checkout_square.sandbox import SquareSandbox

NOW = 1_795_000_000
"""2026-11-18T11:06:40Z"""
DAY = 86_400
SHOPS = ("LMAIN", "LOTHER")


@attrs.define
class Talk:
    """The imitation, asked without a socket in between."""

    imitation: Imitation
    now: float = NOW

    def ask(
        self, path: str = "/v2/payments", *, key: str = SquareSandbox.api_key, **parameters: Any
    ) -> tuple[int, Any]:
        """The status and the decoded body of an answer."""
        version = str(parameters.pop("version", "2025-08-20"))
        method = str(parameters.pop("method", "GET"))
        answer = self.imitation.handle(
            Received(
                method=method,
                path=path,
                parameters=tuple((name, str(value)) for name, value in parameters.items()),
                headers={"authorization": f"Bearer {key}", "square-version": version},
            )
        )
        assert self.imitation.error is None
        assert answer.headers["square-version"] == version
        return answer.status, json.loads(answer.body)

    def ids(self, **parameters: Any) -> list[str]:
        status, body = self.ask(**parameters)
        assert status == 200, body
        return [row["id"] for row in body.get("payments", ())]

    def refused(self, path: str = "/v2/payments", **parameters: Any) -> tuple[int, str, str]:
        """Status, code and field of a refusal."""
        status, body = self.ask(path, **parameters)
        (error,) = body["errors"]
        return status, error["code"], error.get("field", "")

    def held(self, **fields: Any) -> list[Facts]:
        return [
            facts
            for facts in self.imitation.truth()
            if all(getattr(facts, name) == value for name, value in fields.items())
        ]


def begin(facts: list[Facts] | None = None, **options: Any) -> Talk:
    talk = Talk(imitation=None)  # type: ignore[arg-type]
    provider = SquareSandbox(clock=lambda: talk.now, **options)
    provider.hold(reversed(payments(40) if facts is None else facts))
    talk.imitation = Imitation(provider=provider)
    return talk


def payments(count: int, **fields: Any) -> list[Facts]:
    """So many payments, an hour between two of them, the newest first."""
    told: dict[str, Any] = {"status": "complete", "payment_status": "paid", "amount_total": 5000}
    return [
        Facts(serial=f"p{number}", created=NOW - 3600 * (number + 1), **(told | fields))
        for number in range(count)
    ]


def test_without_a_begin_time_there_is_one_year() -> None:
    old = Facts(serial="old", created=NOW - 400 * DAY, status="complete", amount_total=1)
    talk = begin([*payments(2), old])
    assert len(talk.ids()) == 2
    assert len(talk.ids(begin_time="2009-01-01T00:00:00Z")) == 3


def test_without_a_location_there_is_the_main_one() -> None:
    talk = begin(locations=SHOPS)
    main, other = (talk.ids(location_id=shop) for shop in SHOPS)
    assert talk.ids() == main
    assert main
    assert other
    assert not {*main} & {*other}
    assert len(main) + len(other) == 40
    assert talk.refused(location_id="LX") == (400, "INVALID_LOCATION", "location_id")


def test_a_larger_limit_is_ignored_and_others_are_refused() -> None:
    talk = begin(payments(130))
    assert [len(talk.ids(limit=limit)) for limit in (7, 100, 1000)] == [7, 100, 100]
    assert len(talk.ids()) == 100
    assert talk.refused(limit=0) == (400, "VALUE_TOO_LOW", "limit")
    assert talk.refused(limit="ten") == (400, "EXPECTED_INTEGER", "limit")


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"status": "COMPLETED"}, (400, "UNKNOWN_QUERY_PARAMETER", "status")),
        ({"begin_time": "2026-03-04"}, (400, "INVALID_TIME", "begin_time")),
        ({"end_time": "2026-03-04T10:15:30"}, (400, "INVALID_TIME", "end_time")),
        (
            {"begin_time": "2026-03-05T00:00:00Z", "end_time": "2026-03-04T00:00:00Z"},
            (400, "INVALID_TIME_RANGE", "begin_time"),
        ),
        ({"sort_order": "NEWEST"}, (400, "INVALID_SORT_ORDER", "sort_order")),
        ({"sort_field": "AMOUNT"}, (400, "INVALID_ENUM_VALUE", "sort_field")),
        ({"is_offline_payment": "yes"}, (400, "EXPECTED_BOOLEAN", "is_offline_payment")),
        ({"last_4": ""}, (400, "VALUE_EMPTY", "last_4")),
        ({"cursor": "nonsense"}, (400, "INVALID_CURSOR", "cursor")),
        ({"version": "latest"}, (400, "INVALID_SQUARE_VERSION_FORMAT", "")),
        ({"version": "2001-01-01"}, (400, "API_VERSION_INCOMPATIBLE", "")),
        ({"method": "POST"}, (405, "METHOD_NOT_ALLOWED", "")),
        ({"key": "sandbox-sq0atb-wrong"}, (401, "UNAUTHORIZED", "")),
        ({"key": SquareSandbox.powerless_key}, (403, "INSUFFICIENT_SCOPES", "")),
        ({"path": "/v2/payments/nothing"}, (404, "NOT_FOUND", "")),
        ({"path": "/v2/orders"}, (404, "NOT_FOUND", "")),
    ],
)
def test_what_is_refused(parameters: Mapping[str, Any], refusal: tuple[int, str, str]) -> None:
    assert begin().refused(**parameters) == refusal


def test_a_cursor_is_good_for_its_own_parameters_and_for_a_while() -> None:
    talk = begin()
    _, first = talk.ask(limit=3)
    cursor = first["cursor"]
    assert len(talk.ids(limit=5, cursor=cursor)) == 5
    assert talk.refused(limit=3, total=5000, cursor=cursor)[1] == "INVALID_CURSOR"
    talk.now += 900
    _, second = talk.ask(limit=3, cursor=cursor)
    talk.now += 900
    assert talk.refused(limit=3, cursor=cursor)[1] == "INVALID_CURSOR"
    assert len(talk.ids(limit=3, cursor=second["cursor"])) == 3


def test_a_limit_may_be_among_the_parameters_that_stay() -> None:
    talk = begin(same_limit=True)
    _, first = talk.ask(limit=3)
    assert talk.refused(limit=5, cursor=first["cursor"])[1] == "INVALID_CURSOR"
    assert len(talk.ids(limit=3, cursor=first["cursor"])) == 3


@pytest.mark.parametrize("included", [True, False])
def test_the_end_may_be_included_and_the_beginning_is(included: bool) -> None:
    talk = begin(end_included=included)
    span: dict[str, Any] = {
        "begin_time": "2026-11-18T07:06:40Z",
        "end_time": "2026-11-18T10:06:40Z",
    }
    found = talk.ids(**span)
    assert len(found) == 3 + included
    assert found[-1] == talk.held(created=NOW - 4 * 3600)[0].id


def test_an_empty_list_is_an_empty_object() -> None:
    assert begin([]).ask() == (200, {})
    assert begin([], empty_key=True).ask() == (200, {"payments": []})
    assert begin().ask(total=1) == (200, {})


def test_a_page_may_be_looked_through_rather_than_filled() -> None:
    talk = begin(hollow=True)
    status, page = talk.ask(limit=5, end_time="2026-11-17T11:06:40Z")
    assert (status, [*page]) == (200, ["cursor"])
    found, pages = [], 0
    while "cursor" in page:
        _, page = talk.ask(limit=5, end_time="2026-11-17T11:06:40Z", cursor=page["cursor"])
        found += page.get("payments", [])
        pages += 1
    assert len(found) == 17
    assert pages == 7


def test_a_payment_may_be_listed_late() -> None:
    talk = begin(payments(1), lag=5000)
    assert talk.ids() == []
    talk.now += 2000
    assert len(talk.ids()) == 1


def test_a_begin_after_now_may_be_refused() -> None:
    later = "2026-12-01T00:00:00Z"
    assert begin().ids(begin_time=later) == []
    strict = begin(future_refused=True)
    assert strict.refused(begin_time=later) == (400, "INVALID_TIME_RANGE", "begin_time")
    assert strict.ids(begin_time=later, end_time="2026-12-02T00:00:00Z") == []


@pytest.mark.parametrize("hidden", [True, False])
def test_payments_taken_offline_may_be_hidden(hidden: bool) -> None:
    talk = begin(payments(60, kind="in_person"), offline_hidden=hidden)
    offline = talk.ids(is_offline_payment="true")
    online = talk.ids(is_offline_payment="false")
    assert offline
    assert online
    assert len(offline) + len(online) == 60
    everything = talk.ids()
    assert len(everything) == (len(online) if hidden else 60)
    assert {*talk.ids(offline_begin_time="2026-01-01T00:00:00Z")} == {*offline}
    assert talk.ids(offline_end_time="2026-11-18T00:00:00Z", is_offline_payment="true") == []


def test_the_other_filters() -> None:
    talk = begin(payments(20))
    _, body = talk.ask()
    rows = body["payments"]
    for row in rows:
        card = row.get("card_details", {}).get("card")
        if card:
            asked: dict[str, Any] = {"last_4": card["last_4"], "card_brand": card["card_brand"]}
            assert row["id"] in talk.ids(**asked)
    assert len(talk.ids(total=5000)) == 20
    assert talk.ids(total=4999) == []
    updated = talk.ids(
        updated_at_begin_time="2026-11-18T05:06:40Z", updated_at_end_time="2026-11-18T08:07:39Z"
    )
    assert 3 <= len(updated) <= 4


@pytest.mark.parametrize("field", ["CREATED_AT", "UPDATED_AT", "OFFLINE_CREATED_AT"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_every_order_is_paged_to_its_end(field: str, order: str) -> None:
    talk = begin(payments(40, kind="in_person"))
    asked: dict[str, Any] = {"limit": 7, "sort_field": field, "sort_order": order}
    _, page = talk.ask(**asked)
    rows = page["payments"]
    while "cursor" in page:
        _, page = talk.ask(**asked, cursor=page["cursor"])
        rows += page["payments"]
    assert len({row["id"] for row in rows}) == len(rows) == 40
    name = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at"}.get(field)
    if name is not None:
        times = [row[name][:19] for row in rows]
        assert times == sorted(times, reverse=order == "DESC")


def test_one_payment_and_the_locations() -> None:
    talk = begin(locations=SHOPS)
    (facts, *_) = talk.held()
    status, body = talk.ask(f"/v2/payments/{facts.id}")
    assert (status, body["payment"]["id"]) == (200, facts.id)
    status, body = talk.ask("/v2/locations")
    assert (status, [one["id"] for one in body["locations"]]) == (200, [*SHOPS])
    assert talk.refused("/v2/locations", limit=1)[1] == "UNKNOWN_QUERY_PARAMETER"


def test_a_share_of_the_payments_are_no_checkouts() -> None:
    kinds = [facts.kind for facts in begin(payments(200)).held()]
    assert {*kinds} == {"checkout", "in_person", "invoice", "other", "unknown"}
    assert kinds.count("checkout") > 100


def test_what_square_cannot_hold_becomes_what_it_holds() -> None:
    told = Facts(serial="told", created=NOW, kind="renewal", client_reference_id="x" * 41)
    talk = begin([told])
    (facts,) = talk.held()
    assert (facts.kind, facts.client_reference_id, facts.status) == ("invoice", None, "complete")
    assert (facts.payment_status, facts.currency) == ("unpaid", None)
