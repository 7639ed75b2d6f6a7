"""Where a key is looked for, what is said when it cannot be had, and that it is never repeated."""

from __future__ import annotations

import contextlib
import copy
import pickle
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from crashes import reported
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from rich.pretty import pretty_repr

from unified_checkout import AsyncClient, Client, ListSessions
from unified_checkout.config import Account, Configuration, keys, load_accounts, read_configuration
from unified_checkout.errors import (
    ConfigurationError,
    MissingEnvironmentVariable,
    UnifiedCheckoutError,
    UnknownAccount,
    UnknownProvider,
)
from unified_checkout_stripe.adapter import StripeOptions

KEY = "sk_live_51PlantedAndNotToBeSeen"
KEYS = [KEY, "fsk_9f8e7d6c5b4a3210", "live_dHar4XY7LxsDOtmnk", "rk_live_x", "pdl_live_apikey_01gtg"]
every_key = pytest.mark.parametrize("key", KEYS)


def account(key: Any, **more: Any) -> Account:
    return Account(name="us", provider="acme", api_key=key, **more)


def failure(key: Any) -> ConfigurationError:
    """What is said when a key is looked for."""
    with pytest.raises(ConfigurationError) as caught:
        account(key).api_key.get_secret_value()
    return caught.value


def told(error: BaseException) -> str:
    """All that is printed of an error, and of what it came from."""
    chain = [one for one in (error, error.__cause__, error.__context__) if one is not None]
    shown = [f"{one} {one!r} {one.args!r} {vars(one)!r}" for one in chain]
    return "\n".join([*shown, *traceback.format_exception(error)])


@every_key
def test_a_key_in_the_place_of_the_variables_name_is_not_repeated(key: str) -> None:
    error = failure({"env": key})
    assert isinstance(error, MissingEnvironmentVariable)
    assert key not in told(error)
    assert "account 'us': api_key" in str(error)
    assert "put it into a variable, and write that variable's name" in str(error)


@pytest.mark.parametrize("name", ["ACME_KEY", "STRIPE_API_KEY_2", "X"])
def test_the_name_of_a_variable_is(name: str) -> None:
    assert str(failure({"env": name})) == (
        f"account 'us': api_key: the environment variable {name} is not set"
    )


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ('"{}"', "holds no quotation marks"),
        ("'{}'", "holds no quotation marks"),
        ("ACME_KEY={}", 'holds no "="; write the key alone'),
        ("{}==", 'holds no "="'),
        ("user:{}", 'holds no ":"'),
        ("Bearer {}", "printable ASCII without spaces"),
        ("{}\n", "stray blank or line break"),
        ("\ufeff{}", "printable ASCII"),
        ("${{{}}}", "letters, digits and - . _ ~ + / only"),
        ("<{}>", "letters, digits and - . _ ~ + / only"),
        ("{},{}", "letters, digits and - . _ ~ + / only"),
        ("{}" * 400, "8192 characters long at most"),
    ],
)
def test_what_is_no_key_is_refused_with_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, key: str, said: str
) -> None:
    text = key.replace("{}", KEY)
    with pytest.raises(ConfigurationError) as caught:
        account(text)
    monkeypatch.setenv("ACME_KEY", text)
    for error in (caught.value, failure({"env": "ACME_KEY"})):
        assert str(error).startswith("account 'us': api_key: ")
        assert said in str(error)
        assert KEY not in told(error)
    assert "environment variable 'ACME_KEY'" in str(failure({"env": "ACME_KEY"}))
    assert KEY not in reported(failure({"env": "ACME_KEY"}))


@pytest.mark.parametrize(
    "text",
    [
        "[accounts.us]\nprovider = 'acme'\napi_key = '{}'",
        "[accounts.us]\nprovider = 'acme'\napi_key = '{}'\ntimeout = 0",
        "[accounts.us]\nprovider = 'nobody'\napi_key = '{}'",
        "[accounts.us]\nprovider = 'acme'\napi_key = '{}",
        "[accounts.us]\nprovider = 'acme'\napi_key = {{ env = '{}', file = '{}' }}",
    ],
)
def test_a_crash_report_with_all_variables_shows_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.toml"
    path.write_text(text.replace("{}", KEY).replace("{{", "{").replace("}}", "}"))
    with pytest.raises(ConfigurationError) as caught:
        load_accounts(path)
    assert KEY not in reported(caught.value)


def made(**fields: Any) -> Callable[[], Any]:
    """An account, which a test makes when it wants to."""
    return lambda: Account(**{"name": "us", "provider": "stripe", "api_key": KEY, **fields})


PLAIN_HTTP = "http://api.example.com"
REFUSED: dict[str, Callable[[], object]] = {
    "a wrong timeout": made(timeout=-1),
    "a wrong name": made(name=KEY),
    "no provider": lambda: Account(name="us", api_key=KEY),  # type: ignore[call-arg]
    "a stray blank": made(api_key=f"{KEY} x"),
    "a variable before it": made(api_key=f"A={KEY}"),
    "as a secret": made(api_key=SecretStr(f"A={KEY}")),
    "in place of a source": made(api_key={KEY: KEY}),
    "in another option": made(timeout=KEY, requests_per_second=KEY),
    "by a mapping": lambda: Account.model_validate(
        {"name": "us", "provider": "stripe", "api_key": KEY, "timeout": -1}
    ),
    "by JSON": lambda: Account.model_validate_json(
        f'{{"name": "us", "provider": "stripe", "api_key": "{KEY}", "timeout": -1}}'
    ),
    "by texts": lambda: Account.model_validate_strings(
        {"name": "us", "provider": "stripe", "api_key": KEY, "timeout": "-1"}
    ),
    "set later": lambda: setattr(made()(), "api_key", KEY),
    "a publishable key": lambda: Client([made(api_key=f"pk_live_{KEY}")()]),
    "over plain http": lambda: Client([made(base_url=PLAIN_HTTP)()]),
    "over plain http, for asyncio": lambda: AsyncClient([made(base_url=PLAIN_HTTP)()]),
    "no such provider": lambda: Client([made(provider="nobody")()]),
    "an unknown option": lambda: Client([made(nosuch=KEY)()]),
    "a wrong option": lambda: Client([made(api_version=KEY)()]),
    "one alone": lambda: Client(made()()),
    "one alone, for asyncio": lambda: AsyncClient(made()()),
    "twice the same": lambda: Client([made()(), made()()]),
    "no account": lambda: Client([made()(), KEY]),  # type: ignore[list-item]
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_a_crash_report_of_what_is_refused_shows_none(make: Callable[[], object]) -> None:
    with pytest.raises((ConfigurationError, ValidationError)) as caught:
        make()
    assert KEY not in reported(caught.value)


def test_what_was_being_handled_meanwhile_keeps_its_frames() -> None:
    """Only the frames of what is refused are taken off."""
    theirs = KeyError("theirs")
    try:
        raise theirs
    except KeyError:
        with pytest.raises(ConfigurationError) as caught:
            made(timeout=-1)()
    assert caught.value.__context__ is theirs
    assert theirs.__traceback__ is not None


@pytest.mark.parametrize("kind", [Account, Client, AsyncClient, ListSessions, StripeOptions])
def test_what_is_half_made_shows_itself(kind: type) -> None:
    half: object = object.__new__(kind)
    assert kind.__name__ in repr(half)
    assert kind.__name__ in pretty_repr(half)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_that_is_mine_alone(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text(f"  {KEY}\r\n")
    path.chmod(mode)
    assert account({"file": str(path)}).api_key.get_secret_value() == KEY


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_may_use_is_warned_of(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    with pytest.warns(UserWarning, match="others on this machine may use the key's file") as caught:
        assert account({"file": str(path)}).api_key.get_secret_value() == KEY
    assert KEY not in str(caught[0].message)


@pytest.mark.filterwarnings("error")
def test_where_warnings_are_errors_the_warning_holds_no_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(0o644)
    with pytest.raises(UserWarning, match="others on this machine") as caught:
        account({"file": str(path)}).api_key.get_secret_value()
    assert "FromFile" in reported(caught.value)
    assert KEY not in told(caught.value) + reported(caught.value)


def test_the_home_directory_is_meant_by_its_sign(home: Path) -> None:
    (home / "key").write_text(KEY)
    (home / "key").chmod(0o600)
    assert account({"file": "~/key"}).api_key.get_secret_value() == KEY


def test_a_relative_path_begins_where_the_configuration_lies(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "key").write_text(KEY)
    (folder / "key").chmod(0o600)
    (folder / "checkout.toml").write_text(
        '[accounts.us]\nprovider = "acme"\napi_key = { file = "key" }\n'
    )
    [one] = load_accounts(folder / "checkout.toml")
    assert one.api_key.get_secret_value() == KEY


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "No such file or directory"),
        (b"", "the key is empty"),
        (b"\xff\xfe", "printable ASCII"),
        (f"ACME_KEY={KEY}".encode(), 'holds no "="'),
        (f"{KEY}\n{KEY}".encode(), "line break"),
        (b"x" * 9000, "8192 characters"),
    ],
)
def test_a_file_that_holds_none(tmp_path: Path, held: bytes | None, said: str) -> None:
    path = tmp_path / "key"
    if held is not None:
        path.write_bytes(held)
        path.chmod(0o600)
    error = failure({"file": str(path)})
    assert str(error).startswith("account 'us': api_key: the key")
    assert said in str(error)
    assert KEY not in told(error)


@every_key
def test_a_key_in_the_place_of_the_path_is_not_repeated(key: str) -> None:
    assert key not in told(failure({"file": key}))
    assert key not in told(failure({"file": f"/tmp/{key}"}))
    assert "this is no path" in str(failure({"file": "/tmp/\0"}))


def python(program: str) -> dict[str, list[str]]:
    return {"command": [sys.executable, "-c", program]}


def test_what_a_command_writes() -> None:
    assert account(python(f"print({KEY!r})")).api_key.get_secret_value() == KEY


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (f"import sys; print({KEY!r}); sys.stderr.write({KEY!r}); sys.exit(3)", "with exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "with exit code -9"),
        ("", "the key is empty"),
        (f"print('key: {KEY}')", "printable ASCII"),
        (f"print('{KEY}'); print('more')", "line break"),
    ],
)
def test_a_command_that_gives_none(
    program: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    error = failure(python(program))
    assert said in str(error)
    assert KEY not in told(error)
    assert KEY not in reported(error)
    assert KEY not in "".join(capfd.readouterr())


ENDLESS = "import sys\nwhile True: sys.stdout.{}"
"""Programs that write on and on."""


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (f"write({KEY!r})", "8192 characters long at most"),
        ("write('y\\n')", "8192 characters long at most"),
        (f"buffer.write({KEY!r}.encode() * 1000)", "8192 characters long at most"),
        ("write(' ')", "the key is empty"),
    ],
)
def test_a_command_that_writes_on_and_on(write: str, said: str) -> None:
    """So much of it is read as a key may be long, and it is ended: it need not be waited for."""
    error = failure(python(ENDLESS.format(write)))
    assert said in str(error)
    assert KEY not in told(error) + reported(error)


def test_one_that_ends_by_itself_when_nobody_reads_it_is_ended_too() -> None:
    program = f"print({KEY!r} * 1000, flush=True); import time; time.sleep(600)"
    assert "8192 characters long at most" in str(failure(python(program)))


def test_a_long_key_is_read_whole() -> None:
    long = "k" * 8192
    program = f"print({long[:4000]!r}, end='', flush=True); print({long[4000:]!r})"
    assert account(python(program)).api_key.get_secret_value() == long


def test_what_the_command_has_begun_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "COMMAND_TIMEOUT", 0.5)
    begun = [sys.executable, "-c", "import time; time.sleep(5)"]
    error = failure(python(f"import subprocess; subprocess.run({begun!r})"))
    assert "gave no key within 0.5 s" in str(error)


def test_a_command_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "COMMAND_TIMEOUT", 0.05)
    error = failure(python("import time; time.sleep(60)"))
    assert "gave no key within 0.05 s" in str(error)


@every_key
def test_a_key_in_the_place_of_the_program_is_not_repeated(key: str) -> None:
    assert key not in told(failure({"command": [key]}))
    assert "cannot be run: No such file" in str(failure({"command": [key]}))


def test_a_keyring_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    error = failure({"keyring": "checkout", "user": "me"})
    assert "pip install 'unified-checkout[keyring]'" in str(error)


def test_a_keyring_without_the_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(get_password=lambda service, user: None)
    monkeypatch.setitem(sys.modules, "keyring", fake)
    error = failure({"keyring": "checkout", "user": "me"})
    assert "holds no password for service 'checkout', user 'me'" in str(error)
    assert KEY not in told(failure({"keyring": KEY, "user": KEY}))


def test_a_keyring_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_password(service: str, user: str) -> str:
        raise RuntimeError(KEY)

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    error = failure({"keyring": "checkout", "user": "me"})
    assert "cannot be asked (RuntimeError)" in str(error)
    assert KEY not in told(error)


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"env": "A", "file": "b"},
        {"env": 3},
        {"file": ""},
        {"command": []},
        {"command": "op read"},
        {"command": ["op", 3]},
        {"keyring": "checkout"},
        {"user": "me"},
        {"keyring": "checkout", "user": ""},
        {KEY: KEY},
    ],
)
def test_a_table_that_names_no_place_is_told_which_there_are(written: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        account(written)
    assert 'api_key: write { env = "VARIABLE" }, { file = "PATH" }, ' in str(caught.value)
    assert KEY not in told(caught.value)


@pytest.mark.parametrize(("wrong", "right"), [("evn", "env"), ("File", "file"), ("cmd", "command")])
def test_a_misspelt_place_is_recognized(wrong: str, right: str) -> None:
    with pytest.raises(ConfigurationError, match=f"did you mean '{right}'"):
        account({wrong: "x"})


def test_a_source_is_compared_copied_and_pickled_without_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    one, other = account({"env": "ACME_KEY"}), account({"env": "OTHER_KEY"})
    assert one.api_key.get_secret_value() == KEY
    assert one != other
    assert one.api_key != account(KEY).api_key
    assert len({one.api_key, account({"env": "ACME_KEY"}).api_key, other.api_key}) == 2
    for copied in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one), one.model_copy(deep=True)):
        assert copied == one
        assert copied.api_key.get_secret_value() == KEY
    assert KEY.encode() not in pickle.dumps(one)
    assert Account.model_validate(one.model_dump()) == one
    assert len(one.api_key) == len(KEY)


def test_showing_an_account_looks_for_no_key() -> None:
    one = account({"env": "NO_SUCH_KEY"})
    shown = f"{one!r} {one} {one.api_key!r} {one.api_key} {one.model_dump()}"
    assert "NO_SUCH_KEY" not in shown
    assert '"api_key":"**********"' in one.model_dump_json()
    assert (
        KEY not in f"{account(KEY)!r} {account(KEY).model_dump()} {account(KEY).model_dump_json()}"
    )


def test_what_is_configured_shows_no_key(tmp_path: Path) -> None:
    path = tmp_path / "some.toml"
    path.write_text('[accounts.us]\nprovider = "acme"\napi_key = "test_key"\n')
    configuration = read_configuration(path)
    assert isinstance(configuration, Configuration)
    assert "test_key" not in repr(configuration)


@every_key
def test_a_frozen_field_does_not_repeat_what_was_to_be_set(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        account("test_key").provider = key
    assert key not in str(caught.value)
    with pytest.raises(ValidationError) as frozen:
        ListSessions().customer = key
    assert key not in str(frozen.value)


@every_key
def test_an_unknown_option_that_is_a_key_is_not_repeated(key: str) -> None:
    one = account("test_key", **{key: "x"})
    with pytest.raises(ConfigurationError, match="there is no such field") as caught:
        one.adapter()
    assert key not in told(caught.value)
    assert key not in repr(one)


@pytest.mark.parametrize("key", [KEY, "fsk_9f8e7d6c5b4a3210", "rk_live_x"])
def test_an_account_is_not_called_like_a_key(key: str) -> None:
    with pytest.raises(ConfigurationError, match="name: this looks like a key") as caught:
        Account(name=key, provider="acme", api_key="test_key")
    assert key not in told(caught.value)


@every_key
def test_an_unknown_name_that_is_a_key_is_not_repeated(key: str) -> None:
    assert key not in told(UnknownAccount(key, ["us"]))
    assert key not in told(UnknownProvider(key, ["acme"]))
    assert key not in told(MissingEnvironmentVariable(key, account=key, option=key))
    assert key not in repr(Account(name="us", provider=key, api_key="test_key"))


QUESTIONS: list[dict[str, Any]] = [
    {"customer": KEY},
    {"accounts": [KEY]},
    {"client_reference_id": KEY},
    {"expand": KEY},
    {"status": KEY},
    {"mode": [KEY]},
    {"currency": KEY},
    {"email": KEY},
    {"last": KEY},
    {"created": {"gte": KEY}},
    {"created": {KEY: "2026-01-01"}},
    {"created": KEY},
    {"limit": KEY},
    {"livemode": KEY},
    {"provider_options": {"acme": {"after": KEY}}},
    {"provider_options": {KEY: KEY}},
    {"provider_options": KEY},
    {KEY: KEY},
]


@pytest.mark.parametrize("fields", QUESTIONS)
def test_a_question_that_holds_a_key_is_refused_without_it(fields: dict[str, Any]) -> None:
    with pytest.raises(UnifiedCheckoutError) as caught:
        ListSessions.model_validate(fields)
    assert KEY not in told(caught.value)


@given(st.text(), st.sampled_from(["env", "file", "keyring"]))
def test_whatever_is_written_gives_a_key_or_a_typed_error(text: str, form: str) -> None:
    written = {form: text, **({"user": text} if form == "keyring" else {})}
    with contextlib.suppress(ConfigurationError):
        assert keys.flaw(account(written).api_key.get_secret_value()) == ""
