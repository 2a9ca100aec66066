"""Compose's dollar signs: `$$` is a dollar, `${NAME}` is a value supplied at the moment of use."""

import re
from collections.abc import Callable, Iterator
from typing import Any

_DOLLAR = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def escaped(text: str) -> str:
    """Return `text` as Compose has to be told it literally."""
    return text.replace("$", "$$")


def unescaped(text: str) -> str:
    """Return what Compose makes of `text` (which must have no reference): each `$$` is one dollar."""
    return text.replace("$$", "$")


def references(value: object) -> frozenset[str]:
    """Return the names of every `${NAME}` in the strings of `value`, however deep."""
    return frozenset(
        match[1] for text in _strings(value) for match in _DOLLAR.finditer(text) if match[1] is not None
    )


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return `value` with `change` applied to each string in it; keys are left alone."""
    match value:
        case str():
            return change(value)
        case dict():
            return {key: mapped(item, change) for key, item in value.items()}
        case list():
            return [mapped(item, change) for item in value]
        case _:
            return value


def keys(value: object) -> Iterator[str]:
    """Yield every mapping key in `value`, however deep."""
    match value:
        case dict():
            for key, item in value.items():
                yield str(key)
                yield from keys(item)
        case list():
            for item in value:
                yield from keys(item)


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _strings(item)
        case list():
            for item in value:
                yield from _strings(item)
