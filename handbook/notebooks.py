"""Notebooks: run like every page, without Jupyter; what they print and draw is kept in them."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from handbook.pages import Page
from handbook.running import read


def outputs(page: Page, folder: Path) -> list[list[dict[str, Any]]]:
    """What each code cell of a notebook printed and drew, when it is run from the top."""
    from matplotlib import pyplot

    found = []
    pyplot.close("all")
    for _, printed in read(page, folder):
        told: list[dict[str, Any]] = []
        if printed:
            told.append({"output_type": "stream", "name": "stdout", "text": [printed]})
        for number in pyplot.get_fignums():
            image = io.BytesIO()
            pyplot.figure(number).savefig(
                image, format="png", dpi=80, bbox_inches="tight", metadata={"Software": None}
            )
            data = {"image/png": base64.b64encode(image.getvalue()).decode()}
            told.append({"output_type": "display_data", "data": data, "metadata": {}})
        pyplot.close("all")
        found.append(told)
    return found


def rewrite(page: Page, folder: Path) -> None:
    """Run a notebook, and keep in it what it printed and drew, unless it prints the same."""
    book = json.loads(page.text)
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    found = outputs(page, folder)
    if [_printed(cell["outputs"]) for cell in cells] == [_printed(told) for told in found]:
        return
    for cell, told in zip(cells, found, strict=True):
        cell["outputs"] = told
    page.path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def printed(page: Page) -> list[list[str]]:
    """What a notebook keeps of each code cell: what was printed, and that something was drawn."""
    cells = json.loads(page.text)["cells"]
    return [_printed(cell["outputs"]) for cell in cells if cell["cell_type"] == "code"]


def said(page: Page, folder: Path) -> list[list[str]]:
    """The same, when it is run."""
    return [_printed(told) for told in outputs(page, folder)]


def _printed(told: list[dict[str, Any]]) -> list[str]:
    return ["".join(one.get("text", ["drawn"])) for one in told]


def as_markdown(page: Page, target: Path) -> None:
    """Write a notebook as a page of Markdown, its drawings beside it."""
    parts = []
    for place, cell in enumerate(json.loads(page.text)["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for number, told in enumerate(cell["outputs"]):
            if "text" in told:
                parts.append(f"```text\n{''.join(told['text'])}```")
            else:
                image = target.with_name(f"{target.stem}-{place}-{number}.png")
                image.write_bytes(base64.b64decode(told["data"]["image/png"]))
                parts.append(f"![What the program above draws]({image.name})")
    target.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
