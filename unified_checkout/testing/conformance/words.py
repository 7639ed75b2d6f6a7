"""Laws of words: the provider's own, in the common language, and those nobody knows yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from unified_checkout.model.session import Session
from unified_checkout.model.statuses import PaymentStatus, SessionMode, SessionStatus
from unified_checkout.testing.conformance import oracle
from unified_checkout.testing.conformance.laws import Laws
from unified_checkout.testing.conformance.rows import Path, leaves, replaced, words

NEW_WORD = "a_word_of_next_year"

_VOCABULARY: dict[str, Sequence[str]] = {
    "status": tuple(oracle.STATUSES),
    "payment_status": tuple(PaymentStatus)[:-1],
    "mode": tuple(SessionMode)[:-1],
}
"""By field of ``Session``: the words that facts have for it."""
_UNKNOWN = {
    "status": SessionStatus.UNKNOWN,
    "payment_status": PaymentStatus.UNKNOWN,
    "mode": SessionMode.UNKNOWN,
}


class WordLaws(Laws):
    """Every word in the documentation is known, and every other one does no harm."""

    def test_every_status_is_in_the_table(self) -> None:
        """What the sandbox sends, and what ``documented_statuses`` names, has a meaning."""
        for word in oracle.STATUSES:
            bench = self.bench([self.specimen(status=word)])
            (facts,) = bench.truth()
            (session,) = bench.listed()
            assert session.status is oracle.status(facts), (
                f"the provider's {session.provider_status!r} is held as {facts.status!r} and "
                f"read as {session.status!r}"
            )
        unknown = [
            word
            for word in self.documented_statuses
            if self._status_of(word).status in (None, SessionStatus.UNKNOWN)
        ]
        assert not unknown, f"documented, and not in the table of statuses: {unknown}"

    def test_a_status_keeps_the_providers_own_word(self) -> None:
        """``provider_status`` is the word as it was sent, known or not."""
        bench = self.bench([self.specimen()])
        (row,) = bench.rows()
        (session,) = bench.read(row)
        sent = [value for _, value in leaves(row)]
        assert session.provider_status in sent, (
            f"provider_status is {session.provider_status!r}, which was never sent"
        )

    def test_an_unknown_status_stays_readable(self) -> None:
        """It becomes ``unknown``, is no error, and its word is kept."""
        session = self._status_of(NEW_WORD)
        assert session.status is SessionStatus.UNKNOWN
        assert session.provider_status == NEW_WORD

    @pytest.mark.parametrize("field", _VOCABULARY)
    def test_new_words_do_no_harm(self, field: str) -> None:
        """Enumerations are open: a word of next year becomes ``unknown``, and no page is lost."""
        row, places = self._places(field)
        if not places:
            pytest.skip(f"no word of this provider's tells the {field}")
        read = self.shop.read(*(replaced(row, place, NEW_WORD) for place in places))
        assert _UNKNOWN[field] in [getattr(session, field) for session in read], (
            f"{field} is told by {places}, and yet {NEW_WORD!r} there is not unknown"
        )

    def _status_of(self, word: str) -> Session:
        """The specimen with another word where its status stands."""
        row, places = self._places("status")
        for place in places:
            (session,) = self.shop.read(replaced(row, place, word))
            if session.provider_status == word:
                return session
        return pytest.fail(
            f"provider_status never follows what the provider sends; tried {places or 'nothing'}"
        )

    def _places(self, field: str) -> tuple[dict[str, Any], list[Path]]:
        """A row, and where in it a word stands that changes with a field."""
        facts = [self.specimen(**{field: str(word)}) for word in _VOCABULARY[field]]
        rows = [row for one in facts for row in self.bench([one]).rows()]
        told = {getattr(session, field) for session in self.shop.read(*rows)}
        return rows[0], list(words(rows)) if told != {None} else []
