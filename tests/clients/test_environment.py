"""What the environment says about the way to a provider is read when something is first sent."""

from __future__ import annotations

import logging
import os
from base64 import b64encode
from pathlib import Path
from traceback import TracebackException

import pytest
from clients.setting import Open, impatient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from unified_checkout import (
    Account,
    ConfigurationError,
    ListSessions,
    NotFound,
    ProxyRefused,
)
from unified_checkout.sandbox import Sandbox
from unified_checkout.transport import authorities
from unified_checkout.transport.authorities import context_for
from unified_checkout.transport.proxies import proxy_for

PASSWORD = "Planted4Nobody"
ELSEWHERE = "https://api.example.com"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(authorities.trusting, "cache_clear", authorities.trusting.cache_clear)
    authorities.trusting.cache_clear()


WRONG_PROXIES = [
    (f"socks5://u:{PASSWORD}@proxy.example.com:1080", "pip install 'unified-checkout[socks]'"),
    (f"socks5h://u:{PASSWORD}@proxy.example.com", "pip install 'unified-checkout[socks]'"),
    (f"socks4://u:{PASSWORD}@proxy.example.com", "not a kind of proxy that is known; allowed: "),
    (f"{PASSWORD}://proxy.example.com", "not a kind of proxy"),
    (f"http://u:{PASSWORD}", "a proxy is an address such as http://proxy.example.com:3128"),
    (f"http://u:#{PASSWORD}@proxy.example.com", "a proxy is an address"),
    (f"http://u:{PASSWORD}/@proxy.example.com", "a proxy is an address"),
    (f"http://u:{PASSWORD}@proxy.example.com:99999", "a proxy is an address"),
    (f"http://u:{PASSWORD}@proxy..example.com", "a proxy is an address"),
    (f"http://u:{PASSWORD}@[::1", "a proxy is an address"),
    (f"http://u:{PASSWORD}@", "a proxy is an address"),
    (f"http://{PASSWORD}" * 5000, "a proxy is an address"),
    (f"http://u:{PASSWORD} @proxy.example.com", "holds a blank or what is not ASCII"),
    (f"http://u:{PASSWORD}\udcff@proxy.example.com", "holds a blank or what is not ASCII"),
]


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(("value", "said"), WRONG_PROXIES)
def test_a_proxy_that_cannot_be_used_is_told_by_its_variable_when_something_is_sent(
    open_client: Open, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("unified_checkout.transport.proxies.find_spec", lambda name: None)
    account = Account(name="us", provider="stripe", api_key="sk_test_x", base_url=ELSEWHERE)
    ask = open_client([account])
    ask.explain(ListSessions())
    error = ask.read().failure(ConfigurationError)
    assert str(error).startswith(f"{variable}: ")
    assert said in str(error)
    reported = str(ask.read(on_error="report").coverage)
    assert f"{variable}: " in reported
    for shown in (str(error), repr(error), repr(error.__context__), reported):
        assert PASSWORD.lower() not in shown.lower()


def test_one_that_is_wrong_keeps_nobody_from_this_machine(
    open_client: Open, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", "socks9://")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    assert len(open_client(impatient(sandbox, "stripe")).read().sessions) == 60


@pytest.mark.parametrize("address", ["http://127.1.2.3:9", "http://[::ffff:127.0.0.1]:9"])
def test_nothing_that_is_for_this_machine_goes_through_a_proxy(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Over plain http, a live key may be sent there."""
    monkeypatch.setenv("http_proxy", sandbox.url("stripe"))
    assert proxy_for(address) is None


def test_the_password_reaches_the_proxy_and_nothing_else(
    open_client: Open,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    place = sandbox.url("stripe").removeprefix("http://")
    monkeypatch.setenv("http_proxy", f"http://us%40er:{PASSWORD}%23@{place}")
    ask = open_client(impatient(sandbox, "stripe", base_url="http://api.example.com"))
    error = ask.read(ListSessions(limit=3)).failure(NotFound)
    [heard] = sandbox.requests("stripe")
    assert heard.path == "http://api.example.com/v1/checkout/sessions"
    assert "proxy-authorization" in heard.headers
    shown = "".join(f"{record.getMessage()} {record.args!r}" for record in caplog.records)
    assert PASSWORD not in f"{error} {error!r} {ask.client!r} {shown}"


def test_a_crash_report_does_not_show_the_password(
    open_client: Open, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = sandbox.url("stripe").replace("http://", f"http://user:{PASSWORD}@")
    monkeypatch.setenv("https_proxy", proxy)
    account = Account(
        name="us", provider="stripe", api_key="sk_test_x", base_url=ELSEWHERE, max_attempts=1
    )
    error = open_client([account]).read().failure(ProxyRefused)
    assert "the proxy says HTTP 4" in str(error)
    report = "".join(TracebackException.from_exception(error, capture_locals=True).format())
    assert b64encode(f"user:{PASSWORD}".encode()).decode() not in report
    assert PASSWORD not in report


def test_small_letters_prevail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://capital.example.com")
    assert str(proxy_for(ELSEWHERE)) == "Proxy('http://capital.example.com')"
    monkeypatch.setenv("https_proxy", "http://small.example.com")
    assert str(proxy_for(ELSEWHERE)) == "Proxy('http://small.example.com')"
    monkeypatch.setenv("https_proxy", "")
    assert proxy_for(ELSEWHERE) is None


def test_a_web_servers_header_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    monkeypatch.setenv("HTTP_PROXY", "http://evil.example.com")
    assert proxy_for("http://api.example.com") is None
    monkeypatch.setenv("http_proxy", "http://mine.example.com")
    assert proxy_for("http://api.example.com") is not None


@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_an_empty_variable_names_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("https_proxy", value)
    assert proxy_for(ELSEWHERE) is None


# By no_proxy and address: whether it is exempt here, and which of curl 7.88, requests 2.34, httpx 0.28
# and Go 1.26 were seen to say the same.
EXEMPTIONS = [
    ("api.example.com", ELSEWHERE, True, "crhg"),
    ("example.com", ELSEWHERE, True, "crhg"),
    (".example.com", ELSEWHERE, True, "crhg"),
    (".api.example.com", ELSEWHERE, True, "cr"),
    ("*.example.com", ELSEWHERE, True, "g"),
    ("*.api.example.com", ELSEWHERE, False, "crhg"),
    ("ample.com", ELSEWHERE, False, "crhg"),
    ("example.org", ELSEWHERE, False, "crhg"),
    ("com", ELSEWHERE, True, "crhg"),
    ("*", ELSEWHERE, True, "crhg"),
    ("", ELSEWHERE, False, "crhg"),
    (",", ELSEWHERE, False, "crhg"),
    ("example.org, api.example.com", ELSEWHERE, True, "crhg"),
    ("example.org api.example.com", ELSEWHERE, True, "c"),
    ("example.org,*", ELSEWHERE, True, "hg"),
    ("API.EXAMPLE.COM", ELSEWHERE, True, "crhg"),
    ("api.example.com.", ELSEWHERE, True, "c"),
    ("api.example.com", "https://api.example.com.", True, "c"),
    ("api.example.com:443", ELSEWHERE, True, "g"),
    ("api.example.com:8443", ELSEWHERE, False, "crhg"),
    ("api.example.com:8443", f"{ELSEWHERE}:8443", True, "rhg"),
    ("example.com:8443", f"{ELSEWHERE}:8443", True, "rhg"),
    ("api.example.com", f"{ELSEWHERE}:8443", True, "crhg"),
    ("https://api.example.com", ELSEWHERE, True, "h"),
    ("10.0.0.0/8", "https://10.1.2.3", True, "crg"),
    ("10.0.0.0/8", "https://11.1.2.3", False, "crhg"),
    ("10.1.2.3/8", "https://10.9.9.9", True, "crg"),
    ("10.1.2.3", "https://10.1.2.3", True, "crhg"),
    ("10.1.2.3:443", "https://10.1.2.3", True, "g"),
    ("10.1.2.3:80", "https://10.1.2.3", False, "crhg"),
    ("2.3", "https://10.1.2.3", False, "cg"),
    ("10.0.0.0/8", "https://10.example.com", False, "crhg"),
    ("10.0.0.0/99", "https://10.0.0.1", False, "crhg"),
    ("2001:db8::1", "https://[2001:db8::1]", True, "crhg"),
    ("[2001:db8::1]", "https://[2001:db8::1]", True, ""),
    ("[2001:db8::1]:443", "https://[2001:db8::1]", True, "g"),
    ("2001:db8:0::1", "https://[2001:db8::1]", True, "g"),
    ("2001:db8::/32", "https://[2001:db8::1]", True, "g"),
    ("2001:db9::/32", "https://[2001:db8::1]", False, "crg"),
    ("bücher.example", "https://bücher.example", True, "rg"),
    ("xn--bcher-kva.example", "https://bücher.example", True, "cg"),
    ("\udcff,example.com", ELSEWHERE, True, "crg"),
    ("[", ELSEWHERE, False, "crhg"),
    (".", ELSEWHERE, False, "crhg"),
    ("x" * 100_000, ELSEWHERE, False, "crg"),
]


@pytest.mark.parametrize(("no_proxy", "address", "exempt", "readers"), EXEMPTIONS)
def test_who_needs_no_proxy(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, address: str, exempt: bool, readers: str
) -> None:
    assert set(readers) <= set("crhg")
    monkeypatch.setenv("all_proxy", "http://proxy.example.com")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxy_for(address) is None) is exempt
    monkeypatch.setenv("no_proxy", "")
    assert proxy_for(address) is not None


def environ_text() -> st.SearchStrategy[str]:
    """Whatever a system may put into a variable: any bytes but zero."""
    kept = st.binary(max_size=60).map(lambda held: os.fsdecode(held.replace(b"\0", b"")))
    return st.one_of(kept, st.text(max_size=60).map(lambda text: text.replace("\0", "")))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(PROXIES), environ_text(), min_size=1),
    st.sampled_from(["http", "https", "socks5", "socks5h", ""]),
)
@example({"https_proxy": "http://u:p@h:1", "no_proxy": "["}, "https")
def test_whatever_the_variables_hold_there_is_a_proxy_none_or_a_typed_error(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], kind: str
) -> None:
    with monkeypatch.context() as patch:
        for name, value in variables.items():
            text = f"{kind}://u:{PASSWORD}@{value}" if kind and name != "no_proxy" else value
            try:
                patch.setenv(name, text)
            except UnicodeEncodeError:
                return
        try:
            proxy_for(ELSEWHERE)
        except ConfigurationError as error:
            said = str(error)
        else:
            return
    assert said.partition(":")[0] in PROXIES
    assert PASSWORD not in said


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
@pytest.mark.parametrize(
    "value", [f"/nowhere/{PASSWORD}", f"{PASSWORD}\udcff", PASSWORD * 10_000, "/dev/null/x"]
)
def test_authorities_that_cannot_be_read_are_told_by_their_variable(
    open_client: Open, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    if variable == "SSLKEYLOGFILE" and "\udcff" in value:
        value = f"/nowhere/{value}"
    monkeypatch.setenv(variable, value)
    account = Account(name="us", provider="stripe", api_key="sk_test_x", base_url=ELSEWHERE)
    ask = open_client([account])
    ask.explain(ListSessions())
    error = ask.read().failure(ConfigurationError)
    assert str(error).startswith(f"{variable}: ")
    assert PASSWORD not in str(error)


def test_authorities_that_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_bytes(b"\xff\x00")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))
    with pytest.raises(ConfigurationError, match=r"^SSL_CERT_FILE: "):
        context_for(ELSEWHERE)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"^SSL_CERT_FILE: "):
        context_for(ELSEWHERE)


def test_empty_variables_leave_the_usual_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.setenv(variable, "")
    assert context_for(ELSEWHERE).get_ca_certs()


def test_one_of_several_folders_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", f"/nowhere{os.pathsep}{tmp_path}")
    assert context_for(ELSEWHERE)
