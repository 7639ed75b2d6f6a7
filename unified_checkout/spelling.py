"""Which of the names that are known somebody may have meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable

_LONGEST = 100


def nearest(written: object, known: Iterable[str]) -> str | None:
    """The known name that is written most like this one, if any is; the letter case is no matter.

    One that begins with another letter has to be more alike.

    >>> nearest("apikey", ["api_key", "base_url"]), nearest("colour", ["api_key", "base_url"])
    ('api_key', None)
    >>> nearest("accounts", ["account"]), nearest("country", ["account"])
    ('account', None)
    """
    from difflib import get_close_matches

    if not isinstance(written, str) or len(written) > _LONGEST:
        return None
    bare, names = _bare(written), {_bare(name): name for name in known}
    alike = [name for name in names if name[:1] == bare[:1]]
    close = get_close_matches(bare, alike, n=1) or get_close_matches(bare, names, n=1, cutoff=0.75)
    return names[close[0]] if close else None


def nearest_code(written: str, known: Collection[str]) -> str | None:
    """The code of a few letters that somebody may have meant: two letters changed places, or one is
    too many or is missing. None where it may be several.

    >>> nearest_code("gpb", ["gbp", "pab"]), nearest_code("euro", ["eur"])
    ('gbp', 'eur')
    >>> nearest_code("ero", ["eur", "yer"]), nearest_code("inrr", ["inr", "irr"])
    (None, None)
    """
    from difflib import get_close_matches

    places = range(len(written) - 1)
    swapped = {written[:i] + written[i + 1] + written[i] + written[i + 2 :] for i in places}
    close = [*swapped.intersection(known)] or get_close_matches(written, known, n=2, cutoff=0.8)
    return close[0] if len(close) == 1 else None


def did_you_mean(written: object, known: Iterable[str]) -> str:
    """A question to put behind what is said of an unknown name; nothing where there is none.

    >>> did_you_mean("Acme", ["acme", "zeta"])
    "; did you mean 'acme'?"
    >>> did_you_mean("acme, zeta", ["acme", "zeta"])
    "; did you mean 'acme' and 'zeta', each by itself?"
    """
    known = list(known)
    if several := several_in_one(written, known):
        return f"; did you mean {' and '.join(map(repr, several))}, each by itself?"
    return question(nearest(written, known))


def several_in_one(written: object, known: Collection[str]) -> list[str]:
    """The known names that somebody has written as one, with commas; none if one is not known.

    >>> several_in_one("open,paid", ["open", "paid"]), several_in_one("open,x", ["open"])
    (['open', 'paid'], [])
    """
    if not isinstance(written, str) or "," not in written or len(written) > _LONGEST:
        return []
    names = [name for name in map(str.strip, written.split(",")) if name]
    return names if names and all(name in known for name in names) else []


def question(name: str | None) -> str:
    """The same where the name is found; nothing where it is None."""
    return "" if name is None else f"; did you mean {name!r}?"


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
