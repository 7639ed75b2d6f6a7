"""Every law catches the adapter that breaks it."""

from __future__ import annotations

import pytest
from conformance.toy import ToySandbox
from conformance.variants import VARIANTS, Broken, Counting

from unified_checkout.testing import AdapterConformance
from unified_checkout.testing.conformance.suite import GUARD, LAWS


def check(suite: AdapterConformance, law: str) -> None:
    """Run a law as pytest would, on every value it is parametrized with."""
    method = getattr(suite, law)
    cases = [mark.args[1] for mark in getattr(method, "pytestmark", ()) if mark.args]
    for case in cases[0] if cases else [None]:
        method() if case is None else method(case)


def suite_for(broken: Broken) -> AdapterConformance:
    attributes = {"adapter": broken.adapter, "sandbox": ToySandbox}
    suite: type[AdapterConformance] = type(
        f"Test{broken.adapter.__name__}", (AdapterConformance,), attributes
    )
    return suite()


@pytest.mark.parametrize(
    "broken", VARIANTS, ids=lambda broken: f"{broken.adapter.__name__}-{broken.law}"
)
def test_a_broken_adapter_is_caught(broken: Broken) -> None:
    with pytest.raises((Exception, pytest.fail.Exception), match=rf"(?s){broken.saying}"):
        check(suite_for(broken), broken.law)


def test_every_law_has_a_broken_adapter() -> None:
    assert {broken.law for broken in VARIANTS} == set(LAWS) - {GUARD}


@pytest.mark.parametrize("law", [law for law in LAWS if law != GUARD])
def test_an_adapter_that_counts_rows_and_says_so_keeps_every_law(law: str) -> None:
    try:
        check(suite_for(Broken(Counting, law, "")), law)
    except pytest.skip.Exception as skipped:
        assert "count" in str(skipped) or "offset" in str(skipped)
