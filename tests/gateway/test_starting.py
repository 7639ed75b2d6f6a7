"""What a gateway is started with, and what keeps it from starting."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gateway.serving import NOW, free_port
from typer.testing import CliRunner, Result

from unified_checkout.cli.app import app
from unified_checkout.errors import ConfigurationError
from unified_checkout.gateway.settings import load_setup
from unified_checkout.gateway.tokens import digest_of
from unified_checkout.sandbox import Sandbox, faults

ACCOUNTS = """
[accounts.us]
provider = "stripe"
api_key = "sk_test_obviously_fake"

[accounts.hsa]
provider = "flex"
api_key = "fsk_test_obviously_fake"
"""
TOKEN = f"""
[gateway.tokens.reports]
sha256 = "{digest_of("ucgw_x")}"
accounts = ["us", "hsa"]
"""
CERTIFICATES = Path(__file__).parents[1] / "transport" / "certificates"
PAIR, ANOTHER = CERTIFICATES / "this-machine.pem", CERTIFICATES / "another-host.pem"
LOCKED = """\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh/YHb4h74WiwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEP4QQW4UnMlzH73QWffLMW8EgZAE
Y3ovGqVRsB3B5Ou+YaQMEbwR6sQbAvQQ4t99e6GrMlvd4EX0m9URUfVm7F6ANwNI
GDbiv8v72Q5t9POuU0sgon0qpaVgBAILYrf0ep2jkSX5AVLQNPU7ZDYnklNS4f+E
PMw7k375UUpDyEEWIii4F5Dfkp5YrWqikG1w0mjeQ/wvTlCdI28Qxy4rzRHdqm0=
-----END ENCRYPTED PRIVATE KEY-----
"""
"""The key of ``PAIR``, with a password."""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        path = tmp_path / "checkout.toml"
        path.write_text(ACCOUNTS + text)
        return path

    return write


def test_a_token_reaches_its_accounts_in_the_order_of_the_file(write: Write) -> None:
    path = write(TOKEN.replace('"us", "hsa"', '"hsa", "us"') + "expires = 2027-01-01\n")
    setup = load_setup(path, workers=2)
    [token] = setup.tokens
    assert token.accounts == ("us", "hsa")
    assert (token.pages, token.buyers) == (False, False)
    assert token.expires is not None
    assert token.expires.year == 2027
    assert all(account.share_rate is True for account in setup.accounts)
    assert "ucgw_x" not in repr(setup)
    assert digest_of("ucgw_x") not in repr(setup)


def test_accounts_that_no_token_reaches_are_not_opened(write: Write) -> None:
    setup = load_setup(write(TOKEN.replace(', "hsa"', "")))
    assert [account.name for account in setup.accounts] == ["us"]
    assert setup.accounts[0].share_rate is False


BAD = {
    "": "there is no token",
    "[gateway]\nlisten = '0.0.0.0:80'\n" + TOKEN: "beyond this machine",
    "[gateway]\nlisten = '127.0.0.1'\n" + TOKEN: "HOST:PORT",
    "[gateway]\nlisten = '127.0.0.1:70000'\n" + TOKEN: "HOST:PORT",
    "[gateway]\nlisten = 'off'\n" + TOKEN: "listen: write HOST:PORT",
    "[gateway]\nlisten = 'a..b:9'\n" + TOKEN: "listen: write HOST:PORT",
    f"[gateway]\nlisten = '{'a' * 64}:9'\n" + TOKEN: "listen: write HOST:PORT",
    '[gateway]\nlisten = "a\\u0000b:9"\n' + TOKEN: "listen: write HOST:PORT",
    "[gateway]\nmetrics = 'a..b:9'\n" + TOKEN: "metrics: write HOST:PORT",
    "[gateway]\nmetrics = '[.]:9'\n" + TOKEN: "metrics: write HOST:PORT",
    "[gateway]\nport = 3\n" + TOKEN: "port: there is no such field",
    "[gateway]\nworkers = 0\n" + TOKEN: "workers",
    "[gateway]\ncertificate = 'none.pem'\n" + TOKEN: "both certificate and private_key",
    "gateway = 3\n": "must be a table",
    TOKEN.replace("us", "eu"): "no account named 'eu'",
    TOKEN.replace('["us", "hsa"]', "[]"): "accounts",
    TOKEN.replace("sha256", "token"): "token: there is no such field",
    TOKEN.replace('sha256 = "', 'sha256 = "0'): "64 digits",
    TOKEN + "pages = 'yes'\n": "pages",
    TOKEN + TOKEN.replace("reports", "again"): "the same token as reports",
    TOKEN.replace("reports", '"a b"'): "a name is letters",
}


@pytest.mark.parametrize("text", BAD)
def test_what_keeps_a_gateway_from_starting_is_named(write: Write, text: str) -> None:
    if text.startswith("gateway"):
        path = write("")
        path.write_text(text + ACCOUNTS)
    else:
        path = write(text)
    with pytest.raises(ConfigurationError, match=re.escape(BAD[text])):
        load_setup(path)


def test_beyond_this_machine_it_takes_tls_or_a_proxy(write: Write) -> None:
    path = write("[gateway]\nlisten = '0.0.0.0:8443'\n" + TOKEN)
    assert load_setup(path, behind_proxy=True).settings.behind_proxy
    assert load_setup(path, certificate=PAIR, private_key=PAIR).settings.certificate == PAIR


@pytest.fixture
def unusable(tmp_path: Path) -> dict[str, tuple[Path, Path]]:
    """Certificates and keys that are none together, by what is wrong."""
    junk, empty, locked = (tmp_path / f"{name}.pem" for name in ("junk", "empty", "locked"))
    junk.write_text("junk")
    empty.write_text("")
    locked.write_text(LOCKED)
    return {
        "junk": (junk, junk),
        "empty": (empty, empty),
        "another": (PAIR, ANOTHER),
        "locked": (PAIR, locked),
        "folder": (tmp_path, tmp_path),
        "no key": (PAIR, junk),
    }


@pytest.mark.parametrize("what", ["junk", "empty", "another", "locked", "folder", "no key"])
def test_a_certificate_that_cannot_be_used_keeps_it_from_starting(
    write: Write, unusable: dict[str, tuple[Path, Path]], what: str
) -> None:
    certificate, private_key = unusable[what]
    write(f"[gateway]\ncertificate = '{certificate}'\nprivate_key = '{private_key}'\n" + TOKEN)
    ended = invoke("gateway", "--listen", "127.0.0.1:0", "--metrics", "off")
    assert ended.exit_code == 2
    assert "no pair of PEM files without a password" in ended.stderr
    assert "serving" not in ended.stderr
    told = json.loads(invoke("doctor", "--offline", "-o", "json").stdout)["checks"]
    assert (told[-1]["check"], told[-1]["outcome"]) == ("gateway", "failed")
    assert "no pair of PEM files without a password" in told[-1]["detail"]


def test_the_name_of_a_merged_account_leaves_room_for_ids(write: Write) -> None:
    long = "a" * 101
    text = TOKEN.replace('"hsa"', f'"{long}"')
    path = write("")
    path.write_text(ACCOUNTS.replace("hsa", long) + text)
    with pytest.raises(ConfigurationError, match="100 characters at most"):
        load_setup(path)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_token_is_shown_once_and_its_table_works(write: Write) -> None:
    path = write("")
    made = invoke("gateway", "token", "reports")
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert token.startswith("ucgw_")
    assert token not in made.stderr
    path.write_text(ACCOUNTS + made.stderr)
    [known] = load_setup(path).tokens
    assert known.digest == digest_of(token)
    assert known.accounts == ("us", "hsa")
    narrow = invoke("gateway", "token", "one", "--account", "us")
    assert 'accounts = ["us"]' in narrow.stderr
    assert invoke("gateway", "token", "one", "--account", "eu").exit_code == 2


def test_doctor_tells_what_tokens_reach_and_what_is_wrong(write: Write) -> None:
    path = write(TOKEN + "buyers = true\n")
    told = json.loads(invoke("doctor", "--offline", "-o", "json").stdout)["checks"]
    said = [(one["check"], one["outcome"], one["detail"]) for one in told]
    assert ("gateway", "ok", "listens at 127.0.0.1:8484") in said
    assert ("token", "ok", "reports reaches us, hsa; sees buyers") in said
    path.write_text(ACCOUNTS + TOKEN.replace("us", "eu") + "expires = 2020-01-01\n")
    told = json.loads(invoke("doctor", "--offline", "-o", "json").stdout)["checks"]
    assert "no account named 'eu'" in told[-1]["detail"]
    path.write_text(ACCOUNTS + TOKEN + "expires = 2020-01-01\n")
    told = json.loads(invoke("doctor", "--offline", "-o", "json").stdout)["checks"]
    assert "reports has expired" in told[-1]["detail"]


def test_without_a_token_the_command_ends_with_2(write: Write) -> None:
    write("")
    ended = invoke("gateway")
    assert ended.exit_code == 2
    assert "there is no token" in ended.stderr


@pytest.mark.parametrize(
    ("option", "written"),
    [
        ("--listen", "off"),
        ("--listen", "a..b:9"),
        ("--listen", "192.0.2.1:9"),
        ("--metrics", "a..b:9"),
        ("--metrics", "192.0.2.1:9"),
    ],
)
def test_where_nothing_can_listen_the_command_ends_with_2(
    write: Write, option: str, written: str
) -> None:
    write(TOKEN)
    given = {"--listen": "127.0.0.1:0", "--metrics": "off", option: written}
    ended = invoke("gateway", "--behind-proxy", *(word for pair in given.items() for word in pair))
    assert ended.exit_code == 2
    assert f"{written} cannot be listened at" in ended.stderr or "HOST:PORT" in ended.stderr
    assert "serving" not in ended.stderr


def test_doctor_names_an_address_that_is_none(write: Write) -> None:
    write("[gateway]\nlisten = 'off'\n" + TOKEN)
    told = json.loads(invoke("doctor", "--offline", "-o", "json").stdout)["checks"]
    assert (told[-1]["check"], told[-1]["outcome"]) == ("gateway", "failed")
    assert "listen: write HOST:PORT" in told[-1]["detail"]


MEANT_FOR_OTHERS = {
    "PROMETHEUS_MULTIPROC_DIR": "/nowhere",
    "prometheus_multiproc_dir": "/nowhere",
    "WEB_CONCURRENCY": "many",
}
"""What libraries of the gateway's would heed."""
RATE = 20
"""Requests a second, beyond which the provider refuses."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(
        sessions=5, seed=1, now=NOW, providers=["stripe"], requests_per_second=RATE
    ) as sandbox:
        yield sandbox


def keeps_to_the_rate(request: urllib.request.Request, metrics: str) -> None:
    """More than one process by itself may send, over connections of their own."""
    with ThreadPoolExecutor(2 * RATE) as threads:
        many = [threads.submit(urllib.request.urlopen, request, None, 60) for _ in range(3 * RATE)]
        for one in many:
            with one.result() as answer:
                assert answer.status == 200
    with urllib.request.urlopen(metrics, timeout=30) as told:
        counted = re.findall(
            r'upstream_requests_total{.*outcome="(.*?)"} (.*)', told.read().decode()
        )
    assert counted == [("2xx", f"{3 * RATE + 1}.0")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
@pytest.mark.parametrize("workers", [1, 2])
def test_it_serves_until_sigterm_and_ends_what_is_under_way(
    sandbox: Sandbox, tmp_path: Path, workers: int
) -> None:
    port, metrics = free_port(), free_port()
    path = tmp_path / "checkout.toml"
    path.write_text(sandbox.config_toml() + TOKEN.replace('"us", "hsa"', '"stripe"'))
    command = [sys.executable, "-m", "unified_checkout", "gateway", "--config", str(path)]
    command += ["--listen", f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{metrics}"]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **MEANT_FOR_OTHERS, "XDG_CACHE_HOME": str(tmp_path)},
    )
    try:
        assert process.stderr is not None
        assert "serving stripe" in process.stderr.readline()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/checkout/sessions",
            headers={"Authorization": "Bearer ucgw_x"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert len(json.load(answer)["data"]) == 5
            assert answer.headers["server-timing"].startswith("upstream;dur=")
        line = json.loads(process.stderr.readline())
        assert (line["status"], line["token"], line["rows"]) == (200, "reports", 5)
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=30) as told:
            numbers = told.read().decode()
        assert "unified_checkout_gateway_rows_total 5.0" in numbers
        assert "ucgw_x" not in numbers
        if workers > 1:
            keeps_to_the_rate(request, f"http://127.0.0.1:{metrics}/metrics")
        sandbox.misbehave("stripe", faults.Latency(seconds=0.3))
        sandbox.on_request("stripe", lambda number: process.send_signal(signal.SIGTERM))
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert len(json.load(answer)["data"]) == 5
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert {json.loads(line)["status"] for line in rest.splitlines()} == {200}
