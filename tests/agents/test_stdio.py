"""The server as a process: only protocol on its output, and nothing that it should not tell."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.program import PROGRAM
from house import THREE
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from typer.testing import CliRunner

from unified_checkout.cli.app import app
from unified_checkout.model.session import Customer
from unified_checkout.sandbox import Facts, Sandbox, faults

NOW = 1_795_000_000
KEY = "sk_test_planted_and_not_to_be_seen"
EMAIL = "planted+buyer@example.com"


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    buyer = Customer(id="cus_1", email=EMAIL, name="Planted Buyer")
    facts = [
        Facts(serial=str(number), created=NOW - number, status="complete", customer=buyer)
        for number in range(30)
    ]
    with Sandbox(facts=facts, now=NOW, providers=THREE) as sandbox:
        path = tmp_path / "checkout.toml"
        path.write_text(sandbox.config_toml(), encoding="utf-8")
        yield path


@pytest.mark.asyncio
async def test_a_real_client_asks_a_real_process(config: Path, tmp_path: Path) -> None:
    program = StdioServerParameters(
        command=PROGRAM[0], args=[*PROGRAM[1:], "mcp", "--config", str(config)]
    )
    said = tmp_path / "stderr"
    with said.open("w") as errors:
        async with Client(stdio_client(program, errlog=errors)) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert len(names) == 5
            page = (await client.call_tool("list_sessions", {"limit": 50})).structured_content
            rest = await client.call_tool(
                "list_sessions", {"cursor": page["next_cursor"], "limit": 50}
            )
            refused = await client.call_tool("list_sessions", {KEY: EMAIL})
            figures = await client.call_tool("summarize_sessions", {})
    assert len(page["sessions"]) + len(rest.structured_content["sessions"]) == 90
    assert figures.structured_content["total"]["sessions"] == 90
    assert refused.is_error
    assert said.read_text() == ""
    assert EMAIL not in f"{page} {rest} {refused} {figures}"
    assert KEY not in f"{refused}"


HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "t", "version": "1"},
}


def asked(method: str, number: int, **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def started(config: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, "mcp", "--config", str(config), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def test_what_is_no_protocol_is_answered_with_nothing_else(config: Path) -> None:
    lines = [
        asked("initialize", 1, **HELLO),
        '{"jsonrpc": "2.0", "method": "notifications/initialized"}',
        f"{KEY} is no JSON",
        asked("tools/call", 2, name=KEY, arguments={}),
        asked("tools/call", 3, name="list_sessions", arguments=KEY),
        asked("tools/nothing", 4),
        asked("tools/call", 5, name="list_sessions", arguments={"email": EMAIL}),
    ]
    with started(config) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write("\n".join([*lines, ""]))
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(5)]
        process.stdin.close()
        rest, said = process.stdout.read(), process.stderr.read()
    assert process.returncode == 0
    assert {answer["id"] for answer in answers} == {1, 2, 3, 4, 5}
    assert rest == ""
    assert "Traceback" not in said
    assert KEY not in f"{answers} {said}"
    assert EMAIL not in f"{answers} {said}"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], ["flex: waiting 15 s: the provider asked for it\n"]),
        (["-v"], ["flex: waiting 15.0 s: the provider asked for it\n"]),
        (["-vv"], ["flex: GET ", "flex: HTTP 429 in ", "flex: waiting 15.0 s: "]),
    ],
)
def test_what_is_told_goes_to_standard_error(
    tmp_path: Path, options: list[str], told: list[str]
) -> None:
    with Sandbox(sessions=3, now=NOW, providers=["flex"]) as sandbox:
        sandbox.misbehave("flex", faults.Status(429, retry_after=15))
        config = tmp_path / "checkout.toml"
        config.write_text(sandbox.config_toml(), encoding="utf-8")
        with started(config, *options) as process:
            assert process.stdin is not None
            assert process.stderr is not None
            lines = [
                asked("initialize", 1, **HELLO),
                '{"jsonrpc": "2.0", "method": "notifications/initialized"}',
                asked("tools/call", 2, name="list_sessions", arguments={}),
            ]
            process.stdin.write("\n".join([*lines, ""]))
            process.stdin.flush()
            for beginning in told:
                assert process.stderr.readline().startswith(beginning)
            process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_though_its_input_goes_on(
    config: Path, number: signal.Signals, code: int
) -> None:
    with started(config) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(asked("initialize", 1, **HELLO) + "\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(number)
        assert process.wait(60) == code
        assert process.stderr.read() == ""


def test_a_configuration_that_cannot_work_is_said(tmp_path: Path) -> None:
    path = tmp_path / "checkout.toml"
    path.write_text("[accounts.us]\nprovider = 'nobody'\napi_key = 'sk_test_x'\n")
    result = CliRunner().invoke(app, ["mcp", "--config", str(path)])
    assert result.exit_code == 2
    assert "no adapter for provider 'nobody'" in result.stderr
    assert result.stdout == ""


def test_a_word_that_reveals_nothing_is_refused(config: Path) -> None:
    command = ["mcp", "--reveal", f"buyers,{KEY}", "--config", str(config)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "write one or several of buyers, metadata" in result.stderr
    assert KEY not in result.stderr


def test_a_missing_extra_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.delitem(sys.modules, "unified_checkout.mcp.server", raising=False)
    result = CliRunner().invoke(app, ["mcp", "--config", str(config)])
    assert result.exit_code == 2
    assert "unified-checkout[mcp]" in result.stderr
