"""Whatever the environment holds, a command ends with an answer or with one line that says why."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.conftest import Run
from cli.program import PROGRAM, on_a_terminal

from unified_checkout.cli import main

KEY = "sk_test_obviously_fake"


def binary(text: bytes) -> str:
    return os.fsdecode(text)


ODD = ["", " ", "0", "-1", "²", "9" * 5000, "1e9", "x" * 100_000, binary(b"\xff\xfe"), "\u2028"]
SCREEN = ["COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "COLORTERM", "CI", "TZ", "LC_ALL"]


@pytest.mark.parametrize("variable", SCREEN)
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_values_for_the_screen(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    told = run("doctor", "--offline", "--config", config).stdout
    assert "a test key" in told


@pytest.mark.parametrize("value", ["1", "7", "²", "9" * 5000, "100000000", "-3", ""])
def test_odd_values_on_a_terminal(config: Path, value: str) -> None:
    told = on_a_terminal(
        ["doctor", "--offline", "--config", str(config)], COLUMNS=value, LINES=value
    )
    assert "Traceback" not in told
    assert "account" in told or value in ("1", "7")


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (
            ["list", "--account", "strip"],
            [
                "Error: no account named 'strip'; configured: flex,",
                "leanrails, stripe; did you mean 'stripe'?",
            ],
        ),
        (
            ["list", "--status", "complet"],
            [
                "Error: Invalid value for '--status': 'complet' is not one of",
                "'open', 'complete', 'expired', 'canceled', 'failed',",
                "'unknown'. Did you mean complete?",
            ],
        ),
    ],
)
def test_on_a_terminal_an_error_is_broken_between_words(
    command: list[str], lines: list[str], config: Path
) -> None:
    told = on_a_terminal(command, 2, UNIFIED_CHECKOUT_CONFIG=str(config), COLUMNS="60")
    assert told[told.index("Error: ") :].splitlines() == lines


@pytest.fixture
def _one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__PROVIDER", "stripe")
    monkeypatch.setenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY", KEY)


HOMES = [
    None,
    "",
    "relative",
    "/nowhere",
    "/dev/null",
    binary(b"/\xff"),
    "/" + "x" * 5000,
    "~",
    "~x",
]


@pytest.mark.parametrize("home", HOMES, ids=range(len(HOMES)))
@pytest.mark.parametrize("variable", ["HOME", "XDG_CONFIG_HOME"])
@pytest.mark.usefixtures("_one_account")
def test_without_a_home_the_accounts_of_the_environment_will_do(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, home: str | None
) -> None:
    if home is None:
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])
    else:
        monkeypatch.setenv(variable, home)
    assert "environment variables alone" in run("doctor", "--offline").stdout
    assert "GET /v1/checkout/sessions" in run("explain").stdout


@pytest.mark.parametrize("home", HOMES, ids=range(len(HOMES)))
@pytest.mark.parametrize("variable", ["HOME", "XDG_CONFIG_HOME"])
def test_without_a_home_and_without_accounts_it_says_where_it_looked(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, home: str | None
) -> None:
    if home is None:
        monkeypatch.delenv(variable, raising=False)
    else:
        monkeypatch.setenv(variable, home)
    assert "no accounts are configured; looked for" in run("explain", code=2).stderr
    assert "no accounts are configured" in run("doctor", "-o", "json", code=1).stdout


def forbidden(path: Path, *arguments: object, **named: object) -> bool:
    """As ``Path.is_file`` in a folder that may not be looked into."""
    raise PermissionError(13, "Permission denied", str(path))


@pytest.mark.usefixtures("_one_account")
def test_a_home_that_may_not_be_looked_into(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", forbidden)
    assert "environment variables alone" in run("doctor", "--offline").stdout
    monkeypatch.delenv("UNIFIED_CHECKOUT_ACCOUNTS__US__PROVIDER")
    monkeypatch.delenv("UNIFIED_CHECKOUT_ACCOUNTS__US__API_KEY")
    assert "checkout.toml (Permission denied)" in run("explain", code=2).stderr


@pytest.mark.usefixtures("_one_account")
def test_a_working_directory_that_is_gone(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "environment variables alone" in run("doctor", "--offline").stdout


PATHS = ["", "~", "~nobody/x", "/dev/null", "/", "\udcff", "x" * 5000, "checkout.toml/x", "a\nb"]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
@pytest.mark.parametrize("output", ["table", "json"])
def test_odd_paths_of_the_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, path: str, output: str
) -> None:
    monkeypatch.setenv("UNIFIED_CHECKOUT_CONFIG", path)
    assert "configuration" in run("doctor", "-o", output, code=1).stdout
    assert run("explain", code=2).stderr.startswith("Error: ")


@pytest.mark.parametrize(
    "variable",
    ["CONFIG", *(f"ACCOUNTS__US__{one}" for one in ("PROVIDER", "TIMEOUT", "BASE_URL", "NO_SUCH"))],
)
@pytest.mark.parametrize("command", ["list", "explain", "doctor"])
@pytest.mark.usefixtures("_one_account")
def test_a_variable_with_a_wrong_value_is_named_and_its_value_is_not(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str, variable: str
) -> None:
    monkeypatch.setenv(f"UNIFIED_CHECKOUT_{variable}", "planted.toml")
    ended = run(command, code=None)
    assert ended.exit_code == (1 if command == "doctor" else 2)
    shown = re.sub(r"\s+", "", ended.stderr + ended.stdout)
    assert f"UNIFIED_CHECKOUT_{variable}" in shown
    assert "planted" not in shown


def test_the_home_directory_is_meant_by_its_sign(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(os.environ["HOME"])
    (home / "mine.toml").write_bytes(config.read_bytes())
    assert "a test key" in run("doctor", "--offline", "--config", "~/mine.toml").stdout
    monkeypatch.setenv("UNIFIED_CHECKOUT_CONFIG", "~/mine.toml")
    assert "a test key" in run("doctor", "--offline").stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "ascii:strict", "utf-16", "cp037"])
def test_whatever_the_encoding_of_the_screen(config: Path, encoding: str) -> None:
    ended = subprocess.run(
        [*PROGRAM, "doctor", "--offline", "--config", str(config)],
        env={**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C"},
        capture_output=True,
        check=True,
    )
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("value", ["", "x", "x_source", "source_x", binary(b"\xff")])
def test_odd_values_for_completion(config: Path, value: str) -> None:
    ended = subprocess.run(
        [*PROGRAM, "doctor", "--offline", "--config", str(config)],
        env={**os.environ, "_UNIFIED_CHECKOUT_COMPLETE": value, "TERMINAL_WIDTH": "x"},
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "pwsh"])
@pytest.mark.parametrize(
    "told",
    [
        {},
        {"COMP_WORDS": "unified-checkout li"},
        *({"COMP_WORDS": "unified-checkout 'li", "COMP_CWORD": value} for value in ODD),
        *({"COMP_WORDS": value, "COMP_CWORD": "1"} for value in ODD),
        *({"_TYPER_COMPLETE_ARGS": value} for value in ODD),
    ],
    ids=range(2 + 3 * len(ODD)),
)
def test_odd_values_of_what_a_shell_tells_to_complete(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    shell: str,
    told: dict[str, str],
) -> None:
    monkeypatch.setattr("sys.argv", ["unified-checkout"])
    monkeypatch.setenv("_UNIFIED_CHECKOUT_COMPLETE", f"complete_{shell}")
    for variable, value in told.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit), called_off():
        main()
    assert "Traceback" not in capfd.readouterr().err


@contextmanager
def called_off() -> Iterator[None]:
    """What a program changes of its process for good, taken back."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        gc.unfreeze()
