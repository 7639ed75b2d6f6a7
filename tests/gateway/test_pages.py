"""The programs for a Stripe SDK that pages show run against a gateway."""

from __future__ import annotations

import gc

import pytest
import stripe
from gateway.serving import Running

from handbook.pages import pages

PROGRAMS = {
    f"{page.name}, {number}": block.text
    for page in pages()
    for number, block in enumerate(page.blocks())
    if block.note == "run by tests/gateway/test_pages.py"
}


@pytest.mark.parametrize("page", PROGRAMS)
def test_the_program_for_a_stripe_sdk_runs(
    page: str,
    gateway: Running,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    program = PROGRAMS[page].replace("ucgw_...", gateway.tokens["leanrails"])
    program = program.replace("http://127.0.0.1:8484", gateway.url)
    scope: dict[str, object] = {}
    exec(compile(program, page, "exec"), scope)
    scope.clear()
    gc.collect()
    assert "cs_" in capsys.readouterr().out
