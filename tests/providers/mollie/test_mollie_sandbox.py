"""Mollie's sandbox: as strict as Mollie, both ways where nobody knows, and asked by the clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from asking import AskAsync, Asker, AskSync, names

from unified_checkout import (
    Account,
    AsyncClient,
    Client,
    InvalidRequest,
    ListSessions,
    NotFound,
    PlaceExpired,
    RateLimited,
)
from unified_checkout.sandbox import Answer, Facts, Page, Received, Sandbox, faults
from unified_checkout_mollie.sandbox import MollieSandbox
from unified_checkout_mollie.sandbox_wire import PROFILE

NOW = 1_795_000_000
PATH = "/v2/payments"
KEY, TOKEN = MollieSandbox.api_key, MollieSandbox.organization_key


def facts(count: int, **fields: Any) -> list[Facts]:
    """The newest first; two of them in each second."""
    return [
        Facts(serial=f"p-{number}", created=NOW - number // 2, amount_total=100, **fields)
        for number in range(count)
    ]


def provider(held: list[Facts], **options: Any) -> MollieSandbox:
    sandbox = MollieSandbox(clock=lambda: NOW, **options)
    sandbox.hold(reversed(held))
    return sandbox


def told(
    sandbox: MollieSandbox, *parameters: tuple[str, str], path: str = PATH, **more: Any
) -> tuple[int, Any]:
    """Status and body of the answer to a request."""
    key, method = more.get("key", KEY), more.get("method", "GET")
    headers = {"authorization": f"Bearer {key}", **more.get("headers", {})}
    asked = Received(method=method, path=path, parameters=parameters, headers=headers)
    found = sandbox.answer(asked)
    answer = sandbox.envelope(found) if isinstance(found, Page) else found
    assert isinstance(answer, Answer)
    assert answer.headers["content-type"] == "application/hal+json"
    return answer.status, json.loads(answer.body)


def ids(body: Any) -> list[str]:
    return [row["id"] for row in body["_embedded"]["payments"]]


def held(sandbox: MollieSandbox) -> list[str]:
    return [one.id for one in sandbox.shelf]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ([("limit", "0")], "limit"),
        ([("limit", "251")], "limit"),
        ([("limit", "many")], "limit"),
        ([("limit", "1"), ("limit", "1")], "limit"),
        ([("sort", "newest")], "sort"),
        ([("from", "tr_none")], "from"),
        ([("status", "paid")], "status"),
        ([("embed", "refunds")], "embed"),
        ([("profileId", PROFILE)], "profileId"),
        ([("testmode", "false")], "testmode"),
    ],
    ids=str,
)
def test_what_mollie_does_not_take_is_refused(
    parameters: list[tuple[str, str]], field: str
) -> None:
    status, body = told(provider(facts(3)), *parameters)
    assert (status, body["status"], body["field"]) == (400, 400, field)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"key": "test_another"}, 401),
        ({"method": "POST"}, 405),
        ({"path": f"{PATH}/tr_none"}, 404),
        ({"path": "/v2/orders"}, 404),
        ({"path": f"{PATH}/"}, 404),
    ],
    ids=str,
)
def test_documented_refusals(more: Mapping[str, Any], status: int) -> None:
    found, body = told(provider(facts(3)), **more)
    assert (found, body["status"]) == (status, status)
    assert body["_links"]["documentation"]["type"] == "text/html"


def test_fifty_are_sent_unless_another_number_is_asked_for() -> None:
    sandbox = provider(facts(60))
    assert told(sandbox)[1]["count"] == 50
    assert told(sandbox, ("limit", "250"))[1]["count"] == 60


@pytest.mark.parametrize("sort", ["desc", "asc"])
def test_a_list_begins_with_the_payment_that_is_named(sort: str) -> None:
    sandbox = provider(facts(7))
    order = held(sandbox) if sort == "desc" else held(sandbox)[::-1]
    _, body = told(sandbox, ("sort", sort), ("from", order[2]), ("limit", "3"))
    assert ids(body) == order[2:5]
    assert f"from={order[5]}&" in body["_links"]["next"]["href"]
    assert f"from={order[0]}&" in body["_links"]["previous"]["href"]
    _, body = told(sandbox, ("sort", sort), ("from", order[4]), ("limit", "3"))
    assert (ids(body), body["_links"]["next"]) == (order[4:], None)
    assert f"from={order[1]}&" in body["_links"]["previous"]["href"]


def test_of_a_full_last_page_the_next_is_null() -> None:
    sandbox = provider(facts(4))
    _, body = told(sandbox, ("limit", "4"))
    assert (body["count"], body["_links"]["next"], body["_links"]["previous"]) == (4, None, None)


def test_an_empty_list() -> None:
    _, body = told(provider([]))
    assert (body["count"], ids(body), body["_links"]["next"]) == (0, [], None)


class TestAccessTokens:
    def test_live_payments_are_meant_unless_told_otherwise(self) -> None:
        sandbox = provider(facts(3))
        assert ids(told(sandbox, key=TOKEN)[1]) == []
        assert ids(told(sandbox, ("testmode", "true"), key=TOKEN)[1]) == held(sandbox)
        one = f"{PATH}/{held(sandbox)[0]}"
        assert told(sandbox, path=one, key=TOKEN)[0] == 404
        assert told(sandbox, ("testmode", "true"), path=one, key=TOKEN)[0] == 200

    @pytest.mark.parametrize("required", [False, True])
    def test_whether_a_profile_must_be_named(self, required: bool) -> None:
        sandbox = provider(facts(3), profile_required=required)
        status, _ = told(sandbox, ("testmode", "true"), key=TOKEN)
        assert status == (400 if required else 200)
        named = ("profileId", PROFILE)
        assert ids(told(sandbox, ("testmode", "true"), named, key=TOKEN)[1]) == held(sandbox)
        assert told(sandbox, ("profileId", "pfl_none"), key=TOKEN)[0] == 400

    @pytest.mark.parametrize("required", [False, True])
    def test_the_account_says_which_profile_and_mode(self, required: bool) -> None:
        with serving(facts(5), profile_required=required) as sandbox:
            account = Account(
                name="shop",
                provider="mollie",
                api_key=TOKEN,
                base_url=sandbox.url("mollie"),
                profile_id=PROFILE,
                testmode=True,
            )
            with Client([account]) as client:
                found = list(client.sessions.list(kind="any", page_size=2))
                assert [one.id for one in found] == [one.id for one in sandbox.truth("mollie")]
                assert client.sessions.get(found[0].id, account="shop").id == found[0].id

    def test_one_list_too_many_parameters_is_an_error_and_no_empty_answer(self) -> None:
        with serving(facts(5), profile_required=True) as sandbox:
            url = sandbox.url("mollie")
            account = Account(name="shop", provider="mollie", api_key=TOKEN, base_url=url)
            with Client([account]) as client, pytest.raises(InvalidRequest, match="profile"):
                list(client.sessions.list())

    @pytest.mark.parametrize("status", [400, 403, 422])
    def test_a_parameter_that_does_not_go_with_the_key(self, status: int) -> None:
        sandbox = provider(facts(1), unfit_parameter=status)
        assert told(sandbox, ("testmode", "true"))[0] == status


@contextmanager
def serving(held: list[Facts] | None = None, **options: Any) -> Iterator[Sandbox]:
    with Sandbox(
        facts=held, sessions=90, now=NOW, providers=["mollie"], options={"mollie": options}
    ) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def shop() -> Iterator[Sandbox]:
    with serving() as sandbox:
        yield sandbox


@pytest.fixture(params=["Client", "AsyncClient"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ask(kind: str, shop: Sandbox) -> Iterator[Asker]:
    with asking(kind, shop) as ask:
        yield ask


@contextmanager
def asking(kind: str, sandbox: Sandbox) -> Iterator[Asker]:
    if kind == "Client":
        with Client(sandbox.accounts) as client:
            yield AskSync(client)
        return
    with asyncio.Runner() as runner:
        ask = AskAsync(AsyncClient(sandbox.accounts), runner)
        yield ask
        ask.close()


def of(shop: Sandbox, field: str) -> dict[str, list[str]]:
    """The ids of the payments of each customer or link, newest first."""
    found: dict[str, list[str]] = {}
    for one in shop.truth("mollie"):
        value = one.customer_id if field == "customer" else getattr(one, "link", None)
        if value is not None:
            found.setdefault(value, []).append(one.id)
    return found


@pytest.mark.parametrize("field", ["customer", "payment_link"])
class TestListsOfTheirOwn:
    def test_page_size_does_not_matter(self, ask: Asker, shop: Sandbox, field: str) -> None:
        lists = of(shop, field)
        assert any(len(ids) > 3 for ids in lists.values())
        for value, ids in lists.items():
            for size in (1, 2, 7, None):
                query = ListSessions.model_validate(
                    {field: value, "kind": "any", "page_size": size}
                )
                assert [id for _, id in names(ask.all(query))] == ids

    def test_resumed_at_every_cursor_and_read_back(
        self, ask: Asker, shop: Sandbox, field: str
    ) -> None:
        value, ids = max(of(shop, field).items(), key=lambda one: len(one[1]))
        query = ListSessions.model_validate({field: value, "kind": "any", "page_size": 2})
        for position, cursor in enumerate(ask.cursors(query)):
            assert [id for _, id in names(ask.all(query, cursor))] == ids[position:]
        pages = [ask.page(query)]
        while pages[-1].next_cursor is not None:
            pages.append(ask.page(query, pages[-1].next_cursor))
        for later, earlier in zip(pages[:0:-1], pages[-2::-1], strict=True):
            back = ask.page(query, later.previous_cursor)
            assert names(back.sessions) == names(earlier.sessions)

    def test_with_other_conditions(self, ask: Asker, shop: Sandbox, field: str) -> None:
        paid = {one.id for one in shop.truth("mollie") if one.payment_status == "paid"}
        for value, ids in of(shop, field).items():
            query = ListSessions.model_validate(
                {field: value, "kind": "any", "payment_status": "paid"}
            )
            assert [id for _, id in names(ask.all(query))] == [id for id in ids if id in paid]


def test_a_customers_payments_by_a_link(ask: Asker, shop: Sandbox) -> None:
    for one in shop.truth("mollie"):
        link = getattr(one, "link", None)
        if link is not None and one.customer_id is not None:
            query = ListSessions(payment_link=link, customer=one.customer_id)
            wanted = {*of(shop, "customer")[one.customer_id]} & {*of(shop, "payment_link")[link]}
            assert {id for _, id in names(ask.all(query))} == wanted


def test_where_to_begin_is_in_the_answer_and_where_newer_ones_do_is_not(
    ask: Asker, shop: Sandbox
) -> None:
    truth = [one.id for one in shop.truth("mollie")]
    for index in (0, 1, 40, len(truth) - 1):
        begin = {"from": truth[index], "limit": 9}
        older = ListSessions(kind="any", provider_options={"mollie": begin})
        newer = ListSessions(kind="any", provider_options={"mollie": {**begin, "sort": "asc"}})
        assert [id for _, id in names(ask.all(older))] == truth[index:]
        assert [id for _, id in names(ask.all(newer))] == truth[:index]


def test_to_begin_at_no_payment_is_an_error(ask: Asker) -> None:
    for more in ({}, {"sort": "asc"}):
        options = {"mollie": {"from": "tr_none", **more}}
        with pytest.raises(PlaceExpired, match="Invalid cursor"):
            ask.all(ListSessions(provider_options=options))


@pytest.mark.parametrize(("status", "error"), [(404, NotFound), (400, InvalidRequest)])
@pytest.mark.parametrize("field", ["customer", "payment_link"])
def test_the_payments_of_nobody_are_an_error_whatever_its_status(
    status: int, error: type[Exception], field: str
) -> None:
    id = {"customer": "cst_none", "payment_link": "pl_none"}[field]
    with serving(facts(3), unknown_list=status) as sandbox, Client(sandbox.accounts) as client:
        with pytest.raises(error):
            list(client.sessions.list(ListSessions.model_validate({field: id})))
        assert len(sandbox.requests("mollie")) == 1


@pytest.mark.parametrize("advises", [False, True])
def test_advice_to_wait_is_not_documented(advises: bool) -> None:
    with serving(facts(3), advises_to_wait=advises) as sandbox:
        assert ("retry-after" in provider([], advises_to_wait=advises).failure(429).headers) is (
            advises
        )
        account = sandbox.accounts[0].model_copy(update={"retry_delay": 0.001, "max_wait": 0.5})
        sandbox.misbehave("mollie", faults.Status(429))
        with Client([account]) as client:
            if advises:  # a second is longer than this account waits
                with pytest.raises(RateLimited):
                    list(client.sessions.list(kind="any"))
            else:
                assert len(list(client.sessions.list(kind="any"))) == 3


@pytest.mark.parametrize("lag", [0, 2])
def test_new_payments_may_be_late(lag: int) -> None:
    sandbox = provider(facts(7), lag=lag)
    wanted = [one.id for one in sandbox.shelf if one.created <= NOW - lag]
    assert ids(told(sandbox)[1]) == wanted
    assert (len(wanted) < 7) is bool(lag)


@pytest.mark.parametrize("kept", [False, True])
def test_a_reversed_chargeback_is_known_by_its_link_alone(kept: bool) -> None:
    paid = facts(40, status="complete", payment_status="paid", disputed=True, amount_disputed=100)
    with serving(paid, reversed_keep_link=kept) as sandbox, Client(sandbox.accounts) as client:
        found = {one.id: one for one in client.sessions.list(kind="any")}
        reversed_ = {id for id, one in found.items() if one.amount_disputed == 0}
        assert 0 < len(reversed_) < 40
        assert all(found[id].disputed is kept for id in reversed_)
        disputed = {one.id for one in client.sessions.list(kind="any", has_disputes=True)}
        assert disputed == ({*found} if kept else {*found} - reversed_)


@pytest.mark.parametrize("older", [False, True])
def test_both_forms_of_time_are_the_same_moment(older: bool) -> None:
    with serving(facts(9), older_times=older) as sandbox, Client(sandbox.accounts) as client:
        read = [(one.id, one.created.timestamp()) for one in client.sessions.list(kind="any")]
        assert read == [(one.id, one.created) for one in sandbox.truth("mollie")]
        (_, body) = told(provider(facts(1), older_times=older))
        assert body["_embedded"]["payments"][0]["createdAt"].endswith(".0Z") is older


@pytest.mark.parametrize("caller", [False, True])
def test_where_links_lead(caller: bool) -> None:
    headers = {"host": "127.0.0.1:9"}
    _, body = told(provider(facts(3), links_to_caller=caller), ("limit", "1"), headers=headers)
    home = "http://127.0.0.1:9" if caller else "https://api.mollie.com"
    assert body["_links"]["next"]["href"].startswith(f"{home}/v2/payments?from=tr_")


@pytest.mark.parametrize("size", [1, 5, 100])
def test_a_page_costs_one_request_though_it_repeats_a_row(kind: str, size: int) -> None:
    with serving(facts(2 * size + 1)) as sandbox, asking(kind, sandbox) as ask:
        query = ListSessions(kind="any", page_size=size)
        cursor, back = None, None
        for requests in (1, 2):
            page = ask.page(query, cursor)
            cursor, back = page.next_cursor, page.previous_cursor
            assert len(page.sessions) == size
            assert len(sandbox.requests("mollie")) == requests
        assert len(ask.page(query, back).sessions) == size
        assert len(sandbox.requests("mollie")) == 3


class TestMoving:
    @pytest.mark.parametrize("size", [1, 2, 5])
    def test_payments_that_arrive_hide_nobody(self, kind: str, size: int) -> None:
        with serving(facts(25)) as sandbox, asking(kind, sandbox) as ask:
            held = [one.id for one in sandbox.truth("mollie")]
            sandbox.on_request("mollie", lambda _: sandbox.arrive("mollie", 1))
            found = [id for _, id in names(ask.all(ListSessions(kind="any", page_size=size)))]
            assert [id for id in found if id in held] == held
            assert len(found) == len({*found})

    @pytest.mark.parametrize("direction", ["towards the front", "towards the end"])
    def test_payments_that_are_paid_meanwhile_are_there_at_most_once(
        self, kind: str, direction: str
    ) -> None:
        with serving(facts(25)) as sandbox, asking(kind, sandbox) as ask:
            held = [one.id for one in sandbox.truth("mollie")]
            changing = held[:10] if direction == "towards the front" else held[-10:]

            def pay(number: int) -> None:
                if number <= len(changing):
                    sandbox.change("mollie", changing[number - 1], status="paid")

            sandbox.on_request("mollie", pay)
            query = ListSessions(kind="any", status="open", page_size=3)
            found = [id for _, id in names(ask.all(query))]
            assert [id for id in found if id not in changing] == [
                id for id in held if id not in changing
            ]
            assert len(found) == len({*found})


def test_a_place_that_is_gone_is_begun_again_by_time() -> None:
    apart = [attrs.evolve(one, created=NOW - n) for n, one in enumerate(facts(30))]
    with serving(apart) as sandbox, Client(sandbox.accounts) as client:
        truth = [one.id for one in sandbox.truth("mollie")]
        query = ListSessions(kind="any", page_size=6)
        first = client.sessions.page(query)
        sandbox.vanish("mollie", first.sessions[-1].id)
        rest = list(client.sessions.list(query, cursor=first.next_cursor))
        assert [one.id for one in rest] == truth[6:]


def test_every_kind_and_every_word_is_held() -> None:
    with serving() as sandbox, Client(sandbox.accounts) as client:
        found = list(client.sessions.list(kind="any"))
        assert {one.kind for one in found} == {"checkout", "renewal", "in_person", "other"}
        statuses = {one.provider_status for one in found}
        assert statuses >= {"open", "pending", "authorized", "paid", "canceled", "expired"}
        assert {one.raw["sequenceType"] for one in found} == {"oneoff", "first", "recurring"}


def test_a_change_is_a_change_and_the_same_payment() -> None:
    (one,) = facts(1)
    sandbox = provider([one])
    before = next(iter(sandbox.shelf))
    after = sandbox.change(before.id, status="complete", payment_status="paid")
    assert (before.id, before.status, after.status) == (after.id, "open", "complete")
    assert told(sandbox)[1]["_embedded"]["payments"][0]["status"] == "paid"
