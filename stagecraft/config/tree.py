"""YAML text -> a tree of nodes that know their lines, within limits (spec/config.md).

Built from the parser's events and not with PyYAML's own constructors, so that depth, expanded size, duplicate
keys and tags are checked before anything is expanded, and so that unquoted text stays what it is.
"""

import re
from collections.abc import Iterator, Mapping

import yaml
from yaml.reader import Reader

from stagecraft.config.node import Entry, Node, Scalar
from stagecraft.errors import ConfigError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 10_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_UNPRINTABLE = Reader.NON_PRINTABLE


def parse(data: bytes, name: str) -> Node:
    """Return the tree of the only document. `name` is what places begin with.

    Raises ConfigError with file and line.
    """
    text = _decoded(data, name)
    try:
        return _Builder(yaml.parse(text, Loader=_LOADER), name).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(
            f"is not YAML: {error.problem or error.context}",
            place=place,
            hint="look at that line and the one above: the indentation (spaces, no tabs), a `:`, a quote",
        ) from None
    except (yaml.YAMLError, RecursionError):
        raise ConfigError("is not YAML", place=name) from None


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise ConfigError(
            f"is larger than {MAX_BYTES // 1024} KiB", place=name, hint="is it the right file? See `--config`"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = f"{name}:{line}"
        raise ConfigError("is not UTF-8 text", place=place, hint="save the file as UTF-8") from None
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ConfigError(f"contains the control character {found[0]!a}", place=f"{name}:{line}")
    return text


class _Builder:
    """Takes the parser's events, one node after another."""

    def __init__(self, events: Iterator[yaml.Event], name: str) -> None:
        self._events = events
        self._name = name
        self._anchors: dict[str, Node] = {}
        self._values = 0

    def document(self) -> Node:
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise ConfigError(
                "is empty", place=self._name, hint="the least there can be is in spec/config.md"
            )
        root = self._node(next(self._events), 1)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._error(after, "a second document begins here; there can be only one")
        return root

    def _node(self, event: yaml.Event, level: int) -> Node:
        if level > MAX_DEPTH:
            raise self._error(event, f"is nested more than {MAX_DEPTH} levels deep")
        self._count(event, 1)
        match event:
            case yaml.AliasEvent():
                return self._alias(event)
            case yaml.ScalarEvent():
                node = Node(_line(event), self._scalar(event))
            case yaml.SequenceStartEvent():
                self._expect_tag(event, "seq")
                node = _collection(_line(event), tuple(self._items(level)))
            case yaml.MappingStartEvent():
                self._expect_tag(event, "map")
                node = _collection(_line(event), self._mapping(level))
            case _:
                raise self._error(event, "is not YAML")
        if node.height > MAX_DEPTH:
            raise self._error(event, f"is nested more than {MAX_DEPTH} levels deep")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _count(self, event: yaml.Event, more: int) -> None:
        """Count what was read or expanded so far, merged mappings too, before anything is done with it."""
        self._values += more
        if self._values > MAX_NODES:
            raise self._error(event, f"expands to more than {MAX_NODES} values")

    def _alias(self, event: yaml.AliasEvent) -> Node:
        if event.anchor not in self._anchors:
            raise self._error(event, f"alias `*{event.anchor}` names nothing that is complete before it")
        node = self._anchors[event.anchor]
        self._count(event, node.size)
        return node

    def _items(self, level: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, level + 1)

    def _mapping(self, level: int) -> Mapping[str, Entry]:
        written: dict[str, Entry] = {}
        merged: dict[str, Entry] | None = None
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            scalar = self._key(event)
            key = str(scalar.value)
            node = self._node(next(self._events), level + 1)
            if key in written or (key == "<<" and merged is not None):
                raise self._error(event, f"key `{key}` is here twice")
            if key == "<<" and scalar.implicit[0]:
                merged = self._merged(event, node)
            else:
                written[key] = Entry(_line(event), node)
        return {**(merged or {}), **written}

    def _merged(self, event: yaml.Event, node: Node) -> dict[str, Entry]:
        """Return what `<<` brings in: of two mappings with the same key, the first counts."""
        merged: dict[str, Entry] = {}
        for source in node.value if isinstance(node.value, tuple) else (node,):
            if not isinstance(source.value, Mapping):
                raise self._error(event, "`<<` takes a mapping or a list of mappings")
            merged = {**source.value, **merged}
        return merged

    def _key(self, event: yaml.Event) -> yaml.ScalarEvent:
        if not isinstance(event, yaml.ScalarEvent) or not event.value:
            raise self._error(event, "a key must be text")
        return event

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        value = str(event.value)
        tag = event.tag if not event.implicit[0] else None
        if tag is None and not event.implicit[0]:
            return value
        meaning = _meaning(value)
        kind = {str: "str", bool: "bool", int: "int", type(None): "null"}[type(meaning)]
        if tag in (None, f"{_TAG}{kind}"):
            return meaning
        if tag in ("!", f"{_TAG}str"):
            return value
        raise self._error(event, f"tag `{tag.replace(_TAG, '!!')}` is not allowed here")

    def _expect_tag(self, event: yaml.CollectionStartEvent, kind: str) -> None:
        if event.tag not in (None, "!", f"{_TAG}{kind}"):
            raise self._error(event, f"tag `{event.tag.replace(_TAG, '!!')}` is not allowed here")

    def _error(self, event: yaml.Event, message: str) -> ConfigError:
        return ConfigError(message, place=f"{self._name}:{_line(event)}")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _collection(line: int, value: tuple[Node, ...] | Mapping[str, Entry]) -> Node:
    children = [entry.node for entry in value.values()] if isinstance(value, Mapping) else list(value)
    size = 1 + sum(child.size for child in children)
    return Node(line, value, size, 1 + max((child.height for child in children), default=0))


def _meaning(value: str) -> Scalar:
    """Return what an unquoted scalar means."""
    if value in ("", "~", "null"):
        return None
    if value in ("true", "false"):
        return value == "true"
    return int(value) if _WHOLE_NUMBER.fullmatch(value) else value
