"""Laws of what an adapter declares, and of its being a pure translator."""

from __future__ import annotations

import re

import pytest

from unified_checkout.adapters import KeyKind, Order, Place, Pushdown
from unified_checkout.engine.support import probe
from unified_checkout.errors import InvalidQuery
from unified_checkout.model.query import ListSessions
from unified_checkout.testing.conformance.laws import Laws


class DeclarationLaws(Laws):
    """The adapter says what it is, answers for every condition, and remembers nothing."""

    def test_the_adapter_declares_itself(self) -> None:
        """Name, title, rate, options and their defaults are what the registry relies on."""
        assert self.shop.truth(), "the sandbox holds what it is told"
        kind = self.adapter
        assert re.fullmatch(r"[a-z][a-z0-9_-]*", kind.name), "name: lower-case, as in TOML"
        assert kind.title.strip(), "title: the provider's name as people write it"
        assert kind.requests_per_second > 0
        assert self.new_adapter().options.base_url.startswith("http")
        defaults = self.new_adapter().compile(ListSessions())
        assert 1 <= defaults.page_size <= 1000

    def test_a_key_of_the_sandbox_is_plainly_a_test_key(self) -> None:
        """Else no such key could be written into a configuration file: live ones are refused."""
        key = self.shop.provider.api_key
        assert self.adapter.key_kind(key) is KeyKind.TEST, (
            "key_kind must tell a test key by its shape, the sandbox's own above all"
        )

    def test_an_unknown_provider_option_is_refused_by_name(self) -> None:
        """A mistyped option is an error: dropped in silence it would widen the answer."""
        query = ListSessions(provider_options={self.adapter.name: {"no_such_option": 1}})
        with pytest.raises(InvalidQuery, match="no_such_option"):
            self.new_adapter().compile(query)

    def test_every_condition_has_a_verdict_that_explains_itself(self) -> None:
        """The support matrix is computed by asking ``compile`` about one condition at a time."""
        support = probe(self.new_adapter())
        silent = [name for name, found in support.predicates.items() if not found.note]
        assert not silent, f"verdicts without a note for explain to show: {silent}"
        if support.order is not Order.NEWEST_FIRST:
            created = support.predicates["created.gte"].pushdown
            assert created is not Pushdown.UNANSWERABLE

    def test_translating_is_pure(self) -> None:
        """The same question gives the same request, whatever was asked or read before."""
        bench = self.shop
        adapter = bench.adapter
        remembered = dict(vars(adapter))
        query = ListSessions(status="complete", created={"gte": "2026-01-01"})
        compiled = adapter.compile(query)
        requests = [
            adapter.page_request(compiled, stream, Place(size=3)) for stream in compiled.streams
        ]
        bench.ids(compiled)
        assert adapter.compile(query) == compiled
        assert [
            adapter.page_request(compiled, stream, Place(size=3)) for stream in compiled.streams
        ] == requests
        assert vars(adapter) == remembered, "an adapter remembers nothing; the engine does"
