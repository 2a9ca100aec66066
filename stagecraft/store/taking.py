"""Taking an environment's lock: make the store, take the lock, tidy up, and hand out the right to write."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from stagecraft.errors import StoreError
from stagecraft.model.holder import Holder
from stagecraft.store import atomic, filesystem
from stagecraft.store.clock import Clock
from stagecraft.store.healing import settle
from stagecraft.store.lock import EnvironmentLock
from stagecraft.store.records import DiskRecords
from stagecraft.store.session import RecordingSession, refusal


@contextlib.contextmanager
def take(
    folder: Path,
    holder: Holder,
    *,
    clock: Clock,
    wait: float,
    owner: str,
    allow_network: bool,
    notice: Callable[[str], None],
) -> Iterator[RecordingSession]:
    """Hold the lock of the environment whose folder this is. Raises LockBusyError, StoreError."""
    records = DiskRecords(folder, token=owner, without_links=allow_network)
    with contextlib.ExitStack() as stack:
        try:
            _make(folder, allow_network=allow_network)
            lock = EnvironmentLock(folder / "lock", clock, notice)
            held = stack.enter_context(lock.held(holder, wait))
            records.prepare()
            settled = settle(records, notice)
            records.reserve()
        except OSError as error:
            raise refusal(error, f"a release of {folder.name}") from error
        session = RecordingSession(records, held, clock, owner=owner, settled=settled)
        stack.callback(session.close)
        yield session


def _make(folder: Path, *, allow_network: bool) -> None:
    root = folder.parent
    present = next(path for path in (root, *root.parents) if path.exists())
    kind = filesystem.type_of(present)
    if kind in filesystem.NETWORK and not allow_network:
        raise StoreError(
            f"the release store would be on a network file system ({kind}), which cannot keep its promises",
            place=str(root),
            hint="keep it on a local disk with `--store DIR`",
        )
    atomic.make_folder(root)
    _ignore(root / ".gitignore")
    atomic.make_folder(folder)


def _ignore(path: Path) -> None:
    """Keep the store out of Git; a file that somebody changed stays as it is."""
    if not path.exists() or not path.read_bytes():
        path.touch(0o600)
        path.write_text("*\n")
