"""The one line a phase is given in the output of a run."""

from stagecraft.cli.render.clean import one_line
from stagecraft.cli.render.times import seconds
from stagecraft.model.events import PhaseChanged
from stagecraft.model.phase import Phase, PhaseStatus

_NAME = max(map(len, Phase)) + 2
_STATUS = max(map(len, PhaseStatus)) + 2
UNFINISHED = (PhaseStatus.PENDING, PhaseStatus.RUNNING)


def columns(name: str, status: str, rest: str) -> str:
    """Return the three columns every phase line has."""
    return f"{name:<{_NAME}}{status:<{_STATUS}}{rest}".rstrip()


def phase_line(event: PhaseChanged) -> str:
    """Return name, result, and the duration or the reason it was skipped."""
    took = seconds(event.duration) if event.duration is not None else ""
    return columns(event.phase, event.status, took or one_line(event.reason or ""))
