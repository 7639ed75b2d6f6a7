"""``AdapterConformance``: all laws in one class, and the law that none of them is evaded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from unified_checkout.testing.conformance.declarations import DeclarationLaws
from unified_checkout.testing.conformance.failures import FailureLaws
from unified_checkout.testing.conformance.fields import FieldLaws
from unified_checkout.testing.conformance.limits import LimitLaws
from unified_checkout.testing.conformance.moving import MovingLaws
from unified_checkout.testing.conformance.paging import PagingLaws
from unified_checkout.testing.conformance.pushdown import PushdownLaws
from unified_checkout.testing.conformance.recordings import RecordingLaws
from unified_checkout.testing.conformance.secrets import SecretLaws
from unified_checkout.testing.conformance.sessions import SessionLaws
from unified_checkout.testing.conformance.unions import UnionLaws
from unified_checkout.testing.conformance.windows import WindowLaws
from unified_checkout.testing.conformance.words import WordLaws

GUARD = "test_no_law_is_overridden_or_deleted"


class AdapterConformance(
    RecordingLaws,
    SecretLaws,
    FailureLaws,
    LimitLaws,
    UnionLaws,
    PushdownLaws,
    MovingLaws,
    WindowLaws,
    PagingLaws,
    WordLaws,
    SessionLaws,
    FieldLaws,
    DeclarationLaws,
):
    """The tests that every adapter must pass. Subclass it; its attributes are all there is to set.

    ::

        class TestAcme(AdapterConformance):
            adapter = AcmeAdapter
            documented_statuses = ("pending", "authorized", "fulfilled")

    The sandbox is the one that ``AcmeAdapter.sandbox`` names. Nothing is sent and nothing waits:
    adapter and sandbox talk in memory. A law that a provider cannot keep is overridden visibly,
    with ``@pytest.mark.xfail(reason=...)``; any other override or deletion fails the suite.

    Pytest runs the laws of the last base class first, and so the simplest first.
    """

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if getattr(cls, GUARD, None) is not LAWS[GUARD]:
            raise TypeError(f"{cls.__name__}.{GUARD}: this one test cannot be overridden")

    def test_no_law_is_overridden_or_deleted(self) -> None:
        """The suite means the same for every adapter, or says where it does not."""
        evaded = []
        for name, law in LAWS.items():
            found = getattr(type(self), name, None)
            if found is None:
                evaded.append(f"{name} is deleted")
            elif found is not law and not _excused(found):
                owner = next(kind for kind in type(self).__mro__ if name in vars(kind))
                evaded.append(f"{name} is overridden in {owner.__name__}")
        assert not evaded, (
            f"{'; '.join(evaded)}. A law that this provider cannot keep is overridden with "
            "@pytest.mark.xfail(reason='...') and calls super()"
        )


LAWS: Mapping[str, Any] = MappingProxyType(
    {
        name: getattr(AdapterConformance, name)
        for name in dir(AdapterConformance)
        if name.startswith("test_")
    }
)
"""The tests by name, as they were shipped."""


def _excused(law: Any) -> bool:
    """Whether an override says that it is expected to fail, and why."""
    return any(
        mark.name == "xfail" and str(mark.kwargs.get("reason", "")).strip()
        for mark in getattr(law, "pytestmark", ())
    )
