"""The picture of the house: its rooms from the top down, and who imports whom, from the imports."""

from __future__ import annotations

import ast
import tomllib
from html import escape

import grimp

from handbook.pages import ROOT

PACKAGE = "unified_checkout"
_ROW, _LEFT, _ROOM, _TOP = 34, 20, 130, 44
_WIDTH = 860
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1b1f24 }
.room { font-weight: 600 } .about { fill: #59636e; font-size: 12px } .head { fill: #59636e }
rect { fill: #f6f8fa; stroke: #d1d9e0 } path { fill: none; stroke: #2f6feb; stroke-opacity: .45 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .about, .head { fill: #9198a1 } rect { fill: #161b22; stroke: #3d444d }
  path { stroke: #6ea8fe }
}"""


def rooms() -> list[str]:
    """The rooms from the top down, as the import contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = settings["contracts"][0]["layers"]
    names = [name.strip() for layer in layers for name in layer.replace(":", "|").split("|")]
    return [name.removeprefix(f"{PACKAGE}.") for name in names]


def imports() -> set[tuple[str, str]]:
    """Which room imports which. How often is left out: the picture changes when the house does."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    pairs = {
        (_room(importer), _room(imported))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    return {(one, other) for one, other in pairs if one != other}


def _room(module: str) -> str:
    return ([*module.split("."), ""])[1]


def _about(room: str) -> str:
    """The first sentence that a room says of itself, in short."""
    folder = ROOT / PACKAGE / room
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    line = said.partition("\n")[0].replace("``", "")
    return line if len(line) <= 62 else line[:61].rsplit(" ", 1)[0] + " …"


def page() -> str:
    """The picture, as SVG: an arc from each room to each that it imports, below it."""
    names = rooms()
    heights = {name: _TOP + _ROW * place + _ROW // 2 for place, name in enumerate(names)}
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_TOP + _ROW * len(names) + 16}"'
            ' role="img" aria-label="The rooms of the house, and which imports which">'
        ),
        f"<style>{_STYLE}</style>",
        f'<text class="head" x="{_LEFT}" y="24">Each room imports rooms below it alone.</text>',
    ]
    for name in names:
        middle = heights[name]
        parts.append(
            f'<rect x="{_LEFT}" y="{middle - 13}" width="{_ROOM}" height="26" rx="5"/>'
            f'<text class="room" x="{_LEFT + 10}" y="{middle + 5}">{name}</text>'
            f'<text class="about" x="{_LEFT + _ROOM + 190}" y="{middle + 5}">{escape(_about(name))}</text>'
        )
    edge = _LEFT + _ROOM
    for importer, imported in sorted(imports()):
        if importer not in heights or imported not in heights:
            continue
        top, bottom = heights[importer], heights[imported]
        reach = edge + min(180, 14 + abs(bottom - top) * 0.34)
        parts.append(
            f'<path d="M{edge},{top} C{reach:.0f},{top} {reach:.0f},{bottom} {edge},{bottom}">'
            f"<title>{importer} imports {imported}</title></path>"
        )
    return "\n".join([*parts, "</svg>", ""])
