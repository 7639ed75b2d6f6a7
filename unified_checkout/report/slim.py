"""Drawings without what nobody sees: names and roles, empty shapes, digits beyond a tenth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_TEXT_SIZE = "11"
"""The pixels of most texts."""

_NAMESPACE = "http://www.w3.org/2000/svg"
_UNSEEN = {"class", "role", "pointer-events", "version", "font-family"}
_SAME = {
    ("stroke-width", "1"),
    ("opacity", "1"),
    ("fill-opacity", "1"),
    ("font-size", f"{_TEXT_SIZE}px"),
    ("transform", "translate(0,0)"),
    ("x2", "0"),
    ("y2", "0"),
}
"""What holds without being said."""
_PLACES = {"d", "transform", "x", "y", "x2", "y2", "width", "height"}
"""What says where something is."""
_LONG = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-?\d+")
_NOTHING = re.compile(r"M[^A-Za-z]*(?:h0v|h[^A-Za-z]*v0h)[^A-Za-z]*(?:h[^A-Za-z]*)?Z")
"""A rectangle without an area."""


def slim(svg: str) -> str:
    """A drawing of Vega's without what only programs would read, in the font of what is around it.

    >>> slim('<svg xmlns="http://www.w3.org/2000/svg"><g><path fill="#19e0ff" d="M.5,1.23h2v3Z"/></g></svg>')
    '<svg xmlns="http://www.w3.org/2000/svg" font-size="11"><path fill="#19e0ff" d="M.5,1.2h2v3Z"/></svg>'
    """
    plain = svg.replace(f' xmlns="{_NAMESPACE}"', "", 1)
    root = ElementTree.fromstring(plain)  # noqa: S314  (it was drawn here)
    _plain(root)
    root[:] = _seen(root)
    root.attrib = {"xmlns": _NAMESPACE, **root.attrib, "font-size": _TEXT_SIZE}
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")


def _seen(parent: Element) -> list[Element]:
    """What is seen of what an element holds; what is in a group that says nothing stands by itself."""
    seen: list[Element] = []
    for one in parent:
        _plain(one)
        one[:] = _seen(one)
        if one.tag == "g" and not (one.attrib and len(one)):
            seen += one
        elif one.tag != "path" or _is_drawn(one):
            seen.append(one)
    return list(_joined(seen))


def _joined(shapes: Iterable[Element]) -> Iterator[Element]:
    """The same shapes, those that look alike as one; no two of them lie over each other."""
    alike: dict[frozenset[tuple[str, str]], Element] = {}
    for one in shapes:
        look = frozenset((name, value) for name, value in one.attrib.items() if name != "d")
        alone = one.tag != "path" or "transform" in one.attrib
        if alone or (first := alike.setdefault(look, one)) is one:
            yield one
        else:
            first.set("d", first.attrib["d"] + one.attrib["d"])


def _plain(one: Element) -> None:
    if "stroke" not in one.attrib:
        one.attrib.pop("stroke-width", None)
    one.attrib = {
        name: value
        for name, long in one.attrib.items()
        if (name, value := _LONG.sub(_short, long) if name in _PLACES else long) not in _SAME
        and name not in _UNSEEN
        and not name.startswith("aria-")
    }


def _short(number: re.Match[str]) -> str:
    short = f"{float(number[0]):.1f}".rstrip("0").removesuffix(".")
    return "0" if short == "-0" else short


def _is_drawn(path: Element) -> bool:
    shape = path.get("d", "")
    return not path.attrib.keys().isdisjoint({"fill", "stroke"}) and not (
        shape == "" or _NOTHING.fullmatch(shape)
    )
