"""Every key of `stagecraft.yml` as the schema has it: type, default, description (`stagecraft docs KEY`)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter

from stagecraft.config.durations import Duration, spoken
from stagecraft.config.reference import ANY, ITEM
from stagecraft.config.schema import json_schema
from stagecraft.errors import ConfigError

_Schema = Mapping[str, Any]
_WORDS = {"string": "text", "integer": "a whole number", "boolean": "`true` or `false`", "array": "a list"}
_WORDS |= {"object": "a mapping", "number": "a number"}
_DURATION = "a duration: `90s`, `2m`, `1h30m`, or seconds"


@dataclass(frozen=True)
class Key:
    """One key that can be written."""

    path: tuple[str, ...]
    type: str
    """In a person's words."""
    default: str
    """As it would be written; empty if there is none."""
    description: str
    required: bool

    @property
    def name(self) -> str:
        """Return the path as people write it: `environments.<name>.timeouts.build`."""
        return ".".join(self.path).replace(f".{ITEM}", ITEM)


def keys() -> tuple[Key, ...]:
    """Return every key, in the order of the reference."""
    root = json_schema()
    return tuple(dict.fromkeys(_below((), root, root)))


def find(written: str, known: Sequence[Key]) -> Key:
    """Return the key that is meant: `environments.prod.timeouts.build`, `timeouts.build`, `secrets`.

    Raises ConfigError that names the nearest keys.
    """
    words = _words(written)
    if found := _meant(words, known):
        if len({key.name for key in found}) == 1:
            return found[0]
        names = ", ".join(f"`{key.name}`" for key in found)
        raise ConfigError(f"`{written}` is in several places", hint=f"name one: {names}")
    raise ConfigError(f"there is no key `{written}` in `stagecraft.yml`", hint=_nearest(words, known))


def is_known(written: str, known: Sequence[Key]) -> bool:
    """Return whether there is such a key."""
    return bool(_meant(_words(written), known))


def _words(written: str) -> list[str]:
    return re.sub(r"\[\d*\]", f".{ITEM}", written).split(".")


def _meant(words: Sequence[str], known: Sequence[Key]) -> list[Key]:
    return _fitting(words, known) or _named_by_the_user(words, known)


def _fitting(words: Sequence[str], known: Sequence[Key]) -> list[Key]:
    fitting = [key for key in known if _fits(key.path[-len(words) :], words)]
    return [key for key in fitting if len(key.path) == len(words)] or fitting


def _named_by_the_user(words: Sequence[str], known: Sequence[Key]) -> list[Key]:
    """Return the key whose names the user chooses, for one of them: `secrets` for `secrets.TOKEN`."""
    inside = {key.path[:end] for key in known for end, part in enumerate(key.path) if part == ANY}
    return [key for key in _fitting(words[:-1], known) if key.path in inside] if len(words) > 1 else []


def _nearest(words: Sequence[str], known: Sequence[Key]) -> str:
    whole = get_close_matches(".".join(words), [key.name for key in known], n=1, cutoff=0.75)
    last = {key.path[-1]: key.name for key in reversed(known)}
    near = whole or [last[word] for word in get_close_matches(words[-1], last, n=1, cutoff=0.6)]
    return f"did you mean `{near[0]}`?" if near else "`stagecraft docs` lists every key"


def _fits(path: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words are the path, with any name in the place of one that users choose."""
    pairs = list(zip(path, words, strict=False))
    return len(path) == len(words) and all(part in (ANY, word) for part, word in pairs) and path[-1] != ANY


def _below(path: tuple[str, ...], node: _Schema, root: _Schema) -> Iterator[Key]:
    for one in _variants(node, root):
        required = one.get("required", ())
        for name, child in one.get("properties", {}).items():
            yield _key((*path, name), child, root, required=name in required)
            yield from _below((*path, name), child, root)
        for child in one.get("patternProperties", {}).values():
            yield from _below((*path, ANY), child, root)
        if "items" in one:
            yield from _below((*path, ITEM), one["items"], root)


def _variants(node: _Schema, root: _Schema) -> list[_Schema]:
    """Return what a value may be, with references followed; `null` is left out."""
    if "$ref" in node:
        return _variants(root["$defs"][node["$ref"].rpartition("/")[2]], root)
    several = node.get("anyOf") or node.get("oneOf")
    if not several:
        return [] if node.get("type") == "null" else [node]
    return [variant for one in several for variant in _variants(one, root)]


def _key(path: tuple[str, ...], node: _Schema, root: _Schema, *, required: bool) -> Key:
    described = node.get("description") or next(
        (one["description"] for one in _variants(node, root) if "description" in one), ""
    )
    is_duration = TypeAdapter(Duration).json_schema()["anyOf"][1] in node.get("anyOf", ())
    return Key(
        path=path,
        type=_DURATION if is_duration else _type(node, root),
        default=_written(node.get("default"), duration=is_duration),
        description=described,
        required=required,
    )


def _type(node: _Schema, root: _Schema) -> str:
    words = [word for one in _variants(node, root) for word in _simple(one, root)]
    return " or ".join(dict.fromkeys(words))


def _simple(node: _Schema, root: _Schema) -> list[str]:
    if "const" in node:
        return [f"`{node['const']}`"]
    if "enum" in node:
        return [f"`{value}`" for value in node["enum"]]
    kinds = node.get("type", "object")
    if kinds == "array" and "items" in node:
        inner = _type(node["items"], root).replace("text", "texts").removeprefix("a ")
        return [f"a list of {inner if inner == 'texts' else inner + 's'}"]
    return [_WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]


def _written(value: object, *, duration: bool) -> str:
    if value in (None, [], {}, ""):
        return ""
    if duration and isinstance(value, int | float):
        return spoken(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
