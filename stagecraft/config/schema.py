"""The JSON Schema of `stagecraft.yml`, for editors and for `stagecraft config schema`."""

import json
from typing import Any, cast

from stagecraft.config.project import Project

_Schema = dict[str, Any]


def json_schema() -> _Schema:
    """Return the schema of the file as it is written: a duration, for one, is text or a number."""
    schema = Project.model_json_schema()
    _close(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "stagecraft.yml",
    }


def text() -> str:
    """Return the schema as stable JSON with a final newline."""
    return json.dumps(json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def keys_at(path: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are known at a key path; none where any name is allowed."""
    root = Project.model_json_schema()
    nodes = [root]
    for part in path:
        nodes = [_below(one, part) for node in nodes for one in _variants(node, root)]
    found = [one for node in nodes for one in _variants(node, root)]
    return list(dict.fromkeys(key for one in found for key in one.get("properties", ())))


def _below(node: _Schema, part: str | int) -> _Schema:
    """Return the schema of a key, or of an item of a list; an empty one if there is none."""
    if isinstance(part, int):
        return cast("_Schema", node.get("items", {}))
    named = node.get("properties", {})
    patterns = list(node.get("patternProperties", {}).values())
    return cast("_Schema", named[part] if part in named else patterns[0] if patterns else {})


def _variants(node: _Schema, root: _Schema) -> list[_Schema]:
    """Return what a value may be, with references followed."""
    if "$ref" in node:
        return _variants(root["$defs"][node["$ref"].rpartition("/")[2]], root)
    several = node.get("oneOf") or node.get("anyOf")
    return [found for one in several for found in _variants(one, root)] if several else [node]


def _close(node: object) -> None:
    """Refuse names that match no pattern; pydantic leaves that open."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node["additionalProperties"] = False
        for child in node.values():
            _close(child)
    elif isinstance(node, list):
        for child in node:
            _close(child)
