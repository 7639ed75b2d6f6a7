"""The conformance suite: the tests that every adapter must pass."""

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

from unified_checkout.testing.conformance.suite import AdapterConformance

__all__ = ["AdapterConformance"]
