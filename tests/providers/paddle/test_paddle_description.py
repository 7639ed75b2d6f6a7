"""Paddle's own description of its API judges our requests, our sandbox and our reading."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from described import Description
from house import adapter_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout import ListSessions
from unified_checkout.adapters import Direction, MalformedPage, Place, Request, Response
from unified_checkout.sandbox import Answer, Received
from unified_checkout.sandbox.invention import Invention
from unified_checkout_paddle import PaddleAdapter
from unified_checkout_paddle.adapter import PaddleOptions
from unified_checkout_paddle.sandbox import PaddleSandbox

NOW = 1_795_000_000
LIST, ONE = "/transactions", "/transactions/{transaction_id}"
ERROR = {"$ref": "#/components/schemas/error"}
TRANSACTION = {"$ref": "#/components/schemas/transaction-includes"}
BOUND = re.compile(r"(\w+)\[(?:GT|GTE|LT|LTE)\]")
"""The description names the operators of a time in words alone."""
ORDER = re.compile(r"(?:billed_at|created_at|id|updated_at)\[(?:ASC|DESC)\]")
"""So it does with the orders."""
WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
INCLUDED = "customer,address,business,discount,adjustments,adjustments_totals"

LAW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description("paddle.openapi.json")


def check_request(description: Description, request: Request) -> None:
    path = description.template(request.path)
    assert path is not None, f"no path of Paddle's: {request.path}"
    assert request.method == "GET"
    assert len(dict(request.parameters)) == len(request.parameters)
    allowed = description.parameters(path)
    for name, text in request.parameters:
        bound = BOUND.fullmatch(name)
        schema = allowed[bound[1] if bound else name]
        if bound:
            assert WRITTEN.fullmatch(text)
            assert datetime.fromisoformat(text).tzinfo is not None
        if name == "order_by":
            assert ORDER.fullmatch(text)
        several = schema.get("type") == "array"
        value = int(text) if name == "per_page" else text.split(",") if several else text
        description.judge(value, schema)


def adapters() -> Iterator[PaddleAdapter]:
    for may_read in ((), ("customer",), ("customer", "address", "adjustment")):
        options = PaddleOptions.model_validate({"may_read": may_read, "reference_key": "order"})
        yield PaddleAdapter("shop", options)


IDS = st.from_regex(r"[a-z]{3}_[a-z0-9]{26}", fullmatch=True)
TIMES = st.sampled_from(["0001-01-01T00:00:00Z", "2026-03-04T05:06:07.123456Z"])
BOUNDS = st.fixed_dictionaries({}, optional={"gte": TIMES, "lt": TIMES})
OWN = st.fixed_dictionaries(
    {},
    optional={
        "after": IDS,
        "per_page": st.integers(1, 30),
        "billed_at": BOUNDS,
        "updated_at": BOUNDS,
        "id": st.lists(IDS, min_size=1, max_size=3),
        "origin": st.just(["web", "subscription_recurring"]),
        "collection_mode": st.sampled_from(["automatic", "manual"]),
        "invoice_number": st.just("325-10566,325-10567"),
        "include": st.sampled_from(["discount", "business,available_payment_methods"]),
        "skip_count": st.booleans(),
    },
).filter(lambda own: not {"discount", "business"} & {*str(own.get("include")).split(",")})
QUERIES = st.fixed_dictionaries(
    {"kind": st.sampled_from(["any", "checkout", "renewal", "invoice", "other"])},
    optional={
        "status": st.sampled_from(["open", "complete", "canceled"]),
        "payment_status": st.sampled_from(["paid", "unpaid", "no_payment_required"]),
        "customer": IDS,
        "subscription": IDS,
        "created": st.sampled_from([{"gt": "2026-01-01", "lte": "2026-03-04T05:06:07.5Z"}, "2026"]),
        "last": st.just("30d"),
        "client_reference_id": st.just("A-1"),
        "expand": st.sampled_from([[], ["subscription"]]),
        "provider_options": st.fixed_dictionaries({"paddle": OWN}),
    },
).filter(lambda fields: "last" not in fields or "created" not in fields)
PLACES = st.builds(
    Place,
    cursor=st.none() | IDS,
    direction=st.sampled_from(Direction),
    size=st.integers(1, 30),
)


@LAW
@given(fields=QUERIES, place=PLACES)
def test_every_request_is_one_that_paddle_describes(
    description: Description, fields: dict[str, Any], place: Place
) -> None:
    for adapter in adapters():
        query = ListSessions.model_validate(fields).resolved(
            datetime.fromtimestamp(NOW).astimezone()
        )
        compiled = adapter.compile(query)
        for stream in compiled.streams:
            check_request(description, adapter.page_request(compiled, stream, place))
        check_request(description, adapter.get_request("txn_1"))


@pytest.mark.parametrize("condition", [{"email": "a@example.com"}, {"has_disputes": True}])
def test_what_is_included_for_a_condition_is_described(
    description: Description, condition: dict[str, Any]
) -> None:
    adapter = adapter_of("paddle")
    compiled = adapter.compile(ListSessions.model_validate(condition))
    check_request(description, adapter.page_request(compiled, compiled.streams[0], Place(size=30)))


def test_every_parameter_of_the_list_can_be_reached(description: Description) -> None:
    bounds = {"gte": "2026-01-01T00:00:00Z"}
    several = ("id", "status", "origin", "customer_id", "subscription_id", "invoice_number")
    own: dict[str, Any] = {
        **dict.fromkeys(several, "a"),
        **dict.fromkeys(("billed_at", "updated_at"), bounds),
        "collection_mode": "manual",
    }
    query = ListSessions.model_validate(
        {"created": bounds, "expand": "customer", "provider_options": {"paddle": own}}
    )
    adapter = adapter_of("paddle")
    compiled = adapter.compile(query)
    request = adapter.page_request(compiled, compiled.streams[0], Place(cursor="txn_1", size=30))
    reached = {name.partition("[")[0] for name, _ in request.parameters}
    assert reached == description.parameters(LIST).keys()


@pytest.fixture(scope="module")
def sandbox() -> PaddleSandbox:
    held = PaddleSandbox(clock=lambda: NOW)
    held.hold(Invention(seed=5, provider="paddle", now=NOW, currencies=held.currencies).history(70))
    return held


def answer(sandbox: PaddleSandbox, path: str, **parameters: str) -> Any:
    key = f"Bearer {sandbox.api_key}"
    sent = Received(path=path, parameters=tuple(parameters.items()), headers={"authorization": key})
    found = sandbox.answer(sent)
    return json.loads((found if isinstance(found, Answer) else sandbox.envelope(found)).body)


@pytest.mark.parametrize("include", ["", INCLUDED])
@pytest.mark.parametrize(
    "order",
    ["created_at[DESC]", "created_at[ASC]", "id[DESC]", "billed_at[ASC]", "updated_at[DESC]"],
)
def test_every_page_of_the_sandbox_is_as_described(
    sandbox: PaddleSandbox, description: Description, order: str, include: str
) -> None:
    parameters = {"order_by": order, "include": include}
    found: list[dict[str, Any]] = []
    more = True
    while more:
        page = answer(sandbox, LIST, **parameters)
        description.judge(page, description.answer(LIST))
        found += page["data"]
        more = page["meta"]["pagination"]["has_more"]
        parameters["after"] = found[-1]["id"]
    assert len({one["id"] for one in found}) == len(found) == 70
    field = order.partition("[")[0]
    told = [one[field] for one in found if one[field] is not None]
    times = told if field == "id" else [datetime.fromisoformat(one) for one in told]
    assert times == sorted(times, reverse=order.endswith("[DESC]"))


def test_every_transaction_of_the_sandbox_is_as_described(
    sandbox: PaddleSandbox, description: Description
) -> None:
    for facts in sandbox.shelf:
        found = answer(sandbox, f"{LIST}/{facts.id}", include=INCLUDED)
        description.judge(found, description.answer(ONE))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502])
def test_every_error_of_the_sandbox_is_as_described(description: Description, status: int) -> None:
    body = json.loads(PaddleSandbox(clock=lambda: NOW).failure(status).body)
    description.judge(body, ERROR)


MORE_THAN_A_TEXT = {"adjustments_totals", "created_at", "details"}
"""Where the description says no more than that a text is a text."""


@pytest.fixture(scope="module")
def transactions(description: Description) -> st.SearchStrategy[dict[str, Any]]:
    """Transactions as the description allows them, many of them absurd."""
    return description.values(TRANSACTION)


def fault_of(row: dict[str, Any]) -> MalformedPage | None:
    """The error that a page of one row gives; a row that is read is kept as it is."""
    page = {"data": [row], "meta": {"pagination": {"has_more": False}}}
    response = Response(status=200, body=json.dumps(page).encode())
    try:
        (session,) = adapter_of("paddle").parse_page(response, Place()).sessions
    except MalformedPage as error:
        return error
    assert session.raw == row
    return None


@LAW
@given(data=st.data())
def test_whatever_the_description_allows_is_read_or_named(
    description: Description,
    transactions: st.SearchStrategy[dict[str, Any]],
    data: st.DataObject,
) -> None:
    row = data.draw(transactions)
    row["id"] = "txn_01hv8xxw3etar07vaxsqbyqasy"
    description.judge(row, TRANSACTION)
    moments = ["2026-03-04T05:06:07.123456789Z", row.get("created_at", "")]
    row["created_at"] = data.draw(st.sampled_from(moments))
    fault = fault_of(row)
    assert fault is None or fault.field.split(".")[0] in MORE_THAN_A_TEXT
