"""Whatever is configured, there is an account or a typed error, and no planted key is in either."""

from __future__ import annotations

import json
import math
import os
import warnings
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from unified_checkout.cli.doctor import checks_of
from unified_checkout.config import credentials_of, load_accounts, read_configuration
from unified_checkout.errors import UnifiedCheckoutError

PLANTED = [
    "sk_live_51PlantedAndNotToBeSeen",
    "fsk_9f8e7d6c5b4a3210",
    "live_dHar4XY7LxsDOtmnk",
    "kX7dHar4LsPlanted",
    "Bearer aB3dE6gH9jK2",
]
PREFIX = "UNIFIED_CHECKOUT_"

planted = st.sampled_from(PLANTED)
disguised = st.one_of(
    planted,
    st.builds(
        str.format,
        st.sampled_from(
            ['"{}"', "'{}'", "KEY={}", "user:{}", " {}", "{}\n", "https://u:{}@a.example"]
        ),
        planted,
    ),
)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
words = st.sampled_from(
    [
        "acme",
        "us",
        "http://127.0.0.1:9",
        "https://a.example",
        "~",
        "NO_SUCH_VARIABLE",
        "30",
        "",
        "op",
    ]
)
names = st.one_of(
    st.sampled_from(
        ["provider", "api_key", "apikey", "base_url", "timeout", "name", "env", "file", "command"]
    ),
    disguised,
    text,
)
scalars = st.one_of(
    disguised,
    words,
    text,
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.booleans(),
    st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    st.just(date(2026, 1, 1)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)
wrong_keys = st.one_of(
    values,
    disguised,
    st.builds(
        lambda form, key: {form: key}, st.sampled_from(["env", "file", "evn", "keyring"]), disguised
    ),
    st.builds(lambda key: {"command": [key]}, disguised),
    st.builds(lambda key: {"keyring": key, "user": key}, disguised),
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "provider": disguised,
        "api_key": wrong_keys,
        "base_url": st.one_of(words, disguised, st.fixed_dictionaries({"env": disguised})),
        "timeout": scalars,
        "api_version": scalars,
    },
)
tables = st.builds(
    lambda changed, more: {"provider": "acme", "api_key": "test_key", **changed, **more},
    changes,
    st.dictionaries(names, values, max_size=1),
)
SHAPELESS = "kX7dHar4LsPlanted"
"""Nothing tells it from the name of an account."""
account_names = st.one_of(
    st.sampled_from(["us", "eu"]), names.filter(lambda name: SHAPELESS not in name)
)
accounts = st.dictionaries(account_names, tables, min_size=1)
documents = st.one_of(
    st.fixed_dictionaries({"accounts": accounts}),
    st.fixed_dictionaries({"accounts": st.dictionaries(account_names, values, max_size=3)}),
    st.dictionaries(names, values, max_size=2),
)
variables = st.dictionaries(
    st.builds(
        "{}{}".format,
        st.sampled_from(
            [PREFIX, f"{PREFIX}ACCOUNTS", f"{PREFIX}ACCOUNTS__US__", f"{PREFIX}ACCOUNTS__"]
        ),
        st.one_of(
            st.sampled_from(
                ["API_KEY", "PROVIDER", "API_KEY__FILE", "US__PROVIDER", "__", "A__B__C"]
            ),
            disguised.filter(lambda key: SHAPELESS not in key),
            text,
        ),
    ),
    st.one_of(disguised, words, text, st.binary(max_size=6).map(os.fsdecode)),
    max_size=3,
)


def written(value: Any) -> str:
    """A value as TOML has it."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{quoted(k)} = {written(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, value)) + "]"
        case str():
            return quoted(value)
        case float() if not math.isfinite(value):
            return str(value)
        case datetime() | date():
            return value.isoformat()
    return repr(value)


def quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml(document: dict[str, Any]) -> str:
    return "\n".join(f"{quoted(name)} = {written(value)}" for name, value in document.items())


def shown_of(path: Path) -> list[object]:
    """All that anybody is shown of a configuration, until the first thing that is wrong."""
    shown: list[object] = []
    try:
        shown.append(read_configuration(path))
        for account in load_accounts(path):
            adapter = account.adapter()
            shown += [account, account.api_key, adapter.options]
            credentials_of(account, adapter).api_key.get_secret_value()
    except UnifiedCheckoutError as error:
        shown += [error, error.args, vars(error), error.__cause__, error.__context__]
    return shown


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.one_of(documents.map(toml), st.builds("{} = {}".format, text, disguised), text), variables
)
@example('accounts.us = {provider = "acme", api_key = "test_key"}', {})
def test_a_value_or_a_typed_error_without_a_planted_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, environment: dict[str, str]
) -> None:
    path = tmp_path / "some.toml"
    path.write_text(content, encoding="utf-8")
    with monkeypatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("PATH", "")
        for name, value in environment.items():
            if "\0" not in name + value and "=" not in name:
                patch.setenv(name, value)
        shown = [*shown_of(path), *checks_of(path, None)]
    everything = "\n".join(f"{one} {one!r}" for one in shown).lower()
    assert [key for key in PLANTED if key.lower() in everything] == []
