"""The durable write, written once: all system calls that change the store (spec/store.md, "Writing").

Functions raise the OSError that stopped them and leave no temporary file behind, unless they are killed.
"""

import contextlib
import errno
import fcntl
import os
import sys
from collections.abc import Iterable
from pathlib import Path

NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})
"""What link(2) answers on a file system without hard links."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a full disk answers."""


class FlushFailedError(OSError):
    """A file's fsync failed: what the descriptor wrote may be lost, and a second fsync would lie about it."""


class OutcomeUnknownError(OSError):
    """A folder's fsync failed: after power loss either the old or the new content may be there."""


class NoHardLinksError(OSError):
    """The file system has no hard links, so a number cannot be taken exactly once."""


def make_folder(path: Path) -> None:
    """Make sure a folder is there (0700), with missing parents, and durable in its parent."""
    if not path.parent.is_dir():
        make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(0o700)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    sync_folder(path.parent)


def create(path: Path, data: bytes, token: str, *, without_links: bool = False) -> None:
    """Store a new file durably. Raises FileExistsError if the name is taken, whoever took it."""
    temporary = _write_temporary(path, data, token)
    try:
        _take_name(temporary, path, without_links=without_links)
        sync_folder(path.parent)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def replace(path: Path, data: bytes, token: str) -> None:
    """Replace a file durably: a reader, and a machine that lost power, sees the old content or the new."""
    temporary = _write_temporary(path, data, token)
    try:
        temporary.rename(path)
    except BaseException:
        _forget(temporary)
        raise
    sync_folder(path.parent)


def set_aside(path: Path) -> Path:
    """Give a damaged file a second name ending in `.damaged`; the first stays. Return the second."""
    for count in range(1, 1000):
        aside = path.with_name(f"{path.name}.{count}.damaged" if count > 1 else f"{path.name}.damaged")
        with contextlib.suppress(FileExistsError):
            aside.hardlink_to(path)
            return aside
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def sweep(folder: Path, names: Iterable[str]) -> None:
    """Remove the temporary files that killed runs left. Only for whoever holds the lock."""
    for name in [name for name in names if name[0] == "." and name.endswith(".tmp")]:
        with contextlib.suppress(FileNotFoundError):
            (folder / name).unlink()


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable. Raises OutcomeUnknownError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OutcomeUnknownError(*error.args) from error
    finally:
        os.close(descriptor)


def _take_name(temporary: Path, path: Path, *, without_links: bool) -> None:
    try:
        path.hardlink_to(temporary)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if not without_links:
            raise NoHardLinksError(*error.args) from error
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        temporary.rename(path)


def _write_temporary(path: Path, data: bytes, token: str) -> Path:
    """Write a durable file beside `path`; after a failed fsync once more, with a fresh one."""
    temporary = path.with_name(f".{path.name}.{token}.tmp")
    try:
        _write_new(temporary, data)
    except FlushFailedError as failed:
        try:
            _write_new(temporary, data)
        except OSError as again:
            raise failed from again
    return temporary


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            _write_all(descriptor, data)
            _flush(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        _forget(path)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _flush(descriptor: int) -> None:
    try:
        if sys.platform == "darwin":
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync(2) there does not reach the disk
        else:
            os.fsync(descriptor)
    except OSError as error:
        raise FlushFailedError(*error.args) from error


def _forget(temporary: Path) -> None:
    """Remove a temporary file while another error is on its way."""
    with contextlib.suppress(OSError):
        temporary.unlink()
