"""What differs, line by line: Compose texts, images, variables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stagecraft.app import ReleaseDifference

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}


def painted(line: str) -> str:
    """Return a line of an indented unified difference in its colour."""
    colour = _COLOURS.get(line[2:3]) if line.startswith("  ") else None
    return f"{colour}{line}\x1b[0m" if colour else line


def host_difference(host: str, difference: str) -> list[str]:
    """Return the lines about one host's Compose text."""
    if not difference:
        return [f"{host}: the Compose text is the same"]
    return [f"{host}: the Compose text changes", *(f"  {line}" for line in difference.splitlines())]


def difference_text(a: str, b: str, difference: "ReleaseDifference") -> str:
    """Return what differs between releases `a` and `b`: images, variables, then each host's text."""
    lines = [f"{a} -> {b}"]
    lines += _section("images", {name: (old, new) for name, (old, new) in difference.images.items()})
    lines += _section("variables", difference.variables)
    for host, text in sorted(difference.texts.items()):
        lines += ["", *host_difference(host, text)]
    return "\n".join(lines)


def difference_json(a: str, b: str, difference: "ReleaseDifference") -> dict[str, Any]:
    """Return the same as plain JSON values."""
    return {
        "a": a,
        "b": b,
        "images": {name: list(pair) for name, pair in sorted(difference.images.items())},
        "variables": {name: list(pair) for name, pair in sorted(difference.variables.items())},
        "texts": dict(sorted(difference.texts.items())),
    }


def _section(title: str, pairs: Mapping[str, tuple[str | None, str | None]]) -> list[str]:
    changed = {name: pair for name, pair in sorted(pairs.items()) if pair[0] != pair[1]}
    if not changed:
        return ["", f"{title}: the same"]
    lines = ["", f"{title}:"]
    for name, (old, new) in changed.items():
        lines += [f"  - {name}: {old}"] if old is not None else []
        lines += [f"  + {name}: {new}"] if new is not None else []
    return lines
