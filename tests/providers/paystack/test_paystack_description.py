"""What Paystack's published description can judge, and where it is no judge.

It contradicts the documentation on the names of parameters, knows no cursors among the answers, and
calls texts what its own samples show as null. Each contradiction is written down here, so that a
description that is mended one day fails these tests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
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
from unified_checkout_paystack import PaystackAdapter
from unified_checkout_paystack.adapter import PaystackOptions
from unified_checkout_paystack.sandbox import PaystackSandbox

NOW = 1_795_000_000
LIST, ONE, BY_REFERENCE = (
    "/transaction",
    "/transaction/{id}",
    "/transaction/verify/{reference}",
)
ROW = {"$ref": "#/components/schemas/TransactionListResponseArray"}
ERROR = {"$ref": "#/components/schemas/Error"}

DOCUMENTED_ALONE = {"customer", "perPage", "terminalid"}
"""Parameters of the documentation that the description does not have."""
NEVER_SENT = {"per_page"}
"""The description's other name for one of them."""
NULL_ALL_THE_SAME = {
    LIST: {"paidAt"},
    ONE: {
        "authorization",
        "customer",
        "fees",
        "ip_address",
        "metadata",
        "paidAt",
        "paid_at",
        "source",
    },
    BY_REFERENCE: {"authorization", "ip_address"},
}
"""Fields that are null, or an empty text, or incomplete, in samples and rows of test accounts,
although the description does not allow it."""

LAW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description("paystack.openapi.json")


def adapters() -> list[PaystackAdapter]:
    return [
        PaystackAdapter("shop", PaystackOptions(use_cursor=cursor, reversed_filter=both))
        for cursor in (True, False)
        for both in (True, False)
    ]


TEXT = st.text("abcXYZ019", min_size=1, max_size=8)
WORD = st.sampled_from(["success", "failed", "abandoned", "reversed"])
OWN: dict[str, st.SearchStrategy[Any]] = {
    "amount": st.integers(0, 2**63 - 1),
    "channel": st.sampled_from(["card", "pos", "bank", "dedicated_nuban", "ussd", "bank_transfer"]),
    "customer_code": TEXT,
    "perPage": st.integers(1, 1000),
    "settlement": st.integers(0, 2**63 - 1),
    "source": st.sampled_from(["merchantApi", "checkout", "pos", "virtualTerminal"]),
    "split_code": TEXT,
    "subaccount_code": TEXT,
    "terminal_id": TEXT,
    "terminalid": TEXT,
    "virtual_account_number": TEXT,
}
PLACES_TO_BEGIN: dict[str, st.SearchStrategy[Any]] = {
    "next": TEXT,
    "page": st.integers(1, 2**31 - 1),
    "previous": TEXT,
}
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "created": st.sampled_from(
            [{"gte": "2026-01-01"}, {"gt": "2020-01-01", "lte": "2026-10-31"}]
        ),
        "customer": st.integers(0, 2**63).map(str),
        "kind": st.sampled_from(["any", "checkout", "renewal"]),
        "status": st.sampled_from(["open", "complete", "failed"]),
        "page_size": st.integers(1, 1000),
    },
)
WINDOWS = st.none() | st.builds(Window, st.integers(0, NOW), st.integers(NOW, 2 * NOW))


def check(description: Description, parameters: Mapping[str, str]) -> None:
    """What is sent is documented or described, and as described where it is."""
    described = description.parameters(LIST)
    for name, text in parameters.items():
        if name in DOCUMENTED_ALONE:
            continue
        kind = described[name]["type"]
        value = int(text) if kind == "integer" else text == "true" if kind == "boolean" else text
        description.judge(value, described[name])


@LAW
@given(
    query=QUERIES,
    own=st.fixed_dictionaries({}, optional=OWN),
    start=st.none() | st.sampled_from(sorted(PLACES_TO_BEGIN)),
    window=WINDOWS,
    cursor=st.none() | TEXT,
    data=st.data(),
)
def test_every_request_is_documented_or_described(
    description: Description,
    query: dict[str, Any],
    own: dict[str, Any],
    start: str | None,
    window: Window | None,
    cursor: str | None,
    data: st.DataObject,
) -> None:
    if start is not None:
        own[start] = data.draw(PLACES_TO_BEGIN[start])
    if "status" not in query and data.draw(st.booleans()):
        own["status"] = data.draw(WORD)
    asked = ListSessions.model_validate({**query, "provider_options": {"paystack": own}})
    for adapter in adapters():
        if start == "page" and adapter.options.use_cursor:
            continue
        compiled = adapter.compile(asked)
        place = Place(cursor=cursor or compiled.start, window=window, size=compiled.page_size)
        for stream in compiled.streams:
            request = adapter.page_request(compiled, stream, place)
            assert description.template(request.path) == LIST
            assert len(dict(request.parameters)) == len(request.parameters)
            check(description, dict(request.parameters))
        assert description.template(adapter.get_request("1").path) == ONE


def test_every_parameter_of_either_source_is_reached_but_for_the_second_name_of_one(
    description: Description,
) -> None:
    adapter = PaystackAdapter("shop", PaystackOptions(use_cursor=False))
    own = {name: 1 if name in ("amount", "settlement") else "x" for name in (*OWN, "status")}
    del own["perPage"]
    sent: set[str] = set()
    for start in ({"page": 2}, {"next": "n"}, {"previous": "p"}):
        query = ListSessions.model_validate(
            {
                "customer": "1",
                "created": {"gte": "2026-01-01", "lt": "2026-02-01"},
                "provider_options": {"paystack": {**own, **start}},
            }
        )
        compiled = adapter.compile(query)
        place = Place(cursor=compiled.start)
        sent |= {
            name
            for name, _ in adapter.page_request(compiled, compiled.streams[0], place).parameters
        }
    described = set(description.parameters(LIST))
    assert sent == (described | DOCUMENTED_ALONE) - NEVER_SENT
    assert not described & DOCUMENTED_ALONE, "the description was mended: it is a judge now"
    assert described >= NEVER_SENT


@pytest.fixture(scope="module")
def sandbox() -> PaystackSandbox:
    held = PaystackSandbox(clock=lambda: NOW)
    invention = Invention(seed=5, provider="paystack", now=NOW, currencies=held.currencies)
    held.hold(invention.history(250))
    return held


def answer(sandbox: PaystackSandbox, path: str, **parameters: str) -> Any:
    key = f"Bearer {sandbox.api_key}"
    sent = Received(path=path, parameters=tuple(parameters.items()), headers={"authorization": key})
    found = sandbox.answer(sent)
    return json.loads((found if isinstance(found, Answer) else sandbox.envelope(found)).body)


def as_described(description: Description, schema: Schema, row: dict[str, Any]) -> set[str]:
    """The fields of an object that the description does not allow as they are."""
    fields = description.at(schema)
    assert row.keys() >= set(fields["required"])
    return {
        name
        for name, value in row.items()
        if name in fields["properties"]
        and not allows(description, fields["properties"][name], value)
    }


def allows(description: Description, schema: Schema, value: object) -> bool:
    jsonschema = pytest.importorskip("jsonschema")
    try:
        description.judge(value, schema)
    except jsonschema.ValidationError:
        return False
    return True


def test_numbered_pages_are_as_described_but_for_the_nulls(
    sandbox: PaystackSandbox, description: Description
) -> None:
    envelope = description.at(description.answer(LIST))["properties"]
    ids: list[int] = []
    odd: set[str] = set()
    for number in range(1, 8):
        page = answer(sandbox, LIST, perPage="40", page=str(number))
        description.judge(page["meta"], envelope["meta"])
        for row in page["data"]:
            odd |= as_described(description, ROW, row)
        ids += [row["id"] for row in page["data"]]
        assert page["meta"]["pageCount"] == 7
    assert len(set(ids)) == 250
    assert odd == NULL_ALL_THE_SAME[LIST]


def test_the_description_has_no_cursors(sandbox: PaystackSandbox, description: Description) -> None:
    meta = description.at(description.answer(LIST))["properties"]["meta"]
    page = answer(sandbox, LIST, use_cursor="true")
    assert page["meta"].keys() == {"next", "previous", "perPage"}
    assert not allows(description, meta, page["meta"])


@pytest.mark.parametrize("path", [ONE, BY_REFERENCE])
def test_single_transactions_are_as_described_but_for_the_nulls(
    sandbox: PaystackSandbox, description: Description, path: str
) -> None:
    schema = description.at(description.answer(path))["properties"]["data"]
    odd: set[str] = set()
    for facts in sandbox.shelf:
        own = path.format(id=facts.id, reference=facts.client_reference_id)
        odd |= as_described(description, schema, answer(sandbox, own)["data"])
    assert odd == NULL_ALL_THE_SAME[path]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_an_error_is_as_described_but_for_its_code(description: Description, status: int) -> None:
    """The codes of the description are the types of the documentation."""
    body = json.loads(PaystackSandbox().failure(status).body)
    body["code"] = body["type"]
    description.judge(body, ERROR)


def test_the_documentations_own_sample_is_not_as_described(description: Description) -> None:
    folder = os.environ.get("UNIFIED_CHECKOUT_SAMPLES")
    if folder is None:
        pytest.skip("UNIFIED_CHECKOUT_SAMPLES is not set")
    page = json.loads((Path(folder) / "paystack" / "001.json").read_bytes())
    assert not allows(description, description.answer(LIST), page)
    for row in page["data"]:
        assert as_described(description, ROW, row) == set()


MORE_THAN_A_TEXT = {"created_at", "customer", "id"}
"""Where a text must be a time, and a number an id."""


@LAW
@given(data=st.data())
def test_whatever_the_description_allows_is_read_or_named(
    description: Description, data: st.DataObject
) -> None:
    row = data.draw(description.values(ROW))
    description.judge(row, ROW)
    row["created_at"] = data.draw(st.sampled_from([row["created_at"], "2026-03-04T05:06:07.000Z"]))
    page = {"status": True, "data": [row], "meta": {"next": None}}
    fault: MalformedPage | None = None
    try:
        response = Response(status=200, body=json.dumps(page).encode())
        (session,) = adapter_of("paystack").parse_page(response, Place()).sessions
        assert session.raw == row
    except MalformedPage as error:
        fault = error
    if fault is not None:
        assert fault.row == 0
        assert fault.field.split(".")[0] in MORE_THAN_A_TEXT, fault
