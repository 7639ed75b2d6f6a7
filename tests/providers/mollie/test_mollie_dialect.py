"""What Mollie is asked: next to nothing, and that as its documents say."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from unified_checkout import InvalidQuery, ListSessions
from unified_checkout.adapters import Compiled, Direction, KeyKind, Place, Pushdown, Verdict
from unified_checkout_mollie import MollieAdapter
from unified_checkout_mollie.adapter import MollieOptions

PROFILE = "pfl_QkEhN94Ba"
CUSTOMERS = "/v2/customers/cst_1/payments"
LINKS = "/v2/payment-links/pl_1/payments"


def adapter(key: KeyKind = KeyKind.UNKNOWN, **options: Any) -> MollieAdapter:
    return MollieAdapter("shop", MollieOptions(**options), key)


def compiled(**fields: Any) -> Compiled:
    return adapter().compile(ListSessions.model_validate({"kind": "any", **fields}))


def verdict(**fields: Any) -> Verdict:
    (found,) = compiled(**fields).verdicts
    return found


def asked(place: Place, *, by: MollieAdapter | None = None, **fields: Any) -> Any:
    by = by or adapter()
    plan = by.compile(ListSessions.model_validate(fields))
    (stream,) = plan.streams
    request = by.page_request(plan, stream, place)
    return request.path, list(request.parameters)


@pytest.mark.parametrize(
    "fields",
    [
        *({"created": {bound: "2026-01-01"}} for bound in ("gt", "gte", "lt", "lte")),
        *({"status": word} for word in ("open", "complete", "failed")),
        {"payment_status": "paid"},
        {"mode": "payment"},
        {"kind": "checkout"},
        {"currency": "eur"},
        {"payment_intent": "tr_1"},
        {"subscription": "sub_1"},
        {"customer_account": "acct_1"},
        {"livemode": True},
        {"has_disputes": True},
    ],
    ids=str,
)
def test_what_mollie_cannot_filter_is_not_sent(fields: dict[str, Any]) -> None:
    assert verdict(**fields).pushdown is Pushdown.UNSUPPORTED
    assert asked(Place(), **fields) == ("/v2/payments", [("limit", "100")])


@pytest.mark.parametrize("fields", [{"email": "a@example.com"}, {"client_reference_id": "A-1"}])
def test_what_nobody_tells_is_refused(fields: dict[str, Any]) -> None:
    assert verdict(**fields).pushdown is Pushdown.UNANSWERABLE


@pytest.mark.parametrize(
    ("fields", "path"), [({"customer": "cst_1"}, CUSTOMERS), ({"payment_link": "pl_1"}, LINKS)]
)
def test_customers_and_links_have_lists_of_their_own(fields: dict[str, Any], path: str) -> None:
    assert verdict(**fields).pushdown is Pushdown.EXACT
    assert asked(Place(), **fields) == (path, [("limit", "100")])


def test_of_a_customer_and_a_link_the_link_chooses_the_list() -> None:
    plan = compiled(customer="cst_1", payment_link="pl_1")
    assert [stream.path for stream in plan.streams] == [LINKS]
    assert {one.predicate.field: one.pushdown for one in plan.verdicts} == {
        "customer": Pushdown.UNSUPPORTED,
        "payment_link": Pushdown.EXACT,
    }


@pytest.mark.parametrize("fields", [{"customer": "cus_1"}, {"payment_link": "plink_1"}])
def test_an_id_of_another_providers_has_no_payments(fields: dict[str, Any]) -> None:
    assert compiled(**fields).streams == ()
    assert verdict(**fields).pushdown is Pushdown.EXACT


@pytest.mark.parametrize("field", ["customer", "payment_link"])
def test_an_id_stays_one_part_of_the_path(field: str) -> None:
    id = {"customer": "cst_", "payment_link": "pl_"}[field] + "a/b?c=d#e %2F"
    (stream,) = compiled(**{field: id}).streams
    path = stream.path
    assert path.count("/") == 4
    assert not set("?# ") & set(path)


def test_kinds_that_no_payment_has_are_not_asked_for() -> None:
    assert compiled(kind="invoice").streams == ()
    assert verdict(kind=("checkout", "renewal")).pushdown is Pushdown.UNSUPPORTED


def test_a_place_is_a_payment_and_read_back_by_the_other_order() -> None:
    forward, backward = Place(cursor="tr_1", size=3), Place(cursor="tr_1", size=3)
    backward = attrs.evolve(backward, direction=Direction.BACKWARD)
    assert asked(forward)[1] == [("limit", "3"), ("from", "tr_1")]
    assert asked(backward)[1] == [("limit", "3"), ("from", "tr_1"), ("sort", "asc")]


@pytest.mark.parametrize(
    ("size", "sent"), [(None, 250), (1, 2), (249, 250), (250, 250), (1000, 250)]
)
def test_pages_have_room_for_the_row_they_repeat_as_far_as_mollie_allows(
    size: int | None, sent: int
) -> None:
    assert compiled(page_size=size).page_size == sent


def test_the_profile_goes_with_every_list_but_a_links() -> None:
    by = adapter(profile_id=PROFILE, testmode=True)
    scope = [("profileId", PROFILE), ("testmode", "true")]
    assert asked(Place(), by=by)[1] == [*scope, ("limit", "100")]
    assert asked(Place(), by=by, customer="cst_1")[1] == [*scope, ("limit", "100")]
    assert asked(Place(), by=by, payment_link="pl_1")[1] == [scope[1], ("limit", "100")]
    assert by.get_request("tr_1").parameters == (scope[1],)


def test_without_options_nothing_of_them_is_sent() -> None:
    assert adapter().get_request("tr_1").parameters == ()
    assert asked(Place(), by=adapter(testmode=False))[1] == [("limit", "100")]


@pytest.mark.parametrize("key", [KeyKind.TEST, KeyKind.LIVE])
@pytest.mark.parametrize("options", [{"profile_id": PROFILE}, {"testmode": True}])
def test_an_api_key_takes_neither_profile_nor_mode(key: KeyKind, options: dict[str, Any]) -> None:
    by = adapter(key, **options)
    (option,) = options
    with pytest.raises(InvalidQuery, match=f"'shop': {option} goes with an access token"):
        by.compile(ListSessions())
    if option == "testmode":
        with pytest.raises(InvalidQuery, match="Leave it out"):
            by.get_request("tr_1")


@pytest.mark.parametrize(
    ("key", "kind"),
    [("test_x", KeyKind.TEST), ("live_x", KeyKind.LIVE), ("access_x", KeyKind.UNKNOWN)],
)
def test_the_mode_of_a_key_is_told_by_its_beginning(key: str, kind: KeyKind) -> None:
    assert MollieAdapter.key_kind(key) is kind


def option(**options: Any) -> dict[str, Any]:
    return {"provider_options": {"mollie": options}}


def test_where_to_begin_is_sent_with_the_first_page_alone() -> None:
    begin = option(**{"from": "tr_1", "limit": 7})
    assert asked(Place(size=7), **begin)[1] == [("limit", "7"), ("from", "tr_1")]
    assert asked(Place(size=7, cursor="tr_2"), **begin)[1] == [("limit", "7"), ("from", "tr_2")]
    plan = compiled(**begin)
    assert (plan.start, plan.direction, plan.page_size) == (None, Direction.FORWARD, 7)


def test_newer_payments_are_read_from_a_payment_on() -> None:
    plan = compiled(**option(**{"from": "tr_1", "sort": "asc"}))
    assert (plan.start, plan.direction) == ("tr_1", Direction.BACKWARD)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sort": "asc"}, "sort=asc goes with from"),
        ({"sort": "newest"}, "sort"),
        ({"from": ""}, "from"),
        ({"limit": 251}, "limit"),
        ({"cursor": "x"}, "no such option 'cursor'; allowed: from, limit, sort"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidQuery, match=message):
        compiled(**option(**options))


def test_what_is_compiled_survives_pickling() -> None:
    plan = compiled(customer="cst_1", **option(**{"from": "tr_1", "sort": "asc"}))
    assert pickle.loads(pickle.dumps(plan)) == plan
