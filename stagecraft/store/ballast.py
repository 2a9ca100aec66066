"""Space set aside at the start of a run, given up so that a full disk can still record how it ended."""

import contextlib
import random
from pathlib import Path

from stagecraft.store import atomic

SIZE = 1 << 20
"""Bytes. Ending a run needs one record twice, a few hundred kilobytes at the very most."""

_NAME = ".ballast"


def reserve(folder: Path, token: str, *, without_links: bool = False) -> None:
    """Make sure the ballast is there in full. Raises OSError: a run must not begin on a disk that is full."""
    path = folder / _NAME
    if path.exists():
        if path.stat().st_size == SIZE:
            return
        path.unlink()
    # Not zeros: a file system that compresses would set nothing aside.
    noise = random.Random(SIZE).randbytes(SIZE)  # noqa: S311
    atomic.create(path, noise, token, without_links=without_links)


def release(folder: Path) -> bool:
    """Remove the ballast; return whether it was there."""
    try:
        (folder / _NAME).unlink()
    except OSError:
        return False
    with contextlib.suppress(OSError):
        atomic.sync_folder(folder)  # some file systems hand the space out only after that
    return True
