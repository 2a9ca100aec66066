"""Looking at a lock without taking it: is it held, by whom, and is that run still alive?"""

import contextlib
import fcntl
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # lists of finished releases ask for nobody
    from stagecraft.model.holder import Holder

_FIRST_OBJECT = re.compile(rb"\A\{[^{}]*\}")


@dataclass(frozen=True)
class Process:
    """A program that holds the lock's descriptor."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"`{self.name}` (pid {self.pid})"


def is_held(path: Path) -> bool:
    """Return whether some run holds the lock. Creates nothing and never waits.

    The look is a shared lock, given back at once: a run that meets it sees that it is only a look.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def read_holder(path: Path) -> "Holder | None":
    """Return what the lock file says about its holder; None if it says nothing that can be read.

    The file is written in place, so that its inode stays: it may be old or torn, and decides nothing.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - as above

    from stagecraft.model.holder import Holder  # noqa: PLC0415

    with contextlib.suppress(OSError, ValidationError):
        if found := _FIRST_OBJECT.match(path.read_bytes()):
            return Holder.model_validate_json(found[0])
    return None


def processes_holding(path: Path, proc: Path = Path("/proc")) -> tuple[Process, ...]:
    """Return the programs that hold the lock, as far as this user may see; none where there is no /proc."""
    try:
        wanted = path.stat()
        folders = [entry for entry in proc.iterdir() if entry.name.isdigit()]
    except OSError:
        return ()
    found = (_holding(folder, (wanted.st_dev, wanted.st_ino)) for folder in folders)
    return tuple(sorted(filter(None, found), key=lambda process: process.pid))


def _holding(folder: Path, inode: tuple[int, int]) -> Process | None:
    """Return the process if one of its descriptors carries the lock: having the file open is not enough."""
    with contextlib.suppress(OSError):
        for descriptor in (folder / "fd").iterdir():
            with contextlib.suppress(OSError):
                status = descriptor.stat()
                details = folder / "fdinfo" / descriptor.name
                if (status.st_dev, status.st_ino) == inode and "FLOCK" in details.read_text():
                    return Process(int(folder.name), _name(folder))
    return None


def _name(folder: Path) -> str:
    """Return the program's name: not its arguments, which may hold anything."""
    with contextlib.suppress(OSError):
        return (folder / "comm").read_text().strip()
    return "?"


def is_dead(holder: "Holder", processes: tuple[Process, ...]) -> bool:
    """Return whether the run that took the lock is gone, so that only programs it started hold it.

    Where the programs can be seen they decide (a zombie has a pid but no descriptor); else the pid does.
    """
    if processes:
        return holder.pid not in {process.pid for process in processes}
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
