"""Whatever goes wrong: the envelope, a status of the table, and the exception that SDKs have for it."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
import stripe
from gateway.asking import Answer, Asking, asking, check
from gateway.sdk import async_clients, clients, node
from gateway.serving import NOW, Running, serving
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout import Customer, errors
from unified_checkout.gateway.description import STATUSES_OF_FAILURE
from unified_checkout.gateway.refusals import FAILED, INVALID, refusal_of
from unified_checkout.gateway.tokens import Token, Tokens, digest_of
from unified_checkout.sandbox import Facts, Sandbox, faults

WHERE: dict[str, Any] = {"account": "us", "provider": "acme"}
TABLE: list[tuple[Exception, int]] = [
    (errors.AuthenticationError("no", status=401, **WHERE), 502),
    (errors.PermissionDenied("no", status=403, **WHERE), 502),
    (errors.RateLimited("slow", status=429, retry_after=9.0, **WHERE), 429),
    (errors.NotFound("none", status=404, **WHERE), 502),
    (errors.NotFound("none", status=404, code="resource_missing", **WHERE), 400),
    (errors.AddressNotFound("none", status=404, **WHERE), 502),
    (errors.IncompleteAnswer("lacking", None), 502),
    (errors.InvalidRequest("bad", status=400, **WHERE), 400),
    (errors.InvalidRequest("bad", status=422, **WHERE), 400),
    (errors.MalformedPage("bad", row=1, field="created", **WHERE), 502),
    (errors.PagingError("stuck", **WHERE), 502),
    (errors.UnexpectedRedirect("away", status=302, **WHERE), 502),
    (errors.TlsError("bad", **WHERE), 502),
    (errors.ServerError("oops", status=503, **WHERE), 502),
    (errors.ConnectionFailed("reset", **WHERE), 502),
    (errors.UnreadableBody("html", **WHERE), 502),
    (errors.RequestTimeout("late", **WHERE), 504),
    (errors.RetryRefused("no", **WHERE), 502),
    (errors.BudgetSpent("late", None, None), 504),
    (TimeoutError(), 504),
    (errors.InvalidQuery("email: bad"), 400),
    (errors.MissingEnvironmentVariable("KEY", account="us", option="api_key"), 502),
    (RuntimeError("a secret"), 500),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    names = ["flex", "leanrails", "stripe"]
    with Sandbox(sessions=12, seed=3, now=NOW, providers=names) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def ask(sandbox: Sandbox) -> Iterator[Asking]:
    accounts = [
        one.model_copy(
            update={"max_attempts": 2, "retry_delay": 0.0, "max_wait": 0.0, "timeout": 5.0}
        )
        for one in sandbox.accounts
    ]
    with asking(accounts) as ask:
        yield ask


@pytest.fixture(autouse=True)
def well_behaved(sandbox: Sandbox) -> Iterator[None]:
    yield
    for account in sandbox.accounts:
        sandbox.behave(account.name)
    sandbox.clear_requests()


@pytest.mark.parametrize(("error", "status"), TABLE, ids=lambda one: type(one).__name__)
def test_the_table(error: Exception, status: int) -> None:
    refusal = refusal_of(error)
    assert refusal.status == status
    assert refusal.type == (FAILED if status >= 500 else INVALID)
    assert not refusal.again
    assert "a secret" not in refusal.body("req_1").decode()


def test_every_error_of_the_library_is_in_the_table() -> None:
    of_providers = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.ProviderError)
    ]
    for kind in of_providers:
        more: dict[str, Any] = {"row": None, "field": "x"} if kind is errors.MalformedPage else {}
        assert refusal_of(kind("failed", **more, **WHERE)).status in STATUSES_OF_FAILURE


SPOILED = [
    (faults.Status(401, times=None), 502, stripe.APIError),
    (faults.Status(403, times=None), 502, stripe.APIError),
    (faults.Status(429, times=None), 429, stripe.RateLimitError),
    (faults.Status(500, times=None), 502, stripe.APIError),
    (faults.Status(503, times=None), 502, stripe.APIError),
    (faults.Reset(times=None), 502, stripe.APIError),
    (faults.Html(times=None), 502, stripe.APIError),
    (faults.Html(status=200, times=None), 502, stripe.APIError),
    (faults.Truncated(times=None), 502, stripe.APIError),
    (faults.WrongLength(times=None), 502, stripe.APIError),
    (faults.GzipGarbage(times=None), 502, stripe.APIError),
    (faults.Redirect(times=None), 502, stripe.APIError),
    (faults.RepeatedPage(times=None), 200, None),
    (faults.MalformedRow(row=1, field="id", value=5, times=None), 502, stripe.APIError),
]


@pytest.mark.parametrize("account", ["flex", "leanrails", "stripe"])
def test_a_page_of_something_in_between_is_no_missing_session(
    sandbox: Sandbox, ask: Asking, account: str
) -> None:
    id = sandbox.truth(account)[0].id
    sandbox.misbehave(account, faults.Html(status=404, times=None))
    answer = ask.get(f"/v1/checkout/sessions/{id}", account)
    check(answer)
    assert (answer.status, answer.json["error"]["code"]) == (502, "provider_failed")


@pytest.mark.parametrize("account", ["flex", "stripe", "all"])
@pytest.mark.parametrize(
    ("fault", "status"), [one[:2] for one in SPOILED], ids=lambda one: repr(one)[:30]
)
def test_a_provider_that_fails_fails_the_list(
    sandbox: Sandbox, ask: Asking, account: str, fault: faults.Fault, status: int
) -> None:
    if account == "flex" and isinstance(fault, faults.MalformedRow):
        fault = attrs.evolve(fault, field="checkout_session_id")
    sandbox.misbehave("stripe" if account == "all" else account, fault)
    answer = ask.get(token=account)
    check(answer)
    assert answer.status == status


@pytest.fixture
def hasty(sandbox: Sandbox) -> Iterator[Running]:
    """A gateway whose engine tries each request twice."""
    accounts = [
        one.model_copy(update={"max_attempts": 2, "retry_delay": 0.0, "max_wait": 0.0})
        for one in sandbox.accounts
    ]
    with serving(accounts) as gateway:
        yield gateway


def test_sdks_raise_what_they_have_for_it_and_send_it_no_more_often_than_the_engine(
    sandbox: Sandbox, hasty: Running
) -> None:
    http_client = stripe.RequestsClient()
    client = clients(hasty, http_client)("stripe", max_network_retries=2)
    for fault, status, kind in SPOILED:
        if kind is None:
            continue
        sandbox.clear_requests()
        sandbox.misbehave("stripe", fault)
        with pytest.raises(kind) as caught:
            client.v1.checkout.sessions.list()
        assert caught.value.http_status == status
        assert caught.value.request_id
        assert len(sandbox.requests("stripe")) <= 2
        sandbox.behave("stripe")
    stranger = stripe.StripeClient(
        "sk_test_obviously_fake", base_addresses={"api": hasty.url}, http_client=http_client
    )
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.checkout.sessions.list()
    with pytest.raises(stripe.PermissionError):
        client.v1.checkout.sessions.create({"mode": "payment"})
    with pytest.raises(stripe.PermissionError):
        client.v1.checkout.sessions.list(None, {"stripe_account": "acct_other"})
    with pytest.raises(stripe.InvalidRequestError) as bad:
        client.v1.checkout.sessions.retrieve("cs_test_nothing")
    assert (bad.value.http_status, bad.value.code) == (404, "resource_missing")
    http_client.close()  # type: ignore[no-untyped-call]


def test_the_asynchronous_sdk_sends_a_failure_no_more_often_than_the_engine(
    sandbox: Sandbox, hasty: Running
) -> None:
    async def fail() -> None:
        async with async_clients(hasty) as client:
            await client("stripe", max_network_retries=2).v1.checkout.sessions.list_async()

    for fault in (faults.Status(429, times=None), faults.Status(503, times=None)):
        sandbox.clear_requests()
        sandbox.behave("stripe")
        sandbox.misbehave("stripe", fault)
        with pytest.raises(stripe.StripeError):
            asyncio.run(fail())
        assert len(sandbox.requests("stripe")) == 2


def test_the_sdk_for_node_sends_a_failure_no_more_often_than_the_engine(
    sandbox: Sandbox, hasty: Running
) -> None:
    """It retries twice unless it is told otherwise."""
    sandbox.misbehave("stripe", faults.Status(503, times=None))
    asked = json.dumps([[hasty.tokens["stripe"], "cs_test_nothing"]])
    command = [*node("retrieve.mjs"), str(hasty.port), asked]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "StripeAPIError" in ran.stderr
    assert len(sandbox.requests("stripe")) == 2


BAD = {
    "limit=0": "parameter_invalid_integer",
    "limit=101": "parameter_invalid_integer",
    "limit=ten": "parameter_invalid_integer",
    "limit=": "parameter_invalid_empty",
    "limit=1&limit=2": None,
    "limit[x]=1": None,
    "mode=payment": "parameter_unknown",
    "status=paid": None,
    "created=now": None,
    "created[after]=1": "parameter_unknown",
    "customer_details[name]=x": "parameter_unknown",
    "customer_details[email]=nobody": None,
    "customer=%FF": None,
    "customer=a%00b": None,
    "customer=sk_live_51HxEXAMPLEabcdef": None,
    "expand[]=customer": None,
    "expand[]=data.no_such_thing": None,
    "starting_after=cs_test_nothing": "resource_missing",
    "ending_before=cs_test_nothing": "resource_missing",
    "starting_after=a&ending_before=b": None,
    "a=&" * 300: None,
    "x=" + "y" * 9000: None,
}


@pytest.mark.parametrize("query", BAD)
def test_a_bad_question_is_a_400_that_names_what_is_wrong(ask: Asking, query: str) -> None:
    answer = asked(ask, query.encode())
    check(answer)
    assert answer.status == 400
    assert answer.json["error"].get("code") == BAD[query]
    assert "sk_live" not in answer.body.decode()


def test_java_turns_a_page_backwards_with_both_cursors(ask: Asking) -> None:
    answer = ask.get(starting_after="a", ending_before="b")
    assert answer.json["error"]["message"] == (
        "Received both starting_after and ending_before parameters. Please pass in only one."
    )


def asked(ask: Asking, query: bytes, **more: Any) -> Answer:
    return ask.raw(b"/v1/checkout/sessions", query, **more)


@pytest.mark.parametrize("token", ["stripe", "all"])
def test_a_list_from_which_a_session_was_left_out_is_none(token: str) -> None:
    """A provider breaks its word on a condition, and a session does not tell itself."""
    buyer = Customer(email="ada@example.com")
    facts = [
        Facts(serial=str(n), created=NOW - n, customer=buyer, status="complete") for n in range(4)
    ]
    asked: dict[str, Any] = {"customer_details[email]": "ada@example.com", "limit": 10}
    made = Sandbox(facts=facts, now=NOW, providers=["stripe", "leanrails"])
    with made as sandbox, asking(sandbox.accounts) as ask:
        assert len(ask.get(token="stripe", **asked).ids) == 4
        other = {"email": "x@example.com"}
        sandbox.misbehave(
            "stripe",
            faults.MalformedRow(row=0, field="customer_details", value=other, times=None),
            faults.MalformedRow(row=1, field="customer_details", value=None, times=None),
        )
        answer = ask.get(token=token, **asked)
    check(answer)
    assert (answer.status, answer.json["error"]["code"]) == (502, "incomplete")


def test_contradictory_bounds_are_an_empty_list_as_at_stripe(ask: Asking) -> None:
    answer = asked(ask, b"created[gte]=10&created[lt]=10")
    assert (answer.status, answer.ids, answer.json["has_more"]) == (200, [], False)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Basic !!!", "Digest x", "Bearer ucgw_x", "Basic dXNlcjpwYXNz"]
)
def test_a_bad_token_is_a_401_that_repeats_nothing(ask: Asking, header: str | None) -> None:
    given = {} if header is None else {"authorization": header}
    answer = ask.get(token=None, headers=given)
    check(answer)
    assert answer.status == 401
    assert "ucgw_x" not in answer.body.decode()


def test_tokens_expire() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    token = Token(name="a", digest=digest_of("ucgw_x"), accounts=("us",))
    assert Tokens([token]).find("Bearer ucgw_x", now) == token
    with pytest.raises(Exception, match="expired"):
        Tokens([attrs.evolve(token, expires=now)]).find("Bearer ucgw_x", now)


PATHS = [
    "/", "/v1", "/v1/", "/v1/customers", "/v1/checkout/sessions/", "/v1/checkout/sessions/a/b",
    "/V1/checkout/sessions", "/healthz/x", "/v1/checkout/sessions/%FF", "/../etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_any_other_address_is_a_404_of_stripes(ask: Asking, path: str) -> None:
    answer = ask.get(path)
    check(answer)
    assert answer.status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_nothing_but_reading(ask: Asking, method: str) -> None:
    answer = ask.get(method=method)
    check(answer)
    assert answer.status == 403
    assert answer.headers["connection"] == "close"


def test_a_base_with_a_slash_at_its_end_and_ids_that_hold_anything(ask: Asking) -> None:
    assert ask.get("//v1/checkout/sessions", token="stripe").status == 200
    for id in ("a/b", "a b", "a+b", "é", "a%2Fb", "..", "?", "#", "cs_us~~"):
        answer = ask.session(id, "stripe")
        check(answer)
        assert answer.status == 404
        assert answer.json["error"]["code"] == "resource_missing"


def test_health_needs_no_token_and_asks_nobody(sandbox: Sandbox, ask: Asking) -> None:
    sandbox.clear_requests()
    assert ask.get("/healthz", token=None).status == 200
    assert ask.get("/readyz", token=None).status == 200
    ask.door.drain()
    draining = ask.get("/readyz", token=None)
    check(draining)
    assert (draining.status, draining.json["error"]["code"]) == (503, "shutting_down")
    ask.door._draining = False
    assert not any(sandbox.requests(account.name) for account in sandbox.accounts)


text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from([b"/v1/checkout/sessions", b"/v1/checkout/sessions/x", b""])
    | st.binary(max_size=30),
    query=st.binary(max_size=40)
    | st.lists(
        st.tuples(
            st.sampled_from(["limit", "created[gte]", "status", "expand[]", "customer"]), text
        )
    ).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode()),
    headers=st.dictionaries(
        st.sampled_from(["stripe-account", "stripe-version", "stripe-context", "authorization"]),
        text,
        max_size=3,
    ),
    method=st.sampled_from(["GET", "HEAD", "POST", "x"]),
)
def test_anything_gets_an_answer_of_the_table(
    ask: Asking, path: bytes, query: bytes, headers: dict[str, str], method: str
) -> None:
    check(ask.raw(path, query, headers=headers, method=method))


def test_as_many_as_may_be_under_way_and_no_more(sandbox: Sandbox) -> None:
    with asking(sandbox.accounts, {"most_at_once": 1}) as ask:

        async def together() -> list[Answer]:
            one, two = (ask.ask("/v1/checkout/sessions", "stripe", {}, "GET", {}) for _ in "ab")
            well, ready = (ask.ask(path, None, {}, "GET", {}) for path in ("/healthz", "/readyz"))
            return list(await asyncio.gather(one, two, well, ready))

        answers = ask.run(together())
        assert [answer.status for answer in answers] == [200, 503, 200, 200]
        assert answers[1].json["error"]["code"] == "overloaded"
        for answer in answers:
            check(answer)
        assert ask.get(token="stripe").status == 200


@pytest.mark.parametrize("tried", [True, False])
def test_what_is_still_under_way_when_the_time_to_drain_is_over(
    sandbox: Sandbox, ask: Asking, monkeypatch: pytest.MonkeyPatch, tried: bool
) -> None:
    """It may be sent again only where no provider was asked."""

    async def cancelled() -> Answer:
        loop, reached = asyncio.get_running_loop(), asyncio.Event()

        async def page(*arguments: object) -> None:
            reached.set()
            await asyncio.Event().wait()

        if tried:
            sandbox.misbehave("stripe", faults.Latency(seconds=0.2, times=None))
            sandbox.on_request("stripe", lambda number: loop.call_soon_threadsafe(reached.set))
        else:
            monkeypatch.setattr(ask.door._reader, "page", page)
        task = asyncio.ensure_future(ask.ask("/v1/checkout/sessions", "stripe", {}, "GET", {}))
        await reached.wait()
        task.cancel()
        return await task

    answer = ask.run(cancelled())
    sandbox.on_request("stripe", None)
    check(answer)
    error = answer.json["error"]
    assert (answer.status, error["code"]) == (503, "shutting_down")
    assert answer.headers["stripe-should-retry"] == ("false" if tried else "true")
    assert ("Nothing was tried" in error["message"]) is not tried
    assert ask.visits[-1].code == "shutting_down"
    assert ask.visits[-1].upstream == int(tried)


def test_the_deadline_ends_as_a_504_that_says_what_to_ask_instead(sandbox: Sandbox) -> None:
    with asking(sandbox.accounts) as ask:
        late = ask.door._settings.model_copy(update={"deadline": 1e-9})
        ask.door._settings = late
        answer = ask.get(token="leanrails", status="open")
        check(answer)
        assert answer.status == 504
        assert "status" in answer.json["error"]["message"]
        assert "created[gte]" in answer.json["error"]["message"]


@pytest.mark.parametrize("deadline", [1e-9, 0.05])
@pytest.mark.parametrize("account", ["flex", "stripe"])
def test_the_deadline_of_one_session_ends_as_a_504_that_does_not_say_to_narrow_it(
    sandbox: Sandbox, account: str, deadline: float
) -> None:
    with asking(sandbox.accounts) as ask:
        [id] = ask.get(token=account, limit=1).ids
        sandbox.misbehave(account, faults.Latency(seconds=0.5, times=None))
        ask.door._settings = ask.door._settings.model_copy(update={"deadline": deadline})
        answer = ask.session(id, account)
        check(answer)
        error = answer.json["error"]
        assert (answer.status, error["code"]) == (504, "deadline")
        assert error["message"].startswith("The deadline came before the session was found.")


@pytest.mark.parametrize("between", [", ", "\n"])
def test_behind_a_proxy_the_nearest_address_is_the_clients(sandbox: Sandbox, between: str) -> None:
    """A proxy adds it to the header, or adds a header of its own."""
    told = {"x-forwarded-for": f"203.0.113.9{between}198.51.100.4"}
    for behind, address in ((True, "198.51.100.4"), (False, "192.0.2.7")):
        with asking(sandbox.accounts, {"behind_proxy": behind}) as ask:
            ask.get(token=None, headers=told)
            assert ask.visits[-1].client == address


def test_a_token_in_the_wrong_place_is_neither_sent_nor_shown(
    sandbox: Sandbox, ask: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = ask.tokens["stripe"]
    sandbox.clear_requests()
    for answer in (ask.session(token, "stripe"), ask.get(token="stripe", customer=token)):
        check(answer)
        assert answer.status in (400, 404)
        assert token not in answer.body.decode()
    assert sandbox.requests("stripe") == []
    assert token not in caplog.text


def test_what_a_log_line_holds(
    sandbox: Sandbox, ask: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    planted = "sk_live_51HxEXAMPLEplanted"
    ask.get(token=None, headers={"authorization": f"Bearer {planted}"})
    ask.get(token="stripe", headers={"x-stripe-client-telemetry": planted})
    asked(ask, b"customer_details[email]=planted%40example.com&limit=3", token="stripe")
    ask.session(planted, "stripe")
    lines = [
        json.loads(record.message)
        for record in caplog.records
        if record.name == "unified_checkout.gateway"
    ]
    assert lines[0]["status"] == 401
    assert lines[0]["client"] == "192.0.2.7"
    assert "token" not in lines[0]
    assert lines[1]["upstream"] == 1
    assert lines[1]["token"] == "stripe"
    assert "planted" not in caplog.text
    assert ask.tokens["stripe"] not in caplog.text
