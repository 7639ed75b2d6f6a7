"""Why an account's sessions are complete or not, in the words of a language."""

from __future__ import annotations

import re
from gettext import NullTranslations


def _(message: str) -> str:
    """Marks what is translated where it is used."""
    return message


REASONS = (
    _("an earlier failure left sessions out, and the limit is used up"),
    _("complete only from {} on"),
    _("complete only up to {}"),
    _("in the store"),
    _("last was counted back from the clock here, which is {} s ahead of the provider's"),
    _("left early, and then seen not to be in order"),
    _("no session of it can match"),
    _("no sync was complete"),
    _("not read to the end"),
    _("not taken to the end"),
    _("read as far as the limit needs"),
    _("read as far as the limit needs, and seen not to be in order"),
    _("read to the end"),
    _("sessions are updated faster than they can be read"),
    _("the list is to grow only, and the sessions after which it was to go on are gone"),
    _("the provider counts {} more than it lists"),
    _("the provider does not keep to {}, and {} do not tell"),
    _("told by time what was read, and then seen not to be in order"),
)
"""All that the library says of its own; what a provider says, and what failed, is not among them."""

_PATTERNS = {
    reason: re.compile("(.+)".join(re.escape(part) for part in reason.split("{}")))
    for reason in REASONS
}


def reason_in(words: NullTranslations, reason: str) -> str | None:
    """A reason in another language; None for what a provider says, which stays as it is.

    >>> reason_in(NullTranslations(), "the provider counts 3 more than it lists")
    'the provider counts 3 more than it lists'
    >>> reason_in(NullTranslations(), "HTTP 500: out of order")
    """
    for known, pattern in _PATTERNS.items():
        if (told := pattern.fullmatch(reason)) is not None:
            return words.gettext(known).format(*told.groups())
    return None
