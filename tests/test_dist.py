"""The distributions hold what their pages promise, and come out the same wherever they are built."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_DEVELOPERS = {"audit", "bench", "dev", "dist", "docs", "fuzz", "mutate", "sdks", "test"}
"""The extras that serve who works on this package, and not who uses it."""


def built(source: Path, kind: str, folder: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    [file] = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked in another year than it was built in."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    for path in folder.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    [top] = folder.iterdir()
    return top


def test_what_is_built_of_the_sources_is_what_is_built_of_the_checkout(
    sdist: Path, unpacked: Path, tmp_path: Path
) -> None:
    again = built(unpacked, "sdist", tmp_path / "sdist")
    assert again.read_bytes() == sdist.read_bytes()
    wheels = [
        built(source, "wheel", tmp_path / name)
        for name, source in [("here", ROOT), ("there", unpacked)]
    ]
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def pages(folder: Path) -> Iterator[Path]:
    for pattern in ("*.md", "docs/**/*.md", "providers/*/README.md", "cassettes/**/*.md"):
        yield from folder.glob(pattern)


def test_the_links_of_the_sources_lead_to_what_travels_with_them(unpacked: Path) -> None:
    lost = [
        f"{page.relative_to(unpacked)}: {target}"
        for page in pages(unpacked)
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert lost == []
    travelling = {str(page.relative_to(unpacked)) for page in pages(unpacked)}
    here = {str(page.relative_to(ROOT)) for page in pages(ROOT)}
    assert travelling == here


def test_the_sources_can_be_tested(unpacked: Path) -> None:
    """Rooms whose engine is absent are left alone there too, and files outside of them are there."""
    looked_at = [
        "unified_checkout/spark",
        "unified_checkout/store",
        "tests/test_lock.py",
        "tests/test_dist.py",
    ]
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*collect, *looked_at], cwd=unpacked, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    files = [".ci/run", ".github/workflows/check.yml", "conftest.py", "requirements/dev.lock"]
    assert [name for name in files if not (unpacked / name).exists()] == []


def test_the_description_has_no_link_that_leads_nowhere(tmp_path: Path) -> None:
    with zipfile.ZipFile(built(ROOT, "wheel", tmp_path)) as wheel:
        [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        description = wheel.read(name).decode("utf-8").partition("\n\n")[2]
    assert "# unified_checkout" in description
    assert re.findall(r"\]\((?!https?:)[^)]*\)", description) == []
    assert "(`docs/reading.md`)" in description


ENGINES = {"daft", "spark"}
"""Those that are hundreds of megabytes, and decide on the versions of other packages."""


def needed(extra: str) -> set[str]:
    """The packages, of others, that an extra brings."""
    found = set()
    for requirement in map(Requirement, EXTRAS[extra]):
        if requirement.name == "unified-checkout":
            found |= {name for inner in requirement.extras for name in needed(inner)}
        else:
            found.add(requirement.name)
    return found


def test_the_extra_all_brings_what_every_extra_of_a_user_s_brings() -> None:
    assert set(EXTRAS) >= FOR_DEVELOPERS
    users = set(EXTRAS) - FOR_DEVELOPERS - ENGINES - {"all"}
    assert needed("all") == {name for extra in users for name in needed(extra)}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"'\.\[all\]'  # with everything but Spark and Daft\b", readme)


def test_what_tells_days_of_a_time_zone_brings_the_zones() -> None:
    """A machine need not have files of them, and DuckDB asks for one with every moment it gives."""
    assert any(one.startswith("tzdata") and ";" not in one for one in EXTRAS["store"])
    assert "unified-checkout[store]" in EXTRAS["report"]


def test_bounds_from_above_stand_where_a_major_version_may_break_us() -> None:
    """A bound is on the next major version, of a package we read the insides or files of."""
    bounded = {
        requirement.name
        for wanted in [PROJECT["dependencies"], *EXTRAS.values()]
        for requirement in map(Requirement, wanted)
        if any(specifier.operator in {"<", "<=", "==", "~="} for specifier in requirement.specifier)
    }
    assert bounded == {
        "altair",  # its charts are taken apart, and a major version changes their form
        "adbc-driver-postgresql",  # the types its results come in
        "anyio",  # httpcore's backends are derived from
        "daft",  # below 1 its sources may change
        "dlt",  # its state and its load packages are looked into
        "duckdb",  # the format of its files
        "httpcore",  # its network backends are derived from
        "httpx",  # below 1 each minor version may change what it exports
        "mcp",  # its server is young
        "pandas",  # with Spark, which warns of the next one
        "pydantic",  # errors are rewritten by their types
        "vl-convert-python",  # each draws altair's charts of one version
        "pyspark",  # what it keeps of a source between two actions
    }


def test_every_python_that_is_declared_is_in_the_forks_matrix() -> None:
    declared = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert declared == ["3.11", "3.12", "3.13", "3.14"]
    matrix = (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")
    assert [version for version in declared if f'"{version}"' not in matrix] == []
    assert f">={declared[0]}" == PROJECT["requires-python"]
