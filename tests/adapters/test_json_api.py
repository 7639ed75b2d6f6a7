"""``JsonAdapter``: declared by its tables, overridden where a provider is odd."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
import pytest
from pydantic import SecretStr

from unified_checkout.adapters import (
    AdapterOptions,
    Compiled,
    Credentials,
    InvalidQuery,
    JsonAdapter,
    KeyKind,
    ListSessions,
    MalformedPage,
    Parameters,
    Place,
    ProviderError,
    ProviderPage,
    QueryOptions,
    Request,
    Response,
    Session,
    SessionDraft,
    Stream,
    UnreadableBody,
    kit,
    sealed,
)

Row = TypeVar("Row")


class Thing(msgspec.Struct):
    id: kit.Id
    at: kit.Timestamp
    price: str = ""


class Things(msgspec.Struct, Generic[Row]):
    rows: list[Row] = msgspec.field(name="things")
    onward: str | None = None


class ThingOptions(AdapterOptions):
    own_path = "/v1"
    base_url: str = "https://api.example.com"


class ThingQueryOptions(QueryOptions):
    colour: str = "any"
    shape: str = "any"


class ThingAdapter(JsonAdapter[ThingOptions]):
    name = "things"
    title = "Things"
    options_type = ThingOptions
    requests_per_second = 1.0
    query_options = ThingQueryOptions
    page = kit.page_decoder(Things, Thing)
    item_path = "/v1/things"
    key_kinds = {"t_": KeyKind.TEST}  # noqa: RUF012

    def compile(self, query: ListSessions) -> Compiled:
        colour = ThingQueryOptions.of(self, query).colour
        stream = Stream(name="things", path="/v1/things", headers=(("Colour", colour),))
        return Compiled(streams=(stream,), verdicts=())

    def headers(self) -> dict[str, str]:
        return {"Version": "7"}

    def parameters(self, stream: Stream, place: Place) -> Parameters:
        return (("size", str(place.size)),)

    def to_page(
        self, sent: Things[Any], sessions: list[Session], response: Response, place: Place
    ) -> ProviderPage:
        if sent.onward == "elsewhere":
            raise kit.FieldError("onward", "leads away")
        return ProviderPage(sessions=sessions, next=sent.onward, more=sent.onward is not None)

    def to_session(self, sent: Thing, raw: bytes) -> Session:
        if sent.price == "dear":
            raise kit.FieldError("price", "not a price")
        session = SessionDraft(
            account=self.account,
            provider=self.name,
            id=sent.id,
            created=kit.seconds(sent.at),
            raw_bytes=raw,
        )
        return sealed(session, Session)

    def parse_error(self, response: Response) -> ProviderError:
        return kit.error_for(response, None, **self.origin(response))

    def sign(self, request: Request, credentials: Credentials) -> Request:
        return kit.bearer(request, credentials)


class Enveloped(ThingAdapter):
    item_key = "thing"
    request_id_header = "trace"


ADAPTER = ThingAdapter("shop", ThingOptions())
ENVELOPED = Enveloped("shop", ThingOptions())
ONE = b'{"at": 1, "more": [1], "id": "a"}'


def answered(body: bytes) -> Response:
    return Response(status=200, headers={"x-request-id": "r1", "trace": "t1"}, body=body)


def test_a_page_is_asked_for_with_the_stream_s_headers_beside_the_adapter_s() -> None:
    compiled = ADAPTER.compile(ListSessions(provider_options={"things": {"colour": "red"}}))
    request = ADAPTER.page_request(compiled, compiled.streams[0], Place(size=3))
    assert request.headers == {"Version": "7", "Colour": "red"}
    assert (request.path, request.parameters) == ("/v1/things", (("size", "3"),))


def test_a_single_object_is_asked_for_below_its_path() -> None:
    request = ADAPTER.get_request("a/b")
    assert (request.path, request.parameters) == ("/v1/things/a%2Fb", ())
    assert request.headers == {"Version": "7"}


def test_a_page_is_read_row_by_row() -> None:
    page = ADAPTER.parse_page(answered(b'{"things": [' + ONE + b'], "onward": "x"}'), Place())
    assert [(session.id, session.raw_bytes) for session in page.sessions] == [("a", ONE)]
    assert (page.next, page.more) == ("x", True)


@pytest.mark.parametrize(
    ("body", "row", "field"),
    [
        (b'{"things": [' + ONE + b', {"id": "b"}]}', 1, "at"),
        (b'{"things": [' + ONE + b', {"id": "b", "at": 1, "price": "dear"}]}', 1, "price"),
        (b'{"things": [], "onward": "elsewhere"}', None, "onward"),
        (b'{"rows": []}', None, "things"),
    ],
)
def test_what_is_wrong_with_a_page_is_named(body: bytes, row: int | None, field: str) -> None:
    with pytest.raises(MalformedPage) as caught:
        ADAPTER.parse_page(answered(body), Place())
    error = caught.value
    assert (error.row, error.field, error.request_id) == (row, field, "r1")
    assert (error.account, error.provider) == ("shop", "things")


def test_a_single_object_is_read_as_it_stands_or_out_of_its_envelope() -> None:
    assert ADAPTER.parse_session(answered(ONE)).raw_bytes == ONE
    session = ENVELOPED.parse_session(answered(b'{"n": 1, "thing": ' + ONE + b"}"))
    assert (session.id, session.raw_bytes) == ("a", ONE)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (ONE, "thing"),
        (b'{"thing": null}', ""),
        (b'{"thing": {"id": "a"}}', "at"),
        (b'{"thing": {"id": "a", "at": 1, "price": "dear"}}', "price"),
        (b"[]", ""),
    ],
)
def test_an_envelope_without_its_object_is_named(body: bytes, field: str) -> None:
    with pytest.raises(MalformedPage) as caught:
        ENVELOPED.parse_session(answered(body))
    assert (caught.value.row, caught.value.field) == (None, field)
    assert caught.value.request_id == "t1"


def test_an_envelope_that_is_cut_short_is_unreadable() -> None:
    with pytest.raises(UnreadableBody):
        ENVELOPED.parse_session(answered(b'{"thing": {"id'))


def test_half_a_character_in_an_envelope_stays_as_it_was_sent() -> None:
    one = rb'{"id": "a", "at": 1, "price": "\ud83d"}'
    session = ENVELOPED.parse_session(answered(b'{"thing": ' + one + b"}"))
    assert session.raw_bytes == one


def test_the_names_of_the_options_follow_from_their_model() -> None:
    assert ADAPTER.provider_options == {"colour", "shape"}
    with pytest.raises(InvalidQuery, match="no such option 'size'; allowed: colour, shape"):
        ADAPTER.compile(ListSessions(provider_options={"things": {"size": 1}}))


class Exchanging(ThingAdapter):
    token_path = "/oauth2/token"

    def sign(self, request: Request, credentials: Credentials) -> Request:
        if credentials.token is None:
            return kit.basic(request, credentials, user="client")
        return kit.bearer(request, credentials)


def test_a_token_is_asked_for_where_a_path_is_named() -> None:
    assert ADAPTER.token_request() is None
    adapter = Exchanging("shop", ThingOptions())
    request = adapter.token_request()
    assert request is not None
    assert (request.method, request.path) == ("POST", "/oauth2/token")
    key = SecretStr("key_obviously_fake")
    assert adapter.sign(request, Credentials(key)).headers["Authorization"].startswith("Basic ")
    token = adapter.parse_token(answered(b'{"access_token": "t", "expires_in": 60}'))
    signed = adapter.sign(ADAPTER.get_request("a"), Credentials(key, token=token.value))
    assert signed.headers["Authorization"] == "Bearer t"
    with pytest.raises(MalformedPage, match="access_token"):
        adapter.parse_token(answered(b"{}"))


@pytest.mark.parametrize("base_url", ["https://api.example.com", "http://127.0.0.1:8000/things"])
@pytest.mark.parametrize("host", ["", "https://api.example.com", "http://127.0.0.1:8000/things"])
def test_a_link_may_name_the_usual_host_and_the_configured_one(base_url: str, host: str) -> None:
    adapter = ThingAdapter("shop", ThingOptions(base_url=base_url))
    if host in ("", "https://api.example.com", base_url):
        assert adapter.link(f"{host}/v1/things?page=2", "next").place == "/v1/things?page=2"
    else:
        with pytest.raises(kit.FieldError, match="another host"):
            adapter.link(f"{host}/v1/things?page=2", "next")


def test_the_key_s_beginning_tells_its_kind() -> None:
    assert ThingAdapter.key_kind("t_1") is KeyKind.TEST
    assert ThingAdapter.key_kind("x_1") is KeyKind.UNKNOWN
