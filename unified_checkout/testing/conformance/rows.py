"""Rows of a page as JSON: their leaves, and the same row with something changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

Path = tuple[str | int, ...]
"""Keys and indexes that lead to a value."""


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that holds no other, with the path to it.

    >>> dict(leaves({"a": 1, "b": [{"c": None}]}))
    {('a',): 1, ('b', 0, 'c'): None}
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def names(value: Any) -> Iterator[str]:
    """Every text in a value, keys among them.

    >>> sorted(names({"total": {"eur": 5, "note": "paid"}}))
    ['eur', 'note', 'paid', 'total']
    """
    if isinstance(value, dict):
        yield from value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from names(one)
    if isinstance(value, str):
        yield value


def replaced(row: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The row with another value at a path.

    >>> replaced({"a": {"b": 1}}, ("a", "b"), 2)
    {'a': {'b': 2}}
    """
    changed: Any = deepcopy(dict(row))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return dict(changed)


def places(row: Mapping[str, Any]) -> Iterator[Path]:
    """The keys of a row, and those of the objects in it.

    >>> list(places({"a": 1, "b": {"c": {"d": 2}}}))
    [('a',), ('b',), ('b', 'c')]
    """
    for key, value in row.items():
        yield (key,)
        yield from ((key, inner) for inner in value) if isinstance(value, dict) else ()


def without(row: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The row without a key, or without one of an object in it.

    >>> without({"a": 1, "b": {"c": 2}}, ("b", "c"))
    {'a': 1, 'b': {}}
    """
    changed: Any = deepcopy(dict(row))
    place = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return dict(changed)


def words(rows: Sequence[Mapping[str, Any]]) -> dict[Path, list[str]]:
    """The words that stand at one path in every row and are not the same in all of them.

    What begins with no letter is an amount or a time, and no word.

    >>> words([{"id": "x", "state": "new"}, {"id": "x", "state": "done"}])
    {('state',): ['new', 'done']}
    >>> words([{"due": "500"}, {"due": "0"}])
    {}
    """
    columns = [dict(leaves(row)) for row in rows]
    found: dict[Path, list[str]] = {}
    for path in columns[0]:
        values = [column.get(path) for column in columns]
        if all(map(_is_word, values)) and len(set(values)) > 1:
            found[path] = [str(value) for value in values]
    return found


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value[:1].isalpha()
