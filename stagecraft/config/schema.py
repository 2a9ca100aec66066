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
    node = root
    for part in path:
        node = _below(node, str(part), root)
    return list(_resolved(node, root).get("properties", ()))


def _below(node: _Schema, part: str, root: _Schema) -> _Schema:
    node = _resolved(node, root)
    named = node.get("properties", {})
    patterns = list(node.get("patternProperties", {}).values())
    return cast("_Schema", named[part] if part in named else patterns[0] if patterns else {})


def _resolved(node: _Schema, root: _Schema) -> _Schema:
    reference = node.get("$ref", "")
    return cast("_Schema", root["$defs"][reference.rpartition("/")[2]]) if reference else node


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
