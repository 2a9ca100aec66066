"""A notice: what somebody outside is told of a release (spec/notices.md)."""

from datetime import datetime
from enum import StrEnum

from stagecraft.model.frozen import Frozen
from stagecraft.model.phase import Kind, Phase


class NoticeEvent(StrEnum):
    """What can be told."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    ROLLED_BACK = "rolled_back"
    DRIFT = "drift"


class NoticeFormat(StrEnum):
    """Shapes of a webhook's body."""

    JSON = "json"
    SLACK = "slack"
    DISCORD = "discord"
    TEAMS = "teams"


class Notice(Frozen):
    """One thing to tell. Nothing in it is secret once it went through the redactor."""

    event: NoticeEvent
    project: str
    environment: str
    release: str | None = None
    version: str | None = None
    kind: Kind | None = None
    """None for `drift`, which is of no run."""
    phase: Phase | None = None
    """Where it failed or was interrupted."""
    host: str | None = None
    """Where it failed, or the first host that drifted."""
    actor: str | None = None
    message: str = ""
    error: str = ""
    log: tuple[str, ...] = ()
    """The last lines of what failed; for `drift`, one line a difference."""
    at: datetime
    """When it was told."""
