"""``Residual``: what is still to be checked of every session, whatever its provider claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from unified_checkout.adapters import Pushdown, Verdict
from unified_checkout.engine.runtime import Runtime
from unified_checkout.engine.tally import Tally
from unified_checkout.model.predicate import Predicate, Test
from unified_checkout.model.session import Session


class Residual:
    """Tests every verdict on every session that carries the field.

    A session that does not say whether it meets a condition is believed where the condition was
    sent to the provider. If Stripe, asked for an e-mail address, sends sessions that bear no
    address, they are believed; once it sends one that bears another address, silence is no proof
    any more: such a session is left out and counted as unverified. A provider that claims to
    return nothing else has then broken its word, with or without such a session.

    Args:
        verdicts: those of the plan.
        runtime: tells how a condition is tested.
        tally: where to count.
        doubted: conditions, as printed, that the provider was seen not to keep to before.
    """

    def __init__(
        self,
        verdicts: Iterable[Verdict],
        runtime: Runtime,
        tally: Tally,
        doubted: Iterable[str] = (),
    ) -> None:
        self._tally = tally
        self._checks = [_check(one, runtime.compared(one.predicate)) for one in verdicts]
        for check in self._checks:
            check.refuted = check.doubted_before = str(check.predicate) in set(doubted)

    @property
    def doubted(self) -> tuple[str, ...]:
        """The conditions, as printed, that the provider was seen not to keep to."""
        return tuple(str(check.predicate) for check in self._checks if check.doubted)

    @property
    def unverified(self) -> int:
        """How many sessions nothing speaks for but a provider that did not keep its word."""
        return sum(check.unverified + check.believed for check in self._checks if check.doubted)

    @property
    def believed(self) -> int:
        """How many sessions a condition was believed of that they do not tell themselves."""
        return sum(check.believed for check in self._checks if not check.doubted)

    def keeps(self, field: str) -> bool:
        """Whether the provider was never seen not to keep to a condition on a field."""
        return not any(one.doubted and one.predicate.field == field for one in self._checks)

    def matching(self, sessions: list[Session]) -> list[Session]:
        """Those that meet every condition, as far as anybody knows."""
        for check in self._checks:
            if sessions and not check.holds_for_all(sessions):
                sessions = self._sifted(check, sessions)
        return sessions

    def matching_alone(self, sessions: list[Session]) -> list[Session]:
        """The same for sessions that were fetched by id, so that nothing was asked of anybody."""
        fitting = [
            session
            for session in sessions
            if all(check.test(session) is not False for check in self._checks)
        ]
        self._tally.rows_dropped += len(sessions) - len(fitting)
        return self.matching(fitting)

    def _sifted(self, check: _Check, sessions: list[Session]) -> list[Session]:
        answers = [check.test(session) for session in sessions]
        if check.pushed and False in answers:
            check.refuted = True
        silence_will_do = check.pushed and not check.refuted
        silent = answers.count(None)
        refuted = answers.count(False)
        if check.claimed:
            self._tally.contradicting += refuted
        else:
            self._tally.rows_dropped += refuted
        if silence_will_do:
            check.believed += silent
        else:
            self._tally.rows_dropped += silent
            check.unverified += silent if check.pushed else 0
        return [
            session
            for session, answer in zip(sessions, answers, strict=True)
            if answer or (answer is None and silence_will_do)
        ]


@attrs.define
class _Check:
    """One condition, and what is known of the provider's word on it."""

    verdict: Verdict
    test: Test
    holds_for_all: Callable[[Sequence[Session]], bool]
    """Whether a look at the whole page is enough to say that all of it fits."""
    refuted: bool = False
    """Whether a session came that contradicts it."""
    doubted_before: bool = False
    """Whether it was doubted before this reading began, as its cursor tells."""
    believed: int = 0
    """Sessions that do not tell, and were believed."""
    unverified: int = 0
    """Sessions that do not tell, and were left out."""

    @property
    def predicate(self) -> Predicate:
        """The condition."""
        return self.verdict.predicate

    @property
    def doubted(self) -> bool:
        """Whether the provider's word counts no more, as far as that makes a difference."""
        silent = self.doubted_before or bool(self.believed or self.unverified)
        return self.refuted and (self.claimed or silent)

    @property
    def claimed(self) -> bool:
        """Whether the provider is said to return nothing else."""
        return self.verdict.pushdown is Pushdown.EXACT

    @property
    def pushed(self) -> bool:
        """Whether the provider was asked to evaluate it."""
        return self.verdict.pushdown in (Pushdown.EXACT, Pushdown.INEXACT)


def _check(verdict: Verdict, compared: Predicate) -> _Check:
    return _Check(verdict, compared.test(), compared.test_of_all())
