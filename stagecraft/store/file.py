"""The release store in a folder: plain JSON files to read, compare and back up (spec/store.md)."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from stagecraft.errors import StoreError
from stagecraft.model.header import Header
from stagecraft.model.phase import ReleaseStatus
from stagecraft.store import probe
from stagecraft.store.clock import Clock
from stagecraft.store.codec import Sealed
from stagecraft.store.records import DiskRecords

if TYPE_CHECKING:  # what writes, heals and reads whole releases is imported when it is called
    from stagecraft.model.holder import Holder
    from stagecraft.model.release import Release
    from stagecraft.store.session import RecordingSession

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _random_owner() -> str:
    import secrets  # noqa: PLC0415 - readers own nothing

    return secrets.token_hex(8)


def _silent(_: str) -> None:
    pass


class FileStore:
    """Keeps releases in a folder. Readers never wait, never write, and never see half a record."""

    def __init__(
        self,
        root: Path,
        clock: Clock,
        *,
        allow_network: bool = False,
        notice: Callable[[str], None] = _silent,
        owner: Callable[[], str] = _random_owner,
    ) -> None:
        """`notice` is told, in sentences, what was healed, interrupted or waited for while taking a lock.

        `owner` makes the token of a run; it must differ from run to run. `allow_network` accepts a
        file system that is on a network or has no hard links.
        """
        self._root = root.absolute()
        self._clock = clock
        self._allow_network = allow_network
        self._notice = notice
        self._owner = owner

    @property
    def folder(self) -> Path:
        """Return the folder, absolute; it need not be there."""
        return self._root

    def exists(self) -> bool:
        """Return whether there is a store at all."""
        return self._root.is_dir()

    def environments(self) -> Sequence[str]:
        """Return the names of the environments that have releases, sorted."""
        if not self.exists():
            return ()
        with _reading(self._root):
            names = [entry.name for entry in self._root.iterdir() if _NAME.fullmatch(entry.name)]
        return tuple(sorted(name for name in names if any(self._records(name).numbers())))

    def headers(self, environment: str) -> Iterator[Header]:
        """Yield headers, newest first, lazily: the cost is that of the ones taken.

        A `running` release whose lock is free is yielded as `interrupted`. Damaged records are left out.
        """
        records = self._records(environment)
        for number in records.numbers():
            if stored := records.found(number):
                dead = self._dead(records, stored)
                yield dead.header() if dead else stored.header

    def has(self, environment: str, number: int) -> bool:
        """Return whether there is a record with that number, damaged or not."""
        return number in self._records(environment).numbers()

    def read(self, environment: str, number: int) -> "Release":
        """Return one release, `interrupted` if it runs no more.

        Raises StoreError if there is none or both copies are damaged.
        """
        records = self._records(environment)
        stored = records.find(number)
        return self._dead(records, stored) or stored.release()

    def lock(
        self, environment: str, holder: "Holder", wait: float = 0
    ) -> "AbstractContextManager[RecordingSession]":
        """Take the environment's lock, waiting up to `wait` seconds. Creates the store.

        Raises LockBusyError with the holder's name, StoreError.
        """
        from stagecraft.store.taking import take  # noqa: PLC0415 - readers need not load the lock

        return take(
            self._folder(environment),
            holder,
            clock=self._clock,
            wait=wait,
            owner=self._owner(),
            allow_network=self._allow_network,
            notice=self._notice,
        )

    def holder(self, environment: str) -> "Holder | None":
        """Return who holds the lock now, or None if it is free. Never waits, never creates anything."""
        path = self._folder(environment) / "lock"
        if not self._is_held(environment):
            return None
        from stagecraft.model.holder import Holder  # noqa: PLC0415 - as above

        return probe.read_holder(path) or Holder(actor="somebody", pid=0, since=self._clock.now())

    def verify(self, environment: str) -> Sequence[str]:
        """Check every record and twin; return one sentence a problem found."""
        from stagecraft.store.healing import verify  # noqa: PLC0415

        held = self.holder(environment) is not None
        return tuple(verify(self._records(environment), held=held))

    def _dead(self, records: DiskRecords, stored: Sealed) -> "Release | None":
        """Return the release as interrupted if it is recorded as running and its run is gone."""
        if stored.header.status is not ReleaseStatus.RUNNING or self._is_held(records.environment):
            return None
        from stagecraft.store.healing import as_dead  # noqa: PLC0415

        # It may have ended between reading it and looking at the lock, so what counts is what is read after.
        release = records.find(stored.number).release()
        return as_dead(release) if release.status is ReleaseStatus.RUNNING else release

    def _is_held(self, environment: str) -> bool:
        path = self._folder(environment) / "lock"
        with _reading(path):
            return probe.is_held(path)

    def _records(self, environment: str) -> DiskRecords:
        return DiskRecords(self._folder(environment))

    def _folder(self, environment: str) -> Path:
        if not _NAME.fullmatch(environment):
            raise StoreError(f"`{environment}` cannot be the name of an environment")
        return self._root / environment


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot read the release store: {error.strerror}",
            place=str(path),
            hint="check its permissions, or pass `--store DIR`",
        ) from error
