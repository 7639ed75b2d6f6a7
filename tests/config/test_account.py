"""``Account``: what may be configured, and what is said about what may not."""

from __future__ import annotations

import math
import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from unified_checkout.adapters import load
from unified_checkout.config import Account
from unified_checkout.errors import ConfigurationError, UnknownProvider

VALID: dict[str, Any] = {"name": "us", "provider": "acme", "api_key": "test_key"}


def refusal(**fields: Any) -> str:
    """What is said when an account with these fields is made and used."""
    with pytest.raises(ConfigurationError) as caught:
        Account.model_validate({**VALID, **fields}).adapter()
    return str(caught.value)


def test_a_key_may_be_a_string_or_a_secret() -> None:
    assert Account(**VALID) == Account(**{**VALID, "api_key": SecretStr("test_key")})


def test_an_account_becomes_its_adapter_with_its_options() -> None:
    adapter = Account(**VALID, base_url="http://127.0.0.1:1/v1/", api_version="1").adapter()
    assert type(adapter) is load("acme")
    assert adapter.account == "us"
    assert adapter.options.base_url == "http://127.0.0.1:1"
    assert adapter.options.api_version == "1"


def test_the_providers_own_address_is_the_default() -> None:
    assert Account(**VALID).adapter().options.base_url == "https://api.acme.example.com"


def test_the_rate_may_be_unlimited() -> None:
    assert Account(**VALID, requests_per_second=math.inf).requests_per_second == math.inf


def test_an_account_is_frozen_and_survives_pickle() -> None:
    account = Account(**VALID, api_version="1")
    assert pickle.loads(pickle.dumps(account)) == account
    with pytest.raises(ValidationError, match="frozen"):
        account.name = "eu"


@pytest.mark.parametrize(
    ("key", "held"),
    [("live_planted", True), ({"env": "ACME_KEY"}, False), ({"command": ["echo", "x"]}, False)],
)
def test_a_pickle_holds_a_key_that_was_given_as_text_and_otherwise_its_place(
    monkeypatch: pytest.MonkeyPatch, key: str | dict[str, Any], held: bool
) -> None:
    """As SECURITY.md says."""
    monkeypatch.setenv("ACME_KEY", "live_planted")
    account = Account(name="us", provider="acme", api_key=key)
    account.api_key.get_secret_value()
    assert (b"live_planted" in pickle.dumps(account)) is held
    assert "live_planted" not in f"{account!r} {account.model_dump_json()}"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "name: write letters, digits, '-', '_' and '.'"),
        ("name", "über", "name: write letters"),
        ("name", "us\n", "name: write letters"),
        ("name", 7, "name: input should be a valid string"),
        ("name", "a" * 256, "name: write letters, digits, '-', '_' and '.', 255 at most"),
        ("provider", "", "account 'us': provider: string should have at least 1 character"),
        ("api_key", "", "account 'us': api_key: the key is empty"),
        ("api_key", " test_key", "api_key: a key is printable ASCII without spaces"),
        ("api_key", "test_key\n", "api_key: a key is printable ASCII without spaces"),
        ("api_key", "test_kéy", "api_key: a key is printable ASCII without spaces"),
        ("api_key", 12, "api_key: input should be a valid string"),
        ("api_key", None, "api_key: input should be a valid string"),
        ("timeout", 0, "timeout: input should be greater than 0"),
        ("timeout", math.inf, "timeout: input should be a finite number"),
        ("timeout", 86_401, "timeout: input should be less than or equal to 86400"),
        ("timeout", "soon", "timeout: input should be a valid number"),
        ("requests_per_second", 0, "input should be greater than or equal to 0.0001"),
        ("requests_per_second", math.nan, "input should be greater than or equal to 0.0001"),
        ("max_attempts", 0, "max_attempts: input should be greater than or equal to 1"),
        ("retry_delay", -0.1, "retry_delay: input should be greater than or equal to 0"),
        ("retry_delay", 9, "retry_delay: input should be less than or equal to 8"),
        ("max_wait", -1, "max_wait: input should be greater than or equal to 0"),
        ("max_wait", 86_401, "max_wait: input should be less than or equal to 86400"),
        ("max_body_bytes", 0, "max_body_bytes: input should be greater than or equal to 1"),
        ("base_url", "api.example.com", "account 'us': base_url: must begin with https://"),
        ("base_url", "https://", "base_url: must be a plain address such as"),
        ("base_url", "https://a user@example.com", "base_url: must be a plain address"),
        ("base_url", "https://example.com?a=b", "base_url: must be a plain address"),
        ("base_url", "https://[::1", "base_url: must be a plain address"),
        ("base_url", "https://example.com:port", "base_url: must be a plain address"),
        ("api_version", "3", "api_version: input should be '1' or '2'"),
        (
            "time_out",
            3,
            "time_out: there is no such field; allowed: api_key, api_version, base_url, max_",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(field: str, value: Any, said: str) -> None:
    assert said in refusal(**{field: value})


def test_a_missing_field_is_named_with_what_to_write() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Account.model_validate({"name": "us"})
    provider, key = str(caught.value).split("; api_key: ")
    assert "account 'us': provider: required, but not given; installed: acme, " in provider
    assert key == 'required, but not given; in a file, write api_key = { env = "VARIABLE" }'


def test_the_name_is_no_option_to_choose_instead_of_an_unknown_one() -> None:
    allowed = refusal(nonsense=3).split("allowed: ")[1].split(", ")
    assert {"provider", "timeout", "api_version"} <= set(allowed)
    assert "name" not in allowed


def test_every_wrong_field_is_named_at_once() -> None:
    assert re.search(r"timeout: .*; max_wait: ", refusal(timeout=0, max_wait=-1))


def test_an_unknown_provider_is_named_with_the_installed_ones() -> None:
    with pytest.raises(UnknownProvider, match=r"'acmee' is installed; installed: acme, "):
        Account(**{**VALID, "provider": "acmee"}).adapter()


def test_a_key_for_web_pages_is_refused() -> None:
    assert "Acme's publishable key" in refusal(api_key="publishable_key")


@pytest.mark.parametrize(
    "address",
    ["http://api.example.com", "http://192.0.2.1:80", "http://[2001:db8::1]"],
)
def test_a_live_key_over_plain_http_is_refused(address: str) -> None:
    said = refusal(api_key="live_key", base_url=address)
    assert said.startswith("account 'us': base_url: a live key over plain http")
    assert Account(**{**VALID, "base_url": address}).adapter().account == "us"


def test_a_key_whose_shape_tells_nothing_is_no_test_key() -> None:
    said = refusal(api_key="shapeless", base_url="http://api.example.com")
    assert "base_url: over plain http a key can be read on its way" in said
    assert "not plainly a test key; write https://" in said
    assert Account(**{**VALID, "api_key": "shapeless"}).adapter().account == "us"


@pytest.mark.parametrize(
    "address",
    [
        "https://api.example.com",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://127.1.2.3:80",
        "http://[::1]:8080/v1",
    ],
)
def test_a_live_key_may_be_sent_encrypted_or_within_the_machine(address: str) -> None:
    account = Account(**{**VALID, "api_key": "live_key", "base_url": address})
    assert account.adapter().options.base_url == address.removesuffix("/v1")


KEYS = st.from_regex(r"(test|live|publishable)_SECRET[A-Za-z0-9]{8}[ \né]?", fullmatch=True)
WRONG_FIELDS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["name", "provider", "timeout", "max_wait", "api_version", "base_url", "x"]),
    st.one_of(st.none(), st.just(-1), st.just(""), st.just([1]), st.just({"a": 1})),
)


@given(KEYS, WRONG_FIELDS, st.sampled_from(["api_key", "timeout", "base_url", "other"]))
def test_no_message_and_no_representation_holds_the_key(
    key: str, wrong: dict[str, Any], field: str
) -> None:
    shown = []
    try:
        account = Account.model_validate({**VALID, "api_key": key, **wrong, field: key})
        shown.append(f"{account!r} {account}")
        account.adapter()
    except ConfigurationError as error:
        shown.append(f"{error!r} {error} {error.__context__}")
    assert "SECRET" not in "".join(shown)
