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
from unified_checkout.model.session import Address, Customer
from unified_checkout.sandbox import Facts, ProviderSandbox
from unified_checkout.sandbox.invention import Invention
from unified_checkout.testing.conformance.bench import ACCOUNT, NOW, Bench

SESSIONS = 80

SPECIMEN = Facts(
    serial="specimen",
    created=NOW - 86_000,
    expires_at=NOW + 400,
    status="complete",
    payment_status="paid",
    amount_total=12_345,
    amount_subtotal=11_000,
    amount_discount=655,
    amount_shipping=500,
    amount_tax=1_500,
    amount_received=12_345,
    amount_refunded=345,
    amount_disputed=0,
    customer=Customer(
        id="cus_specimen",
        email="Quirina.Specimen@example.com",
        name="Quirina Specimen",
        phone="+12025550100",
        address=Address(line1="1 Sample Street", city="Exampleton", postal_code="99999"),
    ),
    customer_email="prefilled@example.net",
    payment_intents=("pi_specimen",),
    payment_link="plink_specimen",
    client_reference_id="order-1",
    success_url="https://shop.example.com/thanks",
    cancel_url="https://shop.example.com/cart",
    metadata={"wish": "Ring twice, says Quirina 🎁"},
)
"""A session with everything in it."""

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
    options: ClassVar[Mapping[str, Any]] = {}
    """The adapter's options, if it cannot do without."""
    documented_statuses: ClassVar[Collection[str]] = ()
    """Every status word of the provider's documentation."""
    cassettes: ClassVar[str | Path | None] = None
    """A folder of cassettes, if there are any."""

    _shop: ClassVar[Bench]

    def bench(self, facts: Iterable[Facts]) -> Bench:
        """A bench of its own, for a law that changes what the provider holds."""
        return Bench.of(self.new_adapter(), _sandbox(type(self)), facts)

    @property
    def shop(self) -> Bench:
        """The bench that holds a shop's history, for laws that only read it."""
        if "_shop" not in vars(type(self)):
            history = Invention(seed=4, provider=self.adapter.name, now=NOW).history(SESSIONS)
            type(self)._shop = self.bench([*history, SPECIMEN])
        return self._shop

    def new_adapter(self) -> Adapter[Any]:
        """An adapter for one account."""
        kind = self.adapter
        return kind(ACCOUNT, kind.options_type.model_validate(dict(self.options)))

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
