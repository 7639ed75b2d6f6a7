"""What may be told to the source, and that keys may not."""

from __future__ import annotations

from pkgutil import resolve_name

import pytest
from house import PROVIDERS
from hypothesis import given
from hypothesis import strategies as st

from unified_checkout import ConfigurationError, ListSessions, UnifiedCheckoutError
from unified_checkout.adapters import load
from unified_checkout.spark.options import read_options

TOLD = {
    "accounts": ("us, hsa", ["us", "hsa"]),
    "created": ("2026-10", "2026-10"),
    "last": ("30d", "30d"),
    "status": ("open,complete", ["open", "complete"]),
    "payment_status": ("paid", "paid"),
    "mode": ("payment", "payment"),
    "kind": ("any", "any"),
    "currency": ("usd,eur", ["usd", "eur"]),
    "customer": ("cus_1", "cus_1"),
    "customer_account": ("acct_1", "acct_1"),
    "email": ("buyer@example.com", "buyer@example.com"),
    "payment_intent": ("pi_1", "pi_1"),
    "payment_link": ("plink_1", "plink_1"),
    "subscription": ("sub_1", "sub_1"),
    "client_reference_id": ("ref,1", "ref,1"),
    "livemode": ("False", False),
    "has_disputes": ("true", True),
    "expand": ("customer", "customer"),
    "page_size": ("50", 50),
    "provider_options": ('{"acme": {"interval": 30}}', {"acme": {"interval": 30}}),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_field_of_the_query_is_an_option(name: str) -> None:
    written, value = TOLD[name]
    query = read_options({name: written}).question.query
    assert query == ListSessions.model_validate({name: value})


def test_every_field_of_the_query_is_tried_but_the_limit() -> None:
    assert {*TOLD, "limit"} == set(ListSessions.model_fields)
    with pytest.raises(UnifiedCheckoutError, match="limit"):
        read_options({"limit": "5"})


def test_bounds_are_options_of_their_own() -> None:
    query = read_options({"created_gte": "2026-01-01", "created_lt": "2026-02-01"}).question.query
    assert query == ListSessions(created="2026-01")
    with pytest.raises(UnifiedCheckoutError, match="own bounds"):
        read_options({"created_gte": "2026-01-01", "created": "2026"})


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"stauts": "open"}, "did you mean 'status'"),
        ({"livemode": "perhaps"}, "livemode: write true or false"),
        ({"page_size": "many"}, "page_size: write a whole number"),
        ({"partitions": "0"}, "from 1 on"),
        ({"provider_options": "{"}, "write JSON"),
        ({"status": "done"}, "status"),
    ],
)
def test_what_is_wrong_is_named(written: dict[str, str], said: str) -> None:
    with pytest.raises(UnifiedCheckoutError, match=said):
        read_options(written)


SECRETS = ("kX7dHar4LsQ9vT2m", "sk_live_obviously0fake0000", "test_0bviously0fake0000")


@given(
    st.sampled_from(
        ["api_key", "apiKey", "us.apikey", "token", "PASSWORD", "credentials", "client_secret"]
    ),
    st.sampled_from(SECRETS),
)
def test_an_option_named_like_a_key_is_refused_and_not_shown(name: str, secret: str) -> None:
    with pytest.raises(ConfigurationError, match="looks like a key") as caught:
        read_options({"status": "open", name: secret})
    assert secret not in str(caught.value)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_s_keys_are_known_where_they_have_a_shape(provider: str) -> None:
    place = load(provider).sandbox
    assert place is not None
    key = resolve_name(place).api_key
    if provider == "paypal":  # whose secrets look like anything
        return
    with pytest.raises(ConfigurationError, match="looks like a key"):
        read_options({"customer": key})


@pytest.mark.parametrize("name", [*TOLD, "config", "share_rate", "sk_live_obviously0fake0000"])
def test_an_option_that_holds_a_key_is_refused_and_not_shown(name: str) -> None:
    with pytest.raises(ConfigurationError, match="looks like a key") as caught:
        read_options({name: SECRETS[1]})
    assert SECRETS[1] not in str(caught.value)
    assert "obviously" not in str(caught.value)
