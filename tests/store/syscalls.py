"""One strace of a deploy, read as the changes it asked for (strace(1), `-xx`: every string in hex)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.store.running import run

_CALLS = "openat,mkdir,write,pwrite64,fsync,fdatasync,rename,link,linkat,unlink,ftruncate,writev"
_LINE = re.compile(r"\A(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Operation:
    """One change: `folder` `link` `rename` `unlink` of a name, `write` `cut` `sync` of a file, or `ack`."""

    kind: str
    path: str = ""
    other: str = ""
    inode: int = 0
    offset: int = 0
    data: bytes = b""


def trace(folder: Path, package: Path | None = None) -> list[Operation]:
    """Run one deploy under strace and return its changes and acknowledgements, in order."""
    log = folder / "power.log"
    # Long enough for every record, and too short for the ballast, whose content is noise.
    strace = ("strace", "-f", "-xx", "-s", "65536", "-e", f"trace={_CALLS}", "-o", str(log))
    root = folder / "traced" / ".stagecraft"
    root.parent.mkdir(parents=True)
    ended = run(root, before=strace, package=package)
    assert ended.code == 0, ended.errors
    reader = _Reader(str(root.parent))
    return [operation for line in log.read_text().splitlines() for operation in reader.read(line)]


class _Reader:
    """Follows names, descriptors and positions, to say which file a call is about."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._inodes: dict[str, int] = {}
        self._opened: dict[int, str] = {}
        self._positions: dict[int, int] = {}
        self._count = 0

    def read(self, line: str) -> Iterator[Operation]:
        match = _LINE.match(line)
        if not match or int(match[3]) < 0:
            return
        call, arguments, result = match[1], match[2], int(match[3])
        strings = [bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(arguments)]
        first = arguments.partition(",")[0]
        if call == "writev":
            if strings[0].startswith(b"ack"):
                yield Operation("ack", data=strings[0])
        elif first.isdigit() or call in ("fsync", "fdatasync"):
            descriptor = int(first)
            if descriptor in self._opened:
                yield self._content(call, descriptor, arguments, strings, result)
        else:
            paths = [text.decode() for text in strings]
            if paths[0].startswith(self._base):
                names = [path.removeprefix(self._base) for path in paths]
                yield from self._name(call, names, arguments, result)
            elif call == "openat":
                self._opened.pop(result, None)

    def _name(self, call: str, names: list[str], arguments: str, result: int) -> Iterator[Operation]:
        if call == "openat":
            self._opened[result], self._positions[result] = names[0], 0
            if "O_CREAT" in arguments and names[0] not in self._inodes:
                yield Operation("link", path=names[0], inode=self._fresh(names[0]))
            if "O_TRUNC" in arguments:
                yield Operation("cut", inode=self._inodes[names[0]])
        elif call == "mkdir":
            yield Operation("folder", path=names[0], inode=self._fresh(names[0]))
        elif call in ("link", "linkat"):
            self._inodes[names[1]] = self._inodes[names[0]]
            yield Operation("link", path=names[1], inode=self._inodes[names[1]])
        elif call == "rename":
            self._inodes[names[1]] = self._inodes.pop(names[0])
            yield Operation("rename", path=names[1], other=names[0], inode=self._inodes[names[1]])
        elif call == "unlink":
            self._inodes.pop(names[0], None)
            yield Operation("unlink", path=names[0])

    def _content(
        self, call: str, descriptor: int, arguments: str, strings: list[bytes], result: int
    ) -> Operation:
        path = self._opened[descriptor]
        inode = self._inodes.get(path, 0)
        if call in ("fsync", "fdatasync"):
            return Operation("sync", path=path, inode=inode)
        last = arguments.rpartition(",")[2]
        if call == "ftruncate":
            return Operation("cut", inode=inode, offset=int(last))
        offset = self._positions[descriptor] if call == "write" else int(last)
        self._positions[descriptor] = offset + result
        return Operation("write", inode=inode, offset=offset, data=strings[0][:result])

    def _fresh(self, path: str) -> int:
        self._count += 1
        self._inodes[path] = self._count
        return self._count
