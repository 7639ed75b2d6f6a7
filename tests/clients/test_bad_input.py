"""Bad input: a typed error that says what is wrong and what is allowed, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import Asker
from clients.setting import ACCOUNTS, Open, impatient

from unified_checkout import (
    Account,
    AsyncClient,
    Client,
    ConfigurationError,
    InvalidQuery,
    ListSessions,
    LiveKeyInFile,
    Observer,
    UnifiedCheckoutError,
    UnknownAccount,
    UnknownProvider,
    UnsupportedPredicate,
)
from unified_checkout.sandbox import Sandbox

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
US = Account(name="us", provider="stripe", api_key="sk_test_1")
BOTH = {"starting_after": "cs_1", "ending_before": "cs_2"}

either_client = pytest.mark.parametrize("kind", [Client, AsyncClient])


@pytest.fixture(autouse=True)
def _nothing_is_sent(sandbox: Sandbox) -> Iterator[None]:
    yield
    assert all(sandbox.requests(account) == [] for account in ACCOUNTS)


QUERIES: list[tuple[dict[str, Any], type[UnifiedCheckoutError], str]] = [
    ({"created": {"gte": NOON.replace(tzinfo=None)}}, InvalidQuery, "created.*: .*no time zone"),
    ({"created": {"gte": "2026-11-01T12:00:00"}}, InvalidQuery, "created.*: .*no time zone"),
    ({"created": {"gte": "yesterday"}}, InvalidQuery, "created.*: .*ISO 8601"),
    ({"created": {"gte": 1_790_000_000}}, InvalidQuery, "created.*: .*ISO 8601"),
    ({"created": {"gte": NOON, "lt": NOON}}, InvalidQuery, "created: the range is empty"),
    ({"created": {"gt": NOON, "lte": NOON}}, InvalidQuery, "created: the range is empty"),
    (
        {"created": {"gte": NOON, "lte": NOON - timedelta(seconds=1)}},
        InvalidQuery,
        "created: the range is empty: from 2026-11-01T12:00:00",
    ),
    ({"created": NOON}, InvalidQuery, "created: datetime is not a year, .* gt, gte, lt or lte$"),
    ({"created": "2026-11-01T12:00:00Z"}, InvalidQuery, "created: .*: gt, gte, lt or lte$"),
    (
        {"created": 2026},
        InvalidQuery,
        "created: int is not a year, a month or a day such as '2026'",
    ),
    ({"created": "2026-11", "last": "7d"}, InvalidQuery, "last and a lower bound"),
    ({"created": {"gt": NOON, "gte": NOON}}, InvalidQuery, "gt and gte are two bounds"),
    ({"created": {"after": NOON}}, InvalidQuery, "created.after: .*allowed: gt, gte, lt, lte"),
    ({"created": {"gte": NOON}, "last": "7d"}, InvalidQuery, "last and a lower bound"),
    ({"last": "soon"}, InvalidQuery, "last: "),
    ({"last": "-3d"}, InvalidQuery, "last: "),
    ({"stauts": "open"}, InvalidQuery, "stauts: .*allowed: .*status.*did you mean 'status'"),
    ({"created": {"gtr": NOON}}, InvalidQuery, "created.gtr: .*did you mean 'gt"),
    ({"accounts": "stripe,flex"}, UnknownAccount, "did you mean 'stripe' and 'flex', each by it"),
    ({"accounts": "Stripe"}, UnknownAccount, "configured: .*did you mean 'stripe'"),
    ({"provider_options": {"strip": {}}}, InvalidQuery, "allowed: .*did you mean 'stripe'"),
    ({"status": "finished"}, InvalidQuery, "status.*'open', 'complete'"),
    ({"status": []}, InvalidQuery, "status: an empty choice matches nothing"),
    ({"payment_status": "settled"}, InvalidQuery, "payment_status.*'paid', 'unpaid'"),
    ({"mode": 3}, InvalidQuery, "mode"),
    ({"accounts": b"stripe"}, InvalidQuery, r"accounts\.0: [^;]*$"),
    ({"accounts": {"stripe": 1}}, InvalidQuery, r"accounts\.0: [^;]*$"),
    ({"accounts": US}, InvalidQuery, r"accounts\.0: [^;]*$"),
    ({"currency": "us dollars"}, InvalidQuery, "currency"),
    ({"livemode": "yes"}, InvalidQuery, "livemode: .*boolean"),
    ({"email": "nobody"}, InvalidQuery, "email: "),
    ({"customer": ""}, InvalidQuery, "customer: .*at least 1 character"),
    ({"limit": 0}, InvalidQuery, "limit: .*greater than or equal to 1"),
    ({"limit": -1}, InvalidQuery, "limit: .*greater than or equal to 1"),
    ({"limit": True}, InvalidQuery, "limit: .*integer"),
    ({"limit": "ten"}, InvalidQuery, "limit: .*integer"),
    ({"page_size": 0}, InvalidQuery, "page_size: .*greater than or equal to 1"),
    ({"page_size": 1001}, InvalidQuery, "page_size: .*less than or equal to 1000"),
    ({"kind": "order"}, InvalidQuery, "kind: write one or several of checkout, .*, or any"),
    ({"kind": []}, InvalidQuery, "kind: an empty choice matches nothing"),
    ({"accounts": "us"}, UnknownAccount, "no account named 'us'; .*flex, leanrails, stripe"),
    ({"accounts": ["flex", "us"]}, UnknownAccount, "no account named 'us'"),
    ({"accounts": []}, InvalidQuery, "accounts: an empty choice matches nothing"),
    ({"provider_options": {"acme": {}}}, InvalidQuery, "provider 'acme'; allowed: flex, leanr"),
    (
        {"provider_options": {"stripe": {"offset": 3}}},
        InvalidQuery,
        "provider_options.stripe: no such option 'offset'; allowed: created, ending_before",
    ),
    *(
        ({"provider_options": {name: BOTH}}, InvalidQuery, f"{name}.*exclude each other")
        for name in ACCOUNTS
    ),
    ({"provider_options": {"flex": {"limit": 101}}}, InvalidQuery, "flex.limit: .*100"),
    (
        {"provider_options": {"flex": {"ending_before": "fcs_1"}}},
        InvalidQuery,
        "towards newer sessions works for one provider at a time",
    ),
    ({"has_disputes": True}, UnsupportedPredicate, "'leanrails' .* cannot answer has_disputes"),
    ({"payment_status": "paid"}, UnsupportedPredicate, "'flex' .* cannot answer payment_status"),
]


@pytest.mark.parametrize(("fields", "kind", "said"), QUERIES, ids=str)
def test_a_question_that_makes_no_sense(
    ask: Asker, fields: dict[str, Any], kind: type[UnifiedCheckoutError], said: str
) -> None:
    with pytest.raises(kind, match=said) as listing:
        ask.client.sessions.list(**fields)
    with pytest.raises(kind, match=said) as paging:
        ask.page(ListSessions.model_validate(fields))
    assert type(listing.value) is type(paging.value) is kind
    assert str(listing.value) == str(paging.value)
    if kind is not UnsupportedPredicate:
        with pytest.raises(kind, match=said):
            ask.client.sessions.explain(**fields)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("max_request", "max_requests"),
        ("on_errors", "on_error"),
        ("dead_line", "deadline"),
        ("cursors", "cursor"),
        ("afters", "after"),
    ],
)
def test_what_is_asked_beside_a_query_is_asked_about_too(ask: Asker, name: str, meant: str) -> None:
    said = f"^{name}: a query has no such field; list and page take '{meant}'$"
    with pytest.raises(InvalidQuery, match=said):
        ask.client.sessions.list(**{name: None})  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery, match=said):
        ask.finished(ask.client.sessions.page(**{name: None}))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["cursor", "max_requests"])
def test_a_plan_is_made_of_a_query_alone(ask: Asker, name: str) -> None:
    said = f"^{name}: a query has no such field; list and page take '{name}'$"
    with pytest.raises(InvalidQuery, match=said):
        ask.client.sessions.explain(**{name: None})  # type: ignore[arg-type]


def test_a_query_and_its_fields(ask: Asker) -> None:
    with pytest.raises(InvalidQuery, match="not both; fields given: limit, status"):
        ask.client.sessions.list(ListSessions(), limit=3, status="open")


def test_what_to_do_on_an_error(ask: Asker) -> None:
    with pytest.raises(InvalidQuery, match=r"on_error: 'ignore' is not known; .*raise, report"):
        ask.read(on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery, match=r"raise, report; did you mean 'report'\?$"):
        ask.read(on_error="reports")  # type: ignore[arg-type]


def test_a_session_of_an_account_that_is_not_there(ask: Asker) -> None:
    with pytest.raises(UnknownAccount, match="no account named 'us'; configured: flex, lean"):
        ask.get("cs_1", "us")


def test_an_account_in_the_place_of_its_name(ask: Asker) -> None:
    with pytest.raises(UnknownAccount, match=r"^Account is no name of an account; configured: "):
        ask.get("cs_1", US)  # type: ignore[arg-type]


def test_a_session_of_no_account_in_particular(ask: Asker) -> None:
    with pytest.raises(
        ConfigurationError, match=r"name with account=... the account .*: flex, leanrails, stripe"
    ):
        ask.get("pay_1")


def test_the_form_of_an_id_tells_its_account(ask: Asker, sandbox: Sandbox) -> None:
    for name in ACCOUNTS:
        facts = sandbox.truth(name)[0]
        found = ask.get(facts.id)
        assert (found.account, found.id) == (name, facts.id)
        assert [len(sandbox.requests(one)) for one in ACCOUNTS if one != name] == [0, 0]
        sandbox.clear_requests()


def test_of_two_accounts_at_one_provider_no_id_tells(sandbox: Sandbox, open_client: Open) -> None:
    [stripe] = impatient(sandbox, "stripe")
    others = [stripe.model_copy(update={"name": name}) for name in ("us", "eu")]
    ask = open_client([*others, *impatient(sandbox, "flex")])
    with pytest.raises(ConfigurationError, match=r"name with account=... the account .*: us, eu$"):
        ask.get(sandbox.truth("stripe")[0].id)


def test_sessions_of_several_accounts_are_not_asked_for_at_once(
    sandbox: Sandbox,
) -> None:
    ids = [sandbox.truth(name)[0].id for name in ACCOUNTS]
    with (
        Client(impatient(sandbox)) as client,
        pytest.raises(ConfigurationError, match=r"name with account=..."),
    ):
        client.sessions.get_many(ids)


@pytest.mark.parametrize("account", [*ACCOUNTS, None])
@pytest.mark.parametrize("id", ["", " ", ".", "..", "cs_1\n", None, 5])
def test_an_id_that_would_name_the_list(ask: Asker, account: str | None, id: Any) -> None:
    with pytest.raises(InvalidQuery, match="not the id of a session"):
        ask.get(id, account)


class TestConfiguration:
    @either_client
    def test_no_accounts(self, kind: type[Client | AsyncClient]) -> None:
        with pytest.raises(ConfigurationError, match="there is no account; give at least one"):
            kind([])

    @either_client
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (Account(name="us", provider="flex", api_key="fsk_test_x"), r"write \[account\]"),
            ("checkout.toml", "str is no list of accounts; .* a file to from_config"),
            (Path("checkout.toml"), "a file to from_config"),
            (None, "NoneType is no list of accounts"),
            ([None], "NoneType is no account; give a list of Account"),
        ],
    )
    def test_what_is_no_list_of_accounts(
        self, kind: type[Client | AsyncClient], given: Any, said: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=said):
            kind(given)

    @either_client
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"observers": 5}, "observers is of type int; allowed: a list of Observer"),
            ({"observers": None}, "observers is of type NoneType"),
            ({"observers": "log"}, "observers is of type str"),
            ({"observers": [print]}, "builtin_function_or_method is no observer"),
            ({"observers": [Observer]}, "type is no observer; give a list of Observer"),
            ({"rate_share": "half"}, "rate_share is a part of the rate"),
            ({"rate_share": None}, "rate_share is a part of the rate"),
            ({"transport": 5}, r"transport is of type int; allowed: an httpx\."),
        ],
    )
    def test_what_else_a_client_is_given(
        self, kind: type[Client | AsyncClient], given: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=said):
            kind([Account(name="us", provider="flex", api_key="fsk_test_x")], **given)

    def test_two_accounts_of_one_name(self, open_client: Open, sandbox: Sandbox) -> None:
        accounts = impatient(sandbox, "flex", name="us") + impatient(sandbox, "stripe", name="us")
        with pytest.raises(ConfigurationError, match="two accounts are named 'us'"):
            open_client(accounts)

    def test_an_unknown_provider(self, open_client: Open) -> None:
        with pytest.raises(UnknownProvider, match=r"'acme' is installed; installed: .*stripe"):
            open_client([Account(name="us", provider="acme", api_key="sk_test_x")])

    def test_an_unknown_option(self, open_client: Open) -> None:
        account = Account(name="us", provider="flex", api_key="fsk_test_x", api_version="2")
        with pytest.raises(ConfigurationError, match=r"'us': api_version: .*allowed: .*base_url"):
            open_client([account])

    @either_client
    @pytest.mark.parametrize(
        ("key", "error", "said"),
        [
            ('"sk_live_obviously_fake"', LiveKeyInFile, "only a test key may be written"),
            ('"pk_test_obviously_fake"', ConfigurationError, "publishable key"),
            ('""', ConfigurationError, "the key is empty"),
        ],
    )
    def test_a_key_that_cannot_be_used(
        self,
        kind: type[Client | AsyncClient],
        tmp_path: Path,
        key: str,
        error: type[ConfigurationError],
        said: str,
    ) -> None:
        path = tmp_path / "checkout.toml"
        path.write_text(f'[accounts.us]\nprovider = "stripe"\napi_key = {key}\n')
        with pytest.raises(error, match=f"account 'us': api_key: .*{said}") as caught:
            kind.from_config(path)
        assert "obviously_fake" not in str(caught.value)
