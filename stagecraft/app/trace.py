"""A run as a tree of spans: one a release, phase, host and command (spec/telemetry.md)."""

import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from stagecraft.app.trace_parent import TraceParent
from stagecraft.model import events
from stagecraft.model.events import CommandFinished, Event, PhaseChanged, ReleaseFinished, StepChanged
from stagecraft.model.phase import Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.model.span import Moment, Span, SpanTree

SAME_COMMAND = 100
"""Spans of one command line under one parent: a rollout that waits asks the same again and again."""


@dataclass
class _Open:
    """A span that may not be over yet."""

    id: str
    parent: str | None
    name: str
    begin: float
    end: float
    attributes: dict[str, str | int] = field(default_factory=dict)
    error: str | None = None
    moments: list[Moment] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)
    """How often each command line ran directly under it."""


class Trace:
    """Fed with every event of one run, one at a time; knows at any time which span an event belongs to."""

    def __init__(
        self, now: Callable[[], float], ids: Callable[[int], str], parent: TraceParent | None = None
    ) -> None:
        """`now` returns seconds since 1970 and never goes back; `ids` so many random bytes in hexadecimal."""
        self._now = now
        self._at = now()
        """When what is taken at the moment happened."""
        self.id = parent.trace_id if parent else ids(16)
        self._carrier = dict(parent.carrier) if parent else {}
        self._ids = ids
        self._root = self._open(None, "run")
        self._phase: Phase | None = None
        self._phases: dict[Phase, _Open] = {}
        self._hosts: dict[tuple[Phase, str], _Open] = {}
        self._commands: list[_Open] = []
        self._release: Release | None = None

    def take(self, event: Event) -> None:
        """Take one event."""
        self._at = self._now()
        match event:
            case PhaseChanged(status=PhaseStatus.RUNNING):
                self._phase = event.phase
                attributes = {"stagecraft.phase": str(event.phase)}
                self._phases[event.phase] = self._open(self._root, str(event.phase), attributes)
            case StepChanged():
                self._step(event)
            case events.Action():
                moment = Moment(name=event.action, at=self._at, attributes={"cause": event.cause})
                self._inside(event)[-1].moments.append(moment)
            case CommandFinished():
                self._command(event, self._inside(event)[-1])
            case ReleaseFinished():
                self._release = event.release
            case _:
                pass
        for span in self._inside(event):
            span.end = self._at

    @property
    def root(self) -> str:
        """Return the id of the release's span."""
        return self._root.id

    def span_of(self, event: Event) -> str:
        """Return the id of the innermost span that an event happens in."""
        return self._inside(event)[-1].id

    def tree(self, exit_code: int) -> SpanTree | None:
        """Return the trace, with how the command ended; None if the run never took a number."""
        if self._release is None:
            return None
        self._root.attributes["stagecraft.exit_code"] = exit_code
        self._judge(self._release)
        every = [self._root, *self._phases.values(), *self._hosts.values(), *self._commands]
        common = _common(self._release)
        spans = tuple(_closed(span, common) for span in every)
        return SpanTree(trace_id=self.id, spans=spans, carrier=self._carrier)

    def _open(self, parent: _Open | None, name: str, attributes: dict[str, str] | None = None) -> _Open:
        inherited = parent.attributes if parent else {}
        span = _Open(self._ids(8), parent.id if parent else None, name, self._at, self._at)
        span.attributes = {**inherited, **(attributes or {})}
        return span

    def _inside(self, event: Event) -> list[_Open]:
        """Return the spans an event happens in, outermost first."""
        if isinstance(event, PhaseChanged):
            return [self._root, *_known(self._phases.get(event.phase))]
        host = getattr(event, "host", None)
        if self._phase is None or host is None:
            return [self._root]
        return [self._root, self._phases[self._phase], *_known(self._hosts.get((self._phase, host)))]

    def _step(self, event: StepChanged) -> None:
        key = (event.phase, event.host)
        if key not in self._hosts:
            around = self._phases.get(event.phase, self._root)
            self._hosts[key] = self._open(around, f"host {event.host}", {"stagecraft.host": event.host})
        if event.status == "failed":
            self._hosts[key].error = ""

    def _command(self, event: CommandFinished, around: _Open) -> None:
        around.lines[event.line] += 1
        if around.lines[event.line] > SAME_COMMAND:
            return
        attributes = {"stagecraft.host": event.host, "process.command_line": event.line}
        span = self._open(around, _program(event.line), attributes)
        span.begin = max(around.begin, self._at - event.duration)
        if event.code is not None:
            span.attributes["process.exit.code"] = event.code
        if event.code != 0:
            span.error = "it did not end by itself" if event.code is None else f"exit code {event.code}"
        self._commands.append(span)

    def _judge(self, release: Release) -> None:
        """Say of each span what the record says of it: what failed, and why."""
        for phase, span in self._phases.items():
            record = release.phase(phase)
            span.error = None if record.status is PhaseStatus.COMPLETED else record.error or ""
        for (phase, host), span in self._hosts.items():
            if span.error is not None:
                known = release.hosts[host].error if host in release.hosts else None
                span.error = known or release.phase(phase).error or ""
        if release.status is not ReleaseStatus.COMPLETED:
            errors = (span.error for span in self._phases.values() if span.error)
            self._root.error = next(errors, "")
        self._root.name = str(release.kind)


def _known(span: _Open | None) -> list[_Open]:
    return [span] if span else []


def _common(release: Release) -> dict[str, str | int]:
    return {
        "stagecraft.project": release.project,
        "stagecraft.environment": release.environment,
        "stagecraft.release": release.id,
        "stagecraft.version": release.version,
        "stagecraft.kind": str(release.kind),
    }


def _closed(span: _Open, common: dict[str, str | int]) -> Span:
    left_out = sum(max(0, times - SAME_COMMAND) for times in span.lines.values())
    more = {"stagecraft.commands_left_out": left_out} if left_out else {}
    return Span(
        id=span.id,
        parent=span.parent,
        name=span.name,
        begin=span.begin,
        end=span.end,
        attributes={**common, **span.attributes, **more},
        error=span.error,
        moments=tuple(span.moments),
    )


def _program(line: str) -> str:
    """Return what a command is called: `docker compose`, `git`."""
    words = shlex.split(line)
    name = PurePosixPath(words[0]).name
    return f"{name} {words[1]}" if name == "docker" and len(words) > 1 else name
