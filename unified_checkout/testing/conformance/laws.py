"""What all laws are checked with: the author's adapter, its sandbox, and facts to hold."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings

from unified_checkout.adapters import Adapter
from unified_checkout.sandbox import Facts, ProviderSandbox
from unified_checkout.sandbox.imitation import Imitation
from unified_checkout.testing.conformance.bench import ACCOUNT, Bench
from unified_checkout.testing.conformance.specimens import SPECIMEN, history
from unified_checkout.testing.conformance.talk import Clock

ENOUGH = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
"""For laws on random queries: the same queries in every run."""


class Laws:
    """The attributes that an author sets, and the benches that the laws are checked on."""

    adapter: ClassVar[type[Adapter[Any]]]
    """The adapter class."""
    sandbox: ClassVar[type[ProviderSandbox] | None] = None
    """The imitation of its provider; None is the one that ``Adapter.sandbox`` names."""
    sandbox_options: ClassVar[Mapping[str, Any]] = {}
    """Attributes of the sandbox, such as a limit so small that the laws come upon it."""
    options: ClassVar[Mapping[str, Any]] = {}
    """The adapter's options, beyond the examples of those that have no default."""
    documented_statuses: ClassVar[Collection[str]] = ()
    """Every status word of the provider's documentation."""
    absent_id: ClassVar[str] = "no_such_session"
    """An id in the form of the provider's, of no session."""
    cassettes: ClassVar[str | Path | None] = None
    """A folder of cassettes, if there are any."""

    _shop: ClassVar[Bench]

    def bench(self, facts: Iterable[Facts]) -> Bench:
        """A bench of its own, for a law that changes what the provider holds."""
        clock = Clock()
        provider = self.provider_class()(clock=clock, **self.sandbox_options)
        provider.hold(facts)
        imitation = Imitation(provider=provider)
        return Bench(adapter=self.new_adapter(), imitation=imitation, clock=clock)

    @property
    def shop(self) -> Bench:
        """The bench that holds a shop's history, for laws that only read it."""
        if "_shop" not in vars(type(self)):
            type(self)._shop = self.bench(history(self.adapter.name))
        return self._shop

    def new_adapter(self) -> Adapter[Any]:
        """An adapter for one account, whose key is the sandbox's."""
        kind = self.adapter
        chosen = {**kind.options_type.examples(), **self.options}
        options = kind.options_type.model_validate(chosen)
        return kind(ACCOUNT, options, kind.key_kind(self.provider_class().api_key))

    def provider_class(self) -> type[ProviderSandbox]:
        """The imitation's class."""
        return _sandbox(type(self))

    def need_single_sessions(self) -> None:
        """Skip a law about sessions that are asked for by their ids, where that cannot be done."""
        if not self.adapter.reads_by_id:
            pytest.skip("this provider lists what it cannot give one by one")

    def specimen(self, **fields: Any) -> Facts:
        """The session with everything in it, except for these fields."""
        return attrs.evolve(SPECIMEN, **fields)


def _sandbox(laws: type[Laws]) -> type[ProviderSandbox]:
    found: Any = laws.sandbox or laws.adapter.sandbox
    if found is None:
        pytest.fail(
            f"{laws.__name__} has no sandbox: set its attribute sandbox to a ProviderSandbox "
            f"class, or {laws.adapter.__name__}.sandbox to its 'module:ClassName'"
        )
    if isinstance(found, str):
        found = pkgutil.resolve_name(found)
    if not (isinstance(found, type) and issubclass(found, ProviderSandbox)):
        pytest.fail(f"{found!r} is not a ProviderSandbox class")
    return found
