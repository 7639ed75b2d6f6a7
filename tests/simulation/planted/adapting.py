"""Faults of an adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pytest

from simulation.adapter import SimulatedAdapter
from simulation.law import Law
from simulation.planted.fault import PlantedFault, entering, instead
from unified_checkout.adapters import (
    Compiled,
    Place,
    ProviderPage,
    Pushdown,
    Request,
    Response,
    Stream,
    Verdict,
)
from unified_checkout.adapters.rules import Pushed, push_bound
from unified_checkout.engine.residual import Residual
from unified_checkout.model.predicate import Predicate
from unified_checkout.model.query import ListSessions

FAULTS: list[PlantedFault] = []
breaks = entering(FAULTS)


def changed_page(patch: pytest.MonkeyPatch, change: Callable[[ProviderPage], ProviderPage]) -> None:
    def build(parse: Any) -> Any:
        def parse_page(self: Any, response: Response, place: Place) -> ProviderPage:
            return change(parse(self, response, place))

        return parse_page

    instead(patch, SimulatedAdapter, "parse_page", build)


def changed_plan(patch: pytest.MonkeyPatch, change: Callable[[Compiled], Compiled]) -> None:
    def build(compile_: Any) -> Any:
        def compile_query(self: Any, query: ListSessions) -> Compiled:
            return change(compile_(self, query))

        return compile_query

    instead(patch, SimulatedAdapter, "compile", build)


@breaks(Law.COMPLETE)
def drops_the_last_row_of_a_page(patch: pytest.MonkeyPatch) -> None:
    changed_page(
        patch,
        lambda page: attrs.evolve(page, sessions=page.sessions[: max(1, len(page.sessions) - 1)]),
    )


@breaks(Law.COMPLETE)
def ignores_has_more(patch: pytest.MonkeyPatch) -> None:
    changed_page(patch, lambda page: attrs.evolve(page, more=False))


@breaks(Law.COMPLETE)
def truncates_a_bound(patch: pytest.MonkeyPatch) -> None:
    def build(push: Any) -> Any:
        def push_created(self: SimulatedAdapter, predicate: Predicate) -> Pushed:
            pushed: Pushed = push(self, predicate)
            if pushed.verdict.pushdown is not Pushdown.INEXACT:
                return pushed
            second = str(int(predicate.value.timestamp()))
            return push_bound(predicate, Pushdown.INEXACT, f"created{predicate.operator}", second)

        return push_created

    instead(patch, SimulatedAdapter, "push_created", build)


def _believed(patch: pytest.MonkeyPatch) -> None:
    """Let the engine believe whoever claims to evaluate a condition exactly."""

    def build(init: Any) -> Any:
        def believing(self: Residual, verdicts: Iterable[Verdict], *args: Any) -> None:
            checked = [one for one in verdicts if one.pushdown is not Pushdown.EXACT]
            init(self, checked, *args)

        return believing

    instead(patch, Residual, "__init__", build)


@breaks(Law.BELONGS)
def is_believed_though_it_forgets_the_filters_after_page_one(patch: pytest.MonkeyPatch) -> None:
    _believed(patch)

    def build(request: Any) -> Any:
        def page_request(self: Any, compiled: Compiled, stream: Stream, place: Place) -> Request:
            if place.cursor is not None:
                stream = attrs.evolve(stream, parameters=())
            answer: Request = request(self, compiled, stream, place)
            return answer

        return page_request

    instead(patch, SimulatedAdapter, "page_request", build)


@breaks(Law.TRULY)
def calls_an_inexact_filter_exact(patch: pytest.MonkeyPatch) -> None:
    changed_plan(
        patch,
        lambda compiled: attrs.evolve(
            compiled,
            verdicts=tuple(
                attrs.evolve(verdict, pushdown=Pushdown.EXACT)
                if verdict.pushdown is Pushdown.INEXACT
                else verdict
                for verdict in compiled.verdicts
            ),
        ),
    )


@breaks(Law.BELONGS)
def is_believed_though_it_calls_an_inexact_filter_exact(patch: pytest.MonkeyPatch) -> None:
    _believed(patch)
    calls_an_inexact_filter_exact(patch)


@breaks(Law.COMPLETE)
def reads_the_later_state_first(patch: pytest.MonkeyPatch) -> None:
    changed_plan(patch, lambda compiled: attrs.evolve(compiled, streams=compiled.streams[::-1]))


@breaks(Law.TRULY)
def forgets_one_exact_filter(patch: pytest.MonkeyPatch) -> None:
    changed_plan(
        patch,
        lambda compiled: attrs.evolve(
            compiled,
            streams=tuple(
                attrs.evolve(stream, parameters=stream.parameters[:-1])
                for stream in compiled.streams
            ),
        ),
    )


@breaks(Law.BELONGS)
def is_believed_though_it_forgets_one_exact_filter(patch: pytest.MonkeyPatch) -> None:
    _believed(patch)
    forgets_one_exact_filter(patch)
