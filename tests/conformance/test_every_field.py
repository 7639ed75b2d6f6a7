"""No field of a session can be lost, bent or exchanged with another unnoticed."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import attrs
import pytest
from conformance.test_broken_variants import check
from conformance.toy import ToyAdapter, ToySandbox

from unified_checkout.adapters import Place, ProviderPage, Response
from unified_checkout.model.session import Address, Customer, Session
from unified_checkout.testing import AdapterConformance

LAWS = (
    "test_sessions_say_what_the_provider_holds",
    "test_a_single_session_is_the_one_in_the_list",
    "test_an_assumed_currency_is_marked",
    "test_a_status_keeps_the_providers_own_word",
    "test_an_unknown_status_stays_readable",
    "test_raw_is_lossless",
)
STRANGER = Path(__file__).parents[1] / "plugin" / "acme-checkout"

Change = Callable[[Session], Session]


def caught(suite: AdapterConformance) -> bool:
    """Whether any law fails."""
    for law in LAWS:
        try:
            check(suite, law)
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whichever way it fails
            return True
    return False


# Whatever comes out of an adapter that tells every field.


def suite_with(change: Change) -> AdapterConformance:
    """The suite of an adapter whose sessions are changed on their way out."""

    class Changed(ToyAdapter):
        def parse_page(self, response: Response, place: Place) -> ProviderPage:
            page = super().parse_page(response, place)
            return attrs.evolve(page, sessions=[change(session) for session in page.sessions])

        def parse_session(self, response: Response) -> Session:
            return change(super().parse_session(response))

    class TestChanged(AdapterConformance):
        adapter = Changed
        sandbox = ToySandbox

    return TestChanged()


def paths() -> Iterator[tuple[str, ...]]:
    """Every field, those of the buyer and of the address among them."""
    for kind, prefix in (
        (Session, ()),
        (Customer, ("customer",)),
        (Address, ("customer", "address")),
    ):
        for field in attrs.fields(kind):
            yield (*prefix, field.name)


PATHS = [path for path in paths() if path not in {("account",), ("disputed",)}]
"""The toy says nothing of disputes."""


def get(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = None if value is None else getattr(value, name)
    return value


def put(value: Any, path: tuple[str, ...], new: Any) -> Any:
    if not path:
        return new
    name, *rest = path
    inner = getattr(value, name)
    if rest and inner is None:
        return value
    return attrs.evolve(value, **{name: put(inner, tuple(rest), new)})


def bent(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case bytes():
            return value + b" "
        case str():
            return type(value)("unknown") if type(value) is not str else f"{value}x"
        case datetime():
            return value + timedelta(seconds=1)
        case tuple():
            return (*value, "another")
        case Customer():
            return attrs.evolve(value, id=f"{value.id}x")
        case Address():
            return attrs.evolve(value, city=f"{value.city}x")
        case None:
            return None
        case _:
            return {**value, "another": "x"}


def empty(value: Any) -> Any:
    return () if isinstance(value, tuple) else None


OPTIONAL = [path for path in PATHS if path not in {("id",), ("created",), ("raw_bytes",)}]


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_a_field_that_is_bent_is_noticed(path: tuple[str, ...]) -> None:
    assert caught(suite_with(lambda session: put(session, path, bent(get(session, path)))))


@pytest.mark.parametrize("path", OPTIONAL, ids=".".join)
def test_a_field_that_is_lost_is_noticed(path: tuple[str, ...]) -> None:
    assert caught(suite_with(lambda session: put(session, path, empty(get(session, path)))))


def test_an_unchanged_session_is_no_matter() -> None:
    assert not caught(suite_with(lambda session: session))


def exchangeable(path: tuple[str, ...]) -> str | None:
    """Fields of one kind may be taken for one another."""
    kind: type[Any] = Session
    for name in path[:-1]:
        kind = {"customer": Customer, "address": Address}[name]
    annotation = str(attrs.fields_dict(kind)[path[-1]].type).replace(" | None", "")
    return annotation if annotation in ("int", "str", "datetime", "bool") else None


PAIRS = [
    (one, other)
    for one, other in combinations(PATHS, 2)
    if exchangeable(one) and exchangeable(one) == exchangeable(other)
]


def test_two_fields_that_are_exchanged_are_noticed() -> None:
    assert len(PAIRS) > 300
    unnoticed = [
        (one, other)
        for one, other in PAIRS
        if not caught(suite_with(partial(exchanged, one=one, other=other)))
    ]
    assert unnoticed == []


def exchanged(session: Session, one: tuple[str, ...], other: tuple[str, ...]) -> Session:
    changed = put(session, one, get(session, other))
    return cast("Session", put(changed, other, get(session, one)))


# What a stranger's adapter assigns, in its source.


@pytest.fixture(scope="module")
def stranger() -> Iterator[ModuleType]:
    """The package of the adapter from outside."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(STRANGER))
    yield importlib.import_module("acme_checkout.session")
    patch.undo()


def drafts(tree: ast.Module) -> list[list[ast.Assign]]:
    """For each function, what it assigns to the fields of a session or a buyer."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [
        [
            line
            for line in function.body
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Attribute)
        ]
        for function in functions
    ]


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """The source with one assignment left out, or with two exchanged; each with what was done."""
    for number, fields in enumerate(drafts(ast.parse(source))):
        names = [ast.unparse(field.targets[0]) for field in fields]
        for index, name in enumerate(names):
            yield f"without {name}", _edited(source, number, partial(_lose, index=index))
        for one, other in combinations(range(len(names)), 2):
            edit = partial(_exchange, one=one, other=other)
            yield f"{names[one]} and {names[other]} exchanged", _edited(source, number, edit)


def _edited(source: str, number: int, edit: Callable[[list[ast.Assign]], None]) -> str:
    tree = ast.parse(source)
    edit(drafts(tree)[number])
    return ast.unparse(tree)


def _lose(fields: list[ast.Assign], index: int) -> None:
    fields[index].targets = [ast.Name("lost", ast.Store())]


def _exchange(fields: list[ast.Assign], one: int, other: int) -> None:
    first, second = fields[one], fields[other]
    first.value, second.value = second.value, first.value


def test_no_assignment_of_a_strangers_adapter_is_without_effect(stranger: ModuleType) -> None:
    adapter = importlib.import_module("acme_checkout.adapter")

    class TestStranger(AdapterConformance):
        adapter = importlib.import_module("acme_checkout").AcmeAdapter

    assert not caught(TestStranger())
    unnoticed = []
    every = list(mutants(Path(str(stranger.__file__)).read_text(encoding="utf-8")))
    assert len(every) > 100
    for what, mutant in every:
        names = dict(vars(stranger))
        exec(compile(mutant, what, "exec"), names)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(adapter, "to_session", names["to_session"])
            if not caught(TestStranger()):
                unnoticed.append(what)
    assert unnoticed == []
