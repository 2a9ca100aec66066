"""A YAML value that knows its line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Scalar = str | int | bool | None
Path = tuple[str | int, ...]
"""A key path: `("roles", "web", "services", 0)`."""


@dataclass(frozen=True)
class Node:
    """One value of the file. `size` and `height` count what it expands to."""

    line: int
    value: "Scalar | tuple[Node, ...] | Mapping[str, Entry]"
    size: int = 1
    height: int = 1

    def plain(self) -> object:
        """Return the value without lines."""
        if isinstance(self.value, Mapping):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return self.value

    def lines(self, path: Path = ()) -> Iterator[tuple[Path, int]]:
        """Yield the line of every key and list item below this node."""
        if isinstance(self.value, Mapping):
            for key, entry in self.value.items():
                yield (*path, key), entry.line
                yield from entry.node.lines((*path, key))
        elif isinstance(self.value, tuple):
            for index, item in enumerate(self.value):
                yield (*path, index), item.line
                yield from item.lines((*path, index))


@dataclass(frozen=True)
class Entry:
    """A key's line and its value."""

    line: int
    node: Node
