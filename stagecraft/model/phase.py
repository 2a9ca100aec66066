"""The six phases and every status a release, a phase or a host can have (spec/phases.md)."""

from enum import StrEnum


class Phase(StrEnum):
    """The phases, in the only order they run in."""

    BUILD = "build"
    PUSH = "push"
    MIGRATE_PRE = "migrate_pre"
    ROLLOUT = "rollout"
    MIGRATE_POST = "migrate_post"
    FINALIZE = "finalize"


class PhaseStatus(StrEnum):
    """What became of a phase."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"


class Because(StrEnum):
    """Why a phase was skipped: the plan said so, an earlier phase failed, or an earlier release did it."""

    PLAN = "plan"
    FAILURE = "failure"
    RESUMED = "resumed"


class HostStatus(StrEnum):
    """What became of a host in the rollout."""

    PENDING = "pending"
    RUNNING = "running"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    REVERTED = "reverted"
    UNTOUCHED = "untouched"

    @property
    def finished(self) -> bool:
        """Return whether the host is on the release."""
        return self in (HostStatus.UPDATED, HostStatus.UNCHANGED)


class ReleaseStatus(StrEnum):
    """What became of a release. `interrupted` is also what a reader concludes from running + a free lock."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Kind(StrEnum):
    """What a release does."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    MIGRATE = "migrate"
    DESTROY = "destroy"
