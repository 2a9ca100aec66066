"""Validation errors in a person's words: every problem with its line, its key path and a hint."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from stagecraft.config.keys import is_known, keys
from stagecraft.config.names import MisplacedError
from stagecraft.config.node import Node, Path
from stagecraft.config.schema import keys_at
from stagecraft.errors import ConfigError

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "string_type": "must be text",
    "bool_type": "must be `true` or `false`",
    "int_type": "must be a whole number",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "greater_than_equal": "must be at least {ge}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "has `{discriminator}: {tag}`, which must be one of {expected_tags}",
    "union_tag_not_found": "needs `{discriminator}`",
    "too_short": "must not be empty",
}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong."""

    line: int
    path: Path
    text: str
    hint: str


def config_error(error: ValidationError, root: Node, name: str) -> ConfigError:
    """Return one ConfigError that lists every problem, by line; `name` is what places begin with."""
    found = sorted({_problem(detail, root) for detail in error.errors() if not _is_echo(detail)})
    first, *others = found
    lines = [first.text]
    lines += [f"{name}:{it.line}: {it.text}" + (f" ({it.hint})" if it.hint else "") for it in others]
    return ConfigError("\n".join(lines), place=f"{name}:{first.line}", hint=first.hint or _explained(first))


def _explained(problem: Problem) -> str:
    """Return where the key is explained, or the nearest one above it."""
    path = tuple(int(part) if part.isdecimal() else part for part in map(str, problem.path))
    above = (shown(path[:end]) for end in range(len(path), 0, -1))
    known = keys()
    return next((f"`stagecraft docs {key}` explains it" for key in above if is_known(key, known)), "")


def _is_echo(detail: Mapping[str, Any]) -> bool:
    """Whether it only says that nothing valid is left of a list whose items are reported themselves."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _problem(detail: Mapping[str, Any], root: Node) -> Problem:
    cause = detail.get("ctx", {}).get("error")
    at = cause.at if isinstance(cause, MisplacedError) else ()
    path, line = _locate((*detail["loc"], *at), root, missing=detail["type"] == "missing")
    words = str(cause) if cause else _words(detail)
    subject = f"`{shown(path)}`" if path else "the file"
    return Problem(line, tuple(map(str, path)), f"{subject} {words}", _hint(detail, path))


def _words(detail: Mapping[str, Any]) -> str:
    template = _WORDS.get(detail["type"])
    context = {name: _quoted(name, value) for name, value in detail.get("ctx", {}).items()}
    return template.format(**context) if template else str(detail["msg"])


def _quoted(name: str, value: object) -> str:
    """Return what pydantic says of a value, with what can be written between our quotes."""
    if name == "discriminator":
        return str(value).strip("'")
    return re.sub(r"'([^']*)'", r"`\1`", str(value))


def _hint(detail: Mapping[str, Any], path: Path) -> str:
    kind, value = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        known = keys_at(path[:-1])
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        return f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(sorted(known))}"
    if kind == "string_type" and isinstance(value, int | float):
        return f'put it in quotes: "{str(value).lower()}"'
    if kind in ("model_type", "dict_type") and value is None:
        return "write `{}` for an empty one"
    if kind == "tuple_type" and isinstance(value, str):
        return f"write `[{value}]`"
    return ""


def _locate(loc: Iterable[str | int], root: Node, *, missing: bool) -> tuple[Path, int]:
    """Return the key path and line that a pydantic location means: names of union members are left out."""
    path: list[str | int] = []
    node, line = root, root.line
    parts = list(loc)
    for place, part in enumerate(parts):
        if isinstance(node.value, Mapping) and part in node.value:
            entry = node.value[str(part)]
            node, line = entry.node, entry.line
        elif isinstance(node.value, tuple) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.line
        elif not (missing and place == len(parts) - 1):
            continue
        path.append(part)
    return tuple(path), line


def shown(path: Path) -> str:
    """Return a key path as people write it: `roles.web.services[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
