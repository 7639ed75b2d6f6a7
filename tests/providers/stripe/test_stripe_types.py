"""The types of Stripe's own package judge what the sandbox renders and what the adapter asks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import NEWEST, RELEASES, Published

from unified_checkout import ListSessions
from unified_checkout.adapters import Place
from unified_checkout.sandbox import Page
from unified_checkout.sandbox.invention import Invention
from unified_checkout_stripe import StripeAdapter
from unified_checkout_stripe.adapter import StripeOptions
from unified_checkout_stripe.sandbox import StripeSandbox
from unified_checkout_stripe.sandbox_expanded import EXPANDABLE, Shape
from unified_checkout_stripe.sandbox_wire import recorded_version, session_object

FOLDER = os.environ.get("UNIFIED_CHECKOUT_STRIPE_TYPES")
NOW = 1_795_000_000
OLD = {version: release for release, version in RELEASES.items()}

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="UNIFIED_CHECKOUT_STRIPE_TYPES is not set: see make stripe-types"
)


@cache
def published(release: str) -> Published:
    return Published(Path(FOLDER or ""), release)


@cache
def facts() -> list[Any]:
    sandbox = StripeSandbox(clock=lambda: NOW)
    history = Invention(seed=5, provider="stripe", now=NOW).history(400)
    return [sandbox.adopt(one) for one in history]


def rendered(shape: Shape) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Each session, with the version in whose shape it is shown always."""
    for one in facts():
        yield recorded_version(one), session_object(one, shape)


def without_what_came_later(session: dict[str, Any]) -> dict[str, Any]:
    """Without what no version keeps from the answers, but the older types do not know.

    These are pages in a shop's own page, which need no addresses to return to.
    """
    came_later = session["ui_mode"] in ("custom", "form")
    addresses = {name: session[name] or "https://x.test" for name in ("success_url", "cancel_url")}
    return session | addresses | ({"ui_mode": "embedded"} if came_later else {})


@pytest.mark.parametrize("expand", [frozenset(), EXPANDABLE], ids=["plain", "expanded"])
@pytest.mark.parametrize("release", RELEASES)
def test_a_session_is_of_the_type_of_its_version(release: str, expand: frozenset[str]) -> None:
    judged = 0
    for recorded, session in rendered(Shape(RELEASES[release], expand)):
        if recorded is None:
            if release != NEWEST:
                session = without_what_came_later(session)
            assert published(release).complaints("session", session) == [], session
            judged += 1
    assert judged > 300


@pytest.mark.parametrize("expand", [frozenset(), EXPANDABLE], ids=["plain", "expanded"])
@pytest.mark.parametrize("version", ["2020-08-27", "2022-11-15"])
def test_a_session_in_an_old_shape_is_of_the_type_of_then(
    version: str, expand: frozenset[str]
) -> None:
    then = published(OLD[version])
    sessions = [one for recorded, one in rendered(Shape("x", expand)) if recorded == version]
    assert sessions
    for session in sessions:
        assert then.complaints("session", session) == []
        assert set(session) <= then.keys() | {"created"}


@pytest.mark.parametrize("more", [True, False])
def test_a_page_is_of_its_type(more: bool) -> None:
    shape = Shape(RELEASES[NEWEST])
    rows = [json.dumps(one).encode() for recorded, one in rendered(shape) if recorded is None]
    page = Page(ids=(), rows=tuple(rows[:100]), more=more)
    sent = StripeSandbox(clock=lambda: NOW).envelope(page)
    assert published(NEWEST).complaints("page", json.loads(sent.body)) == []


def test_every_key_of_today_is_rendered() -> None:
    unused = {"excluded_payment_method_types", "name_collection"}
    seen = {
        key
        for recorded, one in rendered(Shape(RELEASES[NEWEST], EXPANDABLE))
        if recorded is None
        for key in one
    }
    assert seen == published(NEWEST).keys() - unused


def test_what_can_be_expanded_is_what_the_types_say() -> None:
    documented = {"total_details.breakdown", "shipping_cost.taxes"}
    assert set(published(NEWEST).expandable()) | documented == EXPANDABLE


QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["open", "complete", "expired"]),
        "customer": st.just("cus_1"),
        "customer_account": st.just("acct_1"),
        "email": st.just("buyer@example.com"),
        "payment_intent": st.just("pi_1"),
        "payment_link": st.just("plink_1"),
        "subscription": st.just("sub_1"),
        "created": st.sampled_from(["2026", {"gte": "2026-01-01", "lt": "2026-02-01"}]),
        "page_size": st.integers(1, 100),
        "expand": st.lists(st.sampled_from(sorted(EXPANDABLE)), max_size=3, unique=True),
    },
)


@given(query=QUERIES, after=st.sampled_from([None, "cs_test_1"]))
@settings(deadline=None, max_examples=80)
@pytest.mark.parametrize("release", RELEASES)
def test_a_request_is_of_the_type_of_the_parameters(
    release: str, query: dict[str, Any], after: str | None
) -> None:
    adapter = StripeAdapter("shop", StripeOptions())
    compiled = adapter.compile(ListSessions.model_validate(query))
    for stream in compiled.streams:
        place = Place(cursor=after, size=compiled.page_size or 100)
        asked: dict[str, Any] = {}
        for name, value in adapter.parameters(stream, place):
            outer, _, inner = name.rstrip("]").partition("[")
            number = outer in ("created", "limit")
            if name == "expand[]":
                asked.setdefault(outer, []).append(value)
            elif inner:
                asked.setdefault(outer, {})[inner] = int(value) if number else value
            else:
                asked[outer] = int(value) if number else value
        assert published(release).complaints("list", asked) == []
