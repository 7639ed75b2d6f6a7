"""The Dockerfile and the unit of docs/gateway: what they name is there, and an image is built."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from gateway.serving import NOW, free_port

from unified_checkout.cli.app import app
from unified_checkout.gateway.settings import GatewaySettings
from unified_checkout.gateway.tokens import digest_of
from unified_checkout.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "gateway"
FILE = FOLDER / "Dockerfile"
BASE = "python:3.13-slim"
TAG = "localhost/unified-checkout-gateway"


def lines() -> list[tuple[str, str]]:
    """Each instruction and what it is given."""
    text = FILE.read_text(encoding="utf-8").replace("\\\n", " ")
    written = (line.partition(" ") for line in text.splitlines() if line and line[0] != "#")
    return [(name, " ".join(rest.split())) for name, _, rest in written]


def told(name: str) -> list[str]:
    """What the last stage tells by that instruction."""
    found = lines()
    last = max(index for index, (word, _) in enumerate(found) if word == "FROM")
    return [rest for word, rest in found[last:] if word == name]


def parsed(command: Sequence[str]) -> dict[str, Any]:
    """The options of a command, as the command line reads them."""
    program, room, *arguments = command
    assert (Path(program).name, room) == ("unified-checkout", "gateway")
    group: Any = typer.main.get_command(app)
    context = group.commands[room].make_context(room, list(arguments))
    return {name: value for name, value in context.params.items() if value is not None}


def command() -> list[str]:
    [entry], [arguments] = told("ENTRYPOINT"), told("CMD")
    return [*json.loads(entry), *json.loads(arguments)]


def test_the_images_command_serves_beyond_itself_and_not_as_root() -> None:
    options = parsed(command())
    settings = GatewaySettings.read(
        {name: value for name, value in options.items() if name in GatewaySettings.model_fields}
    )
    assert settings.behind_proxy
    ports = [written.rpartition(":")[2] for written in (settings.listen, settings.metrics)]
    assert told("EXPOSE") == [" ".join(ports)]
    [user] = told("USER")
    assert user not in ("root", "0")
    assert any(re.search(rf"useradd .*--uid [1-9]\d+ {user}$", run) for run in told("RUN"))
    [health] = told("HEALTHCHECK")
    python, _, program = json.loads(health.removeprefix("CMD "))
    compile(program, "HEALTHCHECK", "exec")
    assert f"127.0.0.1:{ports[0]}/healthz" in program
    assert python.startswith("/app/bin/")
    assert command()[0].startswith("/app/bin/")


def test_an_image_is_built_of_what_there_is() -> None:
    bases = [rest.split()[0] for name, rest in lines() if name == "FROM"]
    assert bases == [BASE, BASE]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = re.findall(r"'\.\[(.*?)\]'", FILE.read_text(encoding="utf-8"))
    wanted = set(extras[0].split(","))
    assert wanted == {"gateway", "shared-rate"}
    assert wanted <= set(project["project"]["optional-dependencies"])
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    sent = {name[1:] for name in ignored if name.startswith("!")}
    assert ignored[0] == "**"
    assert all((ROOT / name).exists() for name in sent)
    build = project["tool"]["hatch"]
    needed = {"pyproject.toml", *project["project"]["license-files"]}
    needed |= set(build["build"]["targets"]["wheel"]["only-include"])
    parts = build["metadata"]["hooks"]["fancy-pypi-readme"]["fragments"]
    needed |= {part["path"] for part in parts}
    assert needed <= sent


def test_the_units_command_is_one() -> None:
    unit = (FOLDER / "unified-checkout-gateway.service").read_text(encoding="utf-8")
    [started] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert parsed(shlex.split(started))["config"] == Path("/etc/unified-checkout/checkout.toml")
    [patience] = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(patience) > GatewaySettings().drain


@pytest.mark.skipif(
    "UNIFIED_CHECKOUT_IMAGE" not in os.environ,
    reason="building an image takes minutes; make test-gateway-image does",
)
def test_an_image_is_built_and_serves(tmp_path: Path) -> None:
    """By buildah, without a daemon, over a Debian that stands in for the base's image."""
    if os.geteuid() != 0 or not (shutil.which("buildah") and shutil.which("debootstrap")):
        pytest.skip("it takes root, buildah and debootstrap")

    places = [f"--{name}={tmp_path / name}" for name in ("root", "runroot")]

    def started(*arguments: str, **streams: Any) -> subprocess.Popen[str]:
        command = ["buildah", *places, "--storage-driver=vfs", *arguments]
        return subprocess.Popen(command, text=True, cwd=ROOT, **streams)

    def buildah(*arguments: str) -> str:
        process = started(*arguments, stdout=subprocess.PIPE)
        said, _ = process.communicate()
        assert process.returncode == 0
        return said.strip()

    debian = tmp_path / "debian"
    packages = "--include=python3,python3-venv,ca-certificates"
    made = ["debootstrap", "--variant=minbase", packages, "trixie", str(debian)]
    subprocess.run(made, stdout=sys.stderr, check=True)
    (debian / "usr" / "bin" / "python").symlink_to("python3")
    base = buildah("from", "scratch")
    buildah("copy", "-q", base, str(debian), "/")
    buildah("commit", "-q", base, f"docker.io/library/{BASE}")
    here = ["-v/etc/ssl/certs:/etc/ssl/certs:ro", "-v/etc/resolv.conf:/etc/resolv.conf:ro"]
    here += ["--env=PIP_CERT"] if "PIP_CERT" in os.environ else []
    inside = ["--isolation=chroot", "--network=host"]
    buildah(
        "bud", *inside, "--pull-never", "--format=docker", *here, f"-f{FILE}", f"-t{TAG}", str(ROOT)
    )
    configured = json.loads(buildah("inspect", "--type=image", TAG))["Docker"]["config"]
    assert [*configured["Entrypoint"], *configured["Cmd"]] == command()
    held = buildah("from", "--pull-never", TAG)
    config = tmp_path / "checkout.toml"
    with Sandbox(sessions=5, seed=1, now=NOW, providers=["stripe"]) as sandbox:
        token = f'[gateway.tokens.one]\nsha256 = "{digest_of("ucgw_x")}"\naccounts = ["stripe"]\n'
        config.write_text(sandbox.config_toml() + token)
        port, metrics = free_port(), free_port()
        ports = {"8484": str(port), "8485": str(metrics)}
        told = [re.sub("848[45]", lambda one: ports[one[0]], word) for word in command()]
        mount = f"-v{config}:/etc/unified-checkout/checkout.toml:ro"
        running = ["run", "--isolation=chroot", f"--user={configured['User']}"]
        process = started(*running, mount, held, "--", *told, stderr=subprocess.PIPE)
        try:
            assert process.stderr is not None
            assert "serving stripe" in process.stderr.readline()
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/v1/checkout/sessions",
                headers={"Authorization": "Bearer ucgw_x"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert len(json.load(answer)["data"]) == 5
            *health, program = configured["Healthcheck"]["Test"][1:]
            buildah(*running, held, "--", *health, program.replace("8484", str(port)))
        finally:
            process.terminate()
            process.communicate(timeout=60)
