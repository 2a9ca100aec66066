"""Every transition of a release, written down before it is told to anyone."""

from collections.abc import Callable
from itertools import dropwhile

from stagecraft.engine.ports import Clock, Observer, Session, Shield
from stagecraft.errors import StepFailedError
from stagecraft.model.events import PhaseChanged
from stagecraft.model.fate import failed, interrupted
from stagecraft.model.phase import Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import PhaseRecord, Release


class Journal:
    """Holds the release a run is about. Only the executor's thread writes; any thread reads `release`."""

    def __init__(
        self, release: Release, *, session: Session, clock: Clock, observer: Observer, shield: Shield
    ) -> None:
        self.release = release
        """The release as it was last recorded."""
        self._session = session
        self._clock = clock
        self._observer = observer
        self._shield = shield
        self._began: dict[Phase, float] = {}

    def change(self, edit: Callable[[Release], Release]) -> None:
        """Record an edited release durably; an edit that changes nothing is not written."""
        edited = edit(self.release)
        if edited != self.release:
            with self._shield():
                self._session.update(edited)
                self.release = edited

    def begin(self, phase: Phase) -> None:
        """Record that a phase runs, before its first effect."""
        self._began[phase] = self._clock.monotonic()
        self._set(phase, status=PhaseStatus.RUNNING, started_at=self._clock.now())
        self.announce(phase)

    def complete(self, phase: Phase, outcome: ReleaseStatus | None = None) -> None:
        """Record that a phase completed and, with `outcome`, that the release ended so, in one write."""
        now = self._clock.now()
        record = self.release.phase(phase).model_copy(
            update={"status": PhaseStatus.COMPLETED, "finished_at": now}
        )
        ended = {"status": outcome, "finished_at": now} if outcome else {}
        self.change(lambda release: release.with_phase(record).model_copy(update=ended))
        self.announce(phase)

    def fail(self, phase: Phase, failure: StepFailedError) -> None:
        """Record a failed phase, skip every later one, and end the release."""
        now, before = self._clock.now(), self.release
        self.change(lambda release: failed(release, phase, str(failure), failure.log, now))
        self._announce_since(before)

    def interrupt(self, reason: str) -> None:
        """Record that a person or a signal ended the run; a release that has ended already stays as it is."""
        if self.release.status is not ReleaseStatus.RUNNING:
            return
        now, before = self._clock.now(), self.release
        self.change(lambda release: interrupted(release, reason, now))
        self._announce_since(before)

    def announce(self, phase: Phase) -> None:
        """Tell the observer what the record now says of a phase."""
        record = self.release.phase(phase)
        self._observer(
            PhaseChanged(
                phase=phase,
                status=record.status,
                reason=record.reason,
                duration=self._duration(record),
                error=record.error,
            )
        )

    def _announce_since(self, before: Release) -> None:
        """Announce the first phase that one write has changed, and every later one: their fate is known."""
        for phase in dropwhile(lambda phase: self.release.phase(phase) == before.phase(phase), Phase):
            self.announce(phase)

    def _duration(self, record: PhaseRecord) -> float | None:
        """Return the seconds a finished phase took, by a clock finer than the record's."""
        if record.name not in self._began or record.finished_at is None:
            return None
        return round(self._clock.monotonic() - self._began[record.name], 3)

    def _set(self, phase: Phase, **changes: object) -> None:
        record = self.release.phase(phase).model_copy(update=changes)
        self.change(lambda release: release.with_phase(record))
