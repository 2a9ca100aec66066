"""The pages of the reference that travel with the package: spec/config.md and spec/exit-codes.md."""

import re
from collections.abc import Sequence
from importlib.resources import files

from stagecraft.config import tree
from stagecraft.config.node import Path as KeyPath

ANY = "<name>"
"""Stands for a name that the user chooses, in a key path."""
ITEM = "[]"
"""Stands for one item of a list."""

_EXIT_CODE = re.compile(r"^\| (\d[\d, ]*) \|.*?\| ([^|]+) \|$", re.MULTILINE)
_BLOCK = re.compile(r"<!-- example: \w+ -->\n```yaml\n(.*?)```", re.DOTALL)


def blocks() -> list[str]:
    """Return the example files of the reference, the complete one first."""
    return [block[1] for block in _BLOCK.finditer(_page("reference.md"))]


def exit_codes() -> list[tuple[str, str]]:
    """Return every exit code with its meaning (spec/exit-codes.md)."""
    return [(row[1], row[2]) for row in _EXIT_CODE.finditer(_page("exit-codes.md"))]


def example(path: Sequence[str]) -> str:
    """Return the lines of the reference that show a key, with those it stands under; empty if none do."""
    for block in blocks():
        lines = dict(tree.parse(block.encode(), "spec/config.md").lines())
        if found := [one for one in lines if _fits(one, path)]:
            return _cut(block, found[0], lines)
    return ""


def one_line(path: Sequence[str]) -> str:
    """Return the only line that shows a key, without its comment; empty if it takes several."""
    for block in blocks():
        lines = dict(tree.parse(block.encode(), "spec/config.md").lines())
        if found := [one for one in lines if _fits(one, path)]:
            own = {line for one, line in lines.items() if one[: len(found[0])] == found[0]}
            return block.splitlines()[own.pop() - 1].partition("  #")[0].strip() if len(own) == 1 else ""
    return ""


def names() -> list[str]:
    """Return the keys that the complete example writes, as they are typed after `stagecraft docs`."""
    paths = [path for path, _ in tree.parse(blocks()[0].encode(), "spec/config.md").lines()]
    return [".".join(map(str, path)) for path in paths if not any(isinstance(part, int) for part in path)]


def _page(name: str) -> str:
    return files("stagecraft.config").joinpath(name).read_text(encoding="utf-8")


def _fits(found: KeyPath, path: Sequence[str]) -> bool:
    return len(found) == len(path) and all(
        wanted == part or wanted == (ITEM if isinstance(part, int) else ANY)
        for part, wanted in zip(found, path, strict=True)
    )


def _cut(block: str, path: KeyPath, lines: dict[KeyPath, int]) -> str:
    above = {lines[path[:length]] for length in range(1, len(path))}
    below = {line for one, line in lines.items() if one[: len(path)] == path}
    written = block.splitlines()
    return "\n".join(written[number - 1] for number in sorted(above | below))
