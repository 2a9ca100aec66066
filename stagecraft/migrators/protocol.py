"""What every migration engine offers the core, which knows no engine by name (spec/migrations.md)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from stagecraft.migrators.answers import Answers
from stagecraft.model.migration import MigrationRecord


class Verdict(StrEnum):
    """What happens to a migration that was started and whose end nobody saw."""

    AGAIN = "again"
    """Its engine runs it again, and sees itself what is left to do."""
    DONE = "done"
    """It is taken as applied."""


@dataclass(frozen=True)
class Resume:
    """A verdict, and why: recorded and shown."""

    verdict: Verdict
    reason: str


class Engine(Protocol):
    """One way to migrate."""

    def resume(self, record: MigrationRecord, *, now: str, answers: Answers) -> Resume:
        """Decide about a started migration; `now`: the revision, empty if there is none.

        Raises RefusedError if nobody can tell.
        """
        ...
