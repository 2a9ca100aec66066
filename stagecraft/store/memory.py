"""The same store without a disk: for tests and for trying things out. Durable as long as the object lives."""

import contextlib
import threading
from collections.abc import Iterator, Sequence

from stagecraft.errors import LockBusyError, StoreError
from stagecraft.model.header import Header
from stagecraft.model.holder import Holder
from stagecraft.model.phase import ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.store.clock import Clock
from stagecraft.store.codec import Sealed, decode
from stagecraft.store.healing import as_dead
from stagecraft.store.session import RecordingSession


class MemoryRecords:
    """One environment's records, as the bytes that a file would hold."""

    def __init__(self, environment: str) -> None:
        self.environment = environment
        self._data: dict[int, bytes] = {}
        self.held: MemoryLock | None = None
        self.runs = 0

    def numbers(self) -> list[int]:
        """Return the numbers given, newest first."""
        return sorted(self._data, reverse=True)

    def highest(self) -> int:
        """Return the highest number that was given; 0 if none was."""
        return max(self._data, default=0)

    def find(self, number: int) -> Sealed:
        """Return a record. Raises StoreError."""
        if number not in self._data:
            raise StoreError(
                f"there is no release `{self.environment}-{number}`",
                hint=f"see `stagecraft releases list --env {self.environment}`",
            )
        return decode(self._data[number], self.environment, number)

    def create(self, number: int, data: bytes) -> None:
        """Keep a new record."""
        if number in self._data:
            raise FileExistsError(number)
        self._data[number] = data

    def replace(self, number: int, data: bytes) -> None:
        """Keep a record's next revision."""
        self._data[number] = data

    def finish(self, number: int, data: bytes) -> None:
        """Keep a record's last revision."""
        self.replace(number, data)


class MemoryLock:
    """A lock that is held, for as long as the records say so."""

    descriptor = None

    def __init__(self, records: MemoryRecords, holder: Holder) -> None:
        self._records = records
        self.holder = holder

    def ours(self) -> bool:
        """Return whether it is the one that is held now."""
        return self._records.held is self

    def note(self, release: str, phase: str) -> None:
        """Say what its holder does now."""
        self.holder = self.holder.model_copy(update={"release": release, "phase": phase})


class MemoryStore:
    """Keeps releases in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._environments: dict[str, MemoryRecords] = {}
        self._guard = threading.Lock()

    def exists(self) -> bool:
        """Return whether anything was ever locked."""
        return bool(self._environments)

    def environments(self) -> Sequence[str]:
        """Return the names of the environments that have releases, sorted."""
        return tuple(sorted(name for name, records in self._environments.items() if records.numbers()))

    def headers(self, environment: str) -> Iterator[Header]:
        """Yield headers, newest first; a `running` release whose lock is free is `interrupted`."""
        for number in self._records(environment).numbers():
            yield self.read(environment, number).header()

    def read(self, environment: str, number: int) -> Release:
        """Return one release, `interrupted` if it runs no more. Raises StoreError if there is none."""
        records = self._records(environment)
        release = records.find(number).release()
        if release.status is ReleaseStatus.RUNNING and not records.held:
            return as_dead(release)
        return release

    @contextlib.contextmanager
    def lock(self, environment: str, holder: Holder, wait: float = 0) -> Iterator[RecordingSession]:
        """Take the environment's lock, waiting up to `wait` seconds. Raises LockBusyError."""
        records, held = self._take(environment, holder, self._clock.monotonic() + wait)
        records.runs += 1
        owner = f"{records.runs:016x}"
        session = RecordingSession(records, held, self._clock, owner=owner)
        try:
            yield session
        finally:
            session.close()
            records.held = None

    def holder(self, environment: str) -> Holder | None:
        """Return who holds the lock now, or None if it is free."""
        held = self._records(environment).held
        return held.holder if held else None

    def verify(self, environment: str) -> Sequence[str]:
        """Return no problem: there are no files that could be damaged."""
        del environment
        return ()

    def _take(self, environment: str, holder: Holder, limit: float) -> tuple[MemoryRecords, MemoryLock]:
        while True:
            with self._guard:
                records = self._environments.setdefault(environment, MemoryRecords(environment))
                if not records.held:
                    records.held = held = MemoryLock(records, holder)
                    return records, held
                busy = records.held.holder.describe()
            if self._clock.monotonic() >= limit:
                raise LockBusyError(
                    f"another run holds the lock of `{environment}`: {busy}",
                    hint="wait for it to end, or pass `--lock-wait SECONDS`",
                )
            self._clock.sleep(0.05)

    def _records(self, environment: str) -> MemoryRecords:
        return self._environments.get(environment) or MemoryRecords(environment)
