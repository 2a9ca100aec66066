"""JSON for other programs: one spelling everywhere (spec/json.md)."""

import json


def json_text(value: object) -> str:
    """Return readable JSON with a final newline; keys stay in the order they were given."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def json_line(value: object) -> str:
    """Return JSON on one line, with a final newline."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
