"""A provider from outside: a distribution of its own, installed into a fresh environment.

Nothing but the two wheels is installed there. Third-party packages are lent by the environment
that runs this test, so that no network is needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import attrs
import pytest
from house import PROVIDERS

from unified_checkout.model.statuses import SessionKind
from unified_checkout.testing.skeleton import lay_out

ROOT = Path(__file__).parents[2]
PLUGIN = Path(__file__).parent / "acme-checkout"
OURS = ("unified_checkout", "_unified_checkout")

SERVE_AND_ASK = """
import subprocess, sys
from pathlib import Path
from unified_checkout.sandbox import Sandbox

with Sandbox(sessions=70, seed=3) as sandbox:
    Path("checkout.toml").write_text(sandbox.config_toml(), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "asked"], check=True)
"""
ASKED = """
import json
from unified_checkout import Client

with Client.from_config("checkout.toml") as client:
    query = {"status": "complete", "last": "60d"}
    sessions = client.sessions.list(**query)
    rows = [(row.account, row.id, str(row.created), str(row.total)) for row in sessions]
    coverage = sessions.coverage.to_dict()
    alone = [row.id for row in client.sessions.list(**query, accounts="acme")]
    one = client.sessions.get(alone[0], account="acme").to_dict()
    plan = str(client.sessions.explain(**query))
print(json.dumps({"rows": rows, "coverage": coverage, "alone": alone, "one": one, "plan": plan}))
"""


@attrs.frozen
class Environment:
    """A virtual environment with both distributions in it."""

    folder: Path

    def run(self, *command: str | Path, cwd: Path) -> str:
        """What a program of the environment prints."""
        program, *arguments = command
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PYTEST", "UNIFIED_CHECKOUT"))
        }
        run = subprocess.run(
            [self.folder / "bin" / program, *arguments],
            cwd=cwd,
            env={**inherited, "COLUMNS": "200", "HOME": str(cwd)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
        return run.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own wheel."""
    return built(ROOT, tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Where the stranger's adapter is installed beside ours."""
    folder = tmp_path_factory.mktemp("stranger")
    return fresh(folder, [wheel, built(PLUGIN, folder)])


def fresh(folder: Path, wheels: list[Path]) -> Environment:
    """A new virtual environment with these wheels in it."""
    environment = Environment(folder / "environment")
    venv.create(environment.folder)
    lent = lend_third_party_packages(folder / "lent")
    site = environment.run(
        "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    )
    Path(site.strip(), "lent.pth").write_text(f"{lent}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(environment.folder / "bin/python")]
    offline = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *offline, *map(str, wheels)], check=True)
    return environment


def built(project: Path, folder: Path) -> Path:
    """The wheel of a project, built without a network."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def lend_third_party_packages(folder: Path) -> Path:
    """A folder with links to every installed package but ours."""
    folder.mkdir()
    for site in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for package in Path(site).iterdir():
            if not package.name.startswith(OURS) and package.suffix != ".pth":
                (folder / package.name).symlink_to(package)
    return folder


def test_both_distributions_come_from_their_wheels(
    environment: Environment, tmp_path: Path
) -> None:
    program = (
        "import unified_checkout, acme_checkout as a; print(unified_checkout.__file__, a.__file__)"
    )
    for file in environment.run("python", "-c", program, cwd=tmp_path).split():
        assert Path(file).is_relative_to(environment.folder)


def test_it_stands_beside_the_others_in_the_support_matrix(
    environment: Environment, tmp_path: Path
) -> None:
    shown = json.loads(
        environment.run("unified-checkout", "providers", "--output", "json", cwd=tmp_path)
    )
    assert shown["errors"] == {}
    supports = {support["provider"]: support for support in shown["providers"]}
    assert list(supports) == sorted(["acme", *PROVIDERS])
    assert supports["acme"]["paging"] == "offset or page number"
    assert supports["acme"]["predicates"]["created.gte"]["pushdown"] == "inexact"


def test_an_adapter_just_laid_out_installs_and_evaluates_nothing_yet(
    wheel: Path, tmp_path: Path
) -> None:
    project = lay_out("zenith", tmp_path)
    environment = fresh(tmp_path, [wheel, built(project, tmp_path)])
    shown = json.loads(
        environment.run("unified-checkout", "providers", "--output", "json", cwd=tmp_path)
    )
    assert shown["errors"] == {}
    (support,) = (one for one in shown["providers"] if one["provider"] == "zenith")
    verdicts = {name: one["pushdown"] for name, one in support["predicates"].items()}
    assert {verdicts.pop(f"kind={word}") for word in SessionKind} == {"exact"}
    assert set(verdicts.values()) == {"unsupported"}


def test_it_is_configured_and_listed_beside_the_others(
    environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "asked.py").write_text(ASKED)
    answer = json.loads(environment.run("python", "-c", SERVE_AND_ASK, cwd=tmp_path))
    assert '[accounts.acme]\nprovider = "acme"' in (tmp_path / "checkout.toml").read_text()
    accounts = [account for account, *_ in answer["rows"]]
    assert set(accounts) == {"acme", *PROVIDERS}
    created = [created for _, _, created, _ in answer["rows"]]
    assert created == sorted(created, reverse=True)
    assert answer["alone"] == [id for account, id, *_ in answer["rows"] if account == "acme"]
    assert answer["one"]["id"] == answer["alone"][0]
    assert answer["coverage"]["complete"]
    assert "state=authorized" in answer["plan"]


def test_the_command_line_lists_it(environment: Environment, tmp_path: Path) -> None:
    program = SERVE_AND_ASK.replace(
        '[sys.executable, "-m", "asked"]',
        '[sys.argv[1], "list", "--accounts", "acme", "--limit", "3", "--output", "csv"]',
    )
    command = environment.folder / "bin/unified-checkout"
    listed = environment.run("python", "-c", program, command, cwd=tmp_path).splitlines()
    assert len(listed) == 4
    assert all(line.startswith("acme,") for line in listed[1:])


def test_it_passes_the_conformance_suite_where_it_is_installed(
    environment: Environment, tmp_path: Path
) -> None:
    tests = PLUGIN / "tests"
    passed = environment.run(
        *(
            "python",
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:asyncio",
            "-p",
            "no:cacheprovider",
        ),
        *("-c", os.devnull, tests),
        cwd=tmp_path,
    )
    assert " passed" in passed
