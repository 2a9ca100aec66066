"""The right to write one environment's releases, while its lock is held. The same over disk and memory."""

import contextlib
from collections.abc import Callable
from typing import Protocol

from stagecraft.errors import StoreError
from stagecraft.model.fate import interrupted
from stagecraft.model.header import Header
from stagecraft.model.phase import PhaseStatus, ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.store.atomic import FULL, NoHardLinksError, OutcomeUnknownError
from stagecraft.store.clock import Clock
from stagecraft.store.codec import Sealed, encode


class Records(Protocol):
    """Where one environment's records are kept."""

    environment: str

    def highest(self) -> int:
        """Return the highest number that was ever given; 0 if none was."""
        ...

    def find(self, number: int) -> Sealed:
        """Return a checked record. Raises StoreError."""
        ...

    def create(self, number: int, data: bytes) -> None:
        """Store a new record durably. Raises OSError."""
        ...

    def replace(self, number: int, data: bytes) -> None:
        """Replace a record durably. Raises OSError."""
        ...

    def finish(self, number: int, data: bytes) -> None:
        """Replace a record with how it ended, for which space was set aside. Raises OSError."""
        ...


class Held(Protocol):
    """A lock that is held."""

    @property
    def descriptor(self) -> int | None:
        """Return the descriptor that holds it; None if there is no such thing."""
        ...

    def ours(self) -> bool:
        """Return whether it still protects anything."""
        ...

    def note(self, release: str, phase: str) -> None:
        """Tell people what its holder does now."""
        ...


class RecordingSession:
    """Creates one release and records its transitions; each is durable when the call returns."""

    def __init__(
        self, records: Records, held: Held, clock: Clock, *, owner: str, settled: tuple[Header, ...] = ()
    ) -> None:
        self._records = records
        self._held = held
        self._clock = clock
        self._owner = owner
        self._settled = settled
        self._release: Release | None = None
        self._revision = 0
        self._trouble = "the run ended before the release did"
        self._open = True

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Return the file descriptors that every program the run starts has to inherit."""
        return () if self._held.descriptor is None else (self._held.descriptor,)

    @property
    def settled(self) -> tuple[Header, ...]:
        """Return the dead releases that taking the lock has written down as interrupted."""
        return self._settled

    def create(self, release: Release) -> Release:
        """Store a new release durably under the next number and return it with that number."""
        if self._release and self._release.status is ReleaseStatus.RUNNING:
            raise StoreError(f"`{self._release.id}` has not ended, so this run cannot begin another release")
        number = self._records.highest() + 1
        release = release.model_copy(update={"number": number})
        self._check(release)
        self._release, self._revision = release, 0
        data = encode(release, 1, self._owner)
        self._durably(lambda: self._records.create(number, data), release, data)
        self._revision = 1
        self._tell(release)
        return release

    def update(self, release: Release) -> None:
        """Replace the record of the release created in this session; returns when it is durable.

        Raises StoreError: not ours, fenced, finished already, or the disk refused.
        """
        if self._release is None or release.number != self._release.number:
            raise StoreError(f"`{release.id}` was not created by this run, so this run cannot change it")
        if self._release.status is not ReleaseStatus.RUNNING:
            raise self._ended(release)
        self._check(release)
        stored = self._stored(release)
        if stored.header.status is not ReleaseStatus.RUNNING and stored.release() != release:
            raise self._ended(release)
        revision = stored.revision + 1
        data = encode(release, revision, self._owner)
        ends = release.status is not ReleaseStatus.RUNNING
        write = self._records.finish if ends else self._records.replace
        self._durably(lambda: write(release.number, data), release, data)
        self._release, self._revision = release, revision
        self._tell(release)

    def close(self) -> None:
        """End the session. A release it leaves running is recorded as interrupted, if that is possible."""
        if self._open and self._release and self._release.status is ReleaseStatus.RUNNING:
            with contextlib.suppress(StoreError):
                # What is stored may be one ahead of what was acknowledged, and may even have ended.
                stored = self._stored(self._release).release()
                self.update(interrupted(stored, self._trouble, self._clock.now()))
        self._open = False

    def _stored(self, release: Release) -> Sealed:
        """Return what is stored of our release now. Raises StoreError if it is not ours any more."""
        try:
            stored = self._records.find(release.number)
        except StoreError as error:
            record = self._next_record(release).decode()
            raise StoreError(error.message, hint=error.hint, place=error.place, record=record) from error
        # A write whose outcome is unknown may have left either revision; nobody else writes this record.
        if stored.owner != self._owner or stored.revision not in (self._revision, self._revision + 1):
            raise self._fenced(release)
        return stored

    def _check(self, release: Release) -> None:
        if not self._open:
            raise StoreError(f"the lock of `{self._records.environment}` was given back already")
        if release.environment != self._records.environment:
            raise StoreError(f"`{release.id}` does not belong to `{self._records.environment}`")
        try:
            ours = self._held.ours()
        except OSError as error:
            raise refusal(error, release.id, self._next_record(release)) from error
        if not ours:
            raise self._fenced(release)

    def _durably(self, write: Callable[[], None], release: Release, data: bytes) -> None:
        """Write, or say what the operating system refused."""
        try:
            write()
        except OSError as error:
            refused = refusal(error, release.id, data)
            self._trouble = refused.message
            raise refused from error

    def _tell(self, release: Release) -> None:
        running = (record.name.value for record in release.phases if record.status is PhaseStatus.RUNNING)
        self._held.note(release.id, next(running, ""))

    def _ended(self, release: Release) -> StoreError:
        return StoreError(f"`{release.id}` has ended, and the record of a release that ended never changes")

    def _fenced(self, release: Release) -> StoreError:
        return StoreError(
            f"`{release.id}` cannot be recorded: this run lost the lock of `{release.environment}`",
            hint="the lock file was removed, and another run may be under way: see `stagecraft lock show`",
            record=self._next_record(release).decode(),
        )

    def _next_record(self, release: Release) -> bytes:
        return encode(release, self._revision + 1, self._owner)


def refusal(error: OSError, release: str, data: bytes = b"") -> StoreError:
    """Return what a person has to know about a write that the operating system refused."""
    doubt = ", and whether it is stored is unknown" if isinstance(error, OutcomeUnknownError) else ""
    return StoreError(
        f"cannot record `{release}`: {error.strerror or error}{doubt}",
        hint=_hint(error),
        place=str(error.filename or ""),
        record=data.decode(),
    )


def _hint(error: OSError) -> str:
    if isinstance(error, NoHardLinksError):
        return "the file system has no hard links: keep the store elsewhere with `--store DIR`"
    if error.errno in FULL:
        return "make room on the disk that holds the release store, then run the command again"
    if isinstance(error, FileExistsError):
        return "another run took that number: was the lock file removed? Run the command again"
    return "check the disk that holds the release store, then run `stagecraft releases verify`"
