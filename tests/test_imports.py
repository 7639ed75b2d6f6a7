"""Importing loads what it needs and nothing else."""

from __future__ import annotations

import subprocess
import sys

import house
import pytest

PROVIDERS = {f"unified_checkout_{provider}" for provider in house.PROVIDERS}
NOT_FOR_THE_LIBRARY = PROVIDERS | {
    "daft",
    "duckdb",
    "filelock",
    "httptools",
    "iso4217",
    "platformdirs",
    "prometheus_client",
    "pyarrow",
    "pyspark",
    "pydantic_settings",
    "rich",
    "starlette",
    "stripe",
    "tomllib",
    "typer",
    "unified_checkout.cli",
    "unified_checkout.gateway",
    "unified_checkout.sandbox",
    "unified_checkout.spark",
    "unified_checkout.store",
    "unified_checkout.tasks",
    "unified_checkout.testing",
    "uvicorn",
    "uvloop",
}


def loaded_by(module: str) -> set[str]:
    """The modules that a fresh interpreter has after importing this one."""
    program = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_importing_the_library_loads_no_adapter_no_command_line_and_no_server() -> None:
    assert loaded_by("unified_checkout") & NOT_FOR_THE_LIBRARY == set()


def test_neither_does_making_a_client_nor_httpx_load_its_own_command_line() -> None:
    others = {"click", "httpx._main", "pygments"}
    loaded = loaded_by("unified_checkout.client, httpx")
    assert loaded & (NOT_FOR_THE_LIBRARY | others) == set()


def test_importing_the_library_loads_nothing_until_a_name_is_used() -> None:
    heavy = {"attrs", "httpx", "msgspec", "pydantic", "unified_checkout.adapters"}
    assert loaded_by("unified_checkout") & heavy == set()


def test_importing_the_tools_for_tests_loads_none_of_what_they_need() -> None:
    assert loaded_by("unified_checkout.testing") & {"hypothesis", "pytest", "vcr", "yaml"} == set()


def test_the_plugin_loads_no_more_than_pytest_and_the_library() -> None:
    known = loaded_by("unified_checkout") | loaded_by("pytest")
    assert loaded_by("unified_checkout.testing.plugin") - known == {
        "unified_checkout.testing",
        "unified_checkout.testing.plugin",
    }


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_importing_one_provider_loads_no_other(provider: str) -> None:
    assert loaded_by(provider) & PROVIDERS == {provider}


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_importing_a_provider_loads_no_command_line_and_no_server(provider: str) -> None:
    assert loaded_by(provider) & {"starlette", "typer", "uvicorn"} == set()
