"""``load_accounts``: the file, the environment, and which of them prevails."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from platformdirs import user_config_path

from unified_checkout.config import Account, credentials_of, load_accounts
from unified_checkout.errors import (
    ConfigurationError,
    LiveKeyInFile,
    MissingEnvironmentVariable,
    UnknownProvider,
)

WriteFile = Callable[[str], Path]

ONE = '[accounts.{name}]\nprovider = "acme"\napi_key = "test_key"\n'


def one(name: str, more: str = "") -> str:
    return ONE.format(name=name) + more


def names(path: Path | None = None) -> list[str]:
    return [account.name for account in load_accounts(path)]


def refusal(path: Path | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_accounts(path)
    return str(caught.value)


def test_accounts_keep_the_order_of_the_file(write: WriteFile) -> None:
    path = write(one("west") + one("east", 'api_version = "1"\n') + one("north"))
    accounts = load_accounts(path)
    assert [account.name for account in accounts] == ["west", "east", "north"]
    assert [dict(account.options) for account in accounts] == [{}, {"api_version": "1"}, {}]


def test_keys_and_options_come_from_the_environment_where_the_file_says_so(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", "live_key")
    monkeypatch.setenv("ACME_URL", "http://127.0.0.1:8080")
    [account] = load_accounts(
        write(
            '[accounts.us]\nprovider = "acme"\napi_key = { env = "ACME_KEY" }\n'
            'base_url = { env = "ACME_URL" }\n'
        )
    )
    assert account.api_key.get_secret_value() == "live_key"
    assert account.base_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_empty_variable_is_named(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("ACME_KEY", value)
    path = write('[accounts.us]\nprovider = "acme"\napi_key = { env = "ACME_KEY" }\n')
    [account] = load_accounts(path)
    with pytest.raises(MissingEnvironmentVariable) as caught:
        account.api_key.get_secret_value()
    assert str(caught.value) == (
        "account 'us': api_key: the environment variable ACME_KEY is not set"
    )
    assert (caught.value.variable, caught.value.account) == ("ACME_KEY", "us")


@pytest.mark.parametrize("key", ["live_key", "shapeless"])
def test_only_a_test_key_may_stand_in_the_file(write: WriteFile, key: str) -> None:
    path = write(one("us").replace("test_key", key))
    with pytest.raises(LiveKeyInFile) as caught:
        load_accounts(path)
    assert "account 'us': api_key: only a test key" in str(caught.value)
    assert key not in str(caught.value)


def test_a_live_key_in_the_file_is_refused_even_where_the_environment_has_another(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY", "live_other")
    with pytest.raises(LiveKeyInFile):
        load_accounts(write(one("us").replace("test_key", "live_key")))


def test_a_key_for_an_unknown_provider_is_refused_by_the_providers_name(write: WriteFile) -> None:
    with pytest.raises(UnknownProvider, match="'acmee'"):
        load_accounts(write(one("us").replace("acme", "acmee")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "some.toml: no account; write a table [accounts.NAME]"),
        ("[accounts]", "some.toml: no account"),
        ("[acounts.us]", "some.toml: no such table 'acounts'; allowed: accounts"),
        (
            'provider = "acme"',
            (
                "some.toml: no such table 'provider'; allowed: accounts, gateway; "
                "write [accounts.NAME] above it"
            ),
        ),
        (
            '[us]\nprovider = "acme"',
            "some.toml: no such table 'us'; allowed: accounts, gateway; did you mean [accounts.us]?",
        ),
        (
            '["us.eu"]\napi_key = { env = "X" }',
            'allowed: accounts, gateway; did you mean [accounts."us.eu"]?',
        ),
        (
            '[accounts.us.eu]\nprovider = "acme"',
            (
                "some.toml: accounts.us.eu is a table of its own within an account; a name with a dot "
                'stands in quotation marks: [accounts."us.eu"]'
            ),
        ),
        (
            '[accounts.us]\nprovider = "acme"\napi_key = { env = "PATH", file = "x" }',
            "account 'us': api_key: write { env = \"VARIABLE\" }",
        ),
        ("accounts = 3", "some.toml: accounts must be tables; write [accounts.NAME]"),
        ('[accounts]\nprovider = "acme"', "accounts.provider must be a table; write [accounts."),
        ("[accounts.us]\nprovider = acme", "some.toml: not valid TOML: Invalid value (at line 2"),
        (f"x = {'[' * 5000}", "some.toml: lists or tables within others, deeper than anything"),
        (f"x = {'{a=' * 3000}", "some.toml: lists or tables within others, deeper than anything"),
        (one("us", f"timeout = {'9' * 5000}"), "some.toml: a number of too many digits"),
        ('[accounts.us]\nprovider = "acme"', "account 'us': api_key: required, but not given"),
        ("[accounts.'ü']", "account 'ü': name: write letters"),
        (one("us", 'name = "eu"'), "account 'us': name: the table's own name is the account's"),
        (one("us", "timeout = 0"), "account 'us': timeout: input should be greater than 0"),
        (
            '[accounts.us]\nprovider = "acme"\napi_key = { evn = "X" }',
            "account 'us': api_key: write { env = \"VARIABLE\" }",
        ),
        (
            '[accounts.us]\nprovider = "acme"\napi_key = 12',
            "account 'us': api_key: write { env = \"VARIABLE\" }",
        ),
        (
            '[accounts.us]\nprovider = "acme"\napi_key = { env = "" }',
            "account 'us': api_key: the name of the environment variable is empty; write { env",
        ),
        (
            one("us", "base_url = { env = 3 }"),
            "account 'us': base_url: write { env = \"VARIABLE\" } and nothing else in it",
        ),
        (
            one("us", 'base_url = { env = "PATH", default = "x" }'),
            "account 'us': base_url: write { env = \"VARIABLE\" } and nothing else in it",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_what_is_allowed(
    write: WriteFile, text: str, said: str
) -> None:
    assert said in refusal(write(text))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("[acounts.us]", "accounts"),
        ("[account.us]", "accounts"),
        ("[Accounts.us]", "accounts"),
        (one("us").replace('"acme"', '"Acme"'), "acme"),
        (one("us").replace('"acme"', '"akme"'), "acme"),
        (one("us").replace("api_key", "apikey"), "api_key"),
        (one("us").replace("api_key", "API-Key"), "api_key"),
        (one("us").replace("api_key", "key"), "api_key"),
        (one("us").replace("api_key", "secret_key"), "api_key"),
        (one("us").replace("provider", "Provider"), "provider"),
        (one("us", "timout = 3"), "timeout"),
        (one("us", "baseUrl = 'x'"), "base_url"),
        (one("us", "apiVersion = '1'"), "api_version"),
        (one("us").replace('"test_key"', "{ evn = 'X' }"), "env"),
    ],
)
def test_what_was_meant_is_asked(write: WriteFile, text: str, right: str) -> None:
    with pytest.raises(ConfigurationError, match=f"did you mean '{right}'"):
        list(map(Account.adapter, load_accounts(write(text))))


def test_nothing_is_guessed_where_nothing_is_like_it(write: WriteFile) -> None:
    assert "did you mean" not in refusal(write("[gizmo]"))
    assert "did you mean" not in refusal(write(one("us").replace("acme", "gizmo")))


def test_a_path_that_is_empty_is_no_folder() -> None:
    said = r"^a path is empty; name a file, such as 'checkout\.toml'$"
    with pytest.raises(ConfigurationError, match=said):
        load_accounts("")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.toml").endswith("none.toml: No such file or directory")
    assert refusal(tmp_path).endswith(f"{tmp_path}: Is a directory")
    (tmp_path / "binary.toml").write_bytes(b"# \xff")
    assert refusal(tmp_path / "binary.toml").endswith("binary.toml: not UTF-8 text, at byte 2")


def test_the_usual_places_are_searched_in_order(
    home: Path, write: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_file = user_config_path("unified-checkout") / "checkout.toml"
    assert home in user_file.parents
    user_file.parent.mkdir(parents=True)
    user_file.write_text(one("of-the-user"))
    assert names() == ["of-the-user"]
    Path("checkout.toml").write_text(one("of-the-directory"))
    assert names() == ["of-the-directory"]
    monkeypatch.setenv("UNIFIED_CHECKOUT_CONFIG", str(write(one("of-the-variable"))))
    assert names() == ["of-the-variable"]
    assert names(Path("checkout.toml")) == ["of-the-directory"]


def test_a_file_named_by_the_variable_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("checkout.toml").write_text(one("of-the-directory"))
    monkeypatch.setenv("UNIFIED_CHECKOUT_CONFIG", "elsewhere.toml")
    assert refusal() == (
        "UNIFIED_CHECKOUT_CONFIG: the file that it names: No such file or directory"
    )


@pytest.mark.parametrize(
    "text",
    ["accounts = [", "[account]", "accounts = 1", "accounts.us = 1", "gateway = 1", "", "\udcff"],
)
def test_what_is_wrong_with_a_file_that_the_variable_names(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    Path("planted.toml").write_bytes(text.encode(errors="surrogateescape"))
    monkeypatch.setenv("UNIFIED_CHECKOUT_CONFIG", "planted.toml")
    said = refusal()
    assert said.startswith("UNIFIED_CHECKOUT_CONFIG: the file that it names: ")
    assert "planted" not in said
    assert refusal(Path("planted.toml")).startswith("planted.toml: ")


@pytest.mark.parametrize("path", ["planted", "planted\udcff", "planted/x", "/planted", "~/planted"])
def test_no_message_shows_where_the_variable_points(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_CONFIG", path)
    said = refusal()
    assert said.startswith("UNIFIED_CHECKOUT_CONFIG: ")
    assert "planted" not in said


PLANTED = "planted"
WRONG = [
    ("PROVIDER", PLANTED),
    ("TIMEOUT", PLANTED),
    ("REQUESTS_PER_SECOND", PLANTED),
    ("MAX_ATTEMPTS", PLANTED),
    ("RETRY_DELAY", PLANTED),
    ("MAX_WAIT", PLANTED),
    ("MAX_BODY_BYTES", PLANTED),
    ("BASE_URL", PLANTED),
    ("API_VERSION", PLANTED),
    ("NAME", PLANTED),
    ("NO_SUCH", PLANTED),
    ("API_KEY", f"{PLANTED}:x"),
    ("API_KEY", f"publishable_{PLANTED}"),
    ("API_KEY__ENV", PLANTED),
    ("API_KEY__FILE", PLANTED),
    ("API_KEY__COMMAND", PLANTED),
    ("API_KEY__KEYRING", PLANTED),
    ("API_KEY__NO_SUCH", PLANTED),
    ("TIMEOUT__ENV", PLANTED),
    ("TIMEOUT__NO_SUCH", PLANTED),
]


def use(path: Path | None) -> None:
    """Ask each account of a file or of variables for its adapter and its key."""
    for account in load_accounts(path):
        credentials_of(account, account.adapter()).api_key.get_secret_value()


def asked_of(path: Path | None) -> str:
    """What is said where that fails."""
    with pytest.raises(ConfigurationError) as caught:
        use(path)
    return f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(("option", "value"), WRONG)
@pytest.mark.parametrize("in_file", [True, False])
def test_what_is_wrong_with_a_variable_names_it_and_never_its_value(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch, option: str, value: str, in_file: bool
) -> None:
    path = write(one("us")) if in_file else None
    variables = {} if in_file else {"PROVIDER": "acme"}
    if not in_file and not option.startswith("API_KEY"):
        variables["API_KEY"] = "test_key"
    for name, set_to in (variables | {option: value}).items():
        monkeypatch.setenv(f"UNIFIED_CHECKOUT_ACCOUNTS__US__{name}", set_to)
    said = asked_of(path)
    assert f"UNIFIED_CHECKOUT_ACCOUNTS__US__{option}" in said
    assert PLANTED not in said


@pytest.mark.parametrize("option", ["timeout", "base_url", "api_version", "provider"])
def test_what_is_wrong_with_a_variable_that_the_file_refers_to_names_it(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setenv("ACME_OPTION", PLANTED)
    options = {"provider": '"acme"', "api_key": '"test_key"', option: '{ env = "ACME_OPTION" }'}
    lines = [f"{name} = {written}" for name, written in options.items()]
    said = asked_of(write("\n".join(["[accounts.us]", *lines])))
    assert "ACME_OPTION" in said
    assert PLANTED not in said


def test_an_address_that_a_variable_sets_is_named_where_it_does_not_fit_the_key(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__BASE_URL", f"http://{PLANTED}.example.com")
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY", "live_key")
    said = asked_of(write(one("us")))
    assert "base_url, set by UNIFIED_CHECKOUT_ACCOUNTS__US__BASE_URL: a live key over plain" in said
    assert PLANTED not in said


def test_a_keyring_s_place_that_variables_tell_is_named_by_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = SimpleNamespace(get_password=lambda service, user: None)
    monkeypatch.setitem(sys.modules, "keyring", fake)
    for option, value in {"PROVIDER": "acme", "API_KEY__USER": PLANTED}.items():
        monkeypatch.setenv(f"UNIFIED_CHECKOUT_ACCOUNTS__US__{option}", value)
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY__KEYRING", PLANTED)
    said = asked_of(None)
    assert "no password for what UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY__KEYRING names" in said
    assert PLANTED not in said


def test_an_account_of_variables_pickles_and_is_as_one_made_in_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__PROVIDER", "acme")
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY", "test_key")
    [account] = load_accounts()
    key = {"env": "UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY"}
    assert pickle.loads(pickle.dumps(account)) == account
    assert account == Account(name="us", provider="acme", api_key=key)
    assert repr(account) == "Account(name='us', provider='acme')"


def test_where_nothing_is_configured_the_places_are_named() -> None:
    said = refusal()
    assert str(Path("checkout.toml").absolute()) in said
    assert str(user_config_path("unified-checkout") / "checkout.toml") in said
    assert "UNIFIED_CHECKOUT_CONFIG" in said
    assert "[accounts.NAME]" in said


def test_variables_alone_make_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in {
        "US__PROVIDER": "acme",
        "US__API_KEY": "live_key",
        "US__TIMEOUT": "5",
        "US__REQUESTS_PER_SECOND": "inf",
        "EU__PROVIDER": "acme",
        "EU__API_KEY": "1234567890",
        "EU__API_VERSION": "1",
    }.items():
        monkeypatch.setenv(f"UNIFIED_CHECKOUT_ACCOUNTS__{variable}", value)
    eu, us = load_accounts()
    assert (us.name, us.timeout, us.requests_per_second) == ("us", 5.0, float("inf"))
    assert us.api_key.get_secret_value() == "live_key"
    assert eu.api_key.get_secret_value() == "1234567890"
    assert eu.adapter().options.api_version == "1"


@pytest.mark.parametrize(
    ("name", "variable"), [("us", "US"), ("US", "US"), ("us-east.1", "US_EAST_1")]
)
def test_variables_prevail_over_the_file(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch, name: str, variable: str
) -> None:
    monkeypatch.setenv(f"UNIFIED_CHECKOUT_ACCOUNTS__{variable}__TIMEOUT", "5")
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__AA__PROVIDER", "acme")
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__AA__API_KEY", "live_key")
    path = write(one(f"'{name}'", 'timeout = 60\napi_version = "1"\n') + one("zz"))
    accounts = load_accounts(path)
    assert [account.name for account in accounts] == [name, "zz", "aa"]
    assert accounts[0].timeout == 5.0
    assert accounts[0].options == {"api_version": "1"}


def test_a_variable_in_place_of_the_files_reference_needs_no_other(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY", "live_key")
    path = write('[accounts.us]\nprovider = "acme"\napi_key = { env = "ABSENT" }\n')
    assert load_accounts(path)[0].api_key.get_secret_value() == "live_key"


def test_a_variable_that_could_mean_two_accounts_is_refused(
    write: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US_1__TIMEOUT", "5")
    said = refusal(write(one("us-1") + one("us_1")))
    assert "UNIFIED_CHECKOUT_ACCOUNTS__US_1 could mean any of the accounts us-1, us_1" in said


@pytest.mark.parametrize("variable", ["ACCOUNTS", "ACCOUNTS__US"])
def test_a_variable_without_an_option_is_refused_without_its_value(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(f"UNIFIED_CHECKOUT_{variable}", "live_key")
    said = refusal()
    assert "UNIFIED_CHECKOUT_ACCOUNTS__US__PROVIDER" in said
    assert "live_key" not in said


@pytest.mark.parametrize(
    "text",
    [
        "{} = [",
        'provider = "acme"\napi_key = {}',
        'provider = "acme"\napi_key = "{}',
        'provider = "acme"\napi_key = "{}\n"',
        'provider = "acme"\napi_key = "{}"',
        'provider = "acme"\napi_key = ["{}"]',
        'provider = "acme"\napi_key = {{ env = ["{}"] }}',
        'provider = "acme"\napi_key = "{}"\napi_key = "{}"',
        'provider = "acme"\napi_key = "{}"\ntimeout = "{}"',
        'provider = "acme"\nbase_url = {{ env = "HOME", or = "{}" }}\napi_key = "{}"',
    ],
)
def test_no_message_about_a_file_holds_the_key(write: WriteFile, text: str) -> None:
    path = write("[accounts.us]\n" + text.replace("{}", "live_SECRET").replace("{{", "{"))
    with pytest.raises(ConfigurationError) as caught:
        load_accounts(path)
    chain = [caught.value, caught.value.__cause__]
    assert not any("SECRET" in f"{error} {error!r}" for error in chain)
