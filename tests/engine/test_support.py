"""The support matrix is what the adapters say, predicate by predicate."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from house import PROVIDERS, adapter_of

from unified_checkout.adapters import Adapter, AdapterOptions, Compiled, Pushdown, Stream, Verdict
from unified_checkout.adapters.rules import page_size
from unified_checkout.engine.support import PROBES, probe, support, survey
from unified_checkout.model.query import ListSessions
from unified_checkout.model.statuses import SessionKind

NO_PREDICATES = {"last", "expand", "accounts", "limit", "page_size", "provider_options"}

DEMANDING = """
from unified_checkout.adapters import AdapterOptions
from unified_checkout_stripe import StripeAdapter
class Thing(StripeAdapter):
    options_type = AdapterOptions
"""

TWICE_DEMANDING = """
from unified_checkout.adapters import AdapterOptions
from unified_checkout_stripe import StripeAdapter
class Demanding(AdapterOptions):
    shop: str
class Thing(StripeAdapter):
    options_type = Demanding
"""

OPTIONS_BY_EXAMPLE = """
from pydantic import Field
from unified_checkout.adapters import AdapterOptions
from unified_checkout_stripe import StripeAdapter
class Demanding(AdapterOptions):
    base_url: str = Field(examples=["https://api.example.com"])
    shop: str = Field(examples=["shop-1"])
    place: str = "here"
class Thing(StripeAdapter):
    options_type = Demanding
    def compile(self, query):
        options = self.options
        assert (self.account, options.shop, options.place) == ("exemplary", "shop-1", "here")
        return super().compile(query)
"""

CRASHING = """
from unified_checkout_stripe import StripeAdapter
class Thing(StripeAdapter):
    def compile(self, query):
        raise RuntimeError("out of toys")
"""


OPTIONLESS = """
from unified_checkout_stripe import StripeAdapter
class Thing(StripeAdapter):
    options_type = int
"""

CONFUSED = """
from unified_checkout_stripe import StripeAdapter
class Thing(StripeAdapter):
    rows = property(lambda self: 1 / 0)
"""


class ToyAdapter(Adapter[AdapterOptions]):
    """Evaluates ``customer``, doubts ``email``, cannot know disputes."""

    name = "toy"
    title = "Toy"
    options_type = AdapterOptions
    requests_per_second = math.inf

    def compile(self, query: ListSessions) -> Compiled:
        pushdowns = {
            "customer": Pushdown.EXACT,
            "email": Pushdown.INEXACT,
            "has_disputes": Pushdown.UNANSWERABLE,
        }
        return Compiled(
            streams=(Stream(name="toys", path="/toys"),),
            verdicts=tuple(
                Verdict(one, pushdowns.get(one.field, Pushdown.UNSUPPORTED), f"toy {one.field}")
                for one in query.predicates()
            ),
            page_size=page_size(query, 50),
        )

    page_request = parse_page = get_request = None  # type: ignore[assignment]
    parse_session = parse_error = sign = None  # type: ignore[assignment]


def install(folder: Path, distribution: str, provider: str, source: str) -> None:
    """Lay out a distribution with one module, which claims to be a provider's adapter."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    entry = f"[unified_checkout.providers]\n{provider} = {module}:Thing\n"
    (info / "entry_points.txt").write_text(entry)


def test_every_predicate_of_a_query_is_probed_alone() -> None:
    queries = [ListSessions.model_validate({"kind": "any", **one}) for one in PROBES.values()]
    probed = {field for query in queries for field in query.model_fields_set}
    assert probed == set(ListSessions.model_fields) - NO_PREDICATES
    assert {len(query.predicates(kind=True)) for query in queries} == {1}


def test_the_matrix_is_what_the_adapter_answers() -> None:
    toy = probe(ToyAdapter("toy", AdapterOptions(base_url="https://api.example.com")))
    pushdowns = {name: one.pushdown for name, one in toy.predicates.items()}
    assert pushdowns.pop("customer") is Pushdown.EXACT
    assert pushdowns.pop("email") is Pushdown.INEXACT
    assert pushdowns.pop("has_disputes=true") is Pushdown.UNANSWERABLE
    assert pushdowns.pop("has_disputes=false") is Pushdown.UNANSWERABLE
    assert {pushdowns.pop(f"kind={word}") for word in SessionKind} == {Pushdown.EXACT}
    assert set(pushdowns.values()) == {Pushdown.UNSUPPORTED}
    assert toy.predicates["customer"].note == "toy customer"
    assert toy.page_size == 50


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_matrix_tells_what_an_adapter_says_of_its_list_and_of_itself(provider: str) -> None:
    found, adapter = support(provider), adapter_of(provider)
    whole = adapter.compile(ListSessions(kind="any"))
    for name in ("order", "paging", "end_of_list", "divisible", "page_size", "excludes"):
        assert getattr(found, name) == getattr(whole, name)
    for name in ("title", "requests_per_second", "rows", "evidence", "untold"):
        assert getattr(found, name) == getattr(adapter, name)
    assert found.provider == provider
    assert found.provider_options == tuple(sorted(adapter.provider_options))


@pytest.mark.parametrize("provider", ["stripe", "leanrails", "flex"])
def test_a_matrix_is_plain_data_for_programs(provider: str) -> None:
    plain = support(provider).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["predicates"]["status=open"]["pushdown"] == "exact"


def test_no_limit_is_none_for_programs() -> None:
    toy = probe(ToyAdapter("toy", AdapterOptions(base_url="https://api.example.com")))
    assert toy.to_dict()["requests_per_second"] is None


@pytest.mark.parametrize(
    ("distribution", "source", "reason"),
    [
        ("lacking", "import no_such_module", "needs the module 'no_such_module'"),
        ("failing", "1/0", "does not import: ZeroDivisionError"),
        ("other", "Thing = 1", "is not an Adapter class"),
        ("demanding", DEMANDING, "its options have neither a default nor an example: base_url"),
        ("twice", TWICE_DEMANDING, "have neither a default nor an example: base_url, shop"),
        (
            "optionless",
            OPTIONLESS,
            "provider 'broken' cannot be probed: the adapter in optionless has a mistake: Attr",
        ),
        (
            "confused",
            CONFUSED,
            "cannot be probed: the adapter in confused has a mistake: ZeroDivisionError in confused",
        ),
        (
            "crashing",
            CRASHING,
            "cannot be probed: the adapter in crashing has a mistake: RuntimeError in crashing, line",
        ),
    ],
)
def test_a_broken_provider_is_an_error_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, distribution: str, source: str, reason: str
) -> None:
    install(tmp_path, distribution, "broken", source)
    monkeypatch.syspath_prepend(tmp_path)
    supports, errors = survey()
    assert list(supports) == list(PROVIDERS)
    assert reason in str(errors["broken"])


def test_a_provider_that_demands_an_option_is_probed_with_its_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "exemplary", "exemplary", OPTIONS_BY_EXAMPLE)
    monkeypatch.syspath_prepend(tmp_path)
    supports, errors = survey()
    assert "exemplary" in supports
    assert not errors


def test_two_claims_to_one_name_are_an_error_that_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "first-claim", "twice", "Thing = 1")
    install(tmp_path, "second-claim", "twice", "Thing = 2")
    monkeypatch.syspath_prepend(tmp_path)
    supports, errors = survey()
    assert list(supports) == list(PROVIDERS)
    told = str(errors["twice"])
    assert "claimed by two distributions" in told
    assert "first-claim" in told
    assert "second-claim" in told
