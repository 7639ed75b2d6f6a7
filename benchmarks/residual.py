"""What testing every condition on every session costs, in one process, without a network."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.invention import SHAPES, facts
from unified_checkout.adapters import Place, Pushdown, Response, Verdict
from unified_checkout.client import channels_of
from unified_checkout.config.account import Account
from unified_checkout.engine.residual import Residual
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.tally import Tally
from unified_checkout.model.query import ListSessions
from unified_checkout.model.session import Session

KEY = "sk_test_obviously_fake"
_SPAN = {"gte": "2000-01-01T00:00:00Z", "lt": "2100-01-01T00:00:00Z"}
QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "all fit": {"livemode": False},
    "all fit, a span": {"created": _SPAN},
    "some fit": {"status": "complete"},
    "none fits": {"currency": "xxx"},
    "none tells": {"payment_link": "plink_invented"},
    "five conditions": {
        "status": "complete",
        "livemode": False,
        "currency": ["usd", "eur"],
        "created": _SPAN,
    },
}
"""What is asked for; each condition was sent to the provider, and is tested here none the less."""


def per_condition(page: int, pages: int, rounds: int) -> dict[str, float]:
    """Microseconds of CPU for one session and one condition, by question."""
    sessions = _sessions(page)
    return {
        name: median(_cost(ListSessions(**asked), sessions, pages) for _ in range(rounds))
        for name, asked in QUESTIONS.items()
    }


def _cost(query: ListSessions, sessions: Sequence[Session], pages: int) -> float:
    verdicts = [Verdict(one, Pushdown.EXACT) for one in query.predicates()]
    residual = Residual(verdicts, Runtime(), Tally())
    copies = [list(sessions) for _ in range(pages)]
    start = time.process_time()
    for copy in copies:
        residual.matching(copy)
    spent = time.process_time() - start
    return 1e6 * spent / (pages * len(sessions) * len(verdicts))


def _sessions(count: int) -> list[Session]:
    account = Account(name="stripe", provider="stripe", api_key=KEY)
    [channel] = channels_of([account]).values()
    rows = b",\n".join(SHAPES["stripe"].row(fact) for fact in facts(count, seed=1))
    body = b'{"has_more": false, "data": [' + rows + b"]}"
    return channel.adapter.parse_page(Response(status=200, headers={}, body=body), Place()).sessions
