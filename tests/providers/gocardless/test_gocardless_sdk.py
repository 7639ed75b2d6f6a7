"""GoCardless's own package pages through the sandbox, and judges it.

There is no public description of the API; the package is generated from the one that GoCardless
keeps, so its classes say what an object may hold, and its docstrings what may be asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_checkout.adapters import MalformedPage, Place, Response, Session
from unified_checkout.sandbox import Received, Sandbox
from unified_checkout_gocardless import GoCardlessAdapter, wire
from unified_checkout_gocardless.adapter import GoCardlessOptions
from unified_checkout_gocardless.dialect import LARGEST_PAGE

gocardless_pro = pytest.importorskip("gocardless_pro", reason="gocardless-pro is not installed")

NOW = 1_795_000_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=120, seed=3, now=NOW, providers=["gocardless"]) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    (account,) = sandbox.accounts
    return gocardless_pro.Client(
        access_token=account.api_key.get_secret_value(), base_url=sandbox.url("gocardless")
    )


@pytest.mark.parametrize("limit", [None, 1, 7, 120, LARGEST_PAGE])
def test_every_billing_request_is_found(sandbox: Sandbox, client: Any, limit: int | None) -> None:
    found = client.billing_requests.all(params={"limit": limit} if limit else {})
    assert [one.id for one in found] == [facts.id for facts in sandbox.truth("gocardless")]


def test_the_filters(sandbox: Sandbox, client: Any) -> None:
    truth = sandbox.truth("gocardless")
    cancelled = client.billing_requests.all(params={"limit": 3, "status": "cancelled"})
    wanted = [facts.id for facts in truth if facts.status == "canceled"]
    assert [one.id for one in cancelled] == wanted != []
    customer = truth[60].customer_id
    theirs = client.billing_requests.all(params={"limit": 2, "customer": customer})
    wanted = [facts.id for facts in truth if facts.customer_id == customer]
    assert [one.id for one in theirs] == wanted != []


def test_the_words_for_a_status_are_those_that_are_asked_for(client: Any, sandbox: Sandbox) -> None:
    words = ("pending", "ready_to_fulfil", "fulfilling", "fulfilled", "cancelled")
    found = [
        one.id
        for word in words
        for one in client.billing_requests.all(params={"limit": 50, "status": word})
    ]
    assert sorted(found) == sorted(facts.id for facts in sandbox.truth("gocardless"))


def test_the_walk_backwards_and_a_single_billing_request(sandbox: Sandbox, client: Any) -> None:
    truth = sandbox.truth("gocardless")
    newer = client.billing_requests.list(params={"limit": 4, "before": truth[30].id})
    assert [one.id for one in newer.records] == [facts.id for facts in truth[26:30]]
    assert (newer.before, newer.after) == (truth[26].id, truth[29].id)
    alone = client.billing_requests.get(truth[3].id)
    assert alone.id == truth[3].id
    assert alone.resources.customer["id"] == truth[3].customer_id


def test_errors_are_gocardless_own(sandbox: Sandbox, client: Any) -> None:
    with pytest.raises(gocardless_pro.errors.ValidationFailedError) as invalid:
        client.billing_requests.list(params={"status": "open"})
    assert invalid.value.errors[0]["field"] == "status"
    with pytest.raises(gocardless_pro.errors.InvalidApiUsageError) as absent:
        client.billing_requests.get("BRQNONE")
    assert (absent.value.code, absent.value.request_id is None) == (404, False)
    stranger = gocardless_pro.Client(access_token="nobody", base_url=sandbox.url("gocardless"))
    with pytest.raises(gocardless_pro.errors.AuthenticationError):
        stranger.billing_requests.list()


def test_both_send_the_same_version_and_go_by_the_same_hosts(sandbox: Sandbox, client: Any) -> None:
    sandbox.clear_requests()
    client.billing_requests.list()
    (request,) = sandbox.requests("gocardless")
    assert isinstance(request, Received)
    ours = GoCardlessAdapter("debits", GoCardlessOptions())
    assert request.headers["gocardless-version"] == ours.headers()["GoCardless-Version"]
    assert request.path == ours.item_path
    urls = {
        name: gocardless_pro.Client(access_token="x", environment=name)._api_client.base_url
        for name in ("live", "sandbox")
    }
    for name, url in urls.items():
        options = GoCardlessOptions(base_url=url)
        assert GoCardlessAdapter("debits", options).livemode is (name == "live")
    assert urls["live"].rstrip("/") == ours.options.base_url


NEWER_OR_OLDER = {
    "": {"creditor_name", "experimentation", "payment_purpose_code", "sign_flow_url"},
    "payment_request": {
        *("default_max_amount", "default_min_amount", "flexible_amount", "max_amount", "min_amount")
    },
}
"""What recordings hold and this release of the package does not name."""


def named(kind: type) -> set[str]:
    """The attributes that a class of the package reads."""
    return {name for name, value in vars(kind).items() if isinstance(value, property)}


def part_of(kind: Any, name: str) -> type | None:
    """The class of what an attribute holds, where that is an object."""
    part = getattr(kind, re.sub(r"(?:^|_)(.)", lambda hit: hit[1].upper(), name), None)
    return part if isinstance(part, type) else None


def strange(sent: Mapping[str, Any], kind: Any) -> list[str]:
    """The names in an object, and in the objects in it, that the package does not know."""
    found = sorted(set(sent) - named(kind) - NEWER_OR_OLDER[""])
    for name in set(sent) & named(kind):
        part = part_of(kind, name)
        if part is not None and isinstance(sent[name], Mapping):
            unknown = set(sent[name]) - named(part) - NEWER_OR_OLDER.get(name, set())
            found += sorted(f"{name}.{inner}" for inner in unknown)
    return found


def test_the_sandbox_sends_no_name_that_gocardless_does_not_know(
    sandbox: Sandbox, client: Any
) -> None:
    kind = gocardless_pro.resources.BillingRequest
    rows = list(client.billing_requests.all(params={"limit": 500}))
    alone = [client.billing_requests.get(row.id) for row in rows[::10]]
    found = [strange(one.attributes, kind) for one in (*rows, *alone)]
    assert [one for one in found if one] == []
    assert strange({"links": {"friend": "x"}, "new": 1}, kind) == ["new", "links.friend"]


WORDS = st.sampled_from(["", "pending", "GBP", "2026-03-04T10:15:30.120Z", "BRQ1", "a word"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
)
ANYTHING = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(WORDS, SCALARS, max_size=2)


def objects(kind: type, odd: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the names that a class of the package knows, their parts of the same making."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for name in sorted(named(kind)):
        part = part_of(kind, name)
        plain: st.SearchStrategy[Any] = st.integers() if "amount" in name else WORDS
        likely = plain if part is None else objects(part, odd)
        fields[name] = st.none() | likely | odd
    return st.fixed_dictionaries({}, optional=fields)


REQUESTS = gocardless_pro.resources.BillingRequest
ROWS = objects(REQUESTS, st.nothing()) | objects(REQUESTS, ANYTHING)


def read(adapter: GoCardlessAdapter, body: bytes) -> tuple[list[Session], MalformedPage | None]:
    """The sessions of a page, or what is wrong with it."""
    try:
        return adapter.parse_page(Response(status=200, body=body), Place()).sessions, None
    except MalformedPage as error:
        return [], error


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_those_names_hold_is_read_or_named(data: st.DataObject) -> None:
    adapter = GoCardlessAdapter("debits", GoCardlessOptions())
    required = {"id": "BRQ1", "created_at": "2026-03-04T10:15:30.120Z"}
    row = data.draw(ROWS) | data.draw(st.just({}) | st.just(required))
    meta = {"cursors": {"before": None, "after": None}, "limit": 50}
    listed = json.dumps({"billing_requests": [row], "meta": meta}).encode()
    alone = json.dumps({"billing_requests": row}).encode()
    sessions, fault = read(adapter, listed)
    if fault is not None:
        assert (fault.row, fault.field.partition(".")[0] in {*row, *required}) == (0, True)
        with pytest.raises(MalformedPage):
            adapter.parse_session(Response(status=200, body=alone))
        return
    (session,) = sessions
    assert session.raw == row
    single = adapter.parse_session(Response(status=200, body=alone))
    assert attrs.evolve(single, raw_bytes=b"") == attrs.evolve(session, raw_bytes=b"")


def test_what_the_adapter_reads_are_names_that_gocardless_knows() -> None:
    kind = gocardless_pro.resources.BillingRequest
    for ours, theirs in (
        (wire.BillingRequest, kind),
        (wire.Links, kind.Links),
        (wire.PaymentRequest, kind.PaymentRequest),
        (wire.MandateRequest, kind.MandateRequest),
        (wire.SubscriptionRequest, kind.SubscriptionRequest),
        (wire.InstalmentScheduleRequest, kind.InstalmentScheduleRequest),
        (wire.Resources, kind.Resources),
        (wire.Payer, gocardless_pro.resources.Customer),
        (wire.BillingDetail, gocardless_pro.resources.Customer),
    ):
        assert set(ours.__struct_fields__) <= named(theirs), ours
