"""Stripe's SDKs for Go and Java, compiled here; ``make test-gateway-sdks`` runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from gateway.sdk import SOURCES, Lists, Named
from gateway.serving import Running
from house import PROVIDERS

from unified_checkout.gateway.identity import identity_of

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


LIMITS = {**dict.fromkeys(PROVIDERS, 7), "paypal": 10, "all": 100}


def walked(command: list[str], gateway: Running) -> dict[str, dict[str, Any]]:
    """What a program found with each token."""
    asked = [text for name in LIMITS for text in (gateway.tokens[name], str(LIMITS[name]))]
    ran = run(*command, gateway.url, *asked, folder=SOURCES)
    assert ran.returncode == 0, ran.stderr[-2000:]
    lines = ran.stdout.splitlines()
    return {name: json.loads(line) for name, line in zip(LIMITS, lines, strict=True)}


def found(token: str, ids: list[str]) -> list[Named]:
    """Account and id of what a list holds."""
    if token != "all":
        return [(token, id) for id in ids]
    identities = [identity_of(id) for id in ids]
    return [(one.account, one.id) for one in identities if one is not None]


def test_go_walks_both_ways(go: list[str], gateway: Running, lists: Lists) -> None:
    for token, told in walked(go, gateway).items():
        assert found(token, told["forward"]) == lists[token]
        assert told["backward"] == told["forward"][-2::-1]
        assert told["again"] == told["forward"][0]
        assert (told["missing"], told["status"]) == ("resource_missing", 404)


def test_java_walks(java: list[str], gateway: Running, lists: Lists) -> None:
    for token, told in walked(java, gateway).items():
        assert found(token, told["forward"]) == lists[token]
        assert told["backward"] == told["forward"][-1 - LIMITS[token] : -1]
        assert told["again"] == told["forward"][0]
        assert told["missing"] == "InvalidRequestException resource_missing"
        assert told["status"] == 404
