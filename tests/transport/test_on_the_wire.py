"""What RFC 9110, 9112, 1952 and 8259 allow a server to send, byte for byte, and what they do not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transport.loopback import Loopback, Talk, answer
from transport.setting import Kind, account, asking, sending

from unified_checkout import (
    ConnectionFailed,
    ProviderError,
    ProxyRefused,
    ResponseTooLarge,
    UnreadableBody,
    UnsupportedAnswer,
)

PAGE = b'{"data": ["\xc3\xa9t\xc3\xa9", 1, 2, 34]}'
assert len(PAGE) == 29
HEAD = b"HTTP/1.1 200 OK\r\n"
ASKED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE)


def deflate(data: bytes, wbits: int = -15) -> bytes:
    """RFC 1951 for negative sizes of the window, wrapped as in RFC 1950 for others."""
    stream = zlib.compressobj(wbits=wbits)
    return stream.compress(data) + stream.flush()


def in_chunks(data: bytes, *sizes: str, trailer: str = "") -> bytes:
    """A body of one chunk for each size as it is written, and the rest in another."""
    sent = b""
    for size in sizes:
        length = int(size.partition(";")[0].strip(), 16)
        sent += f"{size}\r\n".encode() + data[:length] + b"\r\n"
        data = data[length:]
    if data:
        sent += b"%x\r\n" % len(data) + data + b"\r\n"
    return sent + b"0\r\n" + trailer.encode() + b"\r\n"


def chunked(body: bytes, *fields: str) -> bytes:
    return answer(body, "Transfer-Encoding: chunked", *fields, length=False)


def coded(body: bytes, *codings: str) -> bytes:
    """An answer with a field for each of some values of Transfer-Encoding."""
    return answer(body, *(f"Transfer-Encoding: {coding}" for coding in codings), length=False)


def with_everything(data: bytes) -> bytes:
    """A member of gzip with all that its header may hold: RFC 1952, 2.3."""
    flags = 0b11110
    head = bytes([0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 2, 3])
    head += b"\x06\x00AB\x02\x00xy" + b"page.json\0" + b"a comment\0"
    head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    end = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + deflate(data) + end


HALVES = gzip.compress(PAGE[:9]) + gzip.compress(PAGE[9:])
TWICE = gzip.compress(gzip.compress(PAGE))

READ = {
    "length": answer(PAGE),
    "until the end": answer(PAGE, length=False),
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + PAGE,
    "HTTP/1.0 with a length": b"HTTP/1.0 200 OK\r\nContent-Length: 29\r\n\r\n" + PAGE,
    "no reason": b"HTTP/1.1 200 \r\nContent-Length: 29\r\n\r\n" + PAGE,
    "no reason, no blank": b"HTTP/1.1 200\r\nContent-Length: 29\r\n\r\n" + PAGE,
    "a reason of bytes": b"HTTP/1.1 200 \xe9t\xe9 \xf0\x9f\x8e\x89\r\nContent-Length: 29\r\n\r\n" + PAGE,
    "another success": answer(PAGE, status="299 Whatever"),
    "transformed on the way": answer(PAGE, status="203 Non-Authoritative Information"),
    "odd casing": HEAD + b"cOnTeNt-LeNgTh: 29\r\nCONTENT-TYPE: Application/JSON\r\n\r\n" + PAGE,
    "blanks and tabs": HEAD + b"Content-Length: \t29 \t \r\nX-Empty:\r\n\r\n" + PAGE,
    "no blanks": HEAD + b"Content-Length:29\r\nX:y\r\n\r\n" + PAGE,
    "line feeds alone": ASKED.replace(b"\r\n", b"\n") + PAGE,
    "folded": HEAD + b"X-Long: one\r\n two\r\n\tthree\r\nContent-Length: 29\r\n\r\n" + PAGE,
    "bytes in a field": HEAD + b"X-Name: \xe9\xff\r\nContent-Length: 29\r\n\r\n" + PAGE,
    "a long field": HEAD + b"X-Long: " + b"x" * 60_000 + b"\r\nContent-Length: 29\r\n\r\n" + PAGE,
    "many fields": HEAD + b"X-N: n\r\n" * 2_000 + b"Content-Length: 29\r\n\r\n" + PAGE,
    "length said twice": HEAD + b"Content-Length: 29\r\nContent-Length: 29\r\n\r\n" + PAGE,
    "length twice in one": HEAD + b"Content-Length: 29, 29\r\n\r\n" + PAGE,
    "100": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(PAGE),
    "102 and 103": b"HTTP/1.1 102 \r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + answer(PAGE),
    "chunks": chunked(in_chunks(PAGE, "3", "1")),
    "chunks, upper case": chunked(in_chunks(PAGE, "A", "0000C")),
    "chunk extensions": chunked(in_chunks(PAGE, "3;a=b", '4;c="d;e\\"f"', "2;g")),
    "trailers": chunked(in_chunks(PAGE, "3", trailer="X-Sum: 1\r\nX-More: 2\r\n")),
    "Chunked": answer(in_chunks(PAGE), "TRANSFER-ENCODING: Chunked", length=False),
    "chunks, and a length": chunked(in_chunks(PAGE), "Content-Length: 3"),
    "gzip": answer(gzip.compress(PAGE), "Content-Encoding: gzip"),
    "x-gzip": answer(gzip.compress(PAGE), "Content-Encoding: x-gzip"),
    "GZip": answer(gzip.compress(PAGE), "content-encoding:  GZip "),
    "gzip in chunks": chunked(in_chunks(gzip.compress(PAGE), "1", "1", "8"), "Content-Encoding: gzip"),
    "gzip until the end": answer(gzip.compress(PAGE), "Content-Encoding: gzip", length=False),
    "gzip, several members": answer(HALVES, "Content-Encoding: gzip"),
    "gzip, an empty member": answer(HALVES + gzip.compress(b""), "Content-Encoding: gzip"),
    "gzip, padded": answer(HALVES + bytes(100), "Content-Encoding: gzip"),
    "gzip, all fields": answer(with_everything(PAGE), "Content-Encoding: gzip"),
    "deflate": answer(zlib.compress(PAGE), "Content-Encoding: deflate"),
    "deflate, best": answer(zlib.compress(PAGE, 9), "Content-Encoding: deflate"),
    "deflate, small window": answer(deflate(PAGE, 9), "Content-Encoding: deflate"),
    "deflate, raw": answer(deflate(PAGE), "Content-Encoding: deflate"),
    "identity": answer(PAGE, "Content-Encoding: identity"),
    "no coding": answer(PAGE, "Content-Encoding:"),
    "two codings": answer(TWICE, "Content-Encoding: gzip, gzip"),
    "two codings, two fields": answer(TWICE, "Content-Encoding: gzip", "Content-Encoding: gzip"),
    "two unlike codings": answer(
        gzip.compress(zlib.compress(PAGE)), "Content-Encoding: deflate , identity,, x-gzip"
    ),
    "byte order mark": answer(b"\xef\xbb\xbf" + PAGE),
    "byte order mark, gzip": answer(gzip.compress(b"\xef\xbb\xbf" + PAGE), "Content-Encoding: gzip"),
    "another charset": answer(PAGE, "Content-Type: application/json; charset=iso-8859-1"),
}  # fmt: skip

NOT_CHUNKED = {
    "a chunk that is no chunk": chunked(b"zz\r\n" + PAGE + b"\r\n0\r\n\r\n"),
    "a chunk without its end": chunked(b"3\r\n" + PAGE[:3] + b"XX0\r\n\r\n"),
    "a trailer without a colon": chunked(in_chunks(PAGE, trailer="nonsense\r\n")),
}
"""What nobody may send: RFC 9112, 7.1."""

UNREAD_CHUNKING = {
    "a blank before an extension": chunked(in_chunks(PAGE, "3 ;a=b")),
    "a size of 22 digits": chunked(in_chunks(PAGE, "0" * 21 + "3")),
}
UNREAD_CODINGS = {
    "a transfer coding": coded(in_chunks(gzip.compress(PAGE)), "gzip, chunked"),
    "empty elements last": coded(in_chunks(PAGE), "chunked, ,"),
    "an empty element first": coded(in_chunks(PAGE), ", chunked"),
    "an empty field beside": coded(in_chunks(PAGE), "chunked", ""),
}
UNREAD_HEADS = {
    "a length of 22 digits": HEAD + b"Content-Length: " + b"0" * 20 + b"29\r\n\r\n" + PAGE,
}
LONG_CHUNKING = {
    "an extension without end": chunked(in_chunks(PAGE, "3;" + "x" * 200_000)),
    "trailers without end": chunked(in_chunks(PAGE, trailer="X-N: n\r\n" * 30_000)),
}
"""What a server may send, or a client has to bear, and h11 does not read: RFC 9112, 6.1 and 7.1,
RFC 9110, 5.6.1, 5.6.3 and 8.6."""

REFUSED = {
    **NOT_CHUNKED,
    **UNREAD_CHUNKING,
    **UNREAD_CODINGS,
    **UNREAD_HEADS,
    **LONG_CHUNKING,
    "br": answer(PAGE, "Content-Encoding: br"),
    "zstd": answer(PAGE, "Content-Encoding: gzip, ZSTD"),
    "compress": answer(PAGE, "Content-Encoding: x-compress"),
    "codings without end": answer(PAGE, "Content-Encoding: " + ", ".join(["gzip"] * 60)),
    "UTF-16": answer(PAGE.decode().encode("utf-16")),
    "UTF-16, no mark": answer(PAGE.decode().encode("utf-16-le")),
    "UTF-32": answer(PAGE.decode().encode("utf-32-be")),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "reset content": answer(b"", status="205 Reset Content"),
    "a part": answer(PAGE[:5], "Content-Range: bytes 0-4/29", status="206 Partial Content"),
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "secure shell": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "encryption": b"\x15\x03\x01\x00\x02\x02\x16",
    "HTTP/0.9": PAGE,
    "a blank first": b"\r\n" + answer(PAGE),
    "two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "a word": b"HTTP/1.1 OK\r\n\r\n",
    "a field without a name": HEAD + b": x\r\n\r\n",
    "a field without a colon": HEAD + b"nonsense\r\n\r\n",
    "a blank before a colon": HEAD + b"Content-Length : 29\r\n\r\n" + PAGE,
    "two lengths": HEAD + b"Content-Length: 29\r\nContent-Length: 30\r\n\r\n" + PAGE,
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n" + PAGE,
    "no end of fields": HEAD + b"X-N: n\r\n" * 20_000,
}  # fmt: skip

BROKEN: dict[str, tuple[bytes, type[ProviderError]]] = {
    "cut in the body": (ASKED + PAGE[:5], ConnectionFailed),
    "cut in the head": (ASKED[:30], ConnectionFailed),
    "cut in a chunk": (chunked(in_chunks(PAGE)[:12]), ConnectionFailed),
    "cut before the last chunk": (chunked(in_chunks(PAGE)[:-5]), ConnectionFailed),
    "cut in the size of a chunk": (chunked(b"1"), ConnectionFailed),
    "cut in a trailer": (chunked(in_chunks(PAGE, trailer="nonsense")[:-2]), ConnectionFailed),
    "gzip, cut": (answer(gzip.compress(PAGE)[:-9], "Content-Encoding: gzip"), UnreadableBody),
    "gzip, no sum": (answer(gzip.compress(PAGE)[:-8], "Content-Encoding: gzip"), UnreadableBody),
    "gzip, wrong sum": (
        answer(gzip.compress(PAGE)[:-8] + bytes(8), "Content-Encoding: gzip"),
        UnreadableBody,
    ),
    "gzip, half a member more": (
        answer(HALVES + gzip.compress(b"")[:5], "Content-Encoding: gzip"),
        UnreadableBody,
    ),
    "gzip that is none": (answer(PAGE, "Content-Encoding: gzip"), UnreadableBody),
    "gzip of nothing": (answer(b"", "Content-Encoding: gzip"), UnreadableBody),
    "deflate, cut": (answer(zlib.compress(PAGE)[:-5], "Content-Encoding: deflate"), UnreadableBody),
    "deflate, one byte": (answer(b"\x78", "Content-Encoding: deflate"), UnreadableBody),
    "deflate that is none": (answer(PAGE, "Content-Encoding: deflate"), UnreadableBody),
    "once, not twice": (
        answer(gzip.compress(PAGE), "Content-Encoding: gzip, gzip"),
        UnreadableBody,
    ),
}


def said(data: bytes) -> Loopback:
    """A server that always says the same, and then closes."""

    def script(talk: Talk) -> None:
        talk.say(data)
        talk.close()

    return Loopback(script)


def dripping(data: bytes) -> Loopback:
    """A server that says it byte by byte."""

    def script(talk: Talk) -> None:
        for number in range(len(data)):
            talk.say(data[number : number + 1])
        talk.close()

    return Loopback(script)


@pytest.mark.parametrize("data", READ.values(), ids=READ)
def test_it_is_read(kind: Kind, data: bytes) -> None:
    with said(data) as server, sending(kind, server.url) as sender:
        response = sender.send()
        assert (response.body, 200 <= response.status < 300) == (PAGE, True)
        assert server.connections == 1


@pytest.mark.parametrize("name", [name for name, data in READ.items() if len(data) < 1000])
def test_it_is_read_byte_by_byte(name: str) -> None:
    with dripping(READ[name]) as server, sending("Client", server.url) as sender:
        assert sender.send().body == PAGE


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_by_name(kind: Kind, data: bytes) -> None:
    """At once, though the server may say no more and wait; and for good."""

    def script(talk: Talk) -> None:
        talk.say(data)
        talk.wait_for_end()

    with Loopback(script) as server, sending(kind, server.url) as sender:
        with pytest.raises(UnsupportedAnswer) as caught:
            sender.send()
        assert "is" in str(caught.value)
        assert server.connections == 1


def test_it_says_what_it_was(kind: Kind) -> None:
    told = {}
    for name, data in REFUSED.items():
        with said(data) as server, sending(kind, server.url) as sender:
            with pytest.raises(UnsupportedAnswer) as caught:
                sender.send()
            told[name] = caught.value.message.replace(server.url, "https://api.example.com")
    assert told["br"] == "the answer is a body in the coding 'br', where gzip was asked for"
    assert "'zstd'" in told["zstd"]
    assert "60 codings" in told["codings without end"]
    assert told["UTF-16"] == "the answer is in UTF-16 or UTF-32, where JSON is in UTF-8"
    assert told["no content"] == "the answer is one without content"
    assert told["secure shell"] == "what https://api.example.com answers is not HTTP/1.1"


FORM = "is in no form of HTTP/1.1 that can be read"
LENGTH = "is too long to be read"
CODING = "has a Transfer-Encoding that is not just 'chunked'"
FRAMED = {
    **dict.fromkeys([*NOT_CHUNKED, *UNREAD_CHUNKING], ("chunking", FORM)),
    **dict.fromkeys(LONG_CHUNKING, ("chunking", LENGTH)),
    **dict.fromkeys(UNREAD_CODINGS, ("head", CODING)),
    **dict.fromkeys([*UNREAD_HEADS, "a word", "two lengths"], ("head", FORM)),
    "no end of fields": ("head", LENGTH),
}


@pytest.mark.parametrize("name", FRAMED)
def test_a_form_that_is_not_read_is_named_and_asked_for_once(kind: Kind, name: str) -> None:
    """Not as a mistake of the server's, whose answer may be well formed."""
    part, problem = FRAMED[name]
    with said(REFUSED[name]) as server, asking(kind, account(server.url)) as asked:
        with pytest.raises(UnsupportedAnswer) as caught:
            asked.page()
        assert caught.value.message == f"the {part} of the answer of {server.url} {problem}"
        assert len(server.heard) == 1


TRANSPORTS: dict[Kind, Callable[[], object]] = {
    "Client": httpx.HTTPTransport,
    "AsyncClient": httpx.AsyncHTTPTransport,
}


@pytest.mark.parametrize("name", FRAMED)
def test_a_transport_that_was_brought_does_not_read_it_either(kind: Kind, name: str) -> None:
    """It tells no more than where reading ended."""
    part, _ = FRAMED[name]
    with (
        said(REFUSED[name]) as server,
        sending(kind, server.url, TRANSPORTS[kind]()) as sender,
        pytest.raises(UnsupportedAnswer) as caught,
    ):
        sender.send()
    assert caught.value.message == f"the {part} of the answer of {server.url} {FORM}"


@pytest.mark.parametrize(
    ("data", "when"),
    [
        (b"", "without an answer"),
        (ASKED + PAGE[:5], "in mid-answer"),
        (chunked(in_chunks(PAGE)[:12]), "in mid-answer"),
    ],
)
def test_over_a_transport_that_was_brought_an_end_is_one(
    kind: Kind, data: bytes, when: str
) -> None:
    with (
        said(data) as server,
        sending(kind, server.url, TRANSPORTS[kind]()) as sender,
        pytest.raises(ConnectionFailed) as caught,
    ):
        sender.send()
    assert caught.value.message == f"{server.url} closed the connection {when}"


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_broken_and_may_be_whole_the_next_time(kind: Kind, name: str) -> None:
    data, error = BROKEN[name]
    with said(data) as server, sending(kind, server.url) as sender:
        with pytest.raises(error) as caught:
            sender.send()
        assert type(caught.value) is error
        assert server.connections == 1


STATUSES = ["302 Found", "400 Bad", "401 No", "403 No", "404 No", "429 Slowly", "500 Oh", "503 Oh"]
FIELDS = ("Retry-After: 7", "X-Request-Id: req_1")
BIG = b"x" * 2_000_000
LEGIBLE = b'{"error": {"code": "gone"}}'


def failures(status: str) -> dict[str, bytes]:
    """Answers of which not all can be read."""
    endless = answer(LEGIBLE, *FIELDS, "Content-Length: 99", status=status, length=False)
    coding = "Content-Encoding: "
    return {
        "br": answer(b"\x0b\x02", *FIELDS, f"{coding}br", status=status),
        "garbage": answer(b"garbage", *FIELDS, f"{coding}gzip", status=status),
        "cut": answer(gzip.compress(LEGIBLE)[:9], *FIELDS, f"{coding}gzip", status=status),
        "big": answer(BIG, *FIELDS, status=status),
        "big when unpacked": answer(gzip.compress(BIG), *FIELDS, f"{coding}gzip", status=status),
        "endless": endless,
        "no chunks": answer(b"zz\r\n", *FIELDS, "Transfer-Encoding: chunked", status=status, length=False),
        "UTF-16": answer("{}".encode("utf-16"), *FIELDS, status=status),
        "empty": answer(b"", *FIELDS, status=status),
    }  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("form", failures(""))
def test_the_status_decides_before_the_body(
    kind: Kind, status: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unified_checkout.transport.http.REASONS", 0.05)

    def script(talk: Talk) -> None:
        talk.say(failures(status)[form])
        if form == "endless":
            talk.wait_for_end()
        else:
            talk.close()

    with (
        Loopback(script) as server,
        sending(kind, server.url, max_body_bytes=100_000) as sender,
    ):
        response = sender.send()
    assert response.status == int(status[:3])
    assert response.headers["retry-after"] == "7"
    assert response.headers["x-request-id"] == "req_1"
    assert len(response.body) <= 65_536
    if form == "endless":
        assert response.body == LEGIBLE


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("407 Proxy Authentication Required", "a proxy on the way asks for credentials"),
        ("511 Network Authentication Required", "this network asks for a login"),
    ],
)
def test_what_is_on_the_way_is_named(kind: Kind, status: str, message: str) -> None:
    with (
        said(answer(b"<html>", status=status)) as server,
        sending(kind, server.url) as sender,
        pytest.raises(ProxyRefused, match=message),
    ):
        sender.send()


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "deflate"])
def test_a_little_that_unpacks_to_too_much(kind: Kind, coding: str) -> None:
    body = zlib.compress(BIG) if coding == "deflate" else gzip.compress(BIG)
    if coding == "gzip, gzip":
        body = gzip.compress(body)
    with (
        said(answer(body, f"Content-Encoding: {coding}")) as server,
        sending(kind, server.url, max_body_bytes=1_000_000) as sender,
        pytest.raises(ResponseTooLarge),
    ):
        sender.send()


def test_what_fits_exactly_is_read(kind: Kind) -> None:
    body = gzip.compress(bytes(range(1, 101)))
    with said(answer(body, "Content-Encoding: gzip")) as server:
        with sending(kind, server.url, max_body_bytes=100) as sender:
            assert len(sender.send().body) == 100
        with (
            sending(kind, server.url, max_body_bytes=99) as sender,
            pytest.raises(ResponseTooLarge),
        ):
            sender.send()


@st.composite
def transmissions(draw: st.DrawFn) -> tuple[bytes, Sequence[bytes]]:
    """A body, and an answer with it as a server may send it, in pieces."""
    body = draw(st.binary(min_size=4, max_size=300)).replace(b"\0", b"0")
    body = b"[" + body
    packed, named = body, []
    for coding in draw(
        st.lists(st.sampled_from(["gzip", "deflate", "raw", "identity"]), max_size=3)
    ):
        pack: dict[str, Callable[[bytes], bytes]]
        pack = {"gzip": gzip.compress, "deflate": zlib.compress, "raw": deflate}
        packed = pack.get(coding, bytes)(packed)
        named.append("deflate" if coding == "raw" else coding)
    fields = [f"Content-Encoding: {', '.join(named)}"] if named else []
    if draw(st.booleans()):
        sizes = draw(st.lists(st.integers(1, 40), max_size=5))
        inside = [f"{size:x}" for size in sizes if sum(sizes) < len(packed)]
        data = chunked(in_chunks(packed, *inside), *fields)
    else:
        data = answer(packed, *fields)
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=6)))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return body, pieces


@settings(max_examples=60, deadline=None)
@given(transmissions())
def test_however_it_travels_the_body_is_the_same(case: tuple[bytes, Sequence[bytes]]) -> None:
    body, pieces = case

    def script(talk: Talk) -> None:
        for piece in pieces:
            talk.say(piece)

    with Loopback(script) as server, sending("Client", server.url) as sender:
        assert sender.send().body == body
        assert sender.send().body == body
        assert server.connections == 1
