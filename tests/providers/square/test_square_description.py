"""Square's own description of its API judges our requests, our sandbox and our reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from described import Description, Schema
from house import adapter_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout import ListSessions
from unified_checkout.adapters import MalformedPage, Place, Response, Window
from unified_checkout.sandbox import Answer, Received
from unified_checkout.sandbox.invention import Invention
from unified_checkout_square import SquareAdapter, wire
from unified_checkout_square.adapter import SquareOptions
from unified_checkout_square.sandbox import SquareSandbox
from unified_checkout_square.session import KINDS, STATUSES

NOW = 1_795_000_000
LIST, ONE, LOCATIONS = "/v2/payments", "/v2/payments/{payment_id}", "/v2/locations"
SHOPS = ("LMAIN", "LOTHER", "LCLOSED")
TOLD_BY_THE_REST = {"APPOINTMENTS", "OTHER"}

LAW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def square() -> Description:
    return Description("square.openapi.json")


MOMENTS = st.sampled_from(["2026-03-04T10:15:30Z", "2026-03-04T10:15:30.12+01:00"])
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.integers(1, 100),
        "location_id": st.just("LX"),
        "total": st.integers(0, 2**63 - 1),
        "last_4": st.from_regex(r"[0-9]{4}", fullmatch=True),
        "card_brand": st.sampled_from(["VISA", "JCB"]),
        "is_offline_payment": st.booleans(),
        "offline_begin_time": MOMENTS,
        "updated_at_begin_time": MOMENTS,
        "updated_at_end_time": MOMENTS,
        "sort_field": st.sampled_from(["CREATED_AT", "OFFLINE_CREATED_AT", "UPDATED_AT"]),
        "sort_order": st.sampled_from(["ASC", "DESC"]),
    },
)
QUERIES = st.fixed_dictionaries(
    {"provider_options": OPTIONS.map(lambda options: {"square": options})},
    optional={
        "created": st.sampled_from(
            [{"gte": "2026-01-01"}, {"lt": "1999-01-01"}, {"gt": "2030-01-01", "lt": "2031-01-01"}]
        ),
        "status": st.sampled_from(["complete", "canceled", "failed"]),
        "email": st.emails(),
        "page_size": st.integers(1, 1000),
        "kind": st.just("any"),
    },
)
PLACES = st.builds(
    Place,
    cursor=st.none() | st.text(min_size=1),
    size=st.integers(1, 100),
    window=st.none()
    | st.builds(Window, st.none() | st.integers(0, 2**31), st.none() | st.integers(0, 2**31)),
)


@LAW
@given(fields=QUERIES, place=PLACES, locations=st.sampled_from([(), SHOPS]))
def test_every_request_is_one_that_square_describes(
    square: Description, fields: dict[str, Any], place: Place, locations: tuple[str, ...]
) -> None:
    adapter = SquareAdapter("shop", SquareOptions(locations=locations))
    compiled = adapter.compile(ListSessions.model_validate(fields))
    assert compiled.streams
    allowed = square.parameters(LIST)
    for stream in compiled.streams:
        request = adapter.page_request(compiled, stream, place)
        assert (request.method, request.path) == ("GET", LIST)
        sent = dict(request.parameters)
        assert len(sent) == len(request.parameters)
        for name, text in sent.items():
            square.judge(as_written(text, square.at(allowed[name])), allowed[name])


def as_written(text: str, schema: Schema) -> object:
    """The value that a parameter's text stands for."""
    match schema.get("type"):
        case "integer":
            return int(text)
        case "boolean":
            return {"true": True, "false": False}[text]
        case _:
            return text


def test_every_parameter_that_is_described_can_be_reached(square: Description) -> None:
    options = {
        "total": 1,
        "last_4": "1111",
        "card_brand": "VISA",
        "is_offline_payment": True,
        **dict.fromkeys(("offline_begin_time", "offline_end_time"), "2026-03-04T10:15:30Z"),
        **dict.fromkeys(("updated_at_begin_time", "updated_at_end_time"), "2026-03-04T10:15:30Z"),
        "sort_field": "CREATED_AT",
        "sort_order": "DESC",
        "location_id": "LX",
    }
    adapter = adapter_of("square")
    query = ListSessions(provider_options={"square": options}, created="2026-03")
    compiled = adapter.compile(query)
    request = adapter.page_request(compiled, compiled.streams[0], Place(cursor="x"))
    assert dict(request.parameters).keys() == square.parameters(LIST).keys()


def test_a_single_payment_is_asked_for_where_it_is_described(square: Description) -> None:
    assert square.template(adapter_of("square").get_request("a/b").path) == ONE


def test_every_product_that_is_described_has_a_kind(square: Description) -> None:
    schemas = square.document["components"]["schemas"]
    products = schemas["ApplicationDetailsExternalSquareProduct"]["enum"]
    assert {*products} == {*KINDS} | TOLD_BY_THE_REST
    described = schemas["Payment"]["properties"]["status"]["description"]
    assert [word for word in STATUSES if word not in described] == []


@pytest.fixture(scope="module")
def sandbox() -> SquareSandbox:
    held = SquareSandbox(clock=lambda: NOW, locations=SHOPS)
    invention = Invention(seed=5, provider="square", now=NOW, currencies=held.currencies)
    held.hold(invention.history(230))
    return held


def answer(sandbox: SquareSandbox, path: str, **parameters: str) -> tuple[int, Any]:
    key = f"Bearer {sandbox.api_key}"
    sent = Received(path=path, parameters=tuple(parameters.items()), headers={"authorization": key})
    found = sandbox.answer(sent)
    told = found if isinstance(found, Answer) else sandbox.envelope(found)
    return told.status, json.loads(told.body)


def pages(sandbox: SquareSandbox, **parameters: str) -> Iterator[Any]:
    _, page = answer(sandbox, LIST, **parameters)
    yield page
    while "cursor" in page:
        _, page = answer(sandbox, LIST, **parameters, cursor=page["cursor"])
        yield page


@pytest.mark.parametrize("limit", ["9", "100"])
def test_every_page_of_the_sandbox_is_as_described(
    sandbox: SquareSandbox, square: Description, limit: str
) -> None:
    rows = 0
    for shop in SHOPS:
        for page in pages(sandbox, location_id=shop, limit=limit):
            square.judge(page, square.answer(LIST))
            rows += len(page["payments"])
    assert rows == 230


def test_nothing_that_the_sandbox_sends_is_unheard_of(
    sandbox: SquareSandbox, square: Description
) -> None:
    for facts in sandbox.shelf:
        status, body = answer(sandbox, f"{LIST}/{facts.id}")
        assert status == 200
        square.judge(body, square.answer(ONE))
        described = square.document["components"]["schemas"]["Payment"]["properties"]
        assert body["payment"].keys() <= described.keys()
    square.judge(answer(sandbox, LOCATIONS)[1], square.answer(LOCATIONS))


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (LIST, {"limit": "0"}),
        (LIST, {"begin_time": "yesterday"}),
        (LIST, {"cursor": "x"}),
        (LIST, {"status": "COMPLETED"}),
        (LIST, {"location_id": "LX"}),
        (f"{LIST}/nothing", {}),
        ("/v2/nothing", {}),
    ],
)
def test_errors_of_the_sandbox_are_as_described(
    sandbox: SquareSandbox, square: Description, path: str, parameters: dict[str, str]
) -> None:
    status, body = answer(sandbox, path, **parameters)
    assert status >= 400
    square.judge(body, square.answer(LIST))
    assert body.keys() == {"errors"}


def test_every_failure_of_the_sandbox_is_as_described(
    sandbox: SquareSandbox, square: Description
) -> None:
    for status in (400, 401, 403, 404, 405, 409, 422, 429, 500, 502, 503):
        square.judge(json.loads(sandbox.failure(status).body), square.answer(LIST))


NESTED = {
    "application_details": wire.ApplicationDetails,
    "billing_address": wire.Address,
    "card_details": wire.CardDetails,
}
"""Objects of which the adapter reads a few fields."""


@pytest.fixture(scope="module")
def payments(square: Description) -> st.SearchStrategy[dict[str, Any]]:
    """Payments as the description allows them, as far as the adapter reads them."""
    described = square.document["components"]["schemas"]["Payment"]["properties"]
    fields = {
        name: square.values(only_read(square, name, described[name]))
        for name in wire.Payment.__struct_fields__
    }
    times = st.just("2026-03-04T10:15:30.12Z") | fields.pop("created_at")
    ids = st.text(min_size=1, max_size=9)
    return st.fixed_dictionaries(
        {"id": ids | fields.pop("id"), "created_at": times}, optional=fields
    )


def only_read(square: Description, name: str, schema: Schema) -> Schema:
    if name not in NESTED:
        return schema
    described = square.at(schema)["properties"]
    read = {field: described[field] for field in NESTED[name].__struct_fields__}
    return {"type": "object", "properties": read}


def fault_of(row: dict[str, Any]) -> MalformedPage | None:
    """The error that a page of one row gives; a row that is read is kept as it is."""
    response = Response(status=200, body=json.dumps({"payments": [row]}).encode())
    try:
        (session,) = adapter_of("square").parse_page(response, Place()).sessions
    except MalformedPage as error:
        return error
    assert session.raw == row
    return None


@LAW
@given(data=st.data())
def test_whatever_the_description_allows_is_read_or_named(
    payments: st.SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    fault = fault_of(data.draw(payments))
    assert fault is None or (fault.row == 0 and fault.field in ("id", "created_at")), fault
