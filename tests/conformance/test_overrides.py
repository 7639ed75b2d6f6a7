"""The suite cannot be watered down: what a subclass leaves out, it must say."""

from __future__ import annotations

from typing import Any

import pytest
from conformance.toy import ToyAdapter, ToySandbox

from unified_checkout.testing import AdapterConformance
from unified_checkout.testing.conformance.suite import GUARD

LAW = "test_raw_is_lossless"


def guarded(*bases: type, **members: Any) -> None:
    """Ask the guard about a suite with these members."""
    suite = type(
        "TestToy",
        (*bases, AdapterConformance),
        {"adapter": ToyAdapter, "sandbox": ToySandbox, **members},
    )
    getattr(suite(), GUARD)()


def lenient(self: object) -> None:
    """Passes whatever the adapter does."""


def marked(mark: pytest.MarkDecorator) -> Any:
    @mark
    def test(self: object) -> None: ...

    return test


def test_a_suite_that_only_sets_attributes_is_whole() -> None:
    guarded()


def test_tests_of_the_authors_own_may_be_added() -> None:
    guarded(test_something_else=lenient)


def test_an_override_is_named() -> None:
    with pytest.raises(AssertionError, match=f"{LAW} is overridden in TestToy"):
        guarded(**{LAW: lenient})


def test_an_override_in_a_mixin_is_named() -> None:
    with pytest.raises(AssertionError, match=f"{LAW} is overridden in Mixin"):
        guarded(type("Mixin", (), {LAW: lenient}))


def test_a_deleted_law_is_named() -> None:
    with pytest.raises(AssertionError, match=f"{LAW} is deleted"):
        guarded(**{LAW: None})


def test_every_evaded_law_is_named() -> None:
    with pytest.raises(AssertionError, match=r"survives_pickle is over.*raw_is_lossless is del"):
        guarded(**{LAW: None, "test_a_plan_survives_pickle": lenient})


@pytest.mark.parametrize("mark", [pytest.mark.xfail, pytest.mark.xfail(reason=" ")])
def test_an_override_must_say_why(mark: pytest.MarkDecorator) -> None:
    with pytest.raises(AssertionError, match="overridden"):
        guarded(**{LAW: marked(mark)})


def test_skipping_is_no_excuse() -> None:
    with pytest.raises(AssertionError, match="overridden"):
        guarded(**{LAW: marked(pytest.mark.skip(reason="no time"))})


def test_an_override_that_says_why_is_allowed() -> None:
    guarded(**{LAW: marked(pytest.mark.xfail(reason="the provider reorders its keys"))})


@pytest.mark.parametrize("instead", [lenient, None])
def test_the_guard_itself_cannot_be_replaced(instead: object) -> None:
    with pytest.raises(TypeError, match="cannot be overridden"):
        guarded(**{GUARD: instead})
