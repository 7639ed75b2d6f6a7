"""What holds for every built-in adapter: one law, three providers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from house import adapter_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from unified_checkout.adapters import (
    Adapter,
    Credentials,
    Direction,
    Place,
    Request,
    Response,
)
from unified_checkout.errors import InvalidQuery, MalformedPage, ProviderError, UnreadableBody
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus


@attrs.frozen
class Dialect:
    """A provider's names for what every list has."""

    provider: str
    rows: str
    id: str
    created: str
    documented: frozenset[str]
    """Every query parameter of the provider's reference page."""
    options: dict[str, Any]
    """Values for the parameters that only ``provider_options`` reaches."""
    envelope: str | None = None
    """What a single session is wrapped in."""

    @property
    def adapter(self) -> Adapter[Any]:
        return adapter_of(self.provider)

    def row(self, **fields: Any) -> dict[str, Any]:
        return {self.id: "x_1", self.created: 1_700_000_000, **fields}

    def page(self, *rows: Any) -> Response:
        page = {self.rows: rows, "has_more": True, "object": "list", "url": "/"}
        return Response(status=200, body=json.dumps(page).encode())

    def single(self, row: dict[str, Any]) -> Response:
        sent = row if self.envelope is None else {self.envelope: row}
        return Response(status=200, body=json.dumps(sent).encode())


RANGE = {"created[gt]", "created[gte]", "created[lt]", "created[lte]"}
PAGING = {"limit", "starting_after", "ending_before"}

STRIPE = Dialect(
    provider="stripe",
    rows="data",
    id="id",
    created="created",
    documented=frozenset(
        RANGE
        | PAGING
        | {"created", "customer", "customer_account", "customer_details[email]", "expand[]"}
        | {"payment_intent", "payment_link", "status", "subscription"}
    ),
    options={"created": 1_700_000_000},
)
LEANRAILS = Dialect(
    provider="leanrails",
    rows="data",
    id="id",
    created="created",
    documented=frozenset(PAGING | {"status"}),
    options={},
)
FLEX = Dialect(
    provider="flex",
    rows="checkout_sessions",
    id="checkout_session_id",
    created="created_at",
    documented=frozenset(
        RANGE
        | PAGING
        | {"offset", "interval", "payment_intent", "status", "customer", "email", "subscription"}
        | {"client_reference_id", "expand_customer", "expand_payment_intent", "expand"}
        | {"has_disputes"}
    ),
    options={"offset": 1, "interval": 30},
    envelope="checkout_session",
)
EVERY = pytest.mark.parametrize(
    "dialect", [STRIPE, LEANRAILS, FLEX], ids=lambda dialect: dialect.provider
)

LAW = settings(max_examples=50, deadline=None)

WORD = st.text("abcXYZ_0189", min_size=1, max_size=8)
MOMENT = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "created": st.one_of(
        st.builds(lambda at: {"gt": at}, MOMENT),
        st.builds(lambda at: {"gte": at}, MOMENT),
        st.builds(lambda at: {"lt": at}, MOMENT),
        st.builds(lambda at: {"lte": at}, MOMENT),
        st.builds(lambda a, b: {"gte": min(a, b), "lte": max(a, b)}, MOMENT, MOMENT),
    ),
    "status": st.lists(st.sampled_from(SessionStatus), min_size=1),
    "payment_status": st.lists(st.sampled_from(PaymentStatus), min_size=1),
    "mode": st.lists(st.sampled_from(SessionMode), min_size=1),
    "currency": st.lists(st.sampled_from(["usd", "eur", "jpy"]), min_size=1),
    "customer": WORD,
    "customer_account": WORD,
    "email": st.just("ada@example.com"),
    "payment_intent": WORD,
    "payment_link": WORD,
    "subscription": WORD,
    "client_reference_id": WORD,
    "livemode": st.booleans(),
    "has_disputes": st.booleans(),
    "expand": st.lists(WORD, max_size=3),
}
QUERIES = st.fixed_dictionaries({}, optional=FIELDS).map(ListSessions.model_validate)
PLACES = st.builds(
    Place,
    cursor=st.none() | WORD,
    direction=st.sampled_from(Direction),
    size=st.integers(1, 100),
)


def requests(adapter: Adapter[Any], query: ListSessions, place: Place) -> Iterator[Request]:
    compiled = adapter.compile(query)
    for stream in compiled.streams:
        yield adapter.page_request(compiled, stream, place)


@EVERY
@LAW
@given(query=QUERIES)
def test_there_is_one_verdict_for_each_condition_in_order(
    dialect: Dialect, query: ListSessions
) -> None:
    compiled = dialect.adapter.compile(query)
    assert tuple(verdict.predicate for verdict in compiled.verdicts) == query.predicates()
    assert all(verdict.note for verdict in compiled.verdicts)


@EVERY
@LAW
@given(query=QUERIES, place=PLACES)
def test_only_documented_parameters_are_sent_and_none_twice(
    dialect: Dialect, query: ListSessions, place: Place
) -> None:
    for request in requests(dialect.adapter, query, place):
        names = [name for name, _ in request.parameters]
        assert set(names) <= dialect.documented
        single = [name for name in names if not name.endswith("[]")]
        assert len(single) == len(set(single))


@EVERY
def test_every_documented_parameter_is_reachable(dialect: Dialect) -> None:
    asked: list[dict[str, Any]] = [
        {"status": "open"},
        {"customer": "c", "customer_account": "a", "email": "ada@example.com"},
        {"payment_intent": "p", "payment_link": "l", "subscription": "s"},
        {"client_reference_id": "r", "has_disputes": True},
        {"expand": ["customer", "payment_intent", "other"]},
        *({"created": {operator: "2026-01-01T00:00:00Z"}} for operator in ("gt", "gte")),
        *({"created": {operator: "2026-01-01T00:00:00Z"}} for operator in ("lt", "lte")),
        *(
            {"provider_options": {dialect.provider: {key: dialect.options[key]}}}
            for key in dialect.options
        ),
    ]
    places = [
        Place(),
        Place(cursor="x"),
        Place(cursor="x", direction=Direction.BACKWARD),
    ]
    sent = {
        name
        for fields in asked
        for place in places
        for request in requests(dialect.adapter, ListSessions.model_validate(fields), place)
        for name, _ in request.parameters
    }
    assert sent == dialect.documented


@EVERY
def test_an_unknown_option_is_refused_with_the_names_of_those_there_are(dialect: Dialect) -> None:
    query = ListSessions(provider_options={dialect.provider: {"cursor": "x"}})
    with pytest.raises(InvalidQuery, match=r"no such option 'cursor'; allowed: .*starting_after"):
        dialect.adapter.compile(query)


@EVERY
@LAW
@given(word=st.text(max_size=12))
def test_a_new_word_never_fails_and_stays_readable(dialect: Dialect, word: str) -> None:
    words = {"status": word, "payment_status": word, "mode": word, "currency": "usd"}
    (session,) = dialect.adapter.parse_page(dialect.page(dialect.row(**words)), Place()).sessions
    assert session.provider_status == word
    assert session.status is not None
    assert session.mode is not None


FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(min_size=1).map(lambda name: f"new_{name}"), JSON, max_size=4)


@EVERY
@LAW
@given(fields=st.lists(OBJECTS, min_size=1, max_size=3))
def test_the_raw_object_is_exactly_what_was_sent(
    dialect: Dialect, fields: list[dict[str, Any]]
) -> None:
    rows = [dialect.row(**more) for more in fields]
    page = dialect.adapter.parse_page(dialect.page(*rows), Place())
    assert [session.raw for session in page.sessions] == rows


@EVERY
@LAW
@given(metadata=st.dictionaries(st.text(), JSON, max_size=4) | JSON)
def test_metadata_is_kept_as_text_whatever_it_is(dialect: Dialect, metadata: Any) -> None:
    row = dialect.row(metadata=metadata)
    (listed,) = dialect.adapter.parse_page(dialect.page(row), Place()).sessions
    assert listed.metadata == dialect.adapter.parse_session(dialect.single(row)).metadata
    if not isinstance(metadata, dict):
        assert listed.metadata is None
        return
    assert listed.metadata is not None
    assert list(listed.metadata) == list(metadata)
    for name, text in listed.metadata.items():
        sent = metadata[name]
        assert text == sent if isinstance(sent, str) else json.loads(text) == sent


BROKEN = st.lists(st.sampled_from([*'a\\"é', "\ud83d", "\ude00", "\\ud83d"]), max_size=5).map(
    "".join
)


@EVERY
@LAW
@given(texts=st.lists(BROKEN, min_size=1, max_size=3))
@example(texts=["whole", "caf\ud83d"])
def test_half_a_character_is_read_as_a_replacement_and_kept_as_it_was_sent(
    dialect: Dialect, texts: list[str]
) -> None:
    rows = [dialect.row(metadata={"note": text}, **{f"new_{text}": text}) for text in texts]
    listed = dialect.adapter.parse_page(dialect.page(*rows), Place()).sessions
    alone = [dialect.adapter.parse_session(dialect.single(row)) for row in rows]
    for sessions in (listed, alone):
        assert [session.raw_bytes for session in sessions] == [
            json.dumps(row).encode() for row in rows
        ]
        assert [session.metadata for session in sessions] == [
            {"note": re.sub("[\ud800-\udfff]", "\ufffd", json.loads(json.dumps(text)))}
            for text in texts
        ]


@EVERY
@LAW
@given(count=st.integers(1, 9), data=st.data())
def test_one_bad_row_is_named_by_its_index_and_field(
    dialect: Dialect, count: int, data: st.DataObject
) -> None:
    bad = data.draw(st.integers(0, count - 1))
    field, value = data.draw(
        st.sampled_from([(dialect.id, 7), (dialect.created, []), ("amount_total", "5")])
    )
    rows = [dialect.row() for _ in range(count)]
    rows[bad][field] = value
    with pytest.raises(MalformedPage) as caught:
        dialect.adapter.parse_page(dialect.page(*rows), Place())
    assert (caught.value.row, caught.value.field) == (bad, field)


WIRE_FIELDS = """
    amount_total created created_at currency customer customer_details defaults disputes
    expires_at id checkout_session_id livemode metadata mode payment_intent payment_intents
    status subscription test_mode total_details url
"""


@EVERY
@LAW
@given(fields=st.dictionaries(st.sampled_from(WIRE_FIELDS.split()), JSON))
def test_any_value_anywhere_is_either_read_or_named(
    dialect: Dialect, fields: dict[str, Any]
) -> None:
    page = dialect.page(dialect.row(**fields))
    fault: MalformedPage | None = None
    try:
        sessions = dialect.adapter.parse_page(page, Place()).sessions
        assert all(json.loads(session.to_json())["id"] for session in sessions)
    except MalformedPage as error:
        fault = error
    assert fault is None or (fault.row == 0 and fault.field)


@EVERY
@LAW
@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_gives_a_typed_error_that_says_where_it_happened(
    dialect: Dialect, body: bytes
) -> None:
    adapter = dialect.adapter
    answer = Response(status=200, headers={"request-id": "r", "x-request-id": "r"}, body=body)
    for parse in (
        lambda: adapter.parse_page(answer, Place()),
        lambda: adapter.parse_session(answer),
    ):
        with pytest.raises((MalformedPage, UnreadableBody)) as caught:
            parse()
        assert (caught.value.account, caught.value.status) == ("shop", 200)
        assert (caught.value.provider, caught.value.request_id) == (dialect.provider, "r")
    failure = adapter.parse_error(attrs.evolve(answer, status=500))
    assert isinstance(failure, ProviderError)
    assert (failure.account, failure.status, failure.request_id) == ("shop", 500, "r")


@EVERY
def test_the_key_is_in_the_signed_request_and_nowhere_else(dialect: Dialect) -> None:
    adapter = dialect.adapter
    request = adapter.get_request("x_1")
    signed = adapter.sign(request, Credentials(SecretStr("obviously_fake")))
    assert set(signed.headers) - set(request.headers) == {"Authorization"}
    assert signed.headers["Authorization"].split()[0] in ("Basic", "Bearer")
    assert "obviously_fake" not in repr(signed)
    assert attrs.evolve(signed, headers=request.headers) == request


@EVERY
def test_the_address_is_configurable_and_has_no_path(dialect: Dialect) -> None:
    kind = type(dialect.adapter)
    assert kind.options_type.model_validate({}).base_url.startswith("https://api.")
    local = kind.options_type.model_validate({"base_url": "http://127.0.0.1:8000/v1/"})
    assert local.base_url == "http://127.0.0.1:8000"
