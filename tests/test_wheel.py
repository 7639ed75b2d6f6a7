"""The wheel holds the core and every provider as git has them, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipapp
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
from house import PROVIDERS

from unified_checkout.adapters import load

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "unified_checkout": ROOT / "unified_checkout",
    **{
        f"unified_checkout_{provider}": ROOT / f"providers/unified_checkout_{provider}"
        for provider in PROVIDERS
    },
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """A wheel built from this checkout, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    return zipfile.Path(file)


def names(wheel: zipfile.Path) -> list[str]:
    return [name for name in wheel.root.namelist() if not name.endswith("/")]


def metadata(wheel: zipfile.Path, name: str) -> str:
    [path] = [name_ for name_ in names(wheel) if name_.endswith(f".dist-info/{name}")]
    return wheel.joinpath(path).read_text(encoding="utf-8")


def kept_by_git(folder: Path) -> set[str]:
    """The files of a folder that git tracks, or would."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(listing, cwd=folder, check=True, capture_output=True, text=True)
    return {name for name in run.stdout.split("\0") if name and (folder / name).exists()}


@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a git checkout"
)
@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_in_the_wheel_is_what_git_has(wheel: zipfile.Path, package: str) -> None:
    in_wheel = {
        name.removeprefix(f"{package}/") for name in names(wheel) if name.startswith(f"{package}/")
    }
    assert in_wheel == kept_by_git(PACKAGES[package])


def test_the_wheel_holds_nothing_but_the_packages_and_its_metadata(wheel: zipfile.Path) -> None:
    tops = {name.split("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed(wheel: zipfile.Path, package: str) -> None:
    assert f"{package}/py.typed" in names(wheel)


def test_the_entry_points_name_every_provider_and_the_command(wheel: zipfile.Path) -> None:
    entry_points = ConfigParser()
    entry_points.read_string(metadata(wheel, "entry_points.txt"))
    named = {
        provider: f"unified_checkout_{provider}:{load(provider).__name__}" for provider in PROVIDERS
    }
    assert dict(entry_points["unified_checkout.providers"]) == named
    folders = {path.name for path in (ROOT / "providers").glob("unified_checkout_*")}
    assert {f"unified_checkout_{provider}" for provider in PROVIDERS} == folders
    assert dict(entry_points["pytest11"]) == {"unified_checkout": "unified_checkout.testing.plugin"}
    assert dict(entry_points["console_scripts"]) == {
        "unified-checkout": "unified_checkout.cli:main"
    }


ZIPPED = """
import importlib
import sys

import unified_checkout

assert unified_checkout.__file__.startswith(sys.argv[1]), unified_checkout.__file__
for room in ("", ".adapters", ".testing", ".sandbox", ".columns", ".store", ".report"):
    module = importlib.import_module(f"unified_checkout{room}")
    for name in module.__all__:
        getattr(module, name)

from unified_checkout import Account, Client

account = Account(name="us", provider="stripe", api_key="sk_test_obviously_fake")
with Client([account]) as client:
    print(client.sessions.explain(status="open"))
"""


def test_a_zipped_program_can_use_it(wheel: zipfile.Path, tmp_path: Path) -> None:
    """With what it needs installed beside it, as tools that freeze programs leave it."""
    program = tmp_path / "program"
    wheel.root.extractall(program)
    (program / "__main__.py").write_text(ZIPPED, encoding="utf-8")
    archive = tmp_path / "program.pyz"
    zipapp.create_archive(program, archive)
    shutil.rmtree(program)
    command = [sys.executable, str(archive), str(archive)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "GET /v1/checkout/sessions?" in run.stdout


def test_the_licence_travels_with_the_wheel(wheel: zipfile.Path) -> None:
    assert "MIT License" in metadata(wheel, "licenses/LICENSE")
    assert "License-Expression: MIT" in metadata(wheel, "METADATA")
