"""What Polar is asked: only what no session leaves while its pages are counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from unified_checkout import InvalidQuery, ListSessions
from unified_checkout.adapters import (
    Compiled,
    Credentials,
    KeyKind,
    Order,
    Paging,
    Place,
    Pushdown,
    Request,
)
from unified_checkout_polar import PolarAdapter
from unified_checkout_polar.adapter import PolarOptions

CUSTOMER = "0b1c7d5e-0000-4000-8000-000000000003"
OTHER = "0b1c7d5e-0000-4000-8000-000000000004"
EMAIL = "ada@example.com"
SANDBOX = "https://sandbox-api.polar.sh"
PAGING = [("page", "1"), ("limit", "100")]


def adapter(**options: Any) -> PolarAdapter:
    return PolarAdapter("shop", PolarOptions(**options))


def compiled(fields: dict[str, Any], own: dict[str, Any] | None = None, **options: Any) -> Compiled:
    options_of_query = {"provider_options": {"polar": own or {}}}
    return adapter(**options).compile(ListSessions.model_validate({**fields, **options_of_query}))


def request(
    fields: dict[str, Any], own: dict[str, Any] | None = None, place: Place | None = None
) -> Request:
    found = compiled(fields, own)
    (stream,) = found.streams
    return adapter().page_request(found, stream, place or Place(size=found.page_size))


def sent(fields: dict[str, Any], own: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    """The parameters, but for the page and the order that is always asked for."""
    ours = [("sorting", "-created_at"), *PAGING]
    return [one for one in request(fields, own).parameters if one not in ours]


def pushdown(fields: dict[str, Any], own: dict[str, Any] | None = None) -> list[Pushdown]:
    return [verdict.pushdown for verdict in compiled(fields, own).verdicts]


def test_the_plain_list() -> None:
    asked = request({})
    assert (asked.method, asked.path) == ("GET", "/v1/checkouts/")
    assert asked.parameters == (("sorting", "-created_at"), *PAGING)
    assert asked.headers == {"Polar-Version": "2026-04"}


def test_a_single_session_has_no_slash_at_its_end() -> None:
    asked = adapter(api_version="2026-10").get_request(CUSTOMER)
    assert asked.path == f"/v1/checkouts/{CUSTOMER}"
    assert asked.headers == {"Polar-Version": "2026-10"}


def test_the_token_is_a_bearer() -> None:
    credentials = Credentials(api_key=SecretStr("polar_oat_test_obviously_fake"))
    signed = adapter().sign(adapter().get_request(CUSTOMER), credentials)
    assert signed.headers["Authorization"] == "Bearer polar_oat_test_obviously_fake"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("complete", ["succeeded"]),
        ("expired", ["expired"]),
        ("failed", ["failed"]),
        (["complete", "expired"], ["expired", "succeeded"]),
        (["complete", "canceled"], ["succeeded"]),
    ],
)
def test_a_status_that_is_final_is_sent(status: Any, words: list[str]) -> None:
    assert sent({"status": status}) == [("status", word) for word in words]
    assert pushdown({"status": status}) == [Pushdown.EXACT]
    assert compiled({"status": status}).grows_at_front


@pytest.mark.parametrize(
    "status", ["open", "unknown", ["open", "complete"], ["unknown", "expired"]]
)
def test_open_is_never_sent(status: Any) -> None:
    assert sent({"status": status}) == []
    assert pushdown({"status": status}) == [Pushdown.UNSUPPORTED]
    assert compiled({"status": status}).grows_at_front


def test_nothing_is_asked_for_a_state_that_no_session_is_in() -> None:
    assert compiled({"status": "canceled"}).streams == ()


@pytest.mark.parametrize("status", ["complete", "failed", ["complete", "failed"]])
def test_an_address_is_sent_with_a_status_after_which_it_stays(status: Any) -> None:
    assert ("query", EMAIL) in sent({"status": status, "email": EMAIL})
    assert pushdown({"status": status, "email": EMAIL}) == [Pushdown.EXACT, Pushdown.INEXACT]


@pytest.mark.parametrize("status", [None, "open", "expired", ["complete", "expired"], "unknown"])
def test_an_address_that_may_change_is_not_sent(status: Any) -> None:
    fields = {"email": EMAIL, "status": status}
    assert "query" not in dict(sent(fields))
    assert pushdown(fields)[-1] is Pushdown.UNSUPPORTED


@pytest.mark.parametrize("email", ["a\\b@example.com", "a\x00b@example.com"])
def test_an_address_that_a_pattern_may_lose_is_not_sent(email: str) -> None:
    fields = {"status": "complete", "email": email}
    assert sent(fields) == [("status", "succeeded")]
    assert pushdown(fields)[-1] is Pushdown.UNSUPPORTED


def test_an_address_goes_with_words_of_polars_too() -> None:
    assert ("query", EMAIL) in sent({"email": EMAIL}, {"status": "succeeded"})
    assert "query" not in dict(sent({"email": EMAIL}, {"status": ["succeeded", "confirmed"]}))


def test_a_customer_is_sent_by_id() -> None:
    assert sent({"customer": CUSTOMER}) == [("customer_id", CUSTOMER)]
    assert pushdown({"customer": CUSTOMER}) == [Pushdown.EXACT]


@pytest.mark.parametrize("value", ["cus_1", CUSTOMER.upper(), CUSTOMER.replace("-", ""), "x" * 36])
def test_what_is_no_id_of_polars_is_nobody_and_is_not_sent(value: str) -> None:
    found = compiled({"customer": value})
    assert (found.streams, found.verdicts[0].pushdown) == ((), Pushdown.EXACT)


def test_a_uuid_of_another_version_is_looked_for_here() -> None:
    value = "0b1c7d5e-0000-1000-8000-000000000003"
    assert (sent({"customer": value}), pushdown({"customer": value})) == (
        [],
        [Pushdown.UNSUPPORTED],
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payment_intent", "pi_1"),
        ("payment_link", "plink_1"),
        ("subscription", OTHER),
        ("has_disputes", True),
    ],
)
def test_what_nobody_tells_is_refused(field: str, value: Any) -> None:
    assert pushdown({field: value}) == [Pushdown.UNANSWERABLE]


@pytest.mark.parametrize("server", ["https://api.polar.sh", "https://api.polar.sh/v1/"])
def test_livemode_is_the_servers(server: str) -> None:
    real = PolarAdapter("shop", PolarOptions(base_url=server))
    assert real.compile(ListSessions(livemode=True)).streams
    assert real.compile(ListSessions(livemode=False)).streams == ()
    assert compiled({"livemode": True}, base_url=SANDBOX).streams == ()
    assert compiled({"livemode": False}, base_url=SANDBOX).streams
    elsewhere = compiled({"livemode": False}, base_url="https://proxy.example.com")
    assert elsewhere.verdicts[0].pushdown is Pushdown.UNSUPPORTED


def test_the_rate_is_the_servers() -> None:
    assert adapter().key_shape is KeyKind.LIVE
    assert adapter(base_url=SANDBOX).key_shape is KeyKind.TEST
    assert round(PolarAdapter.requests_per_second * 60) == 500
    assert round((PolarAdapter.test_requests_per_second or 0) * 60) == 100


def test_no_token_of_polars_is_plainly_a_test_key() -> None:
    for key in ("polar_oat_" + "aB3" * 14, "polar_pat_" + "aB3" * 14):
        assert PolarAdapter.key_kind(key) is KeyKind.UNKNOWN


OPTIONS: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "status": (["open", "confirmed"], [("status", "open"), ("status", "confirmed")]),
    "customer_id": ([CUSTOMER, OTHER], [("customer_id", CUSTOMER), ("customer_id", OTHER)]),
    "external_customer_id": ("user-42", [("external_customer_id", "user-42")]),
    "product_id": (CUSTOMER.upper(), [("product_id", CUSTOMER)]),
    "organization_id": (OTHER, [("organization_id", OTHER)]),
    "query": ("@example.com", [("query", "@example.com")]),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_every_other_parameter_is_reached_by_an_option(option: str) -> None:
    value, parameters = OPTIONS[option]
    assert sent({}, {option: value}) == parameters


@pytest.mark.parametrize(
    ("own", "grows"),
    [
        ({"status": ["open"]}, False),
        ({"status": ["confirmed", "succeeded"]}, False),
        ({"status": ["succeeded", "failed"]}, True),
        ({"query": "ada"}, False),
        ({"query": "ada", "status": "succeeded"}, True),
        ({"product_id": CUSTOMER}, False),
        ({"product_id": CUSTOMER, "status": "expired"}, True),
        ({"external_customer_id": "user-42", "status": "succeeded"}, False),
        ({"customer_id": CUSTOMER}, True),
        ({"organization_id": CUSTOMER}, True),
        ({"sorting": "created_at"}, True),
        ({"sorting": ["-status", "-created_at"]}, False),
        ({"sorting": "expires_at"}, False),
    ],
)
def test_where_sessions_may_leave_nothing_more_is_promised(
    own: dict[str, Any], grows: bool
) -> None:
    assert compiled({}, own).grows_at_front is grows


def test_a_final_status_makes_a_filter_safe() -> None:
    own = {"product_id": CUSTOMER}
    assert compiled({"status": "complete"}, own).grows_at_front
    assert not compiled({"status": "open"}, own).grows_at_front


@pytest.mark.parametrize(
    ("sorting", "order"),
    [
        ("-created_at", Order.NEWEST_FIRST),
        (["-created_at", "status"], Order.NEWEST_FIRST),
        ("created_at", Order.OLDEST_FIRST),
        ("-expires_at", Order.UNDOCUMENTED),
        (["status", "-created_at"], Order.UNDOCUMENTED),
    ],
)
def test_the_order_is_the_one_asked_for(sorting: Any, order: Order) -> None:
    found = compiled({}, {"sorting": sorting})
    assert (found.order, found.paging) == (order, Paging.OFFSET)
    words = [sorting] if isinstance(sorting, str) else sorting
    parameters = request({}, {"sorting": sorting}).parameters
    assert [value for name, value in parameters if name == "sorting"] == words


@given(number=st.integers(1, 10**6), size=st.integers(1, 100), other=st.integers(1, 100))
def test_a_place_knows_the_page_size_it_was_counted_in(number: int, size: int, other: int) -> None:
    found = compiled({}, {"page": number, "limit": size})
    place = Place(cursor=found.start, size=other)
    parameters = adapter().page_request(found, found.streams[0], place).parameters
    assert parameters[-2:] == (("page", str(number)), ("limit", str(size)))


@pytest.mark.parametrize(
    ("fields", "own", "named"),
    [
        ({"status": "complete"}, {"status": "expired"}, "status"),
        ({"customer": CUSTOMER}, {"customer_id": OTHER}, "customer_id"),
        ({"email": EMAIL}, {"query": "ada"}, "query"),
    ],
)
def test_two_of_one_are_refused(fields: Any, own: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidQuery, match=named):
        compiled(fields, own)


@pytest.mark.parametrize(
    "own",
    [
        {"limit": 101},
        {"limit": 0},
        {"page": 0},
        {"status": "paid"},
        {"sorting": []},
        {"sorting": "amount"},
        {"customer_id": "cus_1"},
        {"product_id": "0b1c7d5e-0000-1000-8000-000000000003"},
        {"query": ""},
        {"external_customer_id": [""]},
    ],
)
def test_an_option_that_polar_would_refuse_or_bend_is_refused_here(own: dict[str, Any]) -> None:
    with pytest.raises(InvalidQuery, match=next(iter(own))):
        compiled({}, own)


def test_an_account_may_be_confined_to_one_organization() -> None:
    found = compiled({}, organization_id=OTHER.upper())
    assert ("organization_id", OTHER) in found.streams[0].parameters
    with pytest.raises(InvalidQuery, match="organization"):
        compiled({}, {"organization_id": CUSTOMER}, organization_id=OTHER)


def test_expand_is_not_sent() -> None:
    found = compiled({"expand": "customer"})
    assert found.notes
    assert found.streams == compiled({}).streams
