"""Polar's own description of its API judges our requests, our sandbox and our reading."""

from __future__ import annotations

import json
from typing import Any

import pytest
from described import Description
from house import adapter_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout import ListSessions
from unified_checkout.adapters import MalformedPage, Place, Request, Response
from unified_checkout.sandbox import Answer, Received
from unified_checkout.sandbox.invention import Invention
from unified_checkout_polar import PolarAdapter
from unified_checkout_polar.adapter import PolarOptions
from unified_checkout_polar.sandbox import PolarSandbox
from unified_checkout_polar.session import STATUSES
from unified_checkout_polar.wire import Checkout

NOW = 1_795_000_000
LIST, ONE = "/v1/checkouts/", "/v1/checkouts/{id}"
ID = "5f0d8a52-6a51-4e4e-9d3f-6d1c6f0c9b11"

CHECKOUT = {"$ref": "#/components/schemas/Checkout"}

LAW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description("polar.openapi.json")


def check_request(description: Description, request: Request) -> None:
    assert (request.method, request.path) == ("GET", LIST)
    allowed = description.parameters(LIST)
    values: dict[str, list[str]] = {}
    for name, text in request.parameters:
        assert name in allowed, f"{LIST} takes no {name}"
        values.setdefault(name, []).append(text)
    for name, texts in values.items():
        single = name in ("page", "limit", "query")
        assert len(texts) == 1 or not single
        value: object = int(texts[0]) if name in ("page", "limit") else texts
        description.judge(texts[0] if name == "query" else value, allowed[name])


UUIDS = st.uuids(version=4).map(str)
WORDS = st.lists(st.sampled_from([*STATUSES]), min_size=1, unique=True)
CRITERIA = st.sampled_from(["created_at", "-created_at", "expires_at", "-expires_at", "status"])
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "customer": UUIDS,
        "email": st.emails(),
        "status": st.sampled_from(["open", "complete", "failed", "expired"]),
        "livemode": st.just(True),
        "page_size": st.integers(1, 1000),
        "mode": st.just("subscription"),
        "created": st.just({"gte": "2026-01-01"}),
    },
)
OWN = st.fixed_dictionaries(
    {},
    optional={
        "page": st.integers(1, 10**6),
        "limit": st.integers(1, 100),
        "sorting": st.lists(CRITERIA, min_size=1),
        "external_customer_id": st.lists(st.text(min_size=1), min_size=1),
        "product_id": st.lists(UUIDS, min_size=1),
        "organization_id": st.lists(UUIDS, min_size=1),
    },
)
RIVALS = st.fixed_dictionaries(
    {}, optional={"status": WORDS, "customer_id": st.lists(UUIDS), "query": st.text(min_size=1)}
)
PLACES = st.builds(
    Place,
    cursor=st.none()
    | st.tuples(st.integers(1, 99), st.integers(1, 100)).map("{0[0]}x{0[1]}".format),
    size=st.integers(1, 100),
)


@LAW
@given(fields=QUERIES, own=OWN, rivals=RIVALS, alone=st.booleans(), place=PLACES)
def test_every_request_is_one_that_polar_describes(
    description: Description,
    fields: dict[str, Any],
    own: dict[str, Any],
    rivals: dict[str, Any],
    alone: bool,
    place: Place,
) -> None:
    asked = own if alone else {**own, **rivals}
    common = fields if alone else {name: fields[name] for name in fields if name == "page_size"}
    query = ListSessions.model_validate({**common, "provider_options": {"polar": asked}})
    adapter = adapter_of("polar")
    compiled = adapter.compile(query)
    assert compiled.streams
    for stream in compiled.streams:
        check_request(description, adapter.page_request(compiled, stream, place))


def test_every_parameter_of_the_list_can_be_reached(description: Description) -> None:
    own = {
        **dict.fromkeys(("customer_id", "product_id"), ID),
        "external_customer_id": "user-42",
        "status": "open",
        "query": "ada",
    }
    adapter = PolarAdapter("shop", PolarOptions(organization_id=ID))
    compiled = adapter.compile(ListSessions(provider_options={"polar": own}))
    request = adapter.page_request(compiled, compiled.streams[0], Place())
    assert dict(request.parameters).keys() == description.parameters(LIST).keys()


def test_every_word_of_the_description_has_a_meaning(description: Description) -> None:
    described = description.at({"$ref": "#/components/schemas/CheckoutStatus"})["enum"]
    assert sorted(described) == sorted(STATUSES)


@pytest.fixture(scope="module")
def sandbox() -> PolarSandbox:
    held = PolarSandbox(clock=lambda: NOW)
    currencies = held.currencies
    held.hold(Invention(seed=5, provider="polar", now=NOW, currencies=currencies).history(230))
    return held


def answer(sandbox: PolarSandbox, path: str, **parameters: str) -> tuple[int, Any]:
    key = f"Bearer {sandbox.api_key}"
    sent = Received(path=path, parameters=tuple(parameters.items()), headers={"authorization": key})
    found = sandbox.answer(sent)
    told = found if isinstance(found, Answer) else sandbox.envelope(found)
    return told.status, json.loads(told.body)


@pytest.mark.parametrize("limit", [9, 100])
def test_every_page_of_the_sandbox_is_as_described(
    sandbox: PolarSandbox, description: Description, limit: int
) -> None:
    pages = -(-230 // limit)
    rows = 0
    for number in range(1, pages + 2):
        _, page = answer(sandbox, LIST, limit=str(limit), page=str(number))
        description.judge(page, description.answer(LIST))
        assert page["pagination"] == {"total_count": 230, "max_page": pages}
        rows += len(page["items"])
    assert rows == 230


def test_every_session_of_the_sandbox_is_as_described(
    sandbox: PolarSandbox, description: Description
) -> None:
    for facts in sandbox.shelf:
        status, checkout = answer(sandbox, f"{LIST}{facts.id}")
        assert status == 200
        description.judge(checkout, description.answer(ONE))


def test_errors_of_the_sandbox_are_as_described(
    sandbox: PolarSandbox, description: Description
) -> None:
    for path, expected, parameters in (
        (f"{LIST}{ID}", 404, {}),
        (f"{LIST}nobody", 422, {}),
        (LIST, 422, {"page": "0"}),
        (LIST, 422, {"status": "paid"}),
    ):
        status, body = answer(sandbox, path, **parameters)
        assert status == expected
        description.judge(body, description.answer(LIST if path == LIST else ONE, status))


MORE_THAN_A_TEXT = {"id", "created_at", "expires_at"}
"""Where the description allows a text that is no id, or no time."""


@pytest.fixture(scope="module")
def checkouts(description: Description) -> st.SearchStrategy[dict[str, Any]]:
    """Checkouts as the description allows them, as far as the adapter reads them."""
    described = description.at(CHECKOUT)["properties"]
    fields = {name: description.values(described[name]) for name in Checkout.__struct_fields__}
    times = st.just("2026-11-20T04:05:31.204518Z")
    required = {name: fields.pop(name) for name in ("id", "created_at")}
    required["created_at"] |= times
    fields["expires_at"] |= times
    return st.fixed_dictionaries(required, optional=fields)


def fault_of(row: dict[str, Any]) -> MalformedPage | None:
    """The error that a page of one row gives; a row that is read is kept as it is."""
    page = {"items": [row], "pagination": {"total_count": 1, "max_page": 1}}
    response = Response(status=200, body=json.dumps(page).encode())
    try:
        (session,) = adapter_of("polar").parse_page(response, Place()).sessions
    except MalformedPage as error:
        return error
    assert session.raw == row
    return None


@LAW
@given(data=st.data())
def test_whatever_the_description_allows_is_read_or_named(
    checkouts: st.SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    fault = fault_of(data.draw(checkouts))
    named = fault is None or fault.field.split(".")[0] in MORE_THAN_A_TEXT
    assert named, fault
    assert fault is None or fault.row == 0
