"""What Paddle's failures are taken for, and what keys tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unified_checkout import (
    AuthenticationError,
    Client,
    InvalidRequest,
    ListSessions,
    NotFound,
    PermissionDenied,
    ProviderError,
)
from unified_checkout.adapters import KeyKind, Response
from unified_checkout.config import Account
from unified_checkout.sandbox import Answer, Facts, Received, Sandbox
from unified_checkout_paddle import PaddleAdapter
from unified_checkout_paddle.adapter import LIVE, SANDBOX, PaddleOptions
from unified_checkout_paddle.sandbox import PaddleSandbox

NOW = 1_795_000_000
FACTS = [
    Facts(serial="lunch", created=NOW - 60, status="complete", amount_total=1250, disputed=True)
]


def error(
    status: int, body: Any, kind: KeyKind = KeyKind.UNKNOWN, base_url: str = LIVE
) -> ProviderError:
    adapter = PaddleAdapter("shop", PaddleOptions(base_url=base_url), kind)
    return adapter.parse_error(Response(status=status, body=json.dumps(body).encode()))


def body(code: object, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "detail": "So it is.", **more}, "meta": {"request_id": "r-1"}}


@pytest.mark.parametrize(
    "code", ["authentication_missing", "authentication_malformed", "invalid_token"]
)
def test_a_403_may_be_about_the_key(code: str) -> None:
    found = error(403, body(code))
    assert type(found) is AuthenticationError
    assert (found.status, found.code, found.request_id) == (403, code, "r-1")


@pytest.mark.parametrize("code", ["forbidden", "a_new_one", None, 7])
def test_any_other_403_is_about_a_permission(code: object) -> None:
    assert type(error(403, body(code))) is PermissionDenied


def test_a_missing_permission_says_what_to_do() -> None:
    assert "transaction.read" in str(error(403, body("forbidden")))
    assert "may_read" in str(error(403, body("forbidden")))


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_elsewhere_the_status_decides(status: int) -> None:
    expected = {400: InvalidRequest, 401: AuthenticationError, 404: NotFound}
    found = error(status, body("invalid_token"))
    assert type(found) is expected.get(status, type(found))
    assert (type(found) is AuthenticationError) == (status == 401)


def test_every_parameter_that_is_wrong_is_named() -> None:
    problems = [
        {"field": "status", "message": "must be one of seven"},
        {"field": "per_page", "message": "must be a number"},
        {"field": None},
        "no object",
    ]
    found = error(400, body("invalid_field", errors=problems))
    wanted = "So it is.; status: must be one of seven; per_page: must be a number"
    assert found.message == wanted


@pytest.mark.parametrize(
    ("kind", "base_url", "right"),
    [
        (KeyKind.TEST, LIVE, SANDBOX),
        (KeyKind.LIVE, SANDBOX, LIVE),
        (KeyKind.LIVE, LIVE, None),
        (KeyKind.TEST, "http://localhost:8000", None),
        (KeyKind.UNKNOWN, LIVE, None),
    ],
)
def test_a_key_of_the_other_environment_is_told_where_it_belongs(
    kind: KeyKind, base_url: str, right: str | None
) -> None:
    hint = error(403, body("invalid_token"), kind, base_url).hint
    assert ("another environment" in hint) is (right is not None)
    assert right is None or hint.endswith(right)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("pdl_sdbx_apikey_obviously_fake", KeyKind.TEST),
        ("pdl_live_apikey_obviously_fake", KeyKind.LIVE),
        ("test_obviously_fake", KeyKind.PUBLISHABLE),
        ("obviously_fake_and_old", KeyKind.UNKNOWN),
    ],
)
def test_what_keys_tell(key: str, kind: KeyKind) -> None:
    assert PaddleAdapter.key_kind(key) is kind


def account(sandbox: Sandbox, key: str, **options: Any) -> Account:
    return Account(
        name="shop",
        provider="paddle",
        api_key=key,
        base_url=sandbox.url("paddle"),
        **options,
    )


def test_a_key_that_may_read_transactions_alone() -> None:
    """The list is read, a single transaction too, and what is included is refused by name."""
    with Sandbox(facts=FACTS, now=NOW, providers=["paddle"]) as sandbox:
        with Client([account(sandbox, PaddleSandbox.plain_key)]) as client:
            (listed,) = client.sessions.list(ListSessions(kind="any"))
            sandbox.clear_requests()
            alone = client.sessions.get(listed.id)
            asked = [dict(one.parameters) for one in sandbox.requests("paddle")]
            assert [bool(one) for one in asked] == [True, False]
            assert alone.disputed is None
            for query in ({"expand": "customer"}, {"has_disputes": True}):
                with pytest.raises(PermissionDenied):
                    list(client.sessions.list(ListSessions.model_validate(query)))
        with Client([account(sandbox, PaddleSandbox.plain_key, may_read=[])]) as client:
            sandbox.clear_requests()
            assert client.sessions.get(listed.id).id == listed.id
            assert len(sandbox.requests("paddle")) == 1


def test_a_key_that_may_read_nothing() -> None:
    with (
        Sandbox(facts=FACTS, now=NOW, providers=["paddle"]) as sandbox,
        Client([account(sandbox, PaddleSandbox.powerless_key)]) as client,
        pytest.raises(PermissionDenied) as refusal,
    ):
        list(client.sessions.list(ListSessions()))
    assert refusal.value.code == "forbidden"


@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer nonsense"])
def test_the_sandbox_tells_a_missing_key_from_a_malformed_one(header: str | None) -> None:
    provider = PaddleSandbox(clock=lambda: NOW)
    headers = {} if header is None else {"authorization": header}
    answer = provider.answer(Received(path="/transactions", headers=headers))
    assert isinstance(answer, Answer)
    code = json.loads(answer.body)["error"]["code"]
    assert (answer.status, code) == (
        403,
        "authentication_missing" if header is None else "authentication_malformed",
    )
