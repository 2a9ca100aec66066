"""Standard error as log records, one JSON object a line (spec/telemetry.md, "Logs")."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from stagecraft.cli.render.clean import clean, one_line
from stagecraft.cli.render.events_json import event_json
from stagecraft.cli.render.summary import headline
from stagecraft.cli.render.times import seconds
from stagecraft.cli.telemetry import Telemetry
from stagecraft.cli.terminal import LEVELS, Records, Terminal
from stagecraft.errors import StagecraftError, StepFailedError
from stagecraft.model.events import (
    Action,
    Command,
    CommandFinished,
    Event,
    HostChanged,
    Note,
    Output,
    PhaseChanged,
    ReleaseFinished,
    ReleaseStarted,
    StepChanged,
)
from stagecraft.model.phase import PhaseStatus, ReleaseStatus


class LogRecords:
    """Makes records; those of a run carry its release and the ids of its trace."""

    def __init__(self, telemetry: Telemetry, now: Callable[[], float]) -> None:
        """`now` returns seconds since 1970."""
        self._telemetry = telemetry
        self._now = now
        self._release: dict[str, str] = {}

    def line(self, level: str, message: str, more: dict[str, Any] | None = None, span: str = "") -> str:
        """Return one record as a line, without its newline."""
        trace = self._telemetry.trace
        ids = {"trace_id": trace.id, "span_id": span or trace.root} if trace else {}
        time = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        record = {"time": time.replace("+00:00", "Z"), "level": level, "message": clean(message)}
        whole = {**record, **ids, **self._release, **(more or {})}
        return json.dumps(
            whole, separators=(",", ":")
        )  # in ASCII: one line, whatever a reader takes for its end

    def event(self, event: Event) -> str:
        """Return the record of an event."""
        if isinstance(event, ReleaseStarted):
            keys = ("release", "environment", "version")
            self._release = {key: getattr(event, key) for key in keys}
        fields = event_json(event)
        fields.pop("at")
        if isinstance(event, ReleaseFinished):
            fields = {"event": event.event, "status": str(event.release.status)}
        trace = self._telemetry.trace
        return self.line(level_of(event), message_of(event), fields, trace.span_of(event) if trace else "")

    def error(self, error: StagecraftError, exit_code: int) -> str:
        """Return the record of the error that ended the command."""
        log = [clean(line) for line in error.log] if isinstance(error, StepFailedError) else []
        more = {"hint": clean(error.hint), "exit_code": exit_code, **({"log": log} if log else {})}
        return self.line("error", str(error), more)


class LogView:
    """A run as records on standard error."""

    def __init__(self, terminal: Terminal, records: Records, least: str) -> None:
        """`least` is the lowest level that is shown."""
        self._terminal = terminal
        self._records = records
        self._least = LEVELS.index(least)

    def __call__(self, event: Event) -> None:
        """Write the event, if it is of that level."""
        line = self._records.event(event)
        if LEVELS.index(level_of(event)) >= self._least:
            self._terminal.line(line)


def level_of(event: Event) -> str:
    """Return how much an event matters."""
    match event:
        case Command() | CommandFinished() | Output() | StepChanged():
            return "debug"
        case Note() | PhaseChanged(status=PhaseStatus.INTERRUPTED):
            return "warn"
        case PhaseChanged(status=PhaseStatus.FAILED):
            return "error"
        case ReleaseFinished():
            return "info" if event.release.status is ReleaseStatus.COMPLETED else "error"
        case _:
            return "info"


def message_of(event: Event) -> str:  # noqa: C901, PLR0911 - one for each event
    """Return one line for people."""
    match event:
        case ReleaseStarted():
            return f"{event.release}: {event.version} to {event.environment}"
        case PhaseChanged():
            why = event.error or event.reason or _took(event.duration)
            return f"{event.phase} {event.status}" + (f": {one_line(why)}" if why else "")
        case StepChanged():
            return f"{event.kind} {event.subject}: {event.status}" + _after(event.duration)
        case HostChanged():
            return f"{event.host}: {event.status}"
        case Action():
            return f"{event.host}: {one_line(event.action)}" + (
                f" ({one_line(event.cause)})" if event.cause else ""
            )
        case Command():
            return f"$ {event.line}"
        case CommandFinished():
            code = "stopped" if event.code is None else f"exit code {event.code}"
            return f"{code}{_after(event.duration)}: {event.line}"
        case Output():
            return f"{event.source} | {event.line}"
        case Note():
            return event.text
        case ReleaseFinished():
            return headline(event.release)


def _took(duration: float | None) -> str:
    return "" if duration is None else seconds(duration)


def _after(duration: float | None) -> str:
    return "" if duration is None else f" after {seconds(duration)}"
