"""PayPal's own description of its API judges our requests, our sandbox and our reading.

Where real answers are against it (recorded pages write offsets without a colon, and an empty list
has no element), the sandbox follows the answers, and the judge is told so here.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any

import pytest
from described import Description
from house import adapter_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout import ListSessions
from unified_checkout.adapters import MalformedPage, Place, Response, Window, kit
from unified_checkout.sandbox import Answer, Received
from unified_checkout.sandbox.invention import Invention
from unified_checkout_paypal import PayPalAdapter
from unified_checkout_paypal.adapter import PayPalOptions
from unified_checkout_paypal.sandbox import CLIENT_ID, TOKEN_PATH, PayPalSandbox

NOW = 1_795_000_000
DAY = 86_400
PATH = "/v1/reporting/transactions"
ENTRY = {"$ref": "#/components/schemas/transaction_detail"}
NUMBERS = ("page", "page_size")

LAW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description("paypal.openapi.json")


WORD = st.from_regex(r"[A-Za-z0-9]{1,12}", fullmatch=True)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["complete", "failed"]),
        "payment_status": st.sampled_from(["paid", "unpaid"]),
        "currency": st.sampled_from(["usd", "jpy"]),
        "payment_intent": st.from_regex(r"[A-Z0-9]{1,24}", fullmatch=True),
        "customer": WORD,
        "email": st.just("ada@example.com"),
        "created": st.just({"gte": "2026-01-01", "lt": "2026-02-01"}),
        "page_size": st.integers(1, 1000),
        "kind": st.sampled_from(["any", "renewal"]),
        "provider_options": st.fixed_dictionaries(
            {},
            optional={
                "store_id": WORD,
                "terminal_id": WORD,
                "transaction_type": st.just("T0006"),
                "transaction_amount": st.just("500 TO 1005"),
                "payment_instrument_type": st.sampled_from(["CREDITCARD", "DEBITCARD"]),
                "fields": st.sampled_from(["all", "cart_info,store_info"]),
                "page_size": st.integers(1, 500),
            },
        ).map(lambda options: {"paypal": options}),
    },
)
PLACES = st.builds(
    lambda since, length, cursor, size: Place(
        window=Window(since, since + length), cursor=cursor, size=size
    ),
    since=st.integers(0, NOW),
    length=st.integers(1, 31 * DAY),
    cursor=st.sampled_from([None, "2x500x3", "20x1x20"]),
    size=st.integers(1, 500),
)


@LAW
@given(fields=QUERIES, place=PLACES, records=st.sampled_from(["Y", "N"]))
def test_every_request_is_one_that_paypal_describes(
    description: Description, fields: dict[str, Any], place: Place, records: Any
) -> None:
    options = PayPalOptions(client_id="app", balance_affecting_records_only=records)
    adapter = PayPalAdapter("shop", options)
    compiled = adapter.compile(ListSessions.model_validate(fields))
    described = description.parameters(PATH)
    for stream in compiled.streams:
        request = adapter.page_request(compiled, stream, place)
        assert (request.path, request.method) == (PATH, "GET")
        assert len(dict(request.parameters)) == len(request.parameters)
        assert {"start_date", "end_date"} <= dict(request.parameters).keys()
        for name, text in request.parameters:
            assert name in described, f"PayPal takes no {name}"
            description.judge(int(text) if name in NUMBERS else text, described[name])


def test_every_parameter_can_be_reached(description: Description) -> None:
    options = {
        "store_id": "s",
        "terminal_id": "t",
        "transaction_type": "T0006",
        "transaction_amount": "1 TO 2",
        "payment_instrument_type": "CREDITCARD",
    }
    query = ListSessions(
        status="failed",
        currency="usd",
        payment_intent="0EX00000EX000000A",
        provider_options={"paypal": options},
    )
    adapter = adapter_of("paypal")
    compiled = adapter.compile(query)
    place = Place(window=Window(NOW - DAY, NOW))
    (request,) = [adapter.page_request(compiled, one, place) for one in compiled.streams]
    assert dict(request.parameters).keys() == description.parameters(PATH).keys()


@pytest.fixture(scope="module")
def sandbox() -> PayPalSandbox:
    held = PayPalSandbox(clock=lambda: NOW)
    invented = Invention(seed=5, provider="paypal", now=NOW, currencies=held.currencies)
    held.hold(invented.history(250))
    return held


def answer(sandbox: PayPalSandbox, **parameters: str) -> dict[str, Any]:
    key = {"authorization": f"Bearer {sandbox._tokens()[0]}"}
    sent = Received(path=PATH, parameters=tuple(parameters.items()), headers=key)
    found = sandbox.answer(sent)
    body = (found if isinstance(found, Answer) else sandbox.envelope(found)).body
    # Recorded: offsets have no colon, against the description's own pattern.
    page: dict[str, Any] = json.loads(re.sub(rb'(T\d\d:\d\d:\d\d\+00)(00")', rb"\1:\2", body))
    return page


@pytest.mark.parametrize("fields", ["all", "transaction_info", "transaction_info,payer_info"])
@pytest.mark.parametrize("size", ["9", "500"])
def test_every_page_of_the_sandbox_is_as_described(
    sandbox: PayPalSandbox, description: Description, fields: str, size: str
) -> None:
    rows = 0
    for month in range(4):
        window = {
            "start_date": kit.zulu(NOW - (month + 1) * 30 * DAY),
            "end_date": kit.zulu(NOW - month * 30 * DAY - 1),
        }
        number = pages = 1
        while number <= pages:
            page = answer(sandbox, fields=fields, page_size=size, page=str(number), **window)
            if page["transaction_details"]:  # seen empty, against the description
                description.judge(page, description.answer(PATH))
            rows += len(page["transaction_details"])
            number, pages = number + 1, page["total_pages"]
    loaded = sum(facts.created <= sandbox._refreshed for facts in sandbox.shelf)
    assert rows == loaded > 200


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"start_date": "2026-13-01T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
        {"start_date": "2026-09-01T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
        {"start_date": "2021-09-01T00:00:00Z", "end_date": "2021-09-02T00:00:00Z"},
        {"page_size": "501"},
        {"unheard": "of"},
    ],
    ids=str,
)
def test_every_refusal_of_the_sandbox_is_as_described(
    sandbox: PayPalSandbox, description: Description, parameters: dict[str, str]
) -> None:
    problem = answer(sandbox, **parameters)
    description.judge(problem, {"$ref": "#/components/schemas/error_400"})
    assert problem["details"]


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_every_failure_of_the_sandbox_has_the_described_fields(
    sandbox: PayPalSandbox, description: Description, status: int
) -> None:
    schema = description.at({"$ref": f"#/components/schemas/error_{status}"})
    body = json.loads(sandbox.failure(status).body)
    if status >= 500:
        assert body.pop("details") == []  # described for failures of the client alone
    assert body.keys() <= schema["properties"].keys()
    for name, value in body.items():
        described = {**schema["properties"][name]}
        described.pop("enum", None)  # the description's words are other than those of its pages
        description.judge(value, described)


def test_a_token_is_as_the_documentation_shows(sandbox: PayPalSandbox) -> None:
    pair = b64encode(f"{CLIENT_ID}:{sandbox.api_key}".encode()).decode()
    asked = Received(
        method="POST",
        path=TOKEN_PATH,
        headers={"authorization": f"Basic {pair}"},
        body=b"grant_type=client_credentials",
    )
    found = sandbox.answer(asked)
    assert isinstance(found, Answer)
    token = json.loads(found.body)
    names = ("scope", "access_token", "token_type", "app_id", "expires_in", "nonce")
    assert (*token,) == names
    assert (token["token_type"], 0 < token["expires_in"] <= 32_400) == ("Bearer", True)


MORE_THAN_A_TEXT = (
    "transaction_info",
    "transaction_info.transaction_id",
    "transaction_info.transaction_initiation_date",
)
"""What is required here: the description requires nothing at all."""


def fault_of(row: dict[str, Any]) -> MalformedPage | None:
    """The error that a page of one entry gives; an entry that is read is kept as it is."""
    page = {"transaction_details": [row], "total_pages": 1}
    response = Response(status=200, body=json.dumps(page).encode())
    try:
        (session,) = adapter_of("paypal").parse_page(response, Place()).sessions
    except MalformedPage as error:
        return error
    assert session.raw == row
    return None


@pytest.fixture(scope="module")
def entries(description: Description) -> st.SearchStrategy[dict[str, Any]]:
    """Entries as the description allows them, many of them absurd."""
    return description.values(ENTRY)


@LAW
@given(data=st.data())
def test_whatever_the_description_allows_is_read_or_named(
    description: Description, entries: st.SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    row = data.draw(entries)
    if data.draw(st.booleans()):
        info = row.setdefault("transaction_info", {})
        info.setdefault("transaction_id", "0EX00000EX000000A")
        info["transaction_initiation_date"] = "2026-03-04T10:15:30+0000"
    fault = fault_of(row)
    assert fault is None or fault.row == 0
    assert fault is None or fault.field in MORE_THAN_A_TEXT or fault.field.endswith(".value")
