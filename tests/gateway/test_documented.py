"""The lines of docs/gateway.md, run: as they stand, but for the address and the token."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import stripe
from gateway.sdk import NODE_FOLDER, Lists
from gateway.serving import Running

from unified_checkout.gateway.settings import GatewaySettings, TokenSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "gateway.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    text: str = found
    return text


def here(program: str, gateway: Running, token: str) -> str:
    port = str(gateway.port)
    return program.replace("8484", port).replace("ucgw_...", gateway.tokens[token])


def test_the_lines_for_python_run(
    lists: Lists,
    gateway: Running,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    http_client = stripe.RequestsClient()
    monkeypatch.setattr(stripe, "new_default_http_client", lambda *_, **__: http_client)
    exec(compile(here(block("python"), gateway, "flex"), "docs/gateway.md", "exec"), {})
    http_client.close()  # type: ignore[no-untyped-call]
    printed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert printed == [id for _, id in lists["flex"]]


def test_the_lines_for_node_run(lists: Lists, gateway: Running, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (NODE_FOLDER / "node_modules" / "stripe").exists():
        pytest.skip("there is no Node here, or Stripe's SDK for it; make stripe-node fetches it")
    (tmp_path / "node_modules").symlink_to(NODE_FOLDER / "node_modules")
    program = tmp_path / "program.mjs"
    program.write_text(here(block("js"), gateway, "flex"))
    ran = subprocess.run(
        [node, str(program)], capture_output=True, text=True, timeout=60, check=True
    )
    printed = [line.split()[0] for line in ran.stdout.splitlines()]
    assert printed == [id for _, id in lists["flex"]]


@pytest.mark.parametrize(
    ("language", "source", "names"),
    [
        (
            "go",
            "main.go",
            ("BackendConfig{URL:", "WithBackends(stripe.NewBackendsWithConfig(config))"),
        ),
        ("java", "Walk.java", ("StripeClient.builder().setApiKey(", ".setApiBase(", ".build()")),
    ],
)
def test_the_lines_for_go_and_java_are_those_that_are_compiled(
    language: str, source: str, names: tuple[str, ...]
) -> None:
    compiled = (Path(__file__).parent / "sdks" / source).read_text()
    for name in names:
        assert name in block(language)
        assert name in compiled


def test_ruby_and_php_are_told_in_bold_to_set_both_bases() -> None:
    assert re.search(r"^Ruby\. \*\*Set both", PAGE, re.MULTILINE)
    assert re.search(r"^PHP\. \*\*Set both", PAGE, re.MULTILINE)
    assert "Stripe.api_base =" in block("ruby")
    assert "api_base:" in block("ruby")
    assert "$apiBase =" in block("php")
    assert "'api_base' =>" in block("php")


@pytest.mark.parametrize("settings", [GatewaySettings, TokenSettings])
def test_every_setting_is_in_a_table(settings: type) -> None:
    fields = settings.model_fields  # type: ignore[attr-defined]
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert set(fields) - told - {"tokens"} == set()
