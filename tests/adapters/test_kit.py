"""The kit: what every adapter reads and signs with."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec
import pytest
from pydantic import SecretStr

from unified_checkout.adapters import Credentials, KeyKind, Request, Response, kit
from unified_checkout.errors import (
    AddressNotFound,
    AuthenticationError,
    InvalidQuery,
    InvalidRequest,
    MalformedPage,
    NotFound,
    PermissionDenied,
    ProviderError,
    RateLimited,
    ServerError,
    UnexpectedRedirect,
    UnreadableBody,
)

Row = TypeVar("Row")
WHERE: dict[str, Any] = {"account": "us", "provider": "acme", "status": 200, "request_id": "req_1"}
CREDENTIALS = Credentials(SecretStr("sk_test_obviously_fake"))


class Buyer(msgspec.Struct):
    id: kit.Id


class Thing(msgspec.Struct):
    id: kit.Id
    created: kit.Timestamp
    buyer: str | Buyer | None = None


class Page(msgspec.Struct, Generic[Row]):
    rows: list[Row] = msgspec.field(name="things")
    more: bool


PAGE = kit.page_decoder(Page, Thing)


def page(*rows: bytes) -> bytes:
    return b'{"things": [' + b", ".join(rows) + b'], "more": false}'


def test_a_page_gives_each_row_with_its_own_bytes() -> None:
    rows = (b'{"id":"a","created":1}', b'{ "created": 2, "unknown": "\xc3\xa9", "id": "b" }')
    envelope, found = PAGE.decode(page(*rows), **WHERE)
    assert not envelope.more
    assert list(found) == [(Thing("a", 1), rows[0]), (Thing("b", 2), rows[1])]


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        (b'{"id":"b"}', "created", "missing required field"),
        (b'{"id":"b","created":"soon"}', "created", "expected `int`, got `str`"),
        (b'{"id":"b","created":1.5}', "created", "expected `int`, got `float`"),
        (b'{"id":"b","created":true}', "created", "expected `int`, got `bool`"),
        (b'{"id":"b","created":-1}', "created", "expected `int` >= 0"),
        (b'{"id":"b","created":253402300800}', "created", "expected `int` <= 253402300799"),
        (b'{"id":"","created":1}', "id", "length >= 1"),
        (b'{"id":"b","created":1,"buyer":{"name":"secret"}}', "buyer.id", "missing required field"),
        (b'{"id":"b","created":1,"buyer":["secret"]}', "buyer", "expected"),
        (b'"secret"', "", "expected `object`, got `str`"),
    ],
)
def test_a_bad_row_is_named_with_its_field_and_without_its_values(
    row: bytes, field: str, said: str
) -> None:
    with pytest.raises(MalformedPage) as caught:
        PAGE.decode(page(b'{"id":"a","created":1}', row, b"{}"), **WHERE)
    assert (caught.value.row, caught.value.field) == (1, field)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.request_id == "req_1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", ""),
        (b"null", ""),
        (b'{"more": true}', "things"),
        (b'{"things": []}', "more"),
        (b'{"things": null, "more": true}', "things"),
        (b'{"things": {}, "more": true}', "things"),
    ],
)
def test_a_page_that_is_no_page_is_named_as_such(body: bytes, field: str) -> None:
    with pytest.raises(MalformedPage) as caught:
        PAGE.decode(body, **WHERE)
    assert (caught.value.row, caught.value.field) == (None, field)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"<!DOCTYPE html><html>", "HTML page"),
        (b"upstream connect error", "not readable JSON"),
        (page(b'{"id":"a","created":1}')[:-9], "not readable JSON"),
        (page(b'{"id":"a","created":1}') + b"}", "not readable JSON"),
        (page(b'{"id":"a","created":1,"skipped":"\xff"}'), "UnicodeDecodeError"),
        (page(b'{"id":"a","created":1,"\xff":0}'), "UnicodeDecodeError"),
        (page(b'{"id":"a","created":1,"skipped":NaN}'), "not readable JSON"),
        (page(b'{"id":"a","created":1,"skipped":' + b"[" * 10**5 + b"}"), "RecursionError"),
    ],
)
def test_a_body_that_is_not_json_is_unreadable(body: bytes, said: str) -> None:
    with pytest.raises(UnreadableBody, match=said):
        PAGE.decode(body, **WHERE)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, UnexpectedRedirect),
        (400, InvalidRequest),
        (401, AuthenticationError),
        (402, InvalidRequest),
        (403, PermissionDenied),
        (404, NotFound),
        (408, ServerError),
        (409, InvalidRequest),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, ServerError),
        (503, ServerError),
        (599, ServerError),
    ],
)
def test_the_http_status_decides_the_kind_of_error(status: int, kind: type[ProviderError]) -> None:
    response = Response(status=status, body=b'{"error": "no"}')
    error = kit.error_for(response, "no", account="us", provider="acme")
    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 451])
@pytest.mark.parametrize("start", [b"", b"  \n\t", b"<!-- x -->"])
def test_what_something_in_between_says_is_not_blamed_on_the_key(status: int, start: bytes) -> None:
    page = Response(status=status, body=start + b"<!DOCTYPE html><html>Access denied</html>")
    error = kit.error_for(page, None, account="us", provider="acme")
    assert error.status == status
    assert "HTML page" in str(error)
    assert "check base_url" in error.hint
    assert error.hint != type(error).hint
    response = Response(status=status, body=b'{"error": "no"}')
    own = kit.error_for(response, "no", account="us", provider="acme")
    assert own.hint == type(own).hint


@pytest.mark.parametrize(
    ("body", "text", "code", "own", "kind"),
    [
        (b'{"error": "no"}', "no", None, True, NotFound),
        (b'{"error": {"code": "none"}}', None, "none", True, NotFound),
        (b'{"error": " "}', " ", None, True, AddressNotFound),
        (b'{"message": "no"}', "no", None, False, AddressNotFound),
        (b"no", "no", None, True, AddressNotFound),
        (b"", None, None, True, AddressNotFound),
    ],
)
def test_only_the_providers_own_words_tell_that_something_is_not_there(
    body: bytes, text: str | None, code: str | None, own: bool, kind: type[ProviderError]
) -> None:
    response = Response(status=404, body=body)
    error = kit.error_for(response, text, code=code, own=own, account="us", provider="acme")
    assert type(error) is kind


@pytest.fixture
def _in_kathmandu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One form of a date names no zone; it means none but UTC, wherever it is read."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 20 Nov 2026 10:00:07 GMT"}, None),
        (
            {
                "retry-after": "Fri, 20 Nov 2026 10:00:07 GMT",
                "date": "Fri, 20 Nov 2026 10:00:00 GMT",
            },
            7.0,
        ),
        *(
            ({"retry-after": then, "date": sent}, 7.0)
            for then in (
                "Fri, 20 Nov 2026 10:00:07 GMT",
                "Friday, 20-Nov-26 10:00:07 GMT",
                "Fri Nov 20 10:00:07 2026",
            )
            for sent in (
                "Fri, 20 Nov 2026 10:00:00 GMT",
                "Friday, 20-Nov-26 10:00:00 GMT",
                "Fri Nov 20 10:00:00 2026",
            )
        ),
        *(
            ({"retry-after": absurd, "date": "Fri, 20 Nov 2026 10:00:00 GMT"}, None)
            for absurd in (
                "Fri, 20 Nov 99999999999999999999 10:00:07 GMT",
                "Fri, 99999999999 Nov 2026 10:00:07 GMT",
                "Fri, 20 Nov 2026 10:00:07 +999999999999999",
            )
        ),
    ],
)
@pytest.mark.usefixtures("_in_kathmandu")
def test_advice_to_wait_is_read_in_all_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert kit.retry_after(Response(status=429, headers=headers)) == seconds


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Invalid API Key provided: sk_test_*****************fake", "(key)"),
        ("Expired API Key provided: rk_live_0123456789", "(key)"),
        ("use fsk_0123456789abcdef instead", "use (key) instead"),
        ("token access_0123456789abcdef is gone", "token (key) is gone"),
        ("shop_oat_0123456789abcdef has expired", "(key) has expired"),
        ("shop_at_u_0123456789abcdefghij has expired", "(key) has expired"),
        ("shop_c_0123456789abcdefghij opens it", "(key) opens it"),
        ("created_at_of_a_long_and_plain_name", "created_at_of_a_long_and_plain_name"),
        ("pi_123_secret_456 is not yours", "(key) is not yours"),
        ("no customer 'a.b+c@mail.example.com'!", "no customer '(e-mail)'!"),
        ("GET /v1/x?email=jenny%40example.com&limit=1", "GET /v1/x?email=(e-mail)&limit=1"),
        ("No such session: cs_test_a1b2c3d4e5f6", "cs_test_a1b2c3d4e5f6"),
        ("two\nlines\x1b[31m.", "two lines[31m"),
    ],
)
def test_personal_data_and_keys_are_scrubbed_from_messages(text: str, left: str) -> None:
    scrubbed = kit.scrubbed(text)
    assert left in scrubbed
    assert not any(word in scrubbed for word in ("jenny", "fake", "0123456789", "456", "a.b"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Basic c2tfdGVzdDo= is wrong", "Authorization: (key) is wrong"),
        ("sent with bearer 0123-4567.89~ab", "sent with (key)"),
        ("a Basic plan has no sessions", "a Basic plan has no sessions"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmVk ran out", "(key) ran out"),
        ("key SK_LIVE_0123456789 is revoked", "key (key) is revoked"),
        ("key tk_test_obviously_fake is new", "key (key) is new"),
        ("token sandbox-sq0atb-obviously_fake ran out", "token sandbox-(key) ran out"),
        ("the application sq0idp-0123456789abcdef", "the application sq0idp-0123456789abcdef"),
        ("no link plink_0123456789abcdef", "no link plink_0123456789abcdef"),
        ("no customer o'buyer@example.com here", "no customer (e-mail) here"),
        ("no customer 'o'buyer@example.com'", "no customer '(e-mail)'"),
        ("see https://pay.example.com/c/cs_1?a=b#c now", "see https://pay.example.com/c/cs_1 now"),
        ("see HTTPS://pay.example.com/c/cs_1#c", "see HTTPS://pay.example.com/c/cs_1"),
        ("see https://pay.example.com?a=b", "see https://pay.example.com"),
        (
            "https://pay.example.com/c/kX7dHar4LsQ2#c is over",
            "https://pay.example.com/c/(not shown, it may be secret) is over",
        ),
        (
            "see https://docs.example.com/error-codes/no-such-session",
            "see https://docs.example.com/error-codes/no-such-session",
        ),
    ],
)
def test_what_opens_a_door_is_left_out_of_a_message_and_nothing_else(text: str, left: str) -> None:
    assert kit.scrubbed(text) == left


def test_a_long_message_is_cut_after_it_is_scrubbed() -> None:
    text = "x" * 290 + " jenny@example.com" + " y" * 100_000
    assert len(kit.scrubbed(text)) <= 300
    assert "jenny" not in kit.scrubbed(text)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"no"', b"7", b"\xff", b"[" * 10**5])
def test_a_failure_without_a_readable_body_is_still_explained(body: bytes) -> None:
    response = Response(status=502, body=body)
    assert kit.error_body(response) == {}
    assert kit.explanation(None, response).startswith("no reason is given: the body is")


def test_signing_adds_a_header_and_changes_nothing_else() -> None:
    request = Request(path="/v1/x", parameters=(("limit", "1"),), headers={"X": "y"})
    signed = kit.basic(request, CREDENTIALS)
    token = base64.b64encode(b"sk_test_obviously_fake:").decode()
    assert signed.headers == {"X": "y", "Authorization": f"Basic {token}"}
    assert (signed.path, signed.parameters) == (request.path, request.parameters)
    assert kit.bearer(request, CREDENTIALS).headers["Authorization"].startswith("Bearer sk_test_")
    assert request.headers == {"X": "y"}


@pytest.mark.parametrize(
    "id", ["", " ", ".", "..", " . ", ". ", "\n", "cs_1\n", "\u200b", "\ud800", None, 12, b"cs_1"]
)
def test_what_cannot_be_an_id_is_refused(id: Any) -> None:
    with pytest.raises(InvalidQuery, match="is not the id of a session"):
        kit.item_path("/v1/things", id)


def test_an_id_is_percent_encoded_in_the_path() -> None:
    assert kit.item_path("/v1/things", "../a?b#é %") == "/v1/things/..%2Fa%3Fb%23%C3%A9%20%25"


def test_the_first_fitting_prefix_tells_the_kind_of_key() -> None:
    prefixes = {"k_test_": KeyKind.TEST, "k_": KeyKind.LIVE}
    assert kit.key_kind("k_test_1", prefixes) is KeyKind.TEST
    assert kit.key_kind("k_1", prefixes) is KeyKind.LIVE
    assert kit.key_kind("other", prefixes) is KeyKind.UNKNOWN


def test_metadata_that_is_no_string_stays_the_json_it_was_sent_as() -> None:
    sent = b'{"a": "b\\u00e9", "n": 1.50, "o": { "x" : [ null, 1E5 ] }, "t": true, "z": null}'
    assert kit.strings(msgspec.Raw(sent)) == {
        "a": "b\u00e9",
        "n": "1.50",
        "o": '{"x":[null,1E5]}',
        "t": "true",
        "z": "null",
    }


@pytest.mark.parametrize("number", ["1e400", "-1e-400", "7" * 5000, "0.10000000000000000555"])
def test_a_number_in_metadata_keeps_every_digit(number: str) -> None:
    assert kit.strings(msgspec.Raw(f'{{"n": {number}}}'.encode())) == {"n": number}


@pytest.mark.parametrize(
    ("sent", "read"), [("{}", {}), *((other, None) for other in ("", "null", "[]", '"a"', "7"))]
)
def test_metadata_is_an_object_or_nothing(sent: str, read: dict[str, str] | None) -> None:
    assert kit.strings(msgspec.Raw(sent.encode())) == read
