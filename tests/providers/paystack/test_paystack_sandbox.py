"""The imitation of Paystack, asked directly: as strict as the real one, either way."""

from __future__ import annotations

import base64
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from unified_checkout.sandbox import Answer, Facts, Received
from unified_checkout.sandbox.invention import Invention
from unified_checkout_paystack.sandbox import PATH, PaystackSandbox

NOW = 1_795_000_000


def held(**attributes: Any) -> PaystackSandbox:
    sandbox = PaystackSandbox(clock=lambda: NOW, **attributes)
    invention = Invention(seed=5, provider="paystack", now=NOW, currencies=sandbox.currencies)
    sandbox.hold(invention.history(250))
    return sandbox


@pytest.fixture(scope="module")
def sandbox() -> PaystackSandbox:
    return held()


def ask(
    sandbox: PaystackSandbox, path: str = PATH, *, key: str | None = None, **parameters: str
) -> tuple[int, Any]:
    """The status and the body of an answer; ``from_`` stands for ``from``."""
    given = tuple((name.rstrip("_"), value) for name, value in parameters.items())
    headers = {"authorization": f"Bearer {key or sandbox.api_key}"}
    found = sandbox.answer(Received(path=path, parameters=given, headers=headers))
    answer = found if isinstance(found, Answer) else sandbox.envelope(found)
    return answer.status, json.loads(answer.body)


def ids(sandbox: PaystackSandbox, **parameters: str) -> list[str]:
    status, body = ask(sandbox, **{"perPage": "1000", **parameters})
    assert status == 200, body
    return [str(row["id"]) for row in body["data"]]


def token(id: str) -> str:
    return base64.b64encode(f"undefined:{id}".encode()).decode()


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "5"},
        {"perPage": "0"},
        {"perPage": "1001"},
        {"perPage": "many"},
        {"page": "0"},
        {"use_cursor": "yes"},
        {"next": "abc="},
        {"use_cursor": "true", "next": "no base64"},
        {"use_cursor": "true", "next": base64.b64encode(b"undefined:7").decode()},
        {"use_cursor": "true", "next": base64.b64encode(b"id:7").decode()},
        {"status": "paid"},
        {"source": "merchant_api"},
        {"channel": "cash"},
        {"customer": "CUS_1"},
        {"amount": "-1"},
        {"from_": "yesterday"},
        {"to": "2026-13-01"},
    ],
    ids=str,
)
def test_what_is_not_as_documented_is_a_400(
    sandbox: PaystackSandbox, parameters: dict[str, str]
) -> None:
    status, body = ask(sandbox, **parameters)
    assert (status, body["status"], body["type"]) == (400, False, "validation_error")
    assert body["meta"]["nextStep"]


def test_two_places_at_once_are_a_400(sandbox: PaystackSandbox) -> None:
    place = token(next(iter(sandbox.shelf)).id)
    for more in ({"previous": place}, {"page": "2"}):
        assert ask(sandbox, use_cursor="true", next=place, **more)[0] == 400


def test_another_key_is_refused(sandbox: PaystackSandbox) -> None:
    status, body = ask(sandbox, key="sk_test_obviously_wrong")
    assert (status, body["message"]) == (401, "Invalid key")
    assert ask(held(wrong_key_status=400), key="sk_test_obviously_wrong")[0] == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [("/transaction/7", 404), ("/transaction/ord-1", 400), ("/transaction/verify/none", 404),
     ("/customer", 404), ("/refund/7", 404)],
)  # fmt: skip
def test_what_is_not_there(sandbox: PaystackSandbox, path: str, status: int) -> None:
    assert ask(sandbox, path)[0] == status


@pytest.mark.parametrize("size", ["7", "250"])
def test_cursors_lead_through_the_whole_list_and_back(sandbox: PaystackSandbox, size: str) -> None:
    whole = [facts.id for facts in sandbox.shelf]
    asked, found, last = {"use_cursor": "true", "perPage": size}, [], ""
    meta: Any = {"next": "first"}
    while meta["next"]:
        _, body = ask(sandbox, **asked)
        meta, rows = body["meta"], [str(row["id"]) for row in body["data"]]
        found += rows
        last = rows[0]
        asked["next"] = meta["next"]
    assert found == whole
    back: list[str] = []
    meta = {"previous": token(last)}
    while meta["previous"]:
        _, body = ask(sandbox, use_cursor="true", perPage=size, previous=meta["previous"])
        meta = body["meta"]
        back = [str(row["id"]) for row in body["data"]] + back
    assert back == whole[: whole.index(last)]


def test_numbered_pages_count_and_add_up(sandbox: PaystackSandbox) -> None:
    _, body = ask(sandbox, perPage="100", page="3")
    meta = body["meta"]
    assert len(body["data"]) == 50
    assert {name: meta[name] for name in ("total", "skipped", "perPage", "page", "pageCount")} == {
        "total": 250,
        "skipped": 200,
        "perPage": "100",
        "page": 3,
        "pageCount": 3,
    }
    assert len(ask(sandbox)[1]["data"]) == 50
    assert ask(sandbox, page="9")[1]["data"] == []


def test_a_cursor_is_told_only_where_it_is_asked_for_or_always(sandbox: PaystackSandbox) -> None:
    assert "next" not in ask(sandbox)[1]["meta"]
    assert ask(held(plain_cursors=True))[1]["meta"]["next"]
    assert "next" not in ask(held(heeds_use_cursor=False), use_cursor="true")[1]["meta"]


@pytest.mark.parametrize(
    ("form", "end"), [("null", {"next": None}), ("text", {"next": "null"}), ("absent", {})]
)
def test_the_end_of_a_list_has_three_forms(form: Any, end: dict[str, Any]) -> None:
    _, body = ask(held(last_cursor=form), use_cursor="true", perPage="1000")
    assert {name: body["meta"][name] for name in body["meta"] if name == "next"} == end


@pytest.mark.parametrize("included", [True, False])
def test_a_bound_is_in_the_span_or_is_not(included: bool) -> None:
    sandbox = held(bounds_included=included)
    middle = [*sandbox.shelf][100].created
    at = datetime.fromtimestamp(middle, UTC).isoformat().replace("+00:00", ".000Z")
    there = [facts.id for facts in sandbox.shelf if facts.created == middle]
    assert ids(sandbox, from_=at, to=at) == (there if included else [])
    assert len(ids(sandbox, from_=at)) + len(ids(sandbox, to=at)) == 250 + (
        len(there) if included else -len(there)
    )


def test_a_day_is_its_midnight(sandbox: PaystackSandbox) -> None:
    midnight = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
    since = [facts.id for facts in sandbox.shelf if facts.created >= midnight]
    assert ids(sandbox, from_="2026-10-01") == since
    assert ids(sandbox, from_="2026-10-01 00:00:00") == since


@pytest.mark.parametrize("ascending", [True, False])
def test_within_a_second_either_may_come_first(ascending: bool) -> None:
    sandbox = PaystackSandbox(ties_ascending=ascending)
    facts = sandbox.hold(Facts(serial=name, created=NOW) for name in ("first", "second"))
    order = [one.id for one in (facts if ascending else facts[::-1])]
    assert ids(sandbox) == order
    paged = ids(sandbox, perPage="1", use_cursor="true")
    assert paged + ids(sandbox, perPage="1", use_cursor="true", next=token(paged[0])) == order


def test_a_checkout_is_listed_at_once_or_when_it_was_opened(sandbox: PaystackSandbox) -> None:
    rows = ask(sandbox, perPage="1000")[1]["data"]
    unopened = [
        str(row["id"])
        for row in rows
        if row["status"] == "abandoned" and row["source"] and row["log"] is None
    ]
    assert unopened
    later = held(lists_unopened=False)
    assert set(ids(sandbox)) - set(ids(later)) == set(unopened)
    assert ask(later, f"{PATH}/{unopened[0]}")[0] == 200


@pytest.mark.parametrize(
    ("speaks", "refused"),
    [
        ("documentation", {"channel": "card", "status": "reversed", "per_page": "5"}),
        ("description", {"perPage": "5", "customer": "1", "terminalid": "1"}),
    ],
)
def test_one_of_the_two_sources_may_be_right(speaks: Any, refused: dict[str, str]) -> None:
    strict, lax = held(speaks=speaks), held(speaks=speaks, ignores_unknown=True)
    for name, value in refused.items():
        assert ask(strict, **{name: value})[0] == 400
        if name != "status":
            assert len(ask(lax, **{name: value})[1]["data"]) == 50
    assert ask(held(), **refused)[0] == 200


@pytest.mark.parametrize("cuts", [True, False])
def test_a_page_that_is_too_large_is_cut_or_refused(cuts: bool) -> None:
    status, body = ask(held(largest_page=20, cuts_pages=cuts), perPage="21")
    assert (status, len(body.get("data", ()))) == ((200, 20) if cuts else (400, 0))


@pytest.mark.parametrize(
    ("parameter", "path"),
    [
        ("amount", ("amount",)),
        ("channel", ("channel",)),
        ("customer", ("customer", "id")),
        ("customer_code", ("customer", "customer_code")),
        ("terminalid", ("pos_transaction_data", "terminal_id")),
        ("terminal_id", ("pos_transaction_data", "terminal_id")),
    ],
)
def test_a_filter_selects_by_what_rows_show(
    sandbox: PaystackSandbox, parameter: str, path: tuple[str, ...]
) -> None:
    def shown(row: Any) -> Any:
        for step in path:
            row = row and row[step]
        return row

    rows = ask(sandbox, perPage="1000")[1]["data"]
    value = next(found for row in rows if (found := shown(row)) is not None)
    wanted = [str(row["id"]) for row in rows if shown(row) == value]
    assert ids(sandbox, **{parameter: str(value)}) == wanted != []


@pytest.mark.parametrize("word", ["success", "failed", "abandoned", "reversed"])
def test_a_word_selects_those_that_bear_it(sandbox: PaystackSandbox, word: str) -> None:
    rows = ask(sandbox, perPage="1000")[1]["data"]
    wanted = [str(row["id"]) for row in rows if row["status"] == word]
    assert ids(sandbox, status=word) == wanted != []


def test_a_reference_is_unique_and_leads_to_its_transaction(sandbox: PaystackSandbox) -> None:
    references = Counter(facts.client_reference_id for facts in sandbox.shelf)
    assert set(references.values()) == {1}
    for facts in [*sandbox.shelf][::25]:
        _, body = ask(sandbox, f"{PATH}/verify/{facts.client_reference_id}")
        assert str(body["data"]["id"]) == facts.id
        assert body["data"]["plan"] is None


def test_rows_are_of_every_kind_and_renewals_the_most_common_but_checkouts(
    sandbox: PaystackSandbox,
) -> None:
    kinds = Counter(facts.kind for facts in sandbox.shelf)
    assert set(kinds) == {"checkout", "renewal", "other", "in_person", "unknown"}
    assert kinds["renewal"] > 250 // 3
    words = {row["status"] for row in ask(sandbox, perPage="1000")[1]["data"]}
    assert words >= {"abandoned", "failed", "processing", "queued", "reversed", "success"}


def test_what_is_paid_in_francs_is_whole(sandbox: PaystackSandbox) -> None:
    francs = [facts for facts in sandbox.shelf if facts.currency == "xof"]
    assert francs
    assert {(facts.amount_total or 0) % 100 for facts in francs} == {0}


@pytest.mark.parametrize("kind", ["renewal", "in_person", "other", "unknown"])
def test_a_kind_that_is_told_is_held(kind: str) -> None:
    sandbox = PaystackSandbox()
    plain = Facts(serial="told", created=NOW, kind=kind)
    for fact in (plain, attrs.evolve(plain, mode="subscription")):
        assert sandbox.adopt(fact).kind == kind
