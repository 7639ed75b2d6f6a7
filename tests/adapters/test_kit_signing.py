"""The kit: credentials of two parts, tokens, signatures and bodies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from unified_checkout import MalformedPage, UnreadableBody
from unified_checkout.adapters import Adapter, Credentials, Request, Response, kit, load
from unified_checkout.transport.http import Channel

WHERE: dict[str, Any] = {"account": "us", "provider": "acme", "status": 200}
KEY = Credentials(SecretStr("secret_obviously_fake"))
TOKEN = Credentials(SecretStr("secret_obviously_fake"), token=SecretStr("token_obviously_fake"))


def authorization(request: Request) -> str:
    assert request.headers.keys() == {"Authorization"}
    return request.headers["Authorization"]


def test_a_credential_of_two_parts_is_a_user_and_a_password() -> None:
    sent = authorization(kit.basic(Request(path="/"), KEY, user="client"))
    scheme, _, pair = sent.partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(pair) == b"client:secret_obviously_fake"


def test_the_token_is_sent_where_there_is_one() -> None:
    assert authorization(kit.bearer(Request(path="/"), TOKEN)) == "Bearer token_obviously_fake"
    assert authorization(kit.bearer(Request(path="/"), KEY)) == "Bearer secret_obviously_fake"


def test_a_token_is_asked_for_with_a_form() -> None:
    request = kit.client_credentials("/oauth2/token", scope="read write")
    assert (request.method, request.path, request.parameters) == ("POST", "/oauth2/token", ())
    assert request.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qsl(request.body.decode()) == [
        ("grant_type", "client_credentials"),
        ("scope", "read write"),
    ]


@pytest.mark.parametrize(
    ("body", "lives"),
    [
        (b'{"access_token": "t", "token_type": "bearer", "expires_in": 3600}', 3600.0),
        (b'{"access_token": "t", "token_type": "Bearer", "expires_in": "32400"}', 32400.0),
        (b'{"access_token": "t", "expires_in": null}', None),
        (b'{"access_token": "t", "scope": "x"}', None),
    ],
)
def test_a_token_is_read_with_the_time_it_lives(body: bytes, lives: float | None) -> None:
    token = kit.parse_token(Response(status=200, body=body), **WHERE)
    assert token.value.get_secret_value() == "t"
    assert token.expires_in == lives
    assert "t'" not in repr(token)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "access_token"),
        (b'{"access_token": ""}', "access_token"),
        (b'{"access_token": null}', "access_token"),
        (b'{"access_token": "token_obviously_fake", "token_type": "mac"}', "token_type"),
        (b'{"access_token": "token_obviously_fake", "expires_in": -1}', "expires_in"),
        (b'{"access_token": "token_obviously_fake", "expires_in": "soon"}', "expires_in"),
    ],
)
def test_what_is_no_token_is_named_and_never_quoted(body: bytes, field: str) -> None:
    with pytest.raises(MalformedPage) as caught:
        kit.parse_token(Response(status=200, body=body), **WHERE)
    assert caught.value.field == field
    assert "obviously" not in str(caught.value)


def test_a_token_s_answer_that_is_not_json_is_unreadable() -> None:
    with pytest.raises(UnreadableBody):
        kit.parse_token(Response(status=200, body=b"<html>"), **WHERE)


@given(st.binary(max_size=40), st.sampled_from(["sha256", "sha512", "sha1"]))
def test_a_message_is_hashed_under_the_key(message: bytes, algorithm: str) -> None:
    expected = hmac.new(b"secret_obviously_fake", message, getattr(hashlib, algorithm)).digest()
    assert kit.hmac_digest(KEY, message, algorithm) == expected


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple), st.sampled_from(["/v1/x", "/a%2Fb"])
)
def test_what_is_signed_is_what_the_transport_sends(
    parameters: tuple[tuple[str, str], ...], path: str
) -> None:
    request = Request(path=path, parameters=parameters)
    base = "https://api.example.com"
    adapter: Adapter[Any] = load("flex")("hsa", load("flex").options_type(base_url=base))
    channel = Channel(
        adapter=adapter, credentials=KEY, base_url=base, timeout=1.0, max_body_bytes=1
    )
    sent = channel.http_request(request).url
    assert sent.raw_path.decode() == kit.target(request)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=6,
    )
)
def test_any_value_is_posted_as_json(value: Any) -> None:
    request = kit.json_body(Request(path="/search", headers={"Version": "1"}), value)
    assert request.method == "POST"
    assert json.loads(request.body) == value
    assert request.headers == {"Version": "1", "Content-Type": "application/json"}


def test_an_empty_text_is_nothing() -> None:
    assert [kit.filled(text) for text in (None, "", " ", "0", "A-1")] == [
        None,
        None,
        " ",
        "0",
        "A-1",
    ]
