"""How commands end: the exit code, one message, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli.program import PROGRAM
from typer.testing import Result

from unified_checkout import Client, Session
from unified_checkout.cli.ending import coverage_lines
from unified_checkout.sandbox import Sandbox, faults

Run = Callable[..., Result]


EMPTY_RANGE = "Error: --created-gt/gte and --created-lt/lte: the range is empty"
LAST_AND_CREATED = "Error: --last and --created-gt or --created-gte exclude each other"


@pytest.fixture
def arguments(config: Path) -> list[str]:
    """A listing that is far larger than a pipe holds."""
    return [*PROGRAM, "list", "-o", "jsonl", "--config", str(config)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "--status", "new"], "'--status'"),
        (["list", "--limit", "0"], "--limit: input should be greater than or equal to 1"),
        (["list", "--limit", "many"], "'--limit'"),
        (
            ["list", "--page-size", "1001"],
            "--page-size: input should be less than or equal to 1000",
        ),
        (["list", "--kind", "order"], "--kind: write one or several of checkout, renewal, "),
        (["list", "--kind", "Renewal"], "or any; did you mean 'renewal'?"),
        (["list", "--created-gte", "yesterday"], "--created-gte: 'yesterday' is not an ISO 8601"),
        (
            ["list", "--created-lt", "2026-01-01T00:00:00"],
            "--created-lt: 2026-01-01T00:00:00 has no",
        ),
        (["list", "--created-gt", "2026-02-01", "--created-lt", "2026-01-01"], EMPTY_RANGE),
        (
            ["list", "--created-gt", "2026-01-01", "--created-gte", "2026-01-01"],
            "Error: --created-gt and --created-gte are two bounds on one side",
        ),
        (["list", "--last", "3y"], "--last: '3y' is not a span of time"),
        (["list", "--currency", "us-dollars"], "--currency: "),
        (["list", "--email", "nobody"], "--email: "),
        (
            ["list", "--created", "2026-13"],
            "'2026-10-31'; for other spans use --created-gt, --created-gte, --created-lt or --cre",
        ),
        (
            ["list", "--created", "2026", "--created-lt", "2026-02-01"],
            "--created: it stands for its own bounds; leave it or --created-lt out",
        ),
        (["list", "--last", "1d", "--created-gte", "2026-01-01"], LAST_AND_CREATED),
        (["list", "--accounts", "nobody"], "no account named 'nobody'; configured: flex"),
        (["list", "--payment-status", "paid"], "cannot answer payment_status = paid"),
        (["list", "--payment-status", "paid"], "name with --accounts those that can"),
        (["list", "--provider-option", "interval=30"], "'interval=30' is not PROVIDER.NAME=VALUE"),
        (["list", "--provider-option", "flex.x=1"], "--provider-option flex: no such option 'x'"),
        (["list", "--provider-option", "flex.interval=a"], "--provider-option flex.interval: "),
        (["list", "--cursor", "nonsense"], "not a cursor of this version"),
        (["list", "--after", "cs_1"], "date or time such as 2026-01-31 or 2026-01-31T12:00:00Z\n"),
        (["list", "--on-error", "ignore"], "'--on-error'"),
        (["list", "--output", "xml"], "'--output'"),
        (["list", "--has-dispute"], "No such option: --has-dispute"),
        (["summary", "--by", "shop"], "'--by'"),
        (["summary", "--limit", "0"], "--limit: "),
        (["explain", "--last", "3y"], "--last: "),
        (["get", "cs_1", "--account", "flex", "--raw", "-o", "csv"], "leave out --output"),
        (["get", "..", "--account", "flex"], "not the id of a session"),
        (["get", "cs_1", "--account", "nobody"], "no account named 'nobody'"),
    ],
)
def test_bad_input_is_named_before_anything_is_sent(
    ask: Run, sandbox: Sandbox, arguments: list[str], message: str
) -> None:
    sandbox.clear_requests()
    result = ask(*arguments, code=2)
    assert message in result.stderr
    assert result.stdout == ""
    assert [sandbox.requests(account.name) for account in sandbox.accounts] == [[], [], []]


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("accounts = 1", "accounts must be tables"),
        ("[accounts.us]\nprovider = 'stripe'\n", "account 'us': api_key: required"),
        ("[accounts.us]\nprovider = 'stripe'\napi_key = {env = 'NO_SUCH'}\n", "NO_SUCH is not set"),
        ("[accounts.us]\nprovider = 'nobody'\napi_key = 'sk_test_x'\n", "no adapter for provider"),
        ("[accounts.us]\nprovider = 'stripe'\napi_key = 'sk_live_x'\n", "only a test key"),
    ],
)
def test_a_bad_configuration_is_named(run: Run, tmp_path: Path, toml: str, message: str) -> None:
    config = tmp_path / "bad.toml"
    config.write_text(toml, encoding="utf-8")
    result = run("list", "--config", config, code=2)
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr


def test_without_a_configuration_it_says_where_it_looked(run: Run) -> None:
    told = run("list", code=2).stderr
    assert "no accounts are configured" in told
    assert "checkout.toml" in told


def test_a_providers_message_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "bad.toml"
    config.write_text('["\\u001b[31m"]\n', encoding="utf-8")
    told = run("list", "--config", config, code=2).stderr
    assert "\x1b" not in told
    assert "x1b[31m" in told


def test_on_a_terminal_each_account_s_coverage_has_a_line(client: Client) -> None:
    answer = client.sessions.list()
    read = len(list(answer))
    told = coverage_lines(answer.coverage, 40)
    starts = [line.partition(":")[0] for line in told if not line.startswith(" ")]
    assert starts == ["coverage", *(account.name for account in client.accounts)]
    assert max(map(len, told)) <= 40
    (line,) = coverage_lines(answer.coverage, None)
    assert " ".join(told).split() == line.replace(" |", "").split()
    assert read == 390


def close_at_once(arguments: list[str]) -> tuple[int, bytes]:
    """The exit code and standard error of a program whose output nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(arguments, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    return process.returncode, process.stderr


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_a_closed_pipe_is_no_error(arguments: list[str], output: str) -> None:
    assert close_at_once([*arguments, "--all", "-o", output]) == (0, b"")


@pytest.mark.parametrize("command", [["--help"], ["list", "--help"], ["--version"], ["providers"]])
def test_a_closed_pipe_is_no_error_without_an_account(command: list[str]) -> None:
    assert close_at_once([*PROGRAM, *command]) == (0, b"")


COMMANDS = [
    *(["list", "-o", output] for output in ("table", "json", "jsonl", "csv")),
    ["summary"],
    ["explain"],
    ["providers", "-o", "json"],
    ["list", "--help"],
]


def without_streams(command: list[str], config: Path, redirection: str) -> tuple[int, str]:
    """The exit code and standard error of a command under a redirection of the shell's."""
    account = [] if "--help" in command or "providers" in command else ["--config", str(config)]
    asked = ["sh", "-c", f'"$@" {redirection}', "sh", *PROGRAM, *command, *account]
    process = subprocess.run(asked, capture_output=True, text=True, check=False)
    return process.returncode, process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_output_that_cannot_be_written_is_told(config: Path, command: list[str]) -> None:
    code, told = without_streams(command, config, ">/dev/full")
    assert code == 1
    assert told.endswith("Error: the output cannot be written: No space left on device\n")
    assert "Traceback" not in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_bytes_that_cannot_be_written_are_told(client: Client, config: Path) -> None:
    one = next(client.sessions.list(accounts="flex"))
    command = ["get", one.id, "--account", "flex", "--raw"]
    told = "Error: the output cannot be written: No space left on device\n"
    assert without_streams(command, config, ">/dev/full") == (1, told)


@pytest.mark.parametrize("command", [["list"], ["list", "--help"]], ids=" ".join)
def test_without_standard_output_nothing_is_done(config: Path, command: list[str]) -> None:
    told = "Error: standard output is closed\n"
    assert without_streams(command, config, ">&-") == (1, told)


SHELLS = ["bash", "zsh", "fish", "powershell", "pwsh"]
COMPLETING = [
    sys.executable,
    "-c",
    "import sys; sys.argv = ['unified-checkout']; from unified_checkout.cli import main; main()",
]


def completed_without(shell: str, redirection: str) -> tuple[int, str]:
    """As ``without_streams``, of a shell that completes a line."""
    told = {
        "_UNIFIED_CHECKOUT_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": "unified-checkout ",
    }
    asked = ["sh", "-c", f'"$@" {redirection}', "sh", *COMPLETING]
    environment = {**os.environ, **told}
    process = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
    return process.returncode, process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("shell", SHELLS)
def test_a_completion_that_cannot_be_written_is_told(shell: str) -> None:
    told = "Error: the output cannot be written: No space left on device\n"
    assert completed_without(shell, ">/dev/full") == (1, told)


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_is_completed_without_standard_output(shell: str) -> None:
    assert completed_without(shell, ">&-") == (1, "Error: standard output is closed\n")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize("command", [["list", "--help"], ["explain"]], ids=" ".join)
def test_what_is_written_needs_no_standard_error(
    config: Path, command: list[str], redirection: str
) -> None:
    assert without_streams(command, config, redirection) == (0, "")


@pytest.mark.parametrize("redirection", [">&- 2>&-", "2>&-", "2>/dev/full"])
def test_a_failure_is_a_failure_even_where_it_cannot_be_told(redirection: str) -> None:
    command = ["list", "--limit", "1"]
    assert without_streams(command, Path("/no/such/file"), redirection)[0] in (1, 2)


def test_a_closed_pipe_is_no_error_even_for_an_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    asked = [*PROGRAM, "list", "--config", "/no/such/file"]
    process = subprocess.run(asked, stdout=writing, stderr=writing, check=False)
    os.close(writing)
    assert process.returncode == 0


def test_head_takes_what_it_wants(arguments: list[str]) -> None:
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"account":')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.fixture
def stall(sandbox: Sandbox) -> Iterator[Callable[[float], None]]:
    """Let Stripe answer its first request, and from then on only after so many seconds."""

    def stall(seconds: float) -> None:
        def hook(number: int) -> None:
            if number == 2:
                sandbox.misbehave("stripe", faults.Latency(seconds, times=None))

        sandbox.on_request("stripe", hook)

    yield stall
    sandbox.on_request("stripe", None)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("accounts", [["stripe"], ["flex", "leanrails", "stripe"]])
def test_ctrl_c_leaves_no_traceback_and_waits_for_nobody(
    arguments: list[str],
    stall: Callable[[float], None],
    accounts: list[str],
    sent: signal.Signals,
    code: int,
) -> None:
    stall(30)
    chosen = [part for name in accounts for part in ("--accounts", name)]
    asked = [*arguments, *chosen, "--page-size", "20"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(sent)
        _, told = process.communicate(timeout=20)
    assert first.startswith(b'{"account":')
    assert process.returncode == code
    assert b"Traceback" not in told
    assert b"what is written is right; to go on after it, give --cursor uc3." in told
    assert b"coverage: INCOMPLETE" in told


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_export_is_whole_json_with_what_it_covers(
    arguments: list[str], stall: Callable[[float], None], sent: signal.Signals
) -> None:
    stall(30)
    asked = [*arguments, "--accounts", "stripe", "--page-size", "20", "-o", "json"]
    pipe = subprocess.PIPE  # unbuffered, since communicate() does not see what readline() kept
    with subprocess.Popen(asked, stdout=pipe, stderr=pipe, bufsize=0) as process:
        assert process.stdout is not None
        first = process.stdout.readline() + process.stdout.readline()
        process.send_signal(sent)
        rest, told = process.communicate(timeout=20)
    document = json.loads(first + rest)
    assert document["sessions"]
    assert document["coverage"]["complete"] is False
    assert document["next_cursor"].startswith("uc3.")
    assert told.startswith(b"coverage: INCOMPLETE")


@pytest.mark.parametrize(("output", "lines"), [("jsonl", 1), ("csv", 2)])
def test_a_row_is_written_as_soon_as_it_is_read(
    arguments: list[str],
    sandbox: Sandbox,
    stall: Callable[[float], None],
    output: str,
    lines: int,
) -> None:
    stall(1)
    sandbox.clear_requests()
    asked = [*arguments, "--accounts", "stripe", "--page-size", "1", "-o", output]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        read = [process.stdout.readline() for _ in range(lines)]
        requests = len(sandbox.requests("stripe"))
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert read[-1].startswith((b"{", b"stripe,"))
    assert requests <= 2


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_a_terminal_that_knows_ascii_alone_is_no_error(
    client: Client, config: Path, output: str
) -> None:
    one = next(one for one in client.sessions.list(accounts="stripe") if not ascii_alone(one))
    process = subprocess.run(
        [*PROGRAM, "get", one.id, "--account", "stripe", "--config", str(config), "-o", output],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert process.stdout.isascii() is (output == "table")


def ascii_alone(session: Session) -> bool:
    return session.to_json().isascii()


def test_only_ctrl_c_and_errors_of_ours_are_caught() -> None:
    program = (
        "from unified_checkout.cli import app\n@app.app.command()\ndef crash(): 1/0\napp.app()"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, "crash"], capture_output=True, text=True, check=False
    )
    assert "ZeroDivisionError" in process.stderr
    assert process.returncode == 1
