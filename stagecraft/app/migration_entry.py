"""The record of one migration, from before it begins to after it ended; each change durable at once."""

from collections.abc import Callable
from datetime import datetime

from stagecraft.engine.ports import Record
from stagecraft.model.migration import Change, Direction, MigrationRecord, MigrationStatus
from stagecraft.model.release import Release
from stagecraft.model.step import Migrate

TEXT = "text"
"""Key of a step's details: digest, in the plan's texts, of the text it is about; else that of its host."""


def text_of(step: Migrate, release: Release) -> str:
    """Return the Compose text whose services a migration means; empty if there is none."""
    return release.plan.texts.get(str(step.work.details.get(TEXT, "")), "") or release.text_of(step.host)


class Entry:
    """One migration of a running release. Called from one thread."""

    def __init__(self, step: Migrate, record: Record, now: Callable[[], datetime]) -> None:
        self._write = record
        self._now = now
        self._place: int | None = None
        self.record = MigrationRecord(
            name=step.work.name,
            engine=step.work.engine,
            when=step.when,
            direction=step.work.direction,
        )
        """As it was last recorded."""

    @property
    def begun(self) -> bool:
        """Return whether the record says that the migration may be running."""
        return self._place is not None

    def begin(self, unsure: tuple[Change, ...], **more: object) -> None:
        """Record, before anything is done, that these changes may be done from now on."""
        self.set(status=MigrationStatus.STARTED, unsure=unsure, started_at=self._now(), **more)

    def set(self, **changes: object) -> None:
        """Record the entry with fields changed."""
        self.replace(self.record.model_copy(update=changes))

    def replace(self, record: MigrationRecord) -> None:
        """Record the entry as `record`. Returns when it is durable."""

        def edit(release: Release) -> Release:
            if self._place is None:
                self._place = len(release.migrations)
            return release.with_migration(self._place, record)

        self._write(edit)
        self.record = record

    def end(self, record: MigrationRecord) -> None:
        """Record that the migration ended well, as `record` says."""
        up = record.direction is Direction.UP
        status = MigrationStatus.APPLIED if up else MigrationStatus.UNDONE
        self.replace(
            record.model_copy(
                update={"status": status, "unsure": (), "finished_at": self._now(), "error": ""}
            )
        )

    def fail(self, record: MigrationRecord, error: str) -> None:
        """Record that it failed; `record` says what of it is there, and what may be."""
        self.replace(
            record.model_copy(
                update={"status": MigrationStatus.FAILED, "error": error, "finished_at": self._now()}
            )
        )
