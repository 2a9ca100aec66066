"""What a phase is doing at the moment, in at most a handful of lines."""

from collections import deque

from stagecraft.cli.render.clean import one_line
from stagecraft.model.events import Action, Event, HostChanged, Output, PhaseChanged, StepChanged
from stagecraft.model.phase import HostStatus

_LINES = 6
"""More than that would push the finished phases off a small screen."""
_OVER = (HostStatus.UPDATED, HostStatus.UNCHANGED, HostStatus.FAILED, HostStatus.REVERTED)


class Doing:
    """Remembers the last word of every host and step, and of the programs the last lines."""

    def __init__(self) -> None:
        self._current: dict[str, str] = {}
        self._output: deque[str] = deque(maxlen=_LINES)

    def take(self, event: Event) -> None:
        """Take note of an event; a new phase begins with a clean sheet."""
        match event:
            case PhaseChanged():
                self._current.clear()
                self._output.clear()
            case StepChanged(status="running"):
                self._current[event.subject] = f"{event.subject}: {event.kind}"
            case StepChanged():
                self._current.pop(event.subject, None)
            case Action():
                cause = f" ({one_line(event.cause)})" if event.cause else ""
                self._current[event.host] = f"{event.host}: {one_line(event.action)}{cause}"
            case HostChanged() if event.status in _OVER:
                self._current.pop(event.host, None)
            case Output():
                self._output.append(f"{event.source} | {one_line(event.line)}")
            case _:
                pass

    def lines(self) -> list[str]:
        """Return what is under way, one line each, filled up with the newest output."""
        current = list(self._current.values())
        shown = current[:_LINES]
        if len(current) > _LINES:
            shown[-1] = f"and {len(current) - _LINES + 1} more"
        room = _LINES - len(shown)
        return shown + (list(self._output)[-room:] if room else [])
