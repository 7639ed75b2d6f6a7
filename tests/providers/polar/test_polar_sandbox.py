"""Polar's sandbox: as strict as Polar, and both ways where nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from unified_checkout import Client, Customer, ListSessions, PermissionDenied
from unified_checkout.sandbox import Answer, Facts, Page, Received, Sandbox
from unified_checkout_polar import sandbox_wire
from unified_checkout_polar.sandbox import PolarSandbox

NOW = 1_795_000_000
HEADERS = {"authorization": f"Bearer {PolarSandbox.api_key}"}
PATH = "/v1/checkouts/"
ADA = Customer(id="cus_ada", email="ada_1@example.com", name="Ada Sample")


def facts(count: int, apart: int = 4, **fields: Any) -> list[Facts]:
    """The newest first."""
    return [
        Facts(
            serial=f"checkout-{number}",
            created=NOW - apart * number - 3,
            amount_total=100,
            **fields,
        )
        for number in range(count)
    ]


def provider(held: list[Facts], **options: Any) -> PolarSandbox:
    sandbox = PolarSandbox(clock=lambda: NOW, **options)
    sandbox.hold(reversed(held))
    return sandbox


def answer(
    sandbox: PolarSandbox,
    path: str = PATH,
    *parameters: tuple[str, str],
    headers: Mapping[str, str] = HEADERS,
    method: str = "GET",
) -> Answer:
    asked = Received(method=method, path=path, parameters=parameters, headers=headers)
    found = sandbox.answer(asked)
    return sandbox.envelope(found) if isinstance(found, Page) else found


def told(sandbox: PolarSandbox, path: str = PATH, *parameters: tuple[str, str]) -> tuple[int, Any]:
    """Status and body of the answer to a request."""
    found = answer(sandbox, path, *parameters)
    return found.status, json.loads(found.body)


def ids(sandbox: PolarSandbox, *parameters: tuple[str, str]) -> list[str]:
    status, body = told(sandbox, PATH, *parameters, ("limit", "100"))
    assert status == 200, body
    return [row["id"] for row in body["items"]]


def held(sandbox: PolarSandbox, **fields: Any) -> list[str]:
    return [
        one.id
        for one in sandbox.shelf
        if all(getattr(one, name) == value for name, value in fields.items())
    ]


@contextmanager
def serving(held: Sequence[Facts], **options: Any) -> Iterator[tuple[Sandbox, Client]]:
    with (
        Sandbox(facts=held, now=NOW, providers=["polar"], options={"polar": options}) as sandbox,
        Client(sandbox.accounts) as client,
    ):
        yield sandbox, client


def test_ten_rows_are_a_page_unless_more_are_asked_for() -> None:
    status, body = told(provider(facts(23)))
    assert (status, len(body["items"])) == (200, 10)
    assert body["pagination"] == {"total_count": 23, "max_page": 3}


def test_a_page_that_is_too_large_is_clamped_in_silence() -> None:
    _, body = told(provider(facts(120)), PATH, ("limit", "250"))
    assert len(body["items"]) == 100
    assert body["pagination"] == {"total_count": 120, "max_page": 2}


def test_beyond_the_end_is_an_empty_page() -> None:
    _, body = told(provider(facts(3)), PATH, ("page", "9"), ("limit", "2"))
    assert body == {"items": [], "pagination": {"total_count": 3, "max_page": 2}}


def test_what_polar_does_not_know_it_ignores() -> None:
    assert ids(provider(facts(3)), ("statos", "open"), ("created_after", "2026-01-01")) != []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "x"),
        ("limit", "0"),
        ("limit", "-1"),
        ("status", "complete"),
        ("sorting", "amount"),
        ("customer_id", "cus_1"),
        ("product_id", "0b1c7d5e-0000-1000-8000-000000000003"),
        ("organization_id", ""),
    ],
)
def test_a_bad_value_is_refused(name: str, value: str) -> None:
    status, body = told(provider([]), PATH, (name, value))
    assert (status, body["error"]) == (422, "RequestValidationError")
    assert body["detail"][0]["loc"] == ["query", name]


@pytest.mark.parametrize(
    ("headers", "status", "word"),
    [
        ({}, 401, "Unauthorized"),
        ({"authorization": "Basic cG9sYXI6"}, 401, "Unauthorized"),
        ({"authorization": "Bearer polar_oat_wrong"}, 401, "invalid_token"),
    ],
)
def test_a_token_is_needed(headers: dict[str, str], status: int, word: str) -> None:
    found = answer(provider([]), headers=headers)
    assert (found.status, json.loads(found.body)["error"]) == (status, word)


@pytest.mark.parametrize(
    ("scopes", "status"),
    [({"checkouts:read"}, 200), ({"checkouts:write"}, 200), ({"orders:read"}, 403)],
)
def test_a_scope_is_needed(scopes: set[str], status: int) -> None:
    assert answer(provider([], scopes=frozenset(scopes))).status == status


def test_a_missing_scope_never_looks_like_an_empty_list() -> None:
    with (
        serving(facts(2), scopes=frozenset({"orders:read"})) as (_, client),
        pytest.raises(PermissionDenied),
    ):
        list(client.sessions.list())


@pytest.mark.parametrize(
    ("path", "location"),
    [("/v1/checkouts", PATH), (f"{PATH}some-id/", f"{PATH}some-id")],
)
def test_a_slash_too_few_or_too_many_is_a_redirect(path: str, location: str) -> None:
    found = answer(provider([]), path)
    assert (found.status, found.headers["location"]) == (307, location)


def test_a_version_that_does_not_exist_is_not_found() -> None:
    found = answer(provider([]), headers={**HEADERS, "polar-version": "2020-01"})
    assert (found.status, json.loads(found.body)) == (404, {"detail": "Not Found"})


def test_a_single_session() -> None:
    sandbox = provider(facts(2))
    id = held(sandbox)[0]
    assert told(sandbox, f"{PATH}{id}")[1]["id"] == id
    assert told(sandbox, f"{PATH}{id.upper()}")[1]["id"] == id
    status, body = told(sandbox, f"{PATH}{sandbox_wire.uuid('nobody')}")
    assert (status, body["error"]) == (404, "ResourceNotFound")
    assert told(sandbox, f"{PATH}no-uuid")[0] == 422
    assert answer(sandbox, method="POST").status == 405


def test_statuses_are_any_of_those_named() -> None:
    words = ("open", "paid", "expired", "failed", "canceled", None)
    sandbox = provider([one for word in words for one in _named(word)])
    assert ids(sandbox, ("status", "succeeded")) == held(sandbox, status="complete") != []
    both = ids(sandbox, ("status", "expired"), ("status", "failed"))
    assert both == [one.id for one in sandbox.shelf if one.status in ("expired", "failed")]
    open_ones = ids(sandbox, ("status", "open"), ("status", "confirmed"))
    assert open_ones == held(sandbox, status="open")
    assert ids(sandbox, ("status", "open")) != open_ones != ids(sandbox, ("status", "confirmed"))


def _named(word: str | None) -> list[Facts]:
    return [
        Facts(serial=f"{word}-{number}", created=NOW - 60 - number, status=word)
        for number in range(20)
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ADA_1@EXAMPLE", True),
        ("ada", True),
        ("a%1@", True),
        ("adaX1@example.com", False),
        ("ada\\_1", True),
        ("ada\\%1", False),
        ("bob", False),
    ],
)
def test_a_query_is_a_pattern_in_any_case(query: str, found: bool) -> None:
    sandbox = provider(facts(1, status="complete", customer=ADA))
    assert bool(ids(sandbox, ("query", query))) is found


def test_an_underscore_finds_any_character() -> None:
    other = Customer(id="cus_x", email="adax1@example.com")
    sandbox = provider(facts(1, status="complete", customer=other))
    assert ids(sandbox, ("query", "ada_1@example.com"))


def test_a_customer_is_found_by_polars_id_and_by_the_shops() -> None:
    people = [Customer(id=f"cus_{number}", email="a@example.com") for number in range(12)]
    each = [
        Facts(serial=f"of-{number}", created=NOW - number, status="complete", customer=one)
        for number, one in enumerate(people)
    ]
    sandbox = provider(each)
    found = next(one for one in sandbox.shelf if sandbox_wire.external_id(one))
    assert ids(sandbox, ("customer_id", found.customer_id or "")) == [found.id]
    external = sandbox_wire.external_id(found) or ""
    assert ids(sandbox, ("external_customer_id", external)) == [found.id]


def test_a_name_that_is_on_the_row_alone_finds_nothing() -> None:
    sandbox = provider(facts(30))
    _, body = told(sandbox, PATH, ("limit", "100"))
    named = [row for row in body["items"] if row["external_customer_id"] and not row["customer_id"]]
    assert named
    assert ids(sandbox, ("external_customer_id", named[0]["external_customer_id"])) == []


def test_products_and_organizations() -> None:
    sandbox = provider(facts(3))
    one = next(iter(sandbox.shelf))
    assert ids(sandbox, ("product_id", sandbox_wire.product_id(one))) == [one.id]
    assert len(ids(sandbox, ("organization_id", sandbox_wire.ORGANIZATION))) == 3
    assert ids(sandbox, ("organization_id", sandbox_wire.uuid("another"))) == []


@pytest.mark.parametrize("sorting", [("created_at",), ("status", "-created_at"), ("-expires_at",)])
def test_the_order_is_the_one_asked_for(sorting: tuple[str, ...]) -> None:
    sandbox = provider([one for word in ("open", "complete", "expired") for one in _named(word)])
    parameters = [("sorting", word) for word in sorting]
    _, body = told(sandbox, PATH, ("limit", "100"), *parameters)
    rows = body["items"]
    for word in reversed(sorting):
        name = word.removeprefix("-")
        assert all(isinstance(row[name], str) for row in rows)
    key = sorting[0].removeprefix("-")
    values = [row[key] for row in rows]
    assert values == sorted(values, reverse=sorting[0].startswith("-"))
    assert sorted(row["id"] for row in rows) == sorted(held(sandbox))


def test_a_job_expires_sessions_every_quarter_of_an_hour() -> None:
    last_run = NOW // 900 * 900
    assert last_run < NOW - 1
    created = NOW - 90_000
    due, just_due = (
        Facts(serial=name, created=created, expires_at=expires)
        for name, expires in (("due", last_run), ("just due", NOW - 1))
    )
    sandbox = provider([due, just_due])
    assert sorted(one.status or "" for one in sandbox.shelf) == ["expired", "open"]


def test_what_is_final_stays_so() -> None:
    sandbox = provider(facts(1, status="complete"))
    (one,) = sandbox.shelf
    assert sandbox.change(one.id, status="open", metadata={"a": "b"}).status == "complete"
    assert next(iter(sandbox.shelf)).metadata == {"a": "b"}


def test_every_answer_carries_the_mark_of_the_sandbox() -> None:
    headers = provider([]).headers(Received(path=PATH, headers={"polar-version": "2026-10"}))
    assert headers == {"x-polar-sandbox": "1", "polar-version": "2026-10"}


# What nobody knows.


@pytest.mark.parametrize("sends", [True, False])
def test_a_request_id_is_kept_if_it_comes(sends: bool) -> None:
    with (
        serving([], sends_request_id=sends, scopes=frozenset()) as (_, client),
        pytest.raises(PermissionDenied) as caught,
    ):
        list(client.sessions.list())
    assert caught.value.request_id == ("req-1" if sends else None)


@pytest.mark.parametrize("lag", [0, 60])
def test_what_a_replica_does_not_show_yet_is_found_later(lag: int) -> None:
    older, newer = facts(2, apart=100)[1], facts(1)[0]
    with serving([newer, older], replica_lag=lag) as (sandbox, client):
        truth = [one.id for one in sandbox.truth("polar")]
        found = [one.id for one in client.sessions.list()]
    assert found == (truth if lag == 0 else truth[1:])


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_a_session_lost_among_those_of_one_moment_is_not_certified(
    shuffled: bool, size: int
) -> None:
    with serving(facts(12, apart=0), ties_shuffled=shuffled) as (_, client):
        answer = client.sessions.list(ListSessions(page_size=size))
        found = {one.id for one in answer}
        coverage = answer.coverage
    assert coverage.complete is (len(found) == 12)
    assert shuffled or len(found) == 12
    if shuffled and size == 5:
        assert len(found) < 12
        assert "counts" in str(coverage)


def test_sessions_that_finish_while_the_list_is_read_are_all_found() -> None:
    with serving(facts(30)) as (sandbox, client):
        open_ones = [one.id for one in sandbox.truth("polar")]

        def finish(number: int) -> None:
            for one in sandbox.truth("polar")[:8]:
                if one.status == "open":
                    sandbox.change("polar", one.id, status="complete")

        sandbox.on_request("polar", finish)
        answer = client.sessions.list(ListSessions(status=["open", "complete"], page_size=5))
        found = [one.id for one in answer]
    assert sorted(found) == sorted(open_ones)
    assert answer.coverage.complete


def test_reading_open_sessions_by_polars_own_word_is_not_certified() -> None:
    own = {"polar": {"status": ["open", "confirmed"]}}
    with serving(facts(30)) as (sandbox, client):

        def finish(number: int) -> None:
            for one in sandbox.truth("polar")[:8]:
                if one.status == "open":
                    sandbox.change("polar", one.id, status="complete")

        sandbox.on_request("polar", lambda number: finish(number) if number > 1 else None)
        answer = client.sessions.list(ListSessions(provider_options=own, page_size=5))
        found = [one.id for one in answer]
    assert len(found) < 30
    assert answer.coverage.accounts[0].shifting
