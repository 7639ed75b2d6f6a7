"""What the sandbox is recorded to answer is read as the same sessions, whatever is expanded."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from house import THREE

from unified_checkout import Account, Client, ListSessions, Session
from unified_checkout.adapters import Sensitive
from unified_checkout.sandbox import Sandbox
from unified_checkout.testing import Cassette
from unified_checkout.testing.cassettes import substitutes
from unified_checkout.testing.cassettes.checking import problems
from unified_checkout.testing.cassettes.drift import drift
from unified_checkout.testing.cassettes.scrubbing import Scrubber
from unified_checkout.testing.cassettes.substitutes import SUBSTITUTE, substitute
from unified_checkout.testing.cassettes.tape import read

NOW = 1_760_000_000
EXPANSIONS = {
    "flex": ["customer", "payment_intent", "subscription", "split_cart"],
    "leanrails": ["customer", "payment_intent"],
    "stripe": [
        "customer",
        "invoice",
        "line_items",
        "payment_intent",
        "payment_link",
        "setup_intent",
        "subscription",
    ],
}
CASES = [
    pytest.param(provider, expand, id=f"{provider}-{'+'.join(expand) or 'nothing'}")
    for provider, every in EXPANSIONS.items()
    for expand in ([], *([one] for one in every), every)
]
PERSONAL = {"customer", "customer_email", "metadata", "raw_bytes", "success_url", "url"}
"""What a session tells of its buyer, or may tell, or leads to."""


@pytest.fixture(autouse=True)
def _substitutes_are_derived_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are hundreds of them here, and each is slow on purpose."""
    monkeypatch.setattr(
        substitutes, "_token", lambda text, key: hashlib.sha256(text.encode()).hexdigest()[:12]
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sessions=40, seed=5, now=NOW, providers=THREE) as sandbox:
        yield sandbox


def account_of(sandbox: Sandbox, provider: str) -> Account:
    return next(account for account in sandbox.accounts if account.provider == provider)


def ask(account: Account, expand: list[str]) -> list[Session]:
    """A whole list, and one of it alone."""
    with Client([account]) as client:
        query = ListSessions(expand=tuple(expand), page_size=20)
        sessions = list(client.sessions.list(query))
        return [*sessions, client.sessions.get(sessions[0].id)]


def expected(session: Session) -> dict[str, Any]:
    """A session as it is told once it is recorded."""
    told = attrs.asdict(session, recurse=False)
    kept = {name: value for name, value in told.items() if name not in PERSONAL}
    return kept | {
        "customer_email": substitute(Sensitive.EMAIL, session.customer_email or ""),
        "customer": session.customer
        and (
            session.customer.id,
            substitute(Sensitive.EMAIL, session.customer.email or ""),
            bool(session.customer.name),
        ),
        "client_reference_id": one_word(session.client_reference_id),
        "metadata": sorted(session.metadata or ()),
    }


def one_word(text: str | None) -> str | None:
    return substitute(Sensitive.TEXT, text) if text and " " in text else text


@pytest.mark.parametrize(("provider", "expand"), CASES)
def test_what_is_recorded_is_read_as_the_same_sessions(
    provider: str, expand: list[str], sandbox: Sandbox, tmp_path: Path
) -> None:
    account = account_of(sandbox, provider)
    file = tmp_path / "cassette.yaml"
    sent = ask(account, expand)
    with Cassette(file):
        recorded = ask(account, expand)
    with Cassette(file):
        replayed = ask(account, expand)
    assert len(sent) == 41
    assert [expected(session) for session in recorded] == [expected(session) for session in sent]
    assert [attrs.asdict(session) for session in replayed] == [
        attrs.asdict(session) for session in recorded
    ]
    assert problems(file, now=datetime.now(UTC)) == []
    pages = 3 if provider == "flex" else 2
    found = drift({file: read(file)}, account)
    assert (found.refused, found.differences, found.compared) == ((), (), pages + 1)


SAMPLES = os.environ.get("UNIFIED_CHECKOUT_SAMPLES")
PERSONAL_FIELD = re.compile(
    r"""(.*_)?( e?mail(_address)? | (user|sur|given_|first_|last_|full_|holder_|payer_|policy_)?name
    | phone(_number)? | contact | line_?[123] | city | state | postal_code | zip | last4 | bin
    | ip_address | tax_id | description | note | signature | authorization_code | message
    | account_number | iban | client_secret | receipt | short_url | label | value_text )""",
    re.VERBOSE,
)
OF_NOBODY = {"disabled", "required", "COMPLETED", "created"}
"""Words of closed sets in fields that are elsewhere a person's."""


def personal(sent: Any, kept: Any, scrubber: Scrubber) -> Iterator[tuple[str, str]]:
    """The texts in fields that are personal by their names, and what is kept of each."""
    if isinstance(sent, list):
        for item, kept_item in zip(sent, kept, strict=True):
            yield from personal(item, kept_item, scrubber)
    elif isinstance(sent, dict):
        for name, item in sent.items():
            kept_item = kept[scrubber.name(name)]
            plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            if isinstance(item, str) and item and PERSONAL_FIELD.fullmatch(plain):
                yield item, kept_item
            yield from personal(item, kept_item, scrubber)


def texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict | list):
        for item in tree.values() if isinstance(tree, dict) else tree:
            yield from texts(item)
    elif isinstance(tree, str):
        yield tree


@pytest.mark.skipif(SAMPLES is None, reason="UNIFIED_CHECKOUT_SAMPLES names no folder")
def test_no_personal_field_of_a_real_payload_is_recorded() -> None:
    files = sorted(Path(SAMPLES or "").rglob("*.json"))
    assert files
    for file in files:
        sent = json.loads(file.read_bytes())
        if isinstance(sent, dict) and "debug_id" in sent:  # an error has a name and a message
            sent = {name: item for name, item in sent.items() if name not in ("name", "message")}
        scrubber = Scrubber.of(file.parent.name)
        kept = json.loads(scrubber.body(file.read_bytes()))
        for text, kept_text in personal(sent, kept, scrubber):
            assert SUBSTITUTE.fullmatch(kept_text) or text in OF_NOBODY, (file, text)
        told = [text for text in texts(kept) if not SUBSTITUTE.fullmatch(text)]
        assert [text for text in told if "@" in text or "Jenny" in text] == [], file
