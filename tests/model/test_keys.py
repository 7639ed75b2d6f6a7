"""What looks like a key is none of the ids that providers give."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from invented_keys import KEYS

from unified_checkout import Client, Session
from unified_checkout.sandbox import Sandbox
from unified_checkout.telltales import NOT_SHOWN, looks_like_a_key, without_secrets


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_is_recognized_and_never_shown(key: str) -> None:
    assert looks_like_a_key(key)
    assert without_secrets(f"see {key}") == f"see {NOT_SHOWN}"


def ids_of(session: Session) -> Iterator[str]:
    fields = ("id", "customer_account", "subscription", "setup_intent", "invoice", "payment_link")
    told = [getattr(session, name) for name in (*fields, "client_reference_id")]
    told += [session.customer and session.customer.id, *session.payment_intents]
    yield from filter(None, told)


def test_no_id_is_taken_for_one() -> None:
    with Sandbox(sessions=120, seed=11) as sandbox, Client(sandbox.accounts) as client:
        sessions = list(client.sessions.list(kind="any"))
    ids = {id for session in sessions for id in ids_of(session)}
    assert len(ids) > len(sessions) >= 1000
    assert [id for id in ids if looks_like_a_key(id)] == []


@pytest.mark.parametrize(
    "written",
    ["my_secret_santa", "order_20261120_secret_2026santa", "basic plan", "EAAA", "eyJ.a.b"],
)
def test_words_are_no_key(written: str) -> None:
    assert not looks_like_a_key(written)
