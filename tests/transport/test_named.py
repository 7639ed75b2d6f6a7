"""What keeps a request from being answered is named, and tried again only where that may help."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from transport.children import in_child
from transport.loopback import EMPTY_PAGE, Loopback, Talk, answer
from transport.remains import nothing_left
from transport.setting import KEY, Kind, account, asking, sending
from transport.tunnels import refusing, through_to

from unified_checkout import (
    ConnectionFailed,
    InvalidRequest,
    ProviderError,
    ProxyRefused,
    RequestTimeout,
    TlsError,
    UnsupportedAnswer,
)
from unified_checkout.transport import authorities

CERTIFICATES = Path(__file__).parent / "certificates"
ELSEWHERE = "https://api.example.com"
PASSWORD = "obviously-fake-password"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, no_proxies: None) -> Iterator[None]:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    authorities.trusting.cache_clear()
    yield
    authorities.trusting.cache_clear()


@pytest.fixture
def _trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))


def serving(name: str) -> ssl.SSLContext:
    """What a server proves to be with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


def secure(name: str = "this-machine") -> Loopback:
    """A server behind encryption."""
    return Loopback(lambda talk: talk.say(answer()), serving(name))


def failure(kind: Kind, url: str, **changes: Any) -> ProviderError:
    """How a page fails that may be tried three times."""
    changes = {"max_attempts": 3, "timeout": 20, **changes}
    with asking(kind, account(url, **changes)) as client, pytest.raises(ProviderError) as caught:
        client.page()
    assert KEY not in f"{caught.value} {caught.value!r}"
    return caught.value


@contextmanager
def accepting_nobody(host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """A server whose queue is full: who connects waits."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server((host, port), backlog=0))
        address = listening.getsockname()
        for _ in range(20):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield f"http://{host}:{address[1]}"


class Greeting(Loopback):
    """Says something as soon as it hears anything, and closes."""

    def __init__(self, greeting: bytes) -> None:
        super().__init__(lambda talk: None)
        self._greeting = greeting

    def _talk(self, connected: socket.socket, connection: int) -> None:
        connected.recv(65_536)
        connected.sendall(self._greeting)


class TestConnecting:
    @pytest.mark.parametrize("number", [socket.EAI_NONAME, socket.EAI_AGAIN])
    def test_a_name_that_is_not_found(
        self, kind: Kind, number: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def not_found(*arguments: Any, **options: Any) -> NoReturn:
            raise socket.gaierror(number, "no such name")

        monkeypatch.setattr(socket, "getaddrinfo", not_found)
        error = failure(kind, ELSEWHERE)
        assert type(error) is ConnectionFailed
        assert f"the host of {ELSEWHERE} is not found (DNS)" in str(error)

    def test_a_name_that_takes_for_ever(self, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
        answered = threading.Event()

        def look_up(*arguments: Any, flags: int = 0, **options: Any) -> NoReturn:
            if not flags:
                answered.wait(timeout=60)
            raise socket.gaierror(socket.EAI_NONAME, "no such name")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        with sending(kind, ELSEWHERE, timeout=0.1) as sender:
            with pytest.raises(RequestTimeout, match=r"no connection to .* within 0.1 s"):
                sender.send()
            answered.set()

    def test_nobody_listens(self, kind: Kind) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        error = failure(kind, f"http://127.0.0.1:{port}")
        assert type(error) is ConnectionFailed
        assert f"no connection to http://127.0.0.1:{port} (connection refused)" in str(error)

    def test_nobody_accepts(self, kind: Kind) -> None:
        with accepting_nobody() as url:
            error = failure(kind, url, timeout=0.1, max_attempts=1)
        assert type(error) is RequestTimeout
        assert f"no connection to {url} within 0.1 s" in str(error)
        assert "network" in error.hint

    def test_another_address_of_the_same_host_will_do(
        self, kind: Kind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Loopback(lambda talk: talk.say(answer())) as server:
            found = [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, server.port))
                for host in ("127.0.0.2", "127.0.0.1")
            ]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            with sending(kind, f"http://api.example.com:{server.port}") as sender:
                assert sender.send().body == EMPTY_PAGE

    def test_an_address_that_says_nothing_keeps_nobody_from_the_next(
        self, kind: Kind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with (
            nothing_left(),
            Loopback(lambda talk: talk.say(answer())) as server,
            accepting_nobody("127.0.0.2", server.port),
        ):
            found = [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, server.port))
                for host in ("127.0.0.2", "127.0.0.1")
            ]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            with sending(kind, f"http://api.example.com:{server.port}", timeout=2) as sender:
                assert sender.send().body == EMPTY_PAGE

    def test_an_address_that_is_too_long(self, kind: Kind) -> None:
        with (
            sending(kind, "http://127.0.0.1:9") as sender,
            pytest.raises(InvalidRequest, match="the request cannot be sent"),
        ):
            sender.send("/" + "x" * 70_000)


class TestWaiting:
    """Connecting, the first byte and the whole answer each have their end."""

    def test_for_an_answer(self, kind: Kind) -> None:
        with Loopback(lambda talk: talk.wait_for_end()) as server:
            error = failure(kind, server.url, timeout=0.1, max_attempts=1)
        assert type(error) is RequestTimeout
        assert "no answer within 0.1 s" in str(error)

    @pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nX: ", answer(b" " * 100)[:-90]])
    def test_for_the_end_of_one_that_drips(self, kind: Kind, begun: bytes) -> None:
        """However often something comes, the time for all of it is the same."""
        stop = threading.Event()

        def script(talk: Talk) -> None:
            talk.say(begun)
            while not stop.wait(0.005):
                talk.socket.sendall(b" ")

        with Loopback(script) as server:
            error = failure(kind, server.url, timeout=0.1, max_attempts=1)
            stop.set()
        assert type(error) is RequestTimeout
        assert "no whole answer within 0.1 s" in str(error)

    def test_for_encryption(self, kind: Kind) -> None:
        with Loopback(lambda talk: None) as server:
            url = server.url.replace("http:", "https:")
            error = failure(kind, url, timeout=0.1, max_attempts=1)
        assert type(error) is RequestTimeout
        assert f"no connection to {url} within 0.1 s" in str(error)


class TestEncryption:
    @pytest.mark.usefixtures("_trusting")
    def test_it_works(self, kind: Kind) -> None:
        with nothing_left(), secure() as server, sending(kind, server.url) as sender:
            for _ in range(3):
                assert sender.send().body == EMPTY_PAGE
            assert server.connections == 1

    @pytest.mark.usefixtures("_trusting")
    def test_a_child_does_not_end_it(self, kind: Kind) -> None:
        """Encryption has a farewell of its own, which a child must not say."""
        with secure() as server, sending(kind, server.url) as sender:
            sender.send()

            def ask_and_close() -> bytes:
                body = sender.send().body
                sender.close()
                return body

            assert in_child(ask_and_close) == EMPTY_PAGE
            assert sender.send().body == EMPTY_PAGE
            assert server.connections == 2

    @pytest.mark.usefixtures("_trusting")
    def test_a_large_answer(self, kind: Kind) -> None:
        body = bytes(range(1, 256)) * 20_000
        with (
            Loopback(lambda talk: talk.say(answer(body)), serving("this-machine")) as server,
            sending(kind, server.url) as sender,
        ):
            assert sender.send().body == body

    @pytest.mark.usefixtures("_trusting")
    @pytest.mark.parametrize(
        ("name", "said"), [("another-host", "127.0.0.1"), ("expired", "expired")]
    )
    def test_a_certificate_that_does_not_fit(self, kind: Kind, name: str, said: str) -> None:
        with secure(name) as server:
            error = failure(kind, server.url)
            assert server.connections == 1
        assert type(error) is TlsError
        assert "certificate" in error.message
        assert said in error.message

    def test_a_certificate_of_nobody_known(self, kind: Kind) -> None:
        with secure() as server:
            error = failure(kind, server.url)
            assert server.connections == 1
        assert type(error) is TlsError
        assert f"the certificate of {server.url} is refused: unable to get" in str(error)
        assert "SSL_CERT_FILE" in error.hint

    def test_there_is_none(self, kind: Kind) -> None:
        with Greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
            error = failure(kind, server.url.replace("http:", "https:"))
            assert server.connections == 1
        assert type(error) is TlsError
        assert "no encrypted connection" in str(error)

    @pytest.mark.usefixtures("_trusting")
    def test_one_that_wants_a_certificate_of_ours(self, kind: Kind) -> None:
        context = serving("this-machine")
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # later ones tell when all seems done
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CERTIFICATES / "authority.pem")
        with Loopback(lambda talk: talk.say(answer()), context) as server:
            error = failure(kind, server.url)
            assert server.connections == 1
        assert type(error) is TlsError

    @pytest.mark.usefixtures("_trusting")
    def test_one_that_breaks_off(self, kind: Kind) -> None:
        with Greeting(b"") as server:
            error = failure(kind, server.url.replace("http:", "https:"))
            assert server.connections == 3
        assert type(error) is ConnectionFailed

    def test_encryption_where_none_was_asked_for(self, kind: Kind) -> None:
        with secure() as server:
            error = failure(kind, server.url.replace("https:", "http:"))
        assert type(error) is ConnectionFailed
        assert "answer" in error.message


class TestProxies:
    @pytest.mark.usefixtures("_trusting")
    @pytest.mark.parametrize("tls", [None, "this-machine"])
    def test_it_leads_there(
        self, kind: Kind, tls: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Encryption inside the encryption of the proxy, too."""
        with (
            nothing_left(),
            secure("another-host") as server,
            Loopback(through_to(server.port), serving(tls) if tls else None) as proxy,
        ):
            monkeypatch.setenv("https_proxy", proxy.url)
            with sending(kind, ELSEWHERE) as sender:
                for _ in range(3):
                    assert sender.send().body == EMPTY_PAGE
            assert (proxy.connections, server.connections) == (1, 1)

    @pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden"])
    def test_it_refuses(self, kind: Kind, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with refusing(answer(b"<html>", status=status)) as proxy:
            url = proxy.url.replace("http://", f"http://us:{PASSWORD}@")
            monkeypatch.setenv("https_proxy", url)
            error = failure(kind, ELSEWHERE)
            assert proxy.connections == 1
        assert type(error) is ProxyRefused
        assert f"the proxy says HTTP {status[:3]}" in str(error)
        assert PASSWORD not in str(error)

    @pytest.mark.parametrize("status", ["502 Bad Gateway", "408 Late", "429 Too Many Requests"])
    def test_it_is_in_trouble(
        self, kind: Kind, status: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with refusing(answer(b"<html>", status=status)) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            error = failure(kind, ELSEWHERE)
            assert proxy.connections == 3
        assert type(error) is ConnectionFailed
        assert f"the proxy says HTTP {status[:3]}" in str(error)

    def test_it_asks_for_a_login(self, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
        with refusing(answer(b"<html>", status="511 Log in")) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            error = failure(kind, ELSEWHERE)
            assert proxy.connections == 1
        assert type(error) is ProxyRefused
        assert "log in with a browser" in error.hint

    @pytest.mark.usefixtures("_trusting")
    def test_who_is_behind_it_is_checked(self, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
        with secure("this-machine") as server, Loopback(through_to(server.port)) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            error = failure(kind, ELSEWHERE)
            assert proxy.connections == 1
        assert type(error) is TlsError
        assert "api.example.com" in str(error)


BY_PROXY = pytest.mark.parametrize("url", [ELSEWHERE, ELSEWHERE.replace("https:", "http:")])


class TestProxiesInTrouble:
    """What a proxy does is not said of the provider, which nobody has reached yet."""

    @staticmethod
    def failure(kind: Kind, url: str, **changes: Any) -> ProviderError:
        error = failure(kind, url, max_attempts=1, **changes)
        assert url not in str(error)
        assert PASSWORD not in str(error)
        assert "the proxy" in error.message
        return error

    @BY_PROXY
    def test_nobody_listens(self, kind: Kind, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        monkeypatch.setenv("all_proxy", f"http://us:{PASSWORD}@127.0.0.1:{port}")
        error = self.failure(kind, url)
        assert type(error) is ConnectionFailed
        assert "no connection to the proxy (connection refused)" in str(error)
        assert error.hint == "check the proxy that the environment names and the network"

    @BY_PROXY
    def test_its_name_is_not_found(
        self, kind: Kind, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def not_found(*arguments: Any, **options: Any) -> NoReturn:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")

        monkeypatch.setattr(socket, "getaddrinfo", not_found)
        monkeypatch.setenv("all_proxy", f"http://us:{PASSWORD}@proxy.example.net:3128")
        error = self.failure(kind, url)
        assert type(error) is ConnectionFailed
        assert "the host of the proxy is not found (DNS)" in str(error)
        assert "base_url" not in error.hint

    @BY_PROXY
    def test_it_accepts_nobody(self, kind: Kind, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with accepting_nobody() as proxy:
            monkeypatch.setenv("all_proxy", proxy)
            error = self.failure(kind, url, timeout=0.1)
        assert type(error) is RequestTimeout
        assert "no connection to the proxy within 0.1 s" in str(error)
        assert "base_url" not in error.hint

    @BY_PROXY
    def test_it_says_nothing(self, kind: Kind, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with Loopback(lambda talk: talk.wait_for_end()) as proxy:
            monkeypatch.setenv("all_proxy", proxy.url)
            error = self.failure(kind, url, timeout=0.1)
        assert type(error) is RequestTimeout
        assert "no answer of the proxy within 0.1 s" in str(error)

    @BY_PROXY
    @pytest.mark.parametrize(
        ("said", "type_", "message"),
        [
            (b"", ConnectionFailed, "the proxy closed the connection without an answer"),
            (b"HTTP/1.1 20", ConnectionFailed, "the proxy closed the connection in mid-answer"),
            (b"SSH-2.0", UnsupportedAnswer, "what the proxy answers is not HTTP/1.1"),
        ],
    )
    def test_it_talks_nonsense(
        self,
        kind: Kind,
        url: str,
        said: bytes,
        type_: type[ProviderError],
        message: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with Greeting(said) as proxy:
            monkeypatch.setenv("all_proxy", proxy.url)
            error = self.failure(kind, url)
        assert type(error) is type_
        assert message in str(error)

    @BY_PROXY
    def test_it_is_not_trusted(self, kind: Kind, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with Loopback(lambda talk: None, serving("this-machine")) as proxy:
            monkeypatch.setenv("all_proxy", proxy.url)
            error = self.failure(kind, url)
        assert type(error) is TlsError
        assert "the certificate of the proxy is refused" in str(error)

    @BY_PROXY
    def test_it_is_not_encrypted(
        self, kind: Kind, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n") as proxy:
            monkeypatch.setenv("all_proxy", proxy.url.replace("http:", "https:"))
            error = self.failure(kind, url)
        assert type(error) is TlsError
        assert "no encrypted connection to the proxy" in str(error)

    @pytest.mark.usefixtures("_trusting")
    @pytest.mark.parametrize("tls", [None, "this-machine"])
    def test_what_is_behind_it_is_said_of_the_provider(
        self, kind: Kind, tls: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with (
            Loopback(lambda talk: talk.close(), serving("another-host")) as server,
            Loopback(through_to(server.port), serving(tls) if tls else None) as proxy,
        ):
            monkeypatch.setenv("https_proxy", proxy.url)
            error = failure(kind, ELSEWHERE, max_attempts=1)
        assert type(error) is ConnectionFailed
        assert f"{ELSEWHERE} closed the connection without an answer" in str(error)
        assert error.hint == "check base_url and the network"
