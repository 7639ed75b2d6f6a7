"""A provider's own description of its API (OpenAPI 3) as a judge, and as a source of answers.

The descriptions are not part of this repository: ``UNIFIED_CHECKOUT_SPECS`` names their folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

Schema = Mapping[str, Any]

_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_MOST = 2
"""Elements of a generated list, and members of an object that the description does not name."""
_JSON: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
)  # fmt: skip


class Description:
    """One provider's description.

    Args:
        name: its file.
        media: the content type of what is answered.
    """

    def __init__(self, name: str, media: str = "application/json") -> None:
        folder = os.environ.get("UNIFIED_CHECKOUT_SPECS")
        if folder is None:
            pytest.skip("UNIFIED_CHECKOUT_SPECS is not set")
        reason = "jsonschema is not installed"
        self._jsonschema = pytest.importorskip("jsonschema", reason=reason)
        referencing = pytest.importorskip("referencing", reason=reason)
        self.document = json.loads((Path(folder) / name).read_bytes(), object_hook=_with_null)
        self._media = media
        draft = referencing.jsonschema.DRAFT202012
        resource = referencing.Resource.from_contents(self.document, default_specification=draft)
        self._registry = referencing.Registry().with_resource("urn:description", resource)

    def judge(self, value: object, schema: Schema) -> None:
        """Raise for a value that is not as a schema of the description says."""
        kind = self._jsonschema.Draft202012Validator
        kind(_absolute(schema), registry=self._registry).validate(value)

    def answer(self, path: str, status: int = 200) -> Schema:
        """The schema of what a GET is answered with."""
        found = self.at(self.document["paths"][path]["get"]["responses"][str(status)])
        schema: Schema = found["content"][self._media]["schema"]
        return schema

    def parameters(self, path: str) -> dict[str, Schema]:
        """The query parameters of a GET, each with its schema."""
        item = self.document["paths"][path]
        given = map(self.at, (*item.get("parameters", ()), *item["get"].get("parameters", ())))
        return {one["name"]: one["schema"] for one in given if one["in"] == "query"}

    def template(self, path: str) -> str | None:
        """The path of the description that a path is one of."""
        for known in self.document["paths"]:
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path):
                return str(known)
        return None

    def at(self, schema: Schema) -> Schema:
        """What a reference leads to; anything else itself."""
        if "$ref" not in schema:
            return schema
        found: Any = self.document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        return self.at(found)

    def values(self, schema: Schema) -> st.SearchStrategy[Any]:
        """Values that a schema allows: what is optional comes and goes."""
        merged = self._merged(schema)
        for choice in ("oneOf", "anyOf"):
            if choice in merged:
                rest = {name: one for name, one in merged.items() if name != choice}
                return st.one_of(*(self.values({"allOf": [rest, one]}) for one in merged[choice]))
        if "enum" in merged:
            return st.sampled_from(merged["enum"])
        kinds = _kinds(merged)
        return st.one_of(*(self._of_kind(kind, merged) for kind in kinds)) if kinds else _JSON

    def _of_kind(self, kind: str, schema: Schema) -> st.SearchStrategy[Any]:
        match kind:
            case "object":
                return self._objects(schema)
            case "array":
                return st.lists(
                    self.values(schema.get("items", {})),
                    min_size=(least := schema.get("minItems", 0)),
                    max_size=max(least, _MOST),
                    unique_by=repr if schema.get("uniqueItems") else None,
                )
            case "string" if "pattern" in schema:
                return st.from_regex(schema["pattern"])
            case "string":
                least = schema.get("minLength", 0)
                return st.text(min_size=least, max_size=min(schema.get("maxLength", 12), 12))
            case "integer":
                return st.integers(schema.get("minimum"), schema.get("maximum"))
            case "number":
                return st.floats(allow_nan=False, allow_infinity=False)
            case "boolean":
                return st.booleans()
            case _:
                return st.none()

    def _objects(self, schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
        fields = {name: self.values(one) for name, one in schema.get("properties", {}).items()}
        if not fields:
            return st.dictionaries(st.text(max_size=6), _JSON, max_size=_MOST)
        needed = [name for name in schema.get("required", ()) if name in fields]
        required = {name: fields.pop(name) for name in needed}
        return st.fixed_dictionaries(required, optional=fields)

    def _merged(self, schema: Schema) -> dict[str, Any]:
        """A schema without references, and one instead of those that must all hold."""
        found: dict[str, Any] = {}
        for part in self._parts(schema):
            for name, value in part.items():
                if name == "properties":
                    known = found.setdefault(name, {})
                    for field, one in value.items():
                        known[field] = {"allOf": [known[field], one]} if field in known else one
                elif name == "required":
                    found[name] = [*found.get(name, ()), *value]
                elif name == "type" and name in found:
                    found[name] = [one for one in _kinds(found) if one in _kinds(part)]
                else:
                    found[name] = value
        return found

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """The schemas that must all hold."""
        if "$ref" in schema:
            yield from self._parts(self.at(schema))
        for one in schema.get("allOf", ()):
            yield from self._parts(one)
        yield {name: one for name, one in schema.items() if name not in ("$ref", "allOf")}


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", "object" if "properties" in schema else [])
    return [kinds] if isinstance(kinds, str) else [one for one in _TYPES if one in kinds]


def _absolute(schema: Any) -> Any:
    """The same, its references leading into the description."""
    if isinstance(schema, list):
        return [_absolute(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _absolute(one) for name, one in schema.items()}
    if str(found.get("$ref", "")).startswith("#"):
        found["$ref"] = f"urn:description{found['$ref']}"
    return found


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What may be null, as OpenAPI 3.1 says it; words that may be null often lack it themselves."""
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        schema = {**schema, "type": [schema["type"], "null"]}
    words, kinds = schema.get("enum"), schema.get("type")
    if isinstance(words, list) and isinstance(kinds, list) and "null" in kinds:
        return {**schema, "enum": [*words, *({None} - {*words})]}
    return schema
