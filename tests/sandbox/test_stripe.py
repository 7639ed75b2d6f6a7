"""Stripe's dialect, as its documentation has it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Facts
from unified_checkout_stripe.sandbox import StripeSandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.conftest import Begin, Talk

ENDIVE = "2026-09-30.endive"

SHIPPED = Facts(
    serial="shipped",
    created=1_795_000_000,
    status="complete",
    payment_status="paid",
    amount_total=1500,
    amount_shipping=500,
    customer=Customer(
        id="cus_1", email="Buyer@example.com", name="Ada", address=Address(country="IS")
    ),
    payment_intents=("pi_1",),
)


@pytest.fixture
def stripe(begin: Begin) -> Talk:
    return begin("stripe")


def error(talk: Talk, *asked: tuple[str, str], **headers: str) -> Any:
    answer = talk.ask(list(asked), **headers)
    assert answer.status >= 400
    return answer.json["error"]


def every(talk: Talk, version: str = ENDIVE, *expand: str, **asked: str) -> Iterator[Any]:
    """All sessions, page by page."""
    page = [("limit", "100"), *asked.items(), *(("expand[]", f"data.{path}") for path in expand)]
    answer = talk.ask(page, stripe_version=version)
    yield from answer.rows
    while answer.json["has_more"]:
        answer = talk.ask([*page, ("starting_after", answer.ids[-1])], stripe_version=version)
        yield from answer.rows


FILTERS: list[tuple[str, Callable[[Facts], object]]] = [
    ("customer", lambda facts: facts.customer_id),
    ("customer_account", lambda facts: facts.customer_account),
    ("customer_details[email]", lambda facts: facts.email),
    ("payment_intent", lambda facts: next(iter(facts.payment_intents), None)),
    ("payment_link", lambda facts: facts.payment_link),
    ("subscription", lambda facts: facts.subscription),
    ("status", lambda facts: facts.status),
    ("created", lambda facts: facts.created),
]


@pytest.mark.parametrize(("name", "get"), FILTERS)
def test_a_filter_returns_precisely_what_matches(
    stripe: Talk, name: str, get: Callable[[Facts], object]
) -> None:
    for value in {get(facts) for facts in stripe.truth} - {None}:
        wanted = [facts.id for facts in stripe.truth if get(facts) == value]
        answer = stripe.ask({name: value, "limit": 100}, stripe_version=ENDIVE)
        assert answer.ids == wanted[:100]


@pytest.mark.parametrize(
    ("bound", "within"),
    [
        ("gt", int.__gt__),
        ("gte", int.__ge__),
        ("lt", int.__lt__),
        ("lte", int.__le__),
    ],
)
def test_a_bound_on_created(stripe: Talk, bound: str, within: Callable[[int, int], bool]) -> None:
    middle = stripe.truth[60].created
    wanted = [facts.id for facts in stripe.truth if within(facts.created, middle)]
    assert stripe.ask({f"created[{bound}]": middle, "limit": 100}).ids == wanted[:100]


def test_filters_are_a_conjunction(stripe: Talk) -> None:
    middle = stripe.truth[60].created
    wanted = [
        facts.id for facts in stripe.truth if facts.created < middle and facts.status == "expired"
    ]
    answer = stripe.ask({"created[lt]": middle, "status": "expired", "limit": 100})
    assert answer.ids == wanted


def test_the_address_is_compared_letter_for_letter(begin: Begin) -> None:
    stripe = begin("stripe", [SHIPPED])
    assert stripe.ask({"customer_details[email]": "Buyer@example.com"}).ids
    assert not stripe.ask({"customer_details[email]": "buyer@example.com"}).ids


def test_an_unknown_parameter_is_named(stripe: Talk) -> None:
    refusal = error(stripe, ("mode", "payment"))
    assert (refusal["code"], refusal["param"]) == ("parameter_unknown", "mode")
    assert refusal["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("created[gte]", "2026-01-01T00:00:00Z"),
        ("created[gte]", "1795000000.5"),
        ("created", "yesterday"),
        ("status", "paid"),
        ("status", "canceled"),
        ("customer", ""),
        ("customer_details[email]", "a" * 801),
    ],
)
def test_a_value_of_the_wrong_kind(stripe: Talk, name: str, value: str) -> None:
    assert error(stripe, (name, value))["param"] == name


def test_an_exact_time_beside_a_bound(stripe: Talk) -> None:
    assert error(stripe, ("created", "1"), ("created[lt]", "2"))["param"] == "created"


def test_a_cursor_that_names_no_session(stripe: Talk) -> None:
    refusal = error(stripe, ("starting_after", "cs_test_nothing"))
    assert (refusal["code"], refusal["param"]) == ("resource_missing", "starting_after")


def test_a_cursor_of_the_wrong_form(stripe: Talk) -> None:
    refusal = error(stripe, ("ending_before", "pi_1"))
    assert refusal["message"] == "Invalid checkout.session id: pi_1"
    assert "code" not in refusal


def test_a_trailing_slash(stripe: Talk) -> None:
    answer = stripe.ask(path="/v1/checkout/sessions/")
    assert answer.status == 404
    assert "remove the trailing slash" in answer.json["error"]["message"]


def test_an_unknown_id_is_a_missing_resource(stripe: Talk) -> None:
    answer = stripe.one("cs_test_nothing")
    assert answer.json["error"]["code"] == "resource_missing"


def test_keys(stripe: Talk) -> None:
    basic = base64.b64encode(f"{StripeSandbox.api_key}:secret".encode()).decode()
    assert stripe.ask(authorization=f"Bearer {StripeSandbox.api_key}").status == 200
    assert stripe.ask(authorization=f"Bearer {StripeSandbox.restricted_key}").status == 200
    assert stripe.ask(authorization=f"Basic {basic}").status == 401
    assert stripe.ask(authorization=f"Bearer {StripeSandbox.powerless_key}").status == 403
    publishable = stripe.ask(authorization="Bearer pk_test_x")
    assert publishable.status == 401
    assert publishable.json["error"]["code"] == "secret_key_required"


def test_every_answer_names_its_request(stripe: Talk) -> None:
    answers = [stripe.ask(), stripe.ask({"limit": 0}), stripe.ask(authorization="none")]
    assert len({answer.headers["request-id"] for answer in answers}) == len(answers)


def test_a_connected_account(begin: Begin) -> None:
    stripe = begin("stripe", connected_account="acct_1")
    assert stripe.ask().ids == []
    assert len(stripe.ask(stripe_account="acct_1").ids) == 10
    assert len(stripe.ask(stripe_context="acct_1").ids) == 10
    assert error(stripe, stripe_account="acct_2")["code"] == "account_invalid"
    assert stripe.one(stripe.truth[0].id).status == 404


def test_the_filter_customer_account_came_with_a_version(stripe: Talk) -> None:
    asked = ("customer_account", "acct_x")
    for version in ("2022-11-15", "2025-11-17.clover", ""):
        assert error(stripe, asked, stripe_version=version)["code"] == "parameter_unknown"
    assert stripe.ask([asked], stripe_version="2025-12-15.clover").status == 200


def test_or_every_version_knows_the_filter_customer_account(begin: Begin) -> None:
    stripe = begin("stripe", old_versions_filter_by_account=True)
    account = next(facts.customer_account for facts in stripe.truth if facts.customer_account)
    wanted = [facts.id for facts in stripe.truth if facts.customer_account == account]
    for version in ("2019-05-16", "2022-11-15", "2025-12-15.clover"):
        answer = stripe.ask({"customer_account": account}, stripe_version=version)
        assert answer.ids == wanted


def test_an_ill_formed_version(stripe: Talk) -> None:
    assert "Invalid Stripe API version" in error(stripe, stripe_version="latest")["message"]


@pytest.mark.parametrize(
    ("version", "homes"),
    [
        ("2020-08-27", {"shipping", "collected_information"}),
        ("2022-11-15", {"shipping_details", "collected_information"}),
        ("2025-02-24.acacia", {"shipping_details", "collected_information"}),
        ("2025-03-31.basil", {"collected_information"}),
        (ENDIVE, {"collected_information"}),
    ],
)
def test_where_shipping_lives(begin: Begin, version: str, homes: set[str]) -> None:
    row = begin("stripe", [SHIPPED]).ask(stripe_version=version).rows[0]
    assert {"shipping", "shipping_details", "collected_information"} & set(row) == homes
    home = next(iter(homes - {"collected_information"}), None)
    shipping = row[home] if home else row["collected_information"]["shipping_details"]
    assert shipping["address"]["country"] == "IS"


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2022-11-15", {"hosted", "embedded", "custom", "form"}),
        ("2025-12-15.clover", {"hosted", "embedded", "custom", "form"}),
        ("2026-03-25.dahlia", {"hosted_page", "embedded_page", "elements", "form"}),
    ],
)
def test_the_words_of_ui_mode(stripe: Talk, version: str, words: set[str]) -> None:
    rows = [*every(stripe, version)]
    assert {row["ui_mode"] for row in rows if "ui_mode" in row} == words


def test_some_sessions_are_shown_in_an_old_shape_always(stripe: Talk) -> None:
    rows = stripe.ask({"limit": 100}, stripe_version=ENDIVE).rows
    assert any("shipping_details" in row for row in rows)
    assert any("shipping" in row for row in rows)


def test_an_open_hosted_session_has_a_long_address(stripe: Talk) -> None:
    rows = stripe.ask({"status": "open"}).rows
    addresses = [row["url"] for row in rows if row["url"]]
    assert addresses
    assert all("#" in address and "%2F" in address for address in addresses)
    assert all(row["url"] is None for row in stripe.ask({"status": "complete"}).rows)


def test_null_and_absent_and_zero(stripe: Talk) -> None:
    rows = stripe.ask({"limit": 100}, stripe_version=ENDIVE).rows
    assert any(row["status"] is None for row in rows)
    assert any(row["amount_total"] is None and row["currency"] is None for row in rows)
    assert any(row["amount_total"] == 0 for row in rows)
    assert any(row["total_details"] is None for row in rows)
    assert any(
        row["total_details"] and row["total_details"]["amount_shipping"] is None for row in rows
    )
    assert any("presentment_details" in row for row in rows)
    assert not all("presentment_details" in row for row in rows)
    assert all("line_items" not in row for row in rows)


def test_expansion(begin: Begin) -> None:
    stripe = begin("stripe", [SHIPPED])
    asked = [
        ("expand[]", "data.customer"),
        ("expand[]", "data.payment_intent"),
        ("expand[1]", "data.line_items"),
    ]
    row = stripe.ask(asked).rows[0]
    assert row["customer"]["id"] == "cus_1"
    assert row["payment_intent"]["object"] == "payment_intent"
    assert row["line_items"]["data"][0]["amount_total"] == 1500
    one = stripe.ask([("expand[]", "customer")], path=f"/v1/checkout/sessions/{stripe.truth[0].id}")
    assert one.json["customer"]["object"] == "customer"


def test_a_deleted_customer_may_be_expanded(stripe: Talk) -> None:
    rows = stripe.ask({"expand[]": "data.customer", "limit": 100}).rows
    assert any(row["customer"] and row["customer"].get("deleted") for row in rows)


NOTHING_ELSE = {
    "address": None,
    "business_name": None,
    "individual_name": None,
    "name": None,
    "phone": None,
    "tax_exempt": "none",
    "tax_ids": None,
}


def test_an_open_session_tells_the_address_of_a_known_customer_alone(stripe: Talk) -> None:
    rows = list(every(stripe, status="open"))
    assert any(row["customer"] for row in rows)
    for row in rows:
        details = row["customer_details"]
        assert bool(details) == bool(row["customer"])
        assert details is None or details == {"email": details["email"], **NOTHING_ELSE}
        assert details is None or details["email"]


def test_an_expired_session_tells_an_address_at_most(stripe: Talk) -> None:
    rows = list(every(stripe, status="expired"))
    told = [row["customer_details"] for row in rows if row["customer_details"]]
    assert any(row["customer_details"] and not row["customer"] for row in rows)
    assert len(told) < len(rows)
    assert all(details == {"email": details["email"], **NOTHING_ELSE} for details in told)


def test_a_complete_session_tells_the_buyer_and_a_subscription_the_customer(stripe: Talk) -> None:
    rows = list(every(stripe, status="complete"))
    assert all(row["customer_details"]["email"] for row in rows)
    assert all(row["customer"] for row in rows if row["mode"] == "subscription")
    assert any(not row["customer"] for row in rows)


def test_a_complete_session_of_zero_is_paid_but_for_trials(begin: Begin) -> None:
    def statuses(mode: str, total: int = 0, status: str = "complete") -> set[str]:
        facts = [
            Facts(
                serial=f"free-{number}",
                created=1_795_000_000 - number,
                status=status,
                mode=mode,
                amount_total=total,
                payment_status="no_payment_required",
            )
            for number in range(12)
        ]
        return {row["payment_status"] for row in every(begin("stripe", facts))}

    assert statuses("payment") == {"paid"}
    assert statuses("subscription") == {"paid", "no_payment_required"}
    assert statuses("setup") == {"no_payment_required"}
    assert statuses("payment", status="open") == {"no_payment_required"}


def test_a_setup_has_its_intent_from_the_beginning_and_no_address(stripe: Talk) -> None:
    rows = [row for row in every(stripe) if row["mode"] == "setup"]
    assert {row["status"] for row in rows} >= {"complete", "expired"}
    assert all(row["setup_intent"] for row in rows)
    told = [row["customer_details"] for row in rows if row["customer_details"]]
    assert all(details["address"] is None for details in told)
    modern = [row for row in rows if "ui_mode" in row]
    assert {row["payment_method_collection"] for row in modern} == {"if_required"}


def test_an_open_setup_has_an_intent(begin: Begin) -> None:
    facts = Facts(serial="card", created=1_795_000_000, mode="setup", currency=None)
    (row,) = begin("stripe", [facts]).ask().rows
    assert (row["status"], row["setup_intent"][:5]) == ("open", "seti_")


@pytest.mark.parametrize("version", ["2019-05-16", "2022-11-15", ENDIVE])
def test_fields_that_were_added_are_in_every_version(stripe: Talk, version: str) -> None:
    rows = [row for row in every(stripe, version) if "ui_mode" in row]
    added = {"adaptive_pricing", "collected_information", "currency_conversion"}
    assert all(added | {"customer_account", "managed_payments"} <= set(row) for row in rows)
    assert any(row["customer_account"] for row in rows)


def test_shipping_has_a_name_always(begin: Begin) -> None:
    facts = attrs.evolve(SHIPPED, customer=Customer(email="a@example.com", address=Address()))
    (row,) = begin("stripe", [facts]).ask(stripe_version=ENDIVE).rows
    assert row["customer_details"]["name"] is None
    assert row["collected_information"]["shipping_details"]["name"]


def test_presentment_details_belong_to_paid_sessions(stripe: Talk) -> None:
    presented = [row for row in every(stripe) if "presentment_details" in row]
    assert {row["payment_status"] for row in presented} == {"paid"}


EXPANDED = {
    "automatic_tax.liability.account": "account",
    "customer": "customer",
    "discounts.coupon": "coupon",
    "discounts.promotion_code": "promotion_code",
    "invoice": "invoice",
    "invoice_creation.invoice_data.account_tax_ids": "tax_id",
    "line_items": "list",
    "payment_intent": "payment_intent",
    "payment_link": "payment_link",
    "setup_intent": "setup_intent",
    "shipping_cost.shipping_rate": "shipping_rate",
    "shipping_options.shipping_rate": "shipping_rate",
    "subscription": "subscription",
}


def at(row: Any, path: str) -> list[Any]:
    """What stands at a path, lists looked through."""
    found = [row]
    for step in path.split("."):
        lists = [one.get(step) for one in found if isinstance(one, dict)]
        found = [each for one in lists for each in (one if isinstance(one, list) else [one])]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("path", sorted(EXPANDED))
def test_what_can_be_expanded(stripe: Talk, path: str) -> None:
    plain = [one for row in every(stripe) for one in at(row, path)]
    expanded = [one for row in every(stripe, ENDIVE, path) for one in at(row, path)]
    assert expanded
    assert {one["object"] for one in expanded} == {EXPANDED[path]}
    if path != "line_items":
        assert [one["id"] for one in expanded] == plain


def test_the_issuer_of_an_invoice_can_be_expanded_in_a_single_session(stripe: Talk) -> None:
    path = "invoice_creation.invoice_data.issuer.account"
    id, account = next((row["id"], one) for row in every(stripe) for one in at(row, path))
    one = stripe.ask([("expand[]", path)], path=f"/v1/checkout/sessions/{id}").json
    assert (at(one, path)[0]["id"], at(one, path)[0]["object"]) == (account, "account")


def test_line_items_tell_their_price(stripe: Talk) -> None:
    items = [
        item for row in every(stripe, ENDIVE, "line_items") for item in at(row, "line_items.data")
    ]
    assert all(item["price"]["object"] == "price" and item["metadata"] == {} for item in items)
    assert {bool(item["adjustable_quantity"]) for item in items} == {True, False}


@pytest.mark.parametrize(
    "path",
    ["customer", "data.colour", "data.invoice.a.b.c", "data.discounts", "data.total_details"],
)
def test_an_expansion_that_cannot_be(stripe: Talk, path: str) -> None:
    assert "expand" in error(stripe, ("expand[]", path))["message"]


def test_no_filter_on_a_single_session(stripe: Talk) -> None:
    answer = stripe.ask({"limit": 1}, path=f"/v1/checkout/sessions/{stripe.truth[0].id}")
    assert answer.json["error"]["code"] == "parameter_unknown"
