"""Which variables a Compose project uses, found in its text before interpolation (spec/commands/init.md)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_OPEN = re.compile(r"\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*))")
_OPERATOR = re.compile(r":?[-?+]")
_BEFORE = re.compile(r"://([^/@\s]*)$")
_AFTER = re.compile(r"([^/@\s]*)@")
_USERINFO = re.compile(r"://[^/@\s:]*:[^/@\s]+@")
_SECRET_ENDS = frozenset(
    {"PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "TOKEN", "KEY", "SECRET", "CREDENTIALS"}
)


@dataclass(frozen=True)
class Use:
    """One place where a variable is used."""

    name: str
    default: str | None
    """What Compose takes without a value; None: it has to be given."""
    place: tuple[str, ...]
    secret: bool
    """The name or the place says that its value is secret."""


def uses(model: Mapping[str, Any]) -> tuple[Use, ...]:
    """Return every use, in the order of the model; what is not interpolated (`$$`, keys) is left out."""
    found = [use for place, text in _texts(model, ()) for use in _in_text(text, place)]
    found += _bare(model)
    return tuple(found)


def is_secret_name(name: str) -> bool:
    """Whether a name is that of a secret: `*_PASSWORD`, `*_TOKEN`, `*_KEY`, `*_SECRET`, and their like."""
    parts = name.upper().split("_")
    if "PUBLIC" in parts or "PUBLISHABLE" in parts:
        return False
    return parts[-1] in _SECRET_ENDS or "SECRET" in parts


def has_userinfo(value: str) -> bool:
    """Whether a value is an address with a password in it."""
    return bool(_USERINFO.search(value))


def _texts(node: object, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, str):
        yield place, node
    elif isinstance(node, Mapping):
        for key, child in node.items():
            yield from _texts(child, (*place, str(key)))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _texts(child, (*place, _label(index, child)))


def _label(index: int, item: object) -> str:
    """Return what a list's item is called: `NAME` of `NAME=value`, else its number."""
    named = re.match(r"([A-Za-z_][A-Za-z0-9_]*)=", item) if isinstance(item, str) else None
    return named[1] if named else str(index)


def _in_text(text: str, place: tuple[str, ...]) -> Iterator[Use]:
    position = 0
    while found := _OPEN.search(text, position):
        position = found.end()
        name = found[1] or found[2]
        if not name:
            continue
        inner = ""
        if found[2]:
            end = _closing(text, position)
            inner, position = text[position:end], end + 1
        around = (text[: found.start()], text[position:])
        yield Use(name, _default(inner), place, secret=_secret(name, inner, place, around))
        yield from _in_text(inner, place)


def _closing(text: str, position: int) -> int:
    """Return where the brace that is open at `position` closes."""
    depth = 1
    for index in range(position, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if not depth:
            return index
    return len(text)


def _default(inner: str) -> str | None:
    """Return the default of `${NAME<inner>}`: `:-d` and `-d` have one, `:+a` needs none, `:?m` takes none."""
    operator = _OPERATOR.match(inner)
    if operator is None or operator[0].endswith("?"):
        return None
    return inner[operator.end() :] if operator[0].endswith("-") else ""


def _secret(name: str, inner: str, place: tuple[str, ...], around: tuple[str, str]) -> bool:
    if is_secret_name(name) or has_userinfo(_default(inner) or ""):
        return True
    before, after = around
    if not after and is_secret_name(_key(before, place)):
        return True
    left, right = _BEFORE.search(before), _AFTER.match(after)
    return bool(left and right and (":" in left[1] or ":" not in right[1]))


def _key(before: str, place: tuple[str, ...]) -> str:
    """Return the environment variable or build argument whose whole value is meant, or nothing."""
    if not {"environment", "args"} & set(place[-2:-1]):
        return ""
    return (
        place[-1] if not before else before[:-1] if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*=", before) else ""
    )


def _bare(model: Mapping[str, Any]) -> Iterator[Use]:
    """Yield names whose value Compose takes from whoever calls it: `environment: [NAME]` and the like."""
    for service, content in (model.get("services") or {}).items():
        environment = content.get("environment") or ()
        for name in environment:
            if "=" not in name and (not isinstance(environment, Mapping) or environment[name] is None):
                yield Use(name, None, ("services", service, "environment", name), is_secret_name(name))
    for section in ("secrets", "configs"):
        for key, content in (model.get(section) or {}).items():
            if name := content.get("environment"):
                yield Use(name, None, (section, key), section == "secrets" or is_secret_name(name))
