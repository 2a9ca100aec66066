"""T4: from one strace of a deploy, every disk state that power loss may leave on a weaker file system.

The model promises only what POSIX does: fsync of a file makes its bytes durable, fsync of a folder makes its names
durable. Everything else since then may be lost, applied in any combination, torn, or replaced by zeros.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.store.running import run

_CALLS = "openat,mkdir,write,pwrite64,fsync,close,rename,link,linkat,unlink,ftruncate,writev,fdatasync,dup,lseek,renameat"
_LINE = re.compile(r"\A(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_MOST = 4
"""Names changed and not durable yet, up to which every combination is tried; there are 2 at most in a good store."""

Data = tuple[tuple[int, bytes], ...]
"""What was written to a file, in order: offset and bytes; an offset of -1 cuts it at length 0."""


@dataclass(frozen=True)
class Operation:
    """One change, as the driver asked for it."""

    kind: str
    path: str = ""
    other: str = ""
    inode: int = 0
    offset: int = 0
    data: bytes = b""


def trace(folder: Path, package: Path | None = None) -> list[Operation]:
    """Run one deploy under strace and return its changes and acknowledgements, in order."""
    log = folder / "power.log"
    strace = ("strace", "-f", "-xx", "-s", "65536", "-e", f"trace={_CALLS}", "-o", str(log))
    root = folder / "traced" / ".stagecraft"
    root.parent.mkdir(parents=True)
    ended = run(root, before=strace, package=package)
    assert ended.code == 0, ended.errors
    return list(_operations(log.read_text(), str(root.parent)))


def _operations(log: str, base: str) -> Iterator[Operation]:
    opened: dict[int, tuple[str, int]] = {}
    inodes: dict[str, int] = {}
    fresh = itertools.count(1)
    positions: dict[int, int] = {}
    for line in log.splitlines():
        match = _LINE.match(line)
        if not match or int(match[3]) < 0:
            continue
        call, arguments, result = match[1], match[2], int(match[3])
        strings = [bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(arguments)]
        names = [name.decode(errors="replace").removeprefix(base) for name in strings]
        descriptor = int(arguments.split(",")[0]) if arguments.split(",")[0].isdigit() else -1
        if call == "writev" and strings and strings[0].startswith(b"ack"):
            yield Operation("ack", data=strings[0])
        elif call == "openat":
            opened.pop(result, None)
            if strings[0].decode(errors="replace").startswith(base):
                path = names[0]
                if "O_CREAT" in arguments and path not in inodes:
                    inodes[path] = next(fresh)
                    yield Operation("link", path=path, inode=inodes[path])
                opened[result] = (path, inodes.get(path, 0))
                positions[result] = 0
                if "O_TRUNC" in arguments:
                    yield Operation("write", inode=inodes[path], offset=-1)
        elif call == "mkdir" and strings[0].decode().startswith(base):
            inodes[names[0]] = next(fresh)
            yield Operation("folder", path=names[0], inode=inodes[names[0]])
        elif call in ("write", "pwrite64") and descriptor in opened:
            offset = positions[descriptor] if call == "write" else int(arguments.rsplit(",", 1)[1])
            yield Operation("write", inode=opened[descriptor][1], offset=offset, data=strings[0][:result])
            positions[descriptor] = offset + result
        elif call in ("fsync", "fdatasync") and descriptor in opened:
            path, inode = opened[descriptor]
            yield Operation("sync", path=path, inode=inode)
        elif call in ("link", "linkat"):
            inodes[names[1]] = inodes[names[0]]
            yield Operation("link", path=names[1], inode=inodes[names[0]])
        elif call == "rename":
            inodes[names[1]] = inodes.pop(names[0])
            yield Operation("rename", path=names[1], other=names[0], inode=inodes[names[1]])
        elif call == "unlink":
            inodes.pop(names[0], None)
            yield Operation("unlink", path=names[0])


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

    def states(self) -> Iterator[dict[str, bytes | None]]:
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

    def _content(self, inode: int, damage: "Damage") -> bytes:
        durable = self.durable.get(inode, b"")
        return damage(durable, self.volatile[inode]) if inode in self.volatile else durable

    def _reachable(self, path: str, names: dict[str, int]) -> bool:
        parent = path.rpartition("/")[0]
        return not parent or (parent in names and self._reachable(parent, names))


def _written(old: bytes, operation: Operation) -> bytes:
    if operation.offset < 0:
        return b""
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


Damage = type(_torn)


def crashes(operations: list[Operation]) -> Iterator[tuple[dict[str, bytes | None], dict[int, int]]]:
    """Yield each distinct state with what was acknowledged when the power went, for a crash after every call."""
    disk = Disk()
    seen: set[int] = set()
    for operation in operations:
        disk.apply(operation)
        for state in disk.states():
            key = hash((frozenset(state.items()), tuple(disk.acknowledged.items())))
            if key not in seen:
                seen.add(key)
                yield state, dict(disk.acknowledged)


def lay_out(state: dict[str, bytes | None], folder: Path) -> Path:
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
