"""The plugin is loaded in every run of pytest, whatever its release: it must never be in the way."""

from __future__ import annotations

import inspect
import subprocess
import sys
from textwrap import dedent

from unified_checkout.testing import plugin

HOOKS = {
    "pytest_addoption": {"parser", "pluginmanager"},
    "pytest_configure": {"config"},
    "pytest_itemcollected": {"item"},
    "pytest_runtest_call": {"item"},
    "pytest_runtest_makereport": {"item", "call"},
}
"""The hooks that the plugin may have, and the arguments that pytest 7.0 and pluggy 1.0 know."""


def test_every_hook_is_one_that_pytest_7_knows() -> None:
    hooks = {
        name: set(inspect.signature(hook).parameters)
        for name, hook in vars(plugin).items()
        if name.startswith("pytest_")
    }
    assert hooks.keys() <= HOOKS.keys()
    assert {name: arguments - HOOKS[name] for name, arguments in hooks.items()} == {
        name: set() for name in hooks
    }


def test_it_loads_with_the_names_of_pytest_7_and_pluggy_1_0_and_imports_lazily() -> None:
    program = """
        import sys

        import pytest

        def hookimpl(
            function=None,
            hookwrapper=False,
            optionalhook=False,
            tryfirst=False,
            trylast=False,
            specname=None,
        ):
            return function if function is not None else lambda hook: hook

        class OldPytest:
            __name__ = "pytest"
            hookimpl = staticmethod(hookimpl)
            fixture = staticmethod(pytest.fixture)

        sys.modules["pytest"] = OldPytest()
        before = set(sys.modules)
        import unified_checkout.testing.plugin

        heavy = {"vcr", "yaml", "httpx", "pydantic", "msgspec", "attrs", "hypothesis"}
        loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
        assert not loaded & heavy, loaded & heavy
        """
    command = [sys.executable, "-c", dedent(program)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
