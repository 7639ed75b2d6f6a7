"""A key on the command line, in the file or in the environment is never printed again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.conftest import Run
from cli.program import PROGRAM
from house import THREE
from invented_keys import KEYS as KEYS_OF_ALL
from invented_keys import NO_IDS

from unified_checkout import ConfigurationError, read_store
from unified_checkout.sandbox import Sandbox
from unified_checkout.store import Store
from unified_checkout.testing import Cassette

KEY = "sk_live_51PlantedAndNotToBeSeen"
KEYS = [KEY, "fsk_9f8e7d6c5b4a3210", "live_dHar4XY7LxsDOtmnk", "shop_oat_4XY7LxsDOtmnk9f8e7d6c"]
every_key = pytest.mark.parametrize("key", KEYS)

ARGUMENTS = [
    "{}",
    "--{}",
    "list {}",
    "list --{}",
    "list --{}=x",
    "list --account {}",
    "list --config {}",
    "list --customer {}",
    "list --status {}",
    "list --payment-status {}",
    "list --currency {}",
    "list --output {}",
    "list --limit {}",
    "list --page-size {}",
    "list --last {}",
    "list --created-gte {}",
    "list --cursor {}",
    "list --on-error {}",
    "list --email {}",
    "list --expand {}",
    "list --provider-option {}",
    "list --provider-option {}.a=b",
    "list --provider-option stripe.{}=b",
    "get --account {} cs_1",
    "get {} --account {}",
    "get a b {}",
    "summary --by {}",
    "explain --account {}",
    "doctor {}",
    "doctor --config {}",
    "sandbox --sessions {}",
    "demo {}",
    "mcp {}",
    "mcp --config {}",
    "mcp --reveal {}",
    "providers -o {}",
    "cassettes {}",
    "cassettes check {}",
    "cassettes check --max-age {}",
    "cassettes drift --account {}",
    "new-adapter {} {}",
    "sync --to {}/x.duckdb",
    "sync --to postgresql://shop:{}@127.0.0.1:9/shop",
    "sync --to mysql://{}@127.0.0.1/shop",
    "sync --only {}",
    "sync --account {}",
    "sync --since {}",
    "sync --recheck {}",
    "sync --publish {}/x.duckdb",
    "sync {}",
    "report {}",
    "report {}/x.duckdb",
    "report postgresql://shop:{}@127.0.0.1:9/shop",
    "report --live --by {}",
    "report --live --last {}",
    "report --live --rates {}",
    "report --live --compare {}",
    "report --live --format html --language {}",
    "report --live --out {}",
    "report --live --tz {}",
    "gateway --listen {}",
    "gateway --metrics {}",
    "gateway --config {}",
    "gateway {}",
    "gateway token {} --account {}",
    "gateway token report --account {}",
    "get cs_stripe~hobrpavpfk~{}",
]


@every_key
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_in_the_place_of_another_argument(
    run: Run, sandbox_config: Path, key: str, arguments: str
) -> None:
    given = [argument.replace("{}", key) for argument in arguments.split()]
    result = run(*given, code=None)
    assert result.exit_code in (0, 1, 2)
    assert key not in result.output + result.stderr + repr(result.exception)
    assert "Traceback" not in result.stderr


MADE = [
    "demo --report {}.html",
    "demo --report {}/page.html",
    "new-adapter acme --into {}",
    "report --live --out {}.html --format html",
    "sandbox --write-config {}.toml",
    "sync --to {}.duckdb",
    "sync --to new/{}/store.duckdb",
    "sync --publish {}.duckdb --to store.duckdb",
]


@every_key
@pytest.mark.parametrize("arguments", MADE)
def test_nothing_is_made_that_bears_one_as_its_name(
    run: Run, sandbox_config: Path, key: str, arguments: str
) -> None:
    result = run(*arguments.replace("{}", key).split(), code=2)
    assert "what looks like a key is no name for a file or folder" in result.stderr
    assert key not in result.output + result.stderr
    assert not [path for path in Path().rglob("*") if key in str(path)]


@every_key
@pytest.mark.parametrize("door", [Store.open, Cassette, read_store])
def test_neither_is_anything_made_in_a_program(
    door: Callable[[str], object], tmp_path: Path, key: str
) -> None:
    with pytest.raises(ConfigurationError, match="what looks like a key") as caught:
        door(f"{tmp_path}/{key}.file")
    assert key not in str(caught.value)
    assert not [path for path in tmp_path.iterdir() if key in path.name]


@every_key
def test_what_bears_one_already_is_read_and_not_repeated(
    run: Run, sandbox_config: Path, key: str
) -> None:
    there = sandbox_config.rename(sandbox_config.with_name(f"{key}.toml"))
    result = run("list", "--config", there, "--limit", "1")
    assert key not in result.output + result.stderr


@every_key
def test_no_token_of_a_gateway_bears_one_as_its_name(
    run: Run, sandbox_config: Path, key: str
) -> None:
    result = run("gateway", "token", key, "--account", "stripe", code=2)
    assert "no key" in result.stderr
    assert key not in result.output + result.stderr


@every_key
@pytest.mark.parametrize("field", ["customer", "payment-link", "client-reference-id", "expand"])
def test_a_plan_shows_none(run: Run, sandbox_config: Path, field: str, key: str) -> None:
    result = run("explain", f"--{field}", key, code=2)
    assert f"--{field}: this looks like a key" in result.stderr
    assert key not in result.output


@pytest.mark.parametrize("word", NO_IDS.values(), ids=NO_IDS)
def test_none_is_asked_for_as_a_session(
    run: Run, sandbox: Sandbox, sandbox_config: Path, word: str
) -> None:
    for more in ([], ["--account", "stripe"], ["--account", "flex", "cs_test_1"]):
        result = run("get", word, "-vv", *more, code=None)
        assert result.exit_code in (1, 2)
        assert word not in result.output + result.stderr + repr(result.exception)
        assert not any(sandbox.requests(name) for name in THREE)
    assert "the id looks like " in result.stderr


@pytest.mark.parametrize("command", ["list", "explain"])
@pytest.mark.parametrize("key", KEYS_OF_ALL.values(), ids=KEYS_OF_ALL)
def test_none_is_asked_for_as_a_customer(
    run: Run, sandbox: Sandbox, sandbox_config: Path, key: str, command: str
) -> None:
    result = run(command, "--customer", key, code=2)
    assert "--customer: this looks like a key" in result.stderr
    assert key not in result.output + result.stderr + repr(result.exception)
    assert not any(sandbox.requests(name) for name in THREE)


def test_what_is_not_found_is_repeated_without_secrets(run: Run, sandbox_config: Path) -> None:
    secret = "a_secret_santa"
    told = run("get", f"cs_test_{secret}", "--account", "stripe", code=1).stderr
    assert secret not in told
    assert "(not shown, it may be secret)" in told


TABLES = [
    "[accounts.us]\nprovider = 'stripe'\napi_key = {{ env = '{}' }}",
    "[accounts.us]\nprovider = 'stripe'\napi_key = {{ file = '{}' }}",
    "[accounts.us]\nprovider = 'stripe'\napi_key = {{ command = ['{}'] }}",
    "[accounts.us]\nprovider = 'stripe'\napi_key = {{ '{}' = 'x' }}",
    "[accounts.us]\nprovider = 'stripe'\napi_key = ['{}']",
    "[accounts.us]\nprovider = 'stripe'\napi_key = '\"{}\"'",
    "[accounts.us]\nprovider = 'stripe'\napi_key = 'KEY={}'",
    "[accounts.us]\nprovider = 'stripe'\napi_key = '{}'",
    "[accounts.us]\nprovider = 'stripe'\napi_key = {}",
    "[accounts.us]\nprovider = 'stripe'\napi_key = '{}",
    "[accounts.us]\nprovider = '{}'\napi_key = 'sk_test_x'",
    "[accounts.us]\nprovider = 'stripe'\napikey = '{}'",
    "[accounts.us]\nprovider = 'stripe'\napi_key = 'sk_test_x'\n'{}' = 1",
    "[accounts.us]\nprovider = 'stripe'\napi_key = 'sk_test_x'\nbase_url = 'https://{}@a.example'",
    "[accounts.us]\nprovider = 'stripe'\napi_key = 'sk_test_x'\nbase_url = 'https://a:{}@b.example'",
    "[accounts.us]\nprovider = 'stripe'\napi_key = 'sk_test_x'\nbase_url = '{}'",
    "[accounts.us]\nprovider = 'stripe'\napi_key = 'sk_test_x'\nbase_url = {{ env = '{}' }}",
    "[accounts.us]\nprovider = 'stripe'\napi_key = 'sk_test_x'\ntimeout = '{}'",
    "[accounts.us]\nprovider = 'stripe'\napi_key = 'sk_test_x'\napi_version = '{}'",
    "[accounts.'{}x!']\nprovider = 'stripe'\napi_key = 'sk_test_x'",
    "[accounts]\n'{}' = 1",
    "['{}']",
    "{} = 1",
    "{}",
    "[{}]\n[{}]",
    "[accounts.{}]\n[accounts.{}]",
    "a = {{ {} = 1, {} = 2 }}",
    "a = {{ {} = 1 }}\na.{} = 2",
]


@every_key
@pytest.mark.parametrize("command", ["list", "explain", "doctor"])
@pytest.mark.parametrize("table", TABLES)
def test_in_a_wrong_place_of_the_file(
    run: Run, tmp_path: Path, command: str, table: str, key: str
) -> None:
    path = tmp_path / "checkout.toml"
    path.write_text(table.replace("{}", key).replace("{{", "{").replace("}}", "}"))
    arguments = ["--offline"] if command == "doctor" else []
    result = run(command, *arguments, "--config", path, code=None)
    assert result.exit_code in (0, 1, 2)
    assert key not in result.output + result.stderr + repr(result.exception)
    assert "Traceback" not in result.stderr


VARIABLES = [
    ("UNIFIED_CHECKOUT_ACCOUNTS", "{}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__{}", "x"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__{}__PROVIDER", "stripe"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__{}", "x"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY__{}", "x"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__A__B__{}", "x"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__", "{}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS____PROVIDER", "{}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY", '"{}"'),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY", "KEY={}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY__ENV", "{}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY__FILE", "{}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY__COMMAND", "{}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__PROVIDER", "{}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__TIMEOUT", "{}"),
    ("UNIFIED_CHECKOUT_ACCOUNTS__US__BASE_URL", "https://u:{}@example.com"),
    ("UNIFIED_CHECKOUT_CONFIG", "{}"),
    ("UNIFIED_CHECKOUT_CONFIG", "/tmp/{}"),
]


@every_key
@pytest.mark.parametrize(("variable", "value"), VARIABLES)
def test_in_a_wrong_place_of_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, key: str
) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__EU__PROVIDER", "stripe")
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__EU__API_KEY", "sk_test_obviously_fake")
    monkeypatch.setenv(variable.replace("{}", key), value.replace("{}", key))
    result = run("doctor", "--offline", code=1)
    assert key not in result.output + result.stderr + repr(result.exception)
    assert key.lower() not in result.output.lower()


@pytest.mark.filterwarnings("default")
def test_a_warning_is_one_line(run: Run, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk_test_obviously_fake")
    key.chmod(0o644)
    path = tmp_path / "checkout.toml"
    path.write_text(
        "[accounts.us]\nprovider = 'stripe'\napi_key = { file = 'key' }\n"
        "base_url = 'http://127.0.0.1:9'\nmax_attempts = 1\n"
    )
    told = run("doctor", "--offline", "--config", path).stdout
    assert "a test key; but account 'us': api_key: others on this machine may use" in told
    told = run("list", "--config", path, code=1).stderr
    assert told.startswith("Warning: account 'us': api_key: others on this machine may use")
    assert "UserWarning" not in told


def test_where_warnings_are_errors_a_warning_is_still_one_line(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(KEY)
    key.chmod(0o644)
    path = tmp_path / "checkout.toml"
    path.write_text(
        "[accounts.us]\nprovider = 'stripe'\napi_key = { file = 'key' }\n"
        "base_url = 'https://127.0.0.1:9'\nmax_attempts = 1\n"
    )
    ended = subprocess.run(
        [*PROGRAM, "list", "--config", str(path)],
        env={**os.environ, "PYTHONWARNINGS": "error::UserWarning", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Warning: account 'us': api_key: others on this machine may use")
    assert "Traceback" not in ended.stderr
    assert KEY not in ended.stderr
