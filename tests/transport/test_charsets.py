"""JSON is in UTF-8 (RFC 8259, 8.1), whatever the head says; what is not is named."""

from __future__ import annotations

import pytest
from transport.loopback import Loopback, answer
from transport.setting import KEY, Kind, account, asking, sending

from unified_checkout import ProviderError, UnreadableBody, UnsupportedAnswer

PAGE = '{"object":"list","url":"/v1/checkout/sessions","has_more":false,"data":["été"]}'


def failure(kind: Kind, named: str) -> tuple[ProviderError, int]:
    """How a page in Latin letters of a byte each fails, and how often it was asked for."""
    said = answer(PAGE.encode("latin-1"), f"Content-Type: application/json{named}")
    with (
        Loopback(lambda talk: talk.say(said)) as server,
        asking(kind, account(server.url, max_attempts=2)) as client,
    ):
        with pytest.raises(ProviderError) as caught:
            client.page()
        return caught.value, len(server.heard)


@pytest.mark.parametrize("named", ["; charset=ISO-8859-1", ';x=y; Charset="windows-1252"'])
def test_another_one_is_refused_by_name_and_asked_for_once(kind: Kind, named: str) -> None:
    error, asked = failure(kind, named)
    assert type(error) is UnsupportedAnswer
    assert f"in {named.partition('=')[2].split('=')[-1].strip(chr(34)).lower()!r}" in str(error)
    assert asked == 1


@pytest.mark.parametrize("field", ["Content-Type: a/b; charset={}", "Content-Encoding: {}"])
def test_what_may_be_a_key_is_no_name(kind: Kind, field: str) -> None:
    """Not even a part of it, in whatever letters."""
    said = answer(b"\xff", field.format(KEY))
    with (
        Loopback(lambda talk: talk.say(said)) as server,
        sending(kind, server.url) as sender,
        pytest.raises(UnsupportedAnswer) as caught,
    ):
        sender.send()
    told = "".join(filter(str.isalnum, str(caught.value)))
    assert "".join(filter(str.isalnum, KEY)) not in told
    assert "(not shown, it may be secret)" in str(caught.value)


@pytest.mark.parametrize("named", ["", "; charset=utf-8", '; charset="UTF8"'])
def test_what_should_be_utf_8_may_be_whole_the_next_time(kind: Kind, named: str) -> None:
    error, asked = failure(kind, named)
    assert type(error) is UnreadableBody
    assert asked == 2


@pytest.mark.parametrize("named", ["iso-8859-1", "us-ascii", "x" * 500, "'", "utf-16"])
def test_what_is_utf_8_is_read_whatever_it_is_called(kind: Kind, named: str) -> None:
    said = answer(PAGE.encode(), f"Content-Type: application/json; charset={named}")
    with Loopback(lambda talk: talk.say(said)) as server, sending(kind, server.url) as sender:
        assert sender.send().body == PAGE.encode()
