"""Mollie's own description of its API judges our requests, our sandbox and our reading."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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
from unified_checkout_mollie import MollieAdapter
from unified_checkout_mollie.adapter import MollieOptions
from unified_checkout_mollie.sandbox import MollieSandbox

NOW = 1_795_000_000
LIST, LINK = "/v2/payments", "/v2/payment-links/{paymentLinkId}/payments"
ONE = "/v2/payments/{paymentId}"
AS_THE_LIST = re.compile(r"/v2/customers/[^/]+/payments")
"""A list that this part of the description leaves out; it takes what the list of all takes."""
ERROR = {"$ref": "#/components/schemas/error-response"}
PAYMENT = {"$ref": "#/components/schemas/list-payment-response"}

LAW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description("mollie.openapi.json", "application/hal+json")


def check_request(description: Description, request: Request) -> None:
    path = LIST if AS_THE_LIST.fullmatch(request.path) else description.template(request.path)
    assert path is not None, f"no path of Mollie's: {request.path}"
    assert request.method == "GET"
    assert len(dict(request.parameters)) == len(request.parameters)
    allowed = description.parameters(path)
    for name, text in request.parameters:
        assert name in allowed, f"{path} takes no {name}"
        value = int(text) if name == "limit" else text == "true" if name == "testmode" else text
        description.judge(value, allowed[name])


def adapters() -> Iterator[MollieAdapter]:
    for profile in (None, "pfl_QkEhN94Ba"):
        for testmode in (False, True):
            yield MollieAdapter("shop", MollieOptions(profile_id=profile, testmode=testmode))


QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "customer": st.from_regex(r"cst_[A-Za-z0-9]{1,12}", fullmatch=True),
        "payment_link": st.from_regex(r"pl_[A-Za-z0-9]{1,12}", fullmatch=True),
        "status": st.sampled_from(["open", "complete", "failed"]),
        "livemode": st.booleans(),
        "page_size": st.integers(1, 1000),
        "kind": st.sampled_from(["any", "renewal"]),
        "created": st.just({"gte": "2026-01-01"}),
        "provider_options": st.fixed_dictionaries(
            {
                "mollie": st.fixed_dictionaries(
                    {"from": st.just("tr_1"), "limit": st.integers(1, 250)},
                    optional={"sort": st.sampled_from(["asc", "desc"])},
                )
            }
        ),
    },
)
PLACES = st.builds(
    Place,
    cursor=st.none() | st.from_regex(r"tr_[A-Za-z0-9]{1,22}", fullmatch=True),
    direction=st.sampled_from(Direction),
    size=st.integers(1, 250),
)


@LAW
@given(fields=QUERIES, place=PLACES)
def test_every_request_is_one_that_mollie_describes(
    description: Description, fields: dict[str, Any], place: Place
) -> None:
    for adapter in adapters():
        compiled = adapter.compile(ListSessions.model_validate(fields))
        assert compiled.streams
        for stream in compiled.streams:
            check_request(description, adapter.page_request(compiled, stream, place))
        check_request(description, adapter.get_request("tr_1"))


def test_every_parameter_of_the_list_can_be_reached(description: Description) -> None:
    adapter = MollieAdapter("shop", MollieOptions(profile_id="pfl_QkEhN94Ba", testmode=True))
    compiled = adapter.compile(ListSessions())
    place = Place(cursor="tr_1", direction=Direction.BACKWARD)
    request = adapter.page_request(compiled, compiled.streams[0], place)
    assert dict(request.parameters).keys() == description.parameters(LIST).keys()


@pytest.fixture(scope="module", params=[False, True], ids=["usual times", "older times"])
def sandbox(request: pytest.FixtureRequest) -> MollieSandbox:
    held = MollieSandbox(clock=lambda: NOW, older_times=request.param)
    currencies = held.currencies
    held.hold(Invention(seed=5, provider="mollie", now=NOW, currencies=currencies).history(250))
    return held


def answer(sandbox: MollieSandbox, path: str, **parameters: str) -> Any:
    key = f"Bearer {sandbox.api_key}"
    sent = Received(path=path, parameters=tuple(parameters.items()), headers={"authorization": key})
    found = sandbox.answer(sent)
    return json.loads((found if isinstance(found, Answer) else sandbox.envelope(found)).body)


@pytest.mark.parametrize("sort", ["asc", "desc"])
@pytest.mark.parametrize("limit", ["9", "250"])
def test_every_page_of_the_sandbox_is_as_described(
    sandbox: MollieSandbox, description: Description, sort: str, limit: str
) -> None:
    parameters, rows = {"limit": limit, "sort": sort}, 0
    while True:
        page = answer(sandbox, LIST, **parameters)
        description.judge(page, description.answer(LIST))
        rows += page["count"]
        if page["_links"]["next"] is None:
            break
        place = re.search(r"from=(\w+)", page["_links"]["next"]["href"])
        assert place
        parameters["from"] = place[1]
    assert rows == 250


def test_every_payment_of_the_sandbox_is_as_described(
    sandbox: MollieSandbox, description: Description
) -> None:
    for facts in sandbox.shelf:
        description.judge(answer(sandbox, f"{LIST}/{facts.id}"), description.answer(ONE))


def test_the_payments_of_a_link_are_as_described(
    sandbox: MollieSandbox, description: Description
) -> None:
    links = {getattr(facts, "link", None) for facts in sandbox.shelf} - {None}
    assert links
    for link in links:
        page = answer(sandbox, f"/v2/payment-links/{link}/payments")
        description.judge(page, description.answer(LINK))
        assert page["count"] > 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 503])
def test_every_error_of_the_sandbox_is_as_described(description: Description, status: int) -> None:
    body = json.loads(MollieSandbox(clock=lambda: NOW).failure(status).body)
    description.judge(body, ERROR)


AMOUNTS = ("amount", "amountCaptured", "amountChargedBack", "amountRefunded")
MORE_THAN_A_TEXT = {"createdAt", "expiresAt", *AMOUNTS}
"""Where the description says no more than that a text is a text."""


@pytest.fixture(scope="module")
def payments(description: Description) -> st.SearchStrategy[dict[str, Any]]:
    """Payments as the description allows them, many of them absurd."""
    return description.values(PAYMENT)


def fault_of(row: dict[str, Any]) -> MalformedPage | None:
    """The error that a page of one row gives; a row that is read is kept as it is."""
    page = {"_embedded": {"payments": [row]}, "_links": {"next": None}, "count": 1}
    response = Response(status=200, body=json.dumps(page).encode())
    try:
        (session,) = adapter_of("mollie").parse_page(response, Place()).sessions
    except MalformedPage as error:
        return error
    assert session.raw == row
    return None


@LAW
@given(data=st.data())
def test_whatever_the_description_allows_is_read_or_named(
    description: Description, payments: st.SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    row = data.draw(payments)
    description.judge(row, PAYMENT)
    row["createdAt"] = data.draw(st.sampled_from([row["createdAt"], "2026-03-04T05:06:07+00:00"]))
    fault = fault_of(row)
    named = fault is None or fault.field.split(".")[0] in MORE_THAN_A_TEXT
    assert named, fault
    assert fault is None or fault.row == 0
