"""T3: kill a deploy, then take the power from the file system under it (root, loop devices; Linux).

`EXT4_IOC_SHUTDOWN` and `XFS_IOC_GOINGDOWN` (0x8004587d) with flag 2 stop a file system at once, without
writing back its journal: what is found after mounting it again is what power loss leaves.
"""

import ctypes
import fcntl
import os
import random
import shutil
import struct
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.store.checking import check_next_deploy, check_readers
from tests.store.running import acknowledgements, driver, environment

_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2
_MAKE = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"]}


def impossible(kind: str) -> str:
    """Say why this cannot be tried here; empty if it can."""
    if os.geteuid() != 0:
        return "it needs root"
    if not shutil.which(_MAKE[kind][0]):
        return f"{_MAKE[kind][0]} is not installed"
    return "" if Path("/dev/loop-control").exists() else "there are no loop devices"


class Disk:
    """A small file system in a file, mounted for the length of the block."""

    def __init__(self, folder: Path, kind: str, package: Path | None = None) -> None:
        self._image = folder / f"{kind}.img"
        self._mounted = folder / kind
        self._kind = kind
        self._environment = environment(package)
        self._acknowledged: dict[int, int] = {}

    def __enter__(self) -> Self:
        _leave_mounts()
        self._mounted.mkdir()
        with self._image.open("wb") as file:
            file.truncate(320 << 20)
        self._run(*_MAKE[self._kind], str(self._image))
        self._mount()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("umount", str(self._mounted))

    def cut(self, seed: int) -> None:
        """Deploy, kill at some moment, cut the power, mount again, and check what is there."""
        chance = random.Random(seed)
        root = self._mounted / ".stagecraft"
        wanted = chance.randint(1, 13)
        line, pipe = driver(root, "0.001"), subprocess.PIPE
        with subprocess.Popen(line, env=self._environment, stdout=pipe, stderr=pipe, text=True) as run:
            assert run.stdout
            output = ""
            while f" {wanted}\n" not in output and (text := run.stdout.readline()):
                output += text
            time.sleep(chance.random() * 0.003)
            # Kill first: XFS may tell a run that lives on that a folder's fsync after power-off succeeded.
            run.kill()
            rest, errors = run.communicate()
            self._power_off()
        output += rest
        assert run.returncode in (0, -9), errors
        self._run("umount", str(self._mounted))
        self._mount()
        acknowledged = acknowledgements(output)
        assert acknowledged, output
        self._acknowledged |= acknowledged
        check_readers(root, self._acknowledged)
        check_next_deploy(root)
        self._acknowledged |= {max(self._acknowledged) + 1: 3}

    def _power_off(self) -> None:
        descriptor = os.open(self._mounted, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def _mount(self) -> None:
        self._run("mount", "-o", "loop", str(self._image), str(self._mounted))

    def _run(self, *line: str) -> None:
        subprocess.run(line, check=True, timeout=60)


def _leave_mounts() -> None:
    """Use mounts of our own: a container that starts meanwhile would keep a copy of ours mounted."""
    libc = ctypes.CDLL(None, use_errno=True)
    new_mounts, private, recursive = 0x20000, 1 << 18, 1 << 14  # unshare(2), mount(2)
    if libc.unshare(new_mounts) or libc.mount(b"none", b"/", None, private | recursive, None):
        raise OSError(ctypes.get_errno(), "mounts of our own")
