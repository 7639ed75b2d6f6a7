"""One account of a provider made by hand, without a machine: its scope, and readers of its lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import inf
from random import Random
from typing import Any

import attrs
from engine.handmade import NOW, Handmade, HandmadeAdapter
from engine.world import World
from simulation.rows import moment

from unified_checkout.adapters import Direction
from unified_checkout.engine.exchange import Access
from unified_checkout.engine.plan import AccountPlan
from unified_checkout.engine.policy import AccountState, Pace, RetryPolicy
from unified_checkout.engine.position import AccountPosition, Frontier
from unified_checkout.engine.reading import AccountReading
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.runtime import Observer, Runtime
from unified_checkout.engine.scope import Scope
from unified_checkout.engine.tally import Tally
from unified_checkout.model.query import ListSessions


def plan_of(shop: Handmade, query: ListSessions | None = None) -> AccountPlan:
    """What is asked of the provider's account."""
    [account] = World(shop).planner().plan(query or ListSessions()).accounts
    return account


def access_to(
    shop: Handmade,
    *observers: Observer,
    now: Callable[[], datetime] = lambda: moment(NOW),
) -> Access:
    """How to ask it, by a clock that stands still."""
    return Access(
        adapter=HandmadeAdapter("north", shop),
        state=AccountState(Pace(inf), RetryPolicy()),
        runtime=Runtime(
            now=now, monotonic=lambda: NOW, random=Random(0), waits=False, observers=observers
        ),
        effort=Tally(),
    )


def scope_of(
    shop: Handmade,
    query: ListSessions | None = None,
    *observers: Observer,
    direction: Direction = Direction.FORWARD,
    start: Frontier | None = None,
    ceiling: float = NOW,
    **known: Any,
) -> Scope:
    """What is known of the account before anything was read, and this."""
    plan, access, tally = plan_of(shop, query), access_to(shop, *observers), Tally()
    return Scope(
        plan=plan,
        access=attrs.evolve(access, effort=tally),
        tally=tally,
        residual=Residual(plan.compiled.verdicts, access.runtime, tally, ()),
        direction=direction,
        ceiling=moment(ceiling),
        start=start,
        **known,
    )


def reading_of(
    shop: Handmade,
    query: ListSessions | None = None,
    *,
    start: AccountPosition | None = None,
    direction: Direction = Direction.FORWARD,
    accounts: int = 1,
    thrifty: bool = False,
) -> AccountReading:
    """Its reading, before anything was asked."""
    return AccountReading(
        plan_of(shop, query),
        access_to(shop),
        direction=direction,
        ceiling=moment(NOW),
        start=start or AccountPosition(),
        accounts=accounts,
        thrifty=thrifty,
    )
