"""The part of a release that lists print and the rollback chain is computed from; quick to import."""

from datetime import datetime

from stagecraft.model.frozen import Frozen
from stagecraft.model.phase import Kind, PhaseStatus, ReleaseStatus


class Header(Frozen):
    """A release in short; `Release.header()` makes it."""

    id: str
    number: int
    environment: str
    kind: Kind
    version: str
    status: ReleaseStatus
    actor: str
    message: str
    created_at: datetime
    finished_at: datetime | None
    rollback_of: str | None
    resumes: str | None
    rollout: PhaseStatus
    undone: bool
    """Whether no host is left changed by this release's rollout."""
    partial: bool = False
    """Whether it destroyed some hosts only, so that the current release stays what it is."""
