"""Every law catches the adapter that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance.toy import ToyAdapter, ToySandbox
from conformance.variants import VARIANTS, Broken, Counting, Renewing, Stamping, Unordered

from unified_checkout.testing import AdapterConformance
from unified_checkout.testing.conformance.suite import GUARD, LAWS


def check(suite: AdapterConformance, law: str) -> None:
    """Run a law as pytest would, on every value it is parametrized with."""
    method = getattr(suite, law)
    cases = [mark.args[1] for mark in getattr(method, "pytestmark", ()) if mark.args]
    for case in cases[0] if cases else [None]:
        method() if case is None else method(case)


def suite_for(kind: type[ToyAdapter]) -> AdapterConformance:
    class TestBroken(AdapterConformance):
        adapter = kind
        sandbox = None if kind.sandbox else ToySandbox
        cassettes = Path(__file__).parent / "cassettes"

    return TestBroken()


@pytest.mark.parametrize(
    "broken", VARIANTS, ids=lambda broken: f"{broken.adapter.__name__}-{broken.law}"
)
def test_a_broken_adapter_is_caught(broken: Broken) -> None:
    with pytest.raises((Exception, pytest.fail.Exception), match=rf"(?s){broken.saying}"):
        check(suite_for(broken.adapter), broken.law)


def test_every_law_has_a_broken_adapter() -> None:
    assert {broken.law for broken in VARIANTS} == set(LAWS) - {GUARD}


@pytest.mark.parametrize("law", [law for law in LAWS if law != GUARD])
@pytest.mark.parametrize("sound", [ToyAdapter, Counting, Stamping, Unordered, Renewing])
def test_a_sound_adapter_of_any_kind_keeps_every_law(sound: type[ToyAdapter], law: str) -> None:
    check(suite_for(sound), law)
