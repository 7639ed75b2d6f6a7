"""Square's dialect: what is asked, of which location, and what needs no asking."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from unified_checkout import ListSessions
from unified_checkout.adapters import (
    Compiled,
    InvalidQuery,
    KeyKind,
    Order,
    Parameters,
    Place,
    Pushdown,
    Window,
)
from unified_checkout_square import SquareAdapter
from unified_checkout_square.adapter import SquareOptions

FLOOR = ("begin_time", "2009-01-01T00:00:00Z")
LIMIT = ("limit", "100")
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HALF_PAST = datetime(2026, 3, 4, 12, 0, 0, 500_000, tzinfo=UTC)


def adapter(kind: KeyKind = KeyKind.TEST, **options: Any) -> SquareAdapter:
    return SquareAdapter("shop", SquareOptions(**options), kind)


def compiled(of: SquareAdapter | None = None, **fields: Any) -> Compiled:
    return (of or adapter()).compile(ListSessions.model_validate(fields))


def sent(of: SquareAdapter | None = None, place: Place | None = None, **fields: Any) -> Parameters:
    """The parameters of the first page of the first list, in alphabetical order."""
    asking = of or adapter()
    found = compiled(asking, **fields)
    request = asking.page_request(found, found.streams[0], place or Place())
    return tuple(sorted(request.parameters))


def only(found: Compiled) -> tuple[Pushdown, str]:
    """The verdict on the condition; a query without another one is about the kind."""
    verdict = found.verdicts[0]
    return verdict.pushdown, verdict.note


def test_the_default_of_one_year_is_never_left_to_square() -> None:
    assert sent() == (FLOOR, LIMIT)
    assert sent(created={"lt": NOON}) == (FLOOR, ("end_time", "2026-03-04T12:00:00Z"), LIMIT)
    assert sent(place=Place(window=Window(until=1_772_625_600))) == (
        FLOOR,
        ("end_time", "2026-03-04T12:00:00Z"),
        LIMIT,
    )
    assert "begin_time is always sent" in compiled().notes[0]


@pytest.mark.parametrize(
    ("bound", "at", "parameter", "pushdown"),
    [
        ("gte", NOON, ("begin_time", "2026-03-04T12:00:00Z"), Pushdown.EXACT),
        ("gte", HALF_PAST, ("begin_time", "2026-03-04T12:00:00Z"), Pushdown.INEXACT),
        ("gt", NOON, ("begin_time", "2026-03-04T12:00:00Z"), Pushdown.INEXACT),
        ("lt", NOON, ("end_time", "2026-03-04T12:00:00Z"), Pushdown.INEXACT),
        ("lt", HALF_PAST, ("end_time", "2026-03-04T12:00:01Z"), Pushdown.INEXACT),
        ("lte", NOON, ("end_time", "2026-03-04T12:00:01Z"), Pushdown.INEXACT),
        ("lte", HALF_PAST, ("end_time", "2026-03-04T12:00:01Z"), Pushdown.INEXACT),
    ],
)
def test_bounds_leave_room_for_an_end_that_is_not_included(
    bound: str, at: datetime, parameter: tuple[str, str], pushdown: Pushdown
) -> None:
    assert parameter in sent(created={bound: at})
    assert only(compiled(created={bound: at}))[0] is pushdown


@pytest.mark.parametrize("created", [{"gte": date.min}, {"gt": "1970-01-01"}, {"lt": "1999-01-01"}])
def test_nothing_is_asked_of_the_time_before_square(created: dict[str, Any]) -> None:
    assert FLOOR in sent(created=created)


def test_of_two_lower_bounds_the_tighter_one_is_sent() -> None:
    window = Window(since=1_772_625_600, until=1_772_629_200)
    assert sent(place=Place(window=window), created={"gte": "2026-01-01T00:00:00Z"}) == (
        ("begin_time", "2026-03-04T12:00:00Z"),
        ("end_time", "2026-03-04T13:00:00Z"),
        LIMIT,
    )


@pytest.mark.parametrize("window", [Window(since=1_800_000_000), Window(until=1_600_000_000)])
def test_a_window_beside_the_bounds_is_no_span_that_ends_before_it_begins(window: Window) -> None:
    bounds = {"gte": "2026-01-01T00:00:00Z", "lt": "2026-02-01T00:00:00Z"}
    asked = dict(sent(place=Place(window=window), created=bounds))
    assert asked["begin_time"] == asked["end_time"]


def test_without_locations_it_is_the_main_one_and_everybody_is_told() -> None:
    found = compiled()
    assert [dict(stream.parameters).get("location_id") for stream in found.streams] == [None]
    assert not found.disjoint
    assert "locations other than the main one" in found.excludes
    assert "the main location only; name others in the account's locations" in found.notes


def test_each_location_is_a_list_of_its_own() -> None:
    found = compiled(adapter(locations=("LN", "LS", "LN")))
    assert [stream.name for stream in found.streams] == ["payments at LN", "payments at LS"]
    assert [dict(stream.parameters)["location_id"] for stream in found.streams] == ["LN", "LS"]
    assert found.disjoint
    assert "locations other than those named" in found.excludes
    assert not any("main location" in one for one in (*found.notes, *found.excludes))


def test_one_location_of_a_query_is_read_instead() -> None:
    options = {"square": {"location_id": "LX"}}
    found = compiled(adapter(locations=("LN", "LS")), provider_options=options)
    assert [dict(stream.parameters)["location_id"] for stream in found.streams] == ["LX"]
    assert "locations other than those named" in found.excludes


@pytest.mark.parametrize("given", ["LN, LS", ["LN", "LS"], ("LN", "LS")])
def test_locations_may_come_as_text_from_the_environment(given: object) -> None:
    assert SquareOptions.model_validate({"locations": given}).locations == ("LN", "LS")


@pytest.mark.parametrize("wrong", [[""], ["x" * 51], "LN,,LS", [7], {"a": 1}])
def test_what_is_no_location_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        SquareOptions.model_validate({"locations": wrong})


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"status": "open"}, "every payment is canceled or complete or failed"),
        ({"status": ["open", "expired"]}, "every payment is canceled or complete or failed"),
        ({"payment_status": "no_payment_required"}, "every payment is paid or unpaid"),
        ({"mode": "subscription"}, "every payment is payment"),
        (
            {"kind": "renewal"},
            "every payment is checkout or in_person or invoice or other or unknown",
        ),
        ({"livemode": True}, "every payment at the account's address is a test"),
    ],
)
def test_what_no_payment_can_be_is_asked_of_nobody(fields: dict[str, Any], says: str) -> None:
    found = compiled(**fields)
    assert found.streams == ()
    assert only(found) == (Pushdown.EXACT, says)
    assert "payment links and orders that nobody has tried to pay" in found.excludes


@pytest.mark.parametrize(
    "fields",
    [
        {"status": ["open", "complete"]},
        {"status": "unknown"},
        {"payment_status": "unknown"},
        {"mode": ["payment", "setup"]},
    ],
)
def test_what_some_payment_may_be_is_read(fields: dict[str, Any]) -> None:
    found = compiled(**fields)
    assert len(found.streams) == 1
    assert only(found)[0] is Pushdown.UNSUPPORTED


@pytest.mark.parametrize(
    ("base_url", "kind", "live"),
    [
        ("https://connect.squareup.com", KeyKind.UNKNOWN, True),
        ("https://connect.squareupsandbox.com/v2/", KeyKind.UNKNOWN, False),
        ("https://connect.squareup.com", KeyKind.TEST, False),
        ("http://127.0.0.1:8000", KeyKind.LIVE, True),
        ("https://proxy.example.com", KeyKind.UNKNOWN, None),
    ],
)
def test_livemode_is_told_by_the_key_or_the_address_or_else_by_nobody(
    base_url: str, kind: KeyKind, live: bool | None
) -> None:
    asking = adapter(kind, base_url=base_url)
    assert asking.livemode is live
    for asked in (True, False):
        found = compiled(asking, livemode=asked)
        if live is None:
            assert only(found)[0] is Pushdown.UNANSWERABLE
        else:
            assert len(found.streams) == (asked is live)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("sandbox-sq0atb-obviously_fake", KeyKind.TEST),
        ("sq0atp-obviously_fake", KeyKind.LIVE),
        ("sq0idp-obviously_fake", KeyKind.PUBLISHABLE),
        ("sandbox-sq0idb-obviously_fake", KeyKind.PUBLISHABLE),
        ("EAAAobviously_fake", KeyKind.UNKNOWN),
    ],
)
def test_what_keys_tell(key: str, kind: KeyKind) -> None:
    assert SquareAdapter.key_kind(key) is kind


EVERY_OPTION: dict[str, Any] = {
    "total": 4200,
    "last_4": "1111",
    "card_brand": "VISA",
    "is_offline_payment": True,
    "offline_begin_time": "2026-03-04T10:15:30Z",
    "offline_end_time": "2026-03-04T10:15:30+01:00",
    "updated_at_begin_time": "2026-03-04T10:15:30.120Z",
    "updated_at_end_time": "2026-03-05T10:15:30Z",
    "sort_field": "UPDATED_AT",
    "sort_order": "ASC",
}


def test_every_parameter_of_squares_is_reachable() -> None:
    options = {"square": {**EVERY_OPTION, "limit": 7, "location_id": "LX"}}
    asked = dict(sent(provider_options=options))
    assert asked.pop("begin_time") == FLOOR[1]
    assert asked.pop("location_id") == "LX"
    assert asked.pop("limit") == "100"  # the place's, which the engine takes from page_size
    assert compiled(provider_options=options).page_size == 7
    written = {name: str(value) for name, value in EVERY_OPTION.items()}
    assert asked == {**written, "is_offline_payment": "true"}
    assert ("cursor", "abc") in sent(place=Place(cursor="abc"))


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ({}, Order.NEWEST_FIRST),
        ({"sort_order": "DESC", "sort_field": "CREATED_AT"}, Order.NEWEST_FIRST),
        ({"sort_order": "ASC"}, Order.OLDEST_FIRST),
        ({"sort_field": "UPDATED_AT"}, Order.UNDOCUMENTED),
        ({"sort_field": "OFFLINE_CREATED_AT", "sort_order": "ASC"}, Order.UNDOCUMENTED),
    ],
)
def test_another_order_is_declared(options: dict[str, Any], order: Order) -> None:
    assert compiled(provider_options={"square": options}).order is order


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"offline_end_time": "2026-03-04T10:15:30Z"}, "needs offline_begin_time"),
        ({"updated_at_end_time": "yesterday"}, "not an ISO 8601 time; write one such as 2026"),
        ({"updated_at_end_time": "2026-03-04T10:15:30"}, "a time without a time zone"),
        ({"last_4": "11"}, "pattern"),
        ({"limit": 101}, "less than or equal to 100"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"location_id": ""}, "at least 1 character"),
        ({"sort_order": "NEWEST"}, "'ASC' or 'DESC'"),
        ({"begin_time": "2026-03-04T10:15:30Z"}, "no such option 'begin_time'"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(options: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        compiled(provider_options={"square": options})


def test_the_version_is_always_sent() -> None:
    assert adapter().get_request("x").headers == {"Square-Version": "2025-08-20"}
    newer = adapter(api_version="2026-08-19")
    found = compiled(newer)
    request = newer.page_request(found, found.streams[0], Place())
    assert request.headers == {"Square-Version": "2026-08-19"}
    with pytest.raises(ValidationError, match="write a version such as 2025-08-20"):
        adapter(api_version="latest")


def test_payments_of_an_unknown_kind_are_not_left_out_in_silence() -> None:
    note = "a payment that does not tell what took it is of the kind unknown, left out here"
    assert note in compiled().notes
    assert note in compiled(kind="in_person").notes
    assert note not in compiled(kind=["checkout", "unknown"]).notes
    assert note not in compiled(kind="any").notes


def test_what_is_not_expanded_is_said() -> None:
    assert "Square expands nothing, so expand is not sent" in compiled(expand=["customer"]).notes
