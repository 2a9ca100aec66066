"""Hooks as values: commands of the user's own around a phase, and what became of them (spec/hooks.md)."""

from datetime import datetime
from enum import StrEnum

from stagecraft.model.frozen import Frozen
from stagecraft.model.phase import Phase, PhaseStatus


class Side(StrEnum):
    """On which side of its phase a hook runs."""

    BEFORE = "before"
    AFTER = "after"


class OnHookFailure(StrEnum):
    """What the failure of a hook means: the phase has failed, or somebody should know."""

    FAIL = "fail"
    WARN = "warn"


class HookRecord(Frozen):
    """What became of one hook in a release. Times are UTC."""

    name: str
    phase: Phase
    when: Side
    status: PhaseStatus = PhaseStatus.RUNNING
    error: str = ""
    log: tuple[str, ...] = ()
    """The last lines of one that failed, redacted."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
