"""What happens during a run, told to observers; printed as JSON lines by `--format json` (spec/events.md)."""

from typing import Literal

from pydantic import Field, SerializeAsAny

from stagecraft.model.frozen import Frozen
from stagecraft.model.phase import HostStatus, Phase, PhaseStatus
from stagecraft.model.release import Release
from stagecraft.model.step import LOCAL


class _Event(Frozen):
    """Every event names its kind; times are seconds since the run began."""

    at: float = 0


class ReleaseStarted(_Event):
    """The release has a number and is on disk."""

    event: Literal["release_started"] = "release_started"
    release: str
    version: str
    environment: str


class PhaseChanged(_Event):
    """A phase began or ended; recorded before this is sent."""

    event: Literal["phase"] = "phase"
    phase: Phase
    status: PhaseStatus
    reason: str | None = None
    duration: float | None = None
    """Seconds; None while it runs or if it never did."""
    error: str | None = None


class StepChanged(_Event):
    """A step began, ended or failed."""

    event: Literal["step"] = "step"
    phase: Phase
    kind: str
    host: str
    subject: str
    """What the step is about: the service, the host."""
    status: Literal["running", "completed", "failed"]
    duration: float | None = None


class HostChanged(_Event):
    """A host's rollout reached a new status."""

    event: Literal["host"] = "host"
    host: str
    status: HostStatus


class Action(_Event):
    """Something was done, or is waited for, on a host, with its cause."""

    event: Literal["action"] = "action"
    host: str
    action: str
    """`replace web`, `remove old-worker`, `wait for web`."""
    cause: str


class Command(_Event):
    """A program is about to run; `line` is the exact command line, redacted. Shown by `--verbose`.

    Also a question at an engine's socket: `GET /containers/json`.
    """

    event: Literal["command"] = "command"
    line: str
    host: str = LOCAL
    """The host it is about; it always runs here."""


class CommandFinished(_Event):
    """A program that was told of is over."""

    event: Literal["command_finished"] = "command_finished"
    line: str
    host: str = LOCAL
    code: int | None
    """Exit code, minus the signal's number if one ended it; None if it was stopped or never ran."""
    duration: float
    """Seconds."""


class Output(_Event):
    """A line a program wrote, redacted."""

    event: Literal["output"] = "output"
    source: str
    """Which program or step it came from: `build`, `push web`."""
    line: str


class Note(_Event):
    """Something a person should know that is not a failure."""

    event: Literal["note"] = "note"
    text: str


class ReleaseFinished(_Event):
    """The last event: the whole finished record."""

    event: Literal["release_finished"] = "release_finished"
    release: SerializeAsAny[Release] = Field(repr=False)


Event = (
    ReleaseStarted
    | PhaseChanged
    | StepChanged
    | HostChanged
    | Action
    | Command
    | CommandFinished
    | Output
    | Note
    | ReleaseFinished
)
