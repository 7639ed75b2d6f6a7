"""What an answer repeats of the secrets that it was asked with is taken out of it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from string import ascii_letters, digits
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from unified_checkout.transport.repeated import Secrets

keys = st.text(ascii_letters + digits + "_.~+/-", min_size=8, max_size=40)


def of(key: str, token: str | None = None, signed: str = "") -> Secrets:
    asked = httpx.Request("GET", "http://a.example", headers={"authorization": signed})
    return Secrets((SecretStr(key), None if token is None else SecretStr(token)), asked)


def plain(text: str) -> str:
    return text


def slashed(text: str) -> str:
    """As PHP writes JSON."""
    return text.replace("/", "\\/")


def spelt(text: str) -> str:
    """As .NET writes JSON."""
    return text.replace("+", "\\u002B").replace("/", "\\u002f")


def in_address(text: str) -> str:
    return quote(text, safe="")


@pytest.mark.parametrize("form", [plain, slashed, spelt, in_address])
@given(keys, keys)
def test_neither_key_nor_token_is_left(form: Callable[[str], str], key: str, token: str) -> None:
    body = f'{{"message": "<{form(key)}> <{form(token)}> \u00e9"}}'.encode()
    said = of(key, token).out_of_body(body)
    assert json.loads(said) == {"message": "<(key)> <(key)> \u00e9"}
    assert of(key, token).out_of_headers({"a": f"<{key}>"}) == {"a": "<(key)>"}


@given(keys, keys)
def test_nothing_is_left_of_a_pair(user: str, key: str) -> None:
    pair = b64encode(f"{user}:{key}".encode()).decode()
    secrets = of(key, signed=f"Basic {pair}")
    assert secrets.out_of_body(f"<{user}> <{key}> <{pair.rstrip('=')}>".encode()) == (
        b"<(key)> <(key)> <(key)>"
    )


@given(st.binary())
def test_all_else_stays_as_it_is(body: bytes) -> None:
    assert of("kX7dHar4LsAbCdEf0123").out_of_body(body) == body


def test_what_is_short_is_no_secret() -> None:
    assert of("x", "").out_of_body(b"xyz") == b"xyz"
