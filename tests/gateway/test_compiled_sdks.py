"""Stripe's SDKs for Go and Java, compiled here; ``make test-gateway-sdks`` runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from gateway.serving import Running

SOURCES = Path(__file__).parent / "sdks"

pytestmark = pytest.mark.skipif(
    "UNIFIED_CHECKOUT_GATEWAY_SDKS" not in os.environ,
    reason="compiling Stripe's SDKs takes a minute; make test-gateway-sdks does",
)


def run(*command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "it took too long")


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    program = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if program is None:
        pytest.skip("there is no Go here")
    folder = tmp_path_factory.mktemp("go")
    for name in ("go.mod", "go.sum", "main.go"):
        shutil.copy(SOURCES / name, folder)
    # go.sum pins what is fetched, so that no other server need be asked about it
    fetched = run(program, "mod", "download", folder=folder, GOSUMDB="off")
    if fetched.returncode:
        pytest.skip("Stripe's Go SDK cannot be fetched here")
    built = run(program, "build", "-o", "walk", ".", folder=folder, GOSUMDB="off")
    assert built.returncode == 0, built.stderr
    return [str(folder / "walk")]


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    maven, program = shutil.which("mvn"), shutil.which("java")
    if maven is None or program is None:
        pytest.skip("there is no Maven or no Java here")
    folder = tmp_path_factory.mktemp("java")
    for name in ("pom.xml", "Walk.java"):
        shutil.copy(SOURCES / name, folder)
    fetched = run(maven, "-q", "-B", "dependency:copy-dependencies", folder=folder)
    if fetched.returncode:
        pytest.skip("Stripe's Java SDK cannot be fetched here")
    libraries = folder / "target" / "dependency" / "*"
    return [program, "-cp", str(libraries), str(folder / "Walk.java")]


def walked(command: list[str], gateway: Running, token: str) -> dict[str, Any]:
    ran = run(*command, gateway.url, gateway.tokens[token], folder=SOURCES)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@pytest.mark.parametrize("token", ["stripe", "leanrails", "flex", "polar", "square", "most"])
def test_go_walks_both_ways(go: list[str], gateway: Running, token: str) -> None:
    told = walked(go, gateway, token)
    assert len(told["forward"]) == len(set(told["forward"])) > 7
    assert told["backward"] == told["forward"][-2::-1]
    assert told["again"] == told["forward"][0]
    assert (told["missing"], told["status"]) == ("resource_missing", 404)


@pytest.mark.parametrize("token", ["stripe", "leanrails", "flex", "polar", "square", "most"])
def test_java_walks(java: list[str], gateway: Running, token: str) -> None:
    told = walked(java, gateway, token)
    forward = told["forward"]
    assert len(forward) == len(set(forward)) > 7
    assert told["backward"] == forward[-8:-1]
    assert told["again"] == forward[0]
    assert (told["missing"], told["status"]) == ("InvalidRequestException resource_missing", 404)
