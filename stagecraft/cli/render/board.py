"""The moving part of the screen: the running phase, and what every host or image is at right now.

Pure: events and times in, lines out, so that every screen can be looked at as text.
"""

from dataclasses import dataclass, field

from stagecraft.cli.render.cells import cells, cut, padded
from stagecraft.cli.render.clean import one_line
from stagecraft.cli.render.phase_line import columns
from stagecraft.cli.render.programs import Layers, built
from stagecraft.cli.render.times import seconds
from stagecraft.model.events import Action, Event, HostChanged, Output, PhaseChanged, StepChanged
from stagecraft.model.phase import HostStatus, Phase, PhaseStatus

_KEPT = 8
"""Lines of the screen left for what stays: finished phases, and the prompt."""
_ECHO = 3
"""Columns left free: the `^C` a terminal echoes must not wrap, or the moving lines could not be erased."""
_NAME = 24
"""Columns a name may take before it is cut."""
_OVER = (
    HostStatus.UPDATED,
    HostStatus.UNCHANGED,
    HostStatus.FAILED,
    HostStatus.REVERTED,
    HostStatus.UNTOUCHED,
)


@dataclass
class _Row:
    text: str
    since: float


@dataclass
class Board:
    """What is under way. Times are seconds on one scale that the caller keeps."""

    phase: str = "prepare"
    since: float = 0
    rows: dict[str, _Row] = field(default_factory=dict)
    over: dict[str, HostStatus] = field(default_factory=dict)
    layers: dict[str, Layers] = field(default_factory=dict)

    def take(self, event: Event, now: float) -> None:
        """Take note of an event; a phase that begins or ends leaves a clean sheet."""
        match event:
            case PhaseChanged():
                self.phase, self.since = _heading(event), now
                self.rows, self.over, self.layers = {}, {}, {}
            case StepChanged(status="running"):
                self._set(event.subject, event.kind, now)
            case StepChanged():
                self.rows.pop(event.subject, None)
            case Action():
                cause = f" ({one_line(event.cause)})" if event.cause else ""
                self._set(event.host, f"{one_line(event.action)}{cause}", now)
            case HostChanged() if event.status in _OVER:
                self.rows.pop(event.host, None)
                self.over[event.host] = event.status
            case Output():
                self._output(event, now)
            case _:
                pass

    def lines(self, now: float, width: int, height: int) -> list[str]:
        """Return the lines to show on a screen of that size; none while no phase runs."""
        if not self.phase:
            return []
        room = max(height - _KEPT, 2)
        tally = self._tally()
        rows = sorted(self.rows.items())
        shown = rows if len(rows) + len(tally) <= room else rows[: room - len(tally) - 1]
        more = [f"and {len(rows) - len(shown)} more"] if len(shown) < len(rows) else []
        name = min(max((cells(name) for name, _ in shown), default=0), _NAME)
        took = seconds(int(now - self.since))
        first = columns(self.phase, PhaseStatus.RUNNING, took)
        return [
            cut(first, width - _ECHO),
            *(_line(padded(cut(key, name), name), row, now, width - _ECHO) for key, row in shown),
            *(cut(f"  {line}", width - _ECHO) for line in [*more, *tally]),
        ]

    def _set(self, key: str, text: str, now: float) -> None:
        """Say what something is at; the time runs from when that began."""
        known = self.rows.get(key)
        if known is None or known.text != text:
            self.rows[key] = _Row(text, now)

    def _output(self, event: Output, now: float) -> None:
        line = one_line(event.line)
        doing, _, subject = event.source.partition(" ")
        if doing == "build":
            if step := built(line):
                self.rows.pop("local", None)
                self._set(*step, now)
        elif subject:
            counted = self.layers.setdefault(subject, Layers()).take(line)
            row = self.rows.get(subject)
            self.rows[subject] = _Row(f"{doing}: {counted}", row.since if row else now)

    def _tally(self) -> list[str]:
        """Return how many hosts are done with, and how; the failed ones by name."""
        statuses = list(self.over.values())
        counts = [f"{statuses.count(status)} {status}" for status in _OVER if status in statuses]
        if not counts or len(self.over) + len(self.rows) < 2:
            return []
        failed = sorted(name for name, status in self.over.items() if status is HostStatus.FAILED)
        return [", ".join(counts) + (f": {', '.join(failed)}" if failed else "")]


def _heading(event: PhaseChanged) -> str:
    """Return what goes on after an event; after the last phase images are removed and notices sent."""
    if event.status is PhaseStatus.RUNNING:
        return event.phase.value
    return "ending" if event.phase is Phase.FINALIZE and event.status is not PhaseStatus.PENDING else ""


def _line(name: str, row: _Row, now: float, width: int) -> str:
    """Return one row: the name, what it is at, and for how long, which is never cut away."""
    took = int(now - row.since)
    end = f"  {seconds(took)}" if took else ""
    return cut(f"  {name}  {row.text}", width - cells(end)) + end
