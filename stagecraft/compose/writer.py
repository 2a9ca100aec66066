"""Our own canonical YAML: the same value gives the same bytes, whatever wrote or reads it.

Only a subset that every YAML 1.1 and 1.2 reader understands alike is written: block style, plain scalars that
cannot be anything but strings, double quotes for the rest, literal blocks for harmless text of several lines.
File modes are octal integers (`0440`), which Compose 2.26 and 2.40 both read as meant (spec/facts.md).
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(
    r"[A-Za-z/_][A-Za-z0-9/_.+@=${}()',;~-]*(?:[ :][A-Za-z0-9/_.+@=${}()',;~-]+)*|\./[A-Za-z0-9/_.-]*"
)
_PLAIN_KEY = re.compile(r"[A-Za-z/_][A-Za-z0-9/_.-]*")
_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"])
_UNPRINTABLE = re.compile('["\\\\\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')
_LITERAL_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def write(document: Mapping[str, Any]) -> str:
    """Return `document` as YAML text. Mappings keep their order, lines are never folded."""
    return "\n".join(_mapping(document, "")) + "\n"


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        yield from _entry(f"{indent}{_key(key)}:", item, indent, octal=key == "mode")


def _sequence(value: list[Any], indent: str) -> Iterator[str]:
    for item in value:
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping(item, indent + "  ")
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from rest
        else:
            yield from _entry(f"{indent}-", item, indent)


def _entry(start: str, value: object, indent: str, *, octal: bool = False) -> Iterator[str]:
    match value:
        case Mapping() if value:
            yield start
            yield from _mapping(value, indent + "  ")
        case list() if value:
            yield start
            yield from _sequence(value, indent + "  ")
        case str() if _is_literal(value):
            yield from _literal(start, value, indent + "  ")
        case _:
            yield f"{start} {_scalar(value, octal=octal)}"


def _scalar(value: object, *, octal: bool) -> str:
    match value:
        case str():
            return value if _is_plain(value) else _quoted(value)
        case None | bool() | Mapping() | list():
            return json.dumps(value)
        case int():
            return f"0{value:o}" if octal else str(value)
        case float():
            return repr(value)
        case _:
            raise TypeError(f"no YAML for {type(value).__name__}")


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _WORDS else _quoted(key)


def _is_plain(value: str) -> bool:
    return _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS


def _quoted(value: str) -> str:
    return f'"{_UNPRINTABLE.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPES.get(character) or (
        f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"
    )


def _is_literal(value: str) -> bool:
    """Whether a literal block carries `value` without a doubt for any reader, and reads better."""
    lines = value.split("\n")
    return (
        len(lines) > 1
        and lines[0][:1] not in ("", " ", "\t")
        and not _LITERAL_REFUSED.search(value)
        and not any(line.isspace() for line in lines)
    )


def _literal(start: str, value: str, indent: str) -> Iterator[str]:
    body = value.rstrip("\n")
    breaks = len(value) - len(body)
    yield f"{start} {'|-' if breaks == 0 else '|' if breaks == 1 else '|+'}"
    lines = body.split("\n") + [""] * max(0, breaks - 1)
    yield from (indent + line if line else "" for line in lines)
