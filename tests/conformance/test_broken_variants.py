"""Every law catches the adapter that breaks it, and no law a sound one of any kind."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import conformance.toys  # noqa: F401  (they enter)
import pytest
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants import VARIANTS, Broken
from conformance.variants.breaking import SOUND
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_checkout.testing import AdapterConformance
from unified_checkout.testing.conformance.laws import ENOUGH
from unified_checkout.testing.conformance.suite import GUARD, LAWS

FEW = 12
"""So many random queries show whether an adapter of another kind can be asked at all."""


def check(suite: AdapterConformance, law: str, examples: int | None = None) -> None:
    """Run a law as pytest would, on every value it is parametrized with."""
    method = getattr(suite, law)
    random = getattr(method, "hypothesis", None)
    if random is not None and examples is not None:
        settings(ENOUGH, max_examples=examples)(
            given(st.data())(lambda data: random.inner_test(suite, data))
        )()
        return
    cases = [mark.args[1] for mark in getattr(method, "pytestmark", ()) if mark.args]
    for case in cases[0] if cases else [None]:
        method() if case is None else method(case)


@cache
def suite_for(kind: type[ToyAdapter]) -> AdapterConformance:
    class TestToy(AdapterConformance):
        adapter = kind
        sandbox = None if kind.sandbox else ToySandbox
        cassettes = None if kind.sandbox else Path(__file__).parent / "cassettes"

    for name, value in kind.suite.items():
        setattr(TestToy, name, value)
    return TestToy()


@pytest.mark.parametrize(
    "broken", VARIANTS, ids=lambda broken: f"{broken.adapter.__name__}-{broken.law}"
)
def test_a_broken_adapter_is_caught(broken: Broken) -> None:
    assert re.search(broken.saying, outcome(broken), re.DOTALL)


def outcome(broken: Broken) -> str:
    """What the law says of a broken adapter."""
    try:
        check(suite_for(broken.adapter), broken.law)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - whichever way it fails
        return str(error)
    except pytest.skip.Exception as skipped:
        return f"(the law was not checked: {skipped})"
    return "(nothing)"


def test_every_law_has_a_broken_adapter() -> None:
    assert {broken.law for broken in VARIANTS} == set(LAWS) - {GUARD}


@pytest.mark.parametrize("law", [law for law in LAWS if law != GUARD])
@pytest.mark.parametrize("sound", SOUND, ids=lambda sound: sound.__name__)
def test_a_sound_adapter_of_any_kind_keeps_every_law(sound: type[ToyAdapter], law: str) -> None:
    check(suite_for(sound), law, FEW)
