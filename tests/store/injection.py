"""T1 and T2: end the driver, or make one of its system calls fail, at any of its store writes (strace(1))."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.store.checking import check
from tests.store.running import run

CALLS = (
    *("openat", "mkdir", "read", "write", "pwrite64", "fsync", "close"),
    *("rename", "link", "linkat", "unlink", "ftruncate", "flock", "newfstatat", "fstat", "getdents64"),
)
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EROFS")
FAULTY = tuple(call for call in CALLS if call not in ("read", "close", "flock"))
"""Calls that can fail in these ways. The driver's own output uses another one, writev."""

_CALL = re.compile(r"\A(?:\d+ +)?(\w+)\((.*)")


@dataclass(frozen=True)
class Point:
    """One system call of the deploy: the `when`-th of its kind in the life of the process (from 1)."""

    call: str
    when: int

    def __str__(self) -> str:
        return f"{self.call}#{self.when}"


def points(folder: Path) -> list[Point]:
    """Run one deploy under strace; return every system call after its beginning, in order."""
    log = folder / "points.log"
    trace = ("strace", "-f", "-o", str(log), "-e", f"trace=writev,{','.join(CALLS)}")
    root = folder / "points" / ".stagecraft"
    root.parent.mkdir()
    ended = run(root, before=trace)
    assert ended.code == 0, ended.errors
    seen: dict[str, int] = {}
    found: list[Point] = []
    begun = False
    for line in log.read_text(errors="replace").splitlines():
        if match := _CALL.match(line):
            call = match[1]
            seen[call] = seen.get(call, 0) + 1
            if begun and call in CALLS:
                found.append(Point(call, seen[call]))
            begun = begun or (call == "writev" and "begin" in match[2])
    return found


def kill_at(point: Point, folder: Path, package: Path | None = None) -> None:
    """Kill the driver at that call, then check the store."""
    _injected(point, folder, f"signal=SIGKILL:when={point.when}", {-9, 137}, package)


def fail_at(
    point: Point, folder: Path, error: str, *, for_good: bool = False, package: Path | None = None
) -> None:
    """Let that call fail, once or from then on; the driver may go on or say so, then check the store."""
    when = f"{point.when}+" if for_good else f"{point.when}"
    _injected(point, folder, f"error={error}:when={when}", {0, 4, 7}, package)


def _injected(point: Point, folder: Path, fault: str, codes: set[int], package: Path | None) -> None:
    root = folder / "store" / ".stagecraft"
    shutil.rmtree(root.parent, ignore_errors=True)
    root.parent.mkdir(parents=True)
    before = ("strace", "-f", "-qq", "-o", str(folder / "fault.log"))
    inject = ("-e", f"trace={point.call}", "-e", f"inject={point.call}:{fault}")
    ended = run(root, before=before + inject, package=package)
    assert ended.code in codes, f"{point} {fault}: exit code {ended.code}: {ended.errors}"
    check(root, ended.acknowledged)
