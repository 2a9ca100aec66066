"""T4: out of one strace of a deploy, every disk state that power loss may leave on a weaker file system.

The model promises only what POSIX does: fsync of a file makes its bytes durable, fsync of a folder makes its
names durable. Everything else since then may be lost, applied in any combination, torn, or replaced by zeros.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.store.syscalls import Operation

_MOST = 4
"""Changed names not durable yet up to which every combination is tried; a good store has 2 at most."""

State = dict[str, bytes | None]
"""A tree: path -> bytes; None for a folder."""
Damage = Callable[[bytes, bytes], bytes]
"""What is found of a file: out of its durable bytes and those only in memory."""


@dataclass
class Disk:
    """What is durable, and what is only in memory."""

    names: dict[str, int] = field(default_factory=dict)
    pending: list[Operation] = field(default_factory=list)
    folders: set[int] = field(default_factory=set)
    durable: dict[int, bytes] = field(default_factory=dict)
    volatile: dict[int, bytes] = field(default_factory=dict)
    acknowledged: dict[int, int] = field(default_factory=dict)

    def apply(self, operation: Operation) -> None:
        """Do what the driver asked for, in memory; a sync makes durable what it covers."""
        match operation.kind:
            case "ack":
                _, number, revision = operation.data.split()
                self.acknowledged[int(number)] = int(revision)
            case "write":
                old = self.volatile.get(operation.inode, self.durable.get(operation.inode, b""))
                self.volatile[operation.inode] = _written(old, operation)
            case "cut":
                old = self.volatile.get(operation.inode, self.durable.get(operation.inode, b""))
                self.volatile[operation.inode] = old[: operation.offset].ljust(operation.offset, b"\0")
            case "sync":
                if operation.inode in self.volatile:
                    self.durable[operation.inode] = self.volatile.pop(operation.inode)
                inside = [o for o in self.pending if o.path.rpartition("/")[0] == operation.path]
                for change in inside:
                    _rename(self.names, change)
                self.pending = [o for o in self.pending if o not in inside]
            case _:
                if operation.kind == "folder":
                    self.folders.add(operation.inode)
                self.pending.append(operation)

    def states(self) -> Iterator[State]:
        """Yield every tree that may be found after power loss now: path -> bytes, None for a folder."""
        for chosen in _combinations(self.pending):
            names = dict(self.names)
            for change in chosen:
                _rename(names, change)
            reachable = {path: inode for path, inode in names.items() if self._reachable(path, names)}
            for damage in (_as_written, _lost, _torn, _zeroed):
                yield {
                    path: None if inode in self.folders else self._content(inode, damage)
                    for path, inode in reachable.items()
                }
                if not any(inode in self.volatile for inode in reachable.values()):
                    break

    def _content(self, inode: int, damage: Damage) -> bytes:
        durable = self.durable.get(inode, b"")
        return damage(durable, self.volatile[inode]) if inode in self.volatile else durable

    def _reachable(self, path: str, names: dict[str, int]) -> bool:
        parent = path.rpartition("/")[0]
        return not parent or (parent in names and self._reachable(parent, names))


def _written(old: bytes, operation: Operation) -> bytes:
    padded = old.ljust(operation.offset, b"\0")
    return padded[: operation.offset] + operation.data + padded[operation.offset + len(operation.data) :]


def _rename(names: dict[str, int], change: Operation) -> None:
    names.pop(change.other if change.kind == "rename" else change.path, None)
    if change.kind != "unlink":
        names[change.path] = change.inode


def _combinations(pending: list[Operation]) -> Iterator[tuple[Operation, ...]]:
    """Yield every subset of a short list; of a long one every beginning, every one alone, all but one."""
    if len(pending) <= _MOST:
        for size in range(len(pending) + 1):
            yield from itertools.combinations(pending, size)
        return
    for index in range(len(pending)):
        yield tuple(pending[:index])
        yield (pending[index],)
        yield (*pending[:index], *pending[index + 1 :])
    yield tuple(pending)


def _as_written(durable: bytes, volatile: bytes) -> bytes:
    return volatile


def _lost(durable: bytes, volatile: bytes) -> bytes:
    return durable


def _torn(durable: bytes, volatile: bytes) -> bytes:
    return volatile[: len(volatile) // 2]


def _zeroed(durable: bytes, volatile: bytes) -> bytes:
    return bytes(len(volatile))


def crashes(operations: list[Operation]) -> Iterator[tuple[State, dict[int, int]]]:
    """Yield each distinct state after every call, with what was acknowledged when the power went."""
    disk = Disk()
    seen: set[int] = set()
    for operation in operations:
        disk.apply(operation)
        for state in disk.states():
            key = hash((frozenset(state.items()), tuple(disk.acknowledged.items())))
            if key not in seen:
                seen.add(key)
                yield state, dict(disk.acknowledged)


def lay_out(state: State, folder: Path) -> Path:
    """Write a state to a real folder; return the store's root in it."""
    for path, content in sorted(state.items(), key=lambda item: item[0].count("/")):
        if path.endswith("ballast") or ".ballast." in path:
            continue  # a megabyte of noise, a thousand times
        target = folder / path.lstrip("/")
        if content is None:
            target.mkdir(mode=0o700)
        else:
            target.write_bytes(content)
    return folder / ".stagecraft"
