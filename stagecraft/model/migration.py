"""Migrations as values: what is to be done to the data, and what was done (spec/migrations.md)."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import JsonValue

from stagecraft.model.frozen import Frozen


class When(StrEnum):
    """Around which part of a release a migration runs."""

    PRE = "pre"
    POST = "post"
    MANUAL = "manual"


class Direction(StrEnum):
    """Whether a migration is applied or undone."""

    UP = "up"
    DOWN = "down"


class MigrationStatus(StrEnum):
    """What became of a migration, or of one of its changes."""

    PENDING = "pending"
    STARTED = "started"
    """It began; whether it ended has to be found out."""
    APPLIED = "applied"
    UNDONE = "undone"
    FAILED = "failed"
    """It ended badly; `changes` and `unsure` say what of it is left."""
    UNKNOWN = "unknown"
    """It may have run and nobody can tell."""


class Change(Frozen):
    """The unit that is applied and undone: one SQL file, or everything a command does."""

    name: str
    checksum: str = ""
    """`sha256:<hex>` of what is applied; empty if there is nothing to hash."""
    undo: str = ""
    """`sha256:<hex>` of what undoes it; empty if it is not a file."""
    compatible: bool = False
    """Whether the previous release runs on what it leaves behind."""
    reversible: bool = False

    def __str__(self) -> str:
        marks = [
            *([] if self.compatible else ["incompatible"]),
            *([] if self.reversible else ["irreversible"]),
        ]
        return f"{self.name} ({', '.join(marks)})" if marks else self.name


class Work(Frozen):
    """What one migration step does, as data that only its engine reads in full."""

    name: str
    engine: str
    direction: Direction = Direction.UP
    changes: tuple[Change, ...]
    """In the order they are run; going down too, so newest first."""
    summary: str = ""
    """What runs, in a few words: `flask db upgrade in web`."""
    to_check: str = ""
    """What could not be looked at while planning, and will be; empty if nothing."""
    timeout: float | None = None
    """Seconds; None: as long as the phase."""
    details: dict[str, JsonValue] = {}
    """What the engine needs besides, never a secret."""


class MigrationRecord(Frozen):
    """What became of one migration in a release. Times are UTC."""

    name: str
    engine: str
    when: When
    direction: Direction = Direction.UP
    status: MigrationStatus = MigrationStatus.PENDING
    changes: tuple[Change, ...] = ()
    """Those that were applied (or undone), in the order they were."""
    unsure: tuple[Change, ...] = ()
    """Those that may have been: all that are planned while it is started, none when it ended well."""
    has_head: bool = False
    """Whether it can be asked for its revision."""
    before: str = ""
    """Revision before, if the migration can tell."""
    after: str = ""
    rollback: tuple[str, ...] = ()
    """The words that undo a command, with `{from}` still in them."""
    service: str = ""
    reason: str = ""
    """Why it was left alone or run again."""
    error: str = ""
    log: tuple[str, ...] = ()
    """The last lines a command wrote, redacted."""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def changed(self) -> bool:
        """Return whether something of it is, or may be, in the data."""
        return bool(self.changes or self.unsure)

    def with_change(self, change: Change) -> Self:
        """Return the record with one more change done for certain."""
        unsure = tuple(other for other in self.unsure if other.name != change.name)
        return self.model_copy(update={"changes": (*self.changes, change), "unsure": unsure})
