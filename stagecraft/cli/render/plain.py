"""A run as plain lines: the same on every machine, without colours, times of day or cursor moves."""

from stagecraft.cli.render.clean import one_line
from stagecraft.cli.render.phase_line import UNFINISHED, phase_line
from stagecraft.cli.render.summary import headline, summary
from stagecraft.cli.render.times import seconds
from stagecraft.cli.terminal import Terminal
from stagecraft.model.events import (
    Action,
    Command,
    Event,
    Note,
    Output,
    PhaseChanged,
    ReleaseFinished,
    ReleaseStarted,
    StepChanged,
)
from stagecraft.model.phase import Phase


class Plain:
    """Phases and the summary on standard output; what happens in between on standard error."""

    def __init__(self, terminal: Terminal, *, verbose: bool = False) -> None:
        self._terminal = terminal
        self._verbose = verbose
        self._told: set[Phase] = set()

    def __call__(self, event: Event) -> None:
        """Print what the event says, once."""
        match event:
            case ReleaseStarted():
                self._terminal.say(f"{event.release}: {event.version} to {event.environment}")
            case PhaseChanged() if event.status not in UNFINISHED and event.phase not in self._told:
                self._told.add(event.phase)
                self._terminal.say(phase_line(event))
            case ReleaseFinished():
                self._terminal.say("\n" + summary(event.release))
            case _ if self._terminal.records is None:
                if (line := between_phases(event, verbose=self._verbose)) is not None:
                    self._terminal.tell(line)


class Quiet:
    """The result only."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def __call__(self, event: Event) -> None:
        """Print the last event's headline."""
        if isinstance(event, ReleaseFinished):
            self._terminal.say(headline(event.release))


def between_phases(event: Event, *, verbose: bool) -> str | None:
    """Return the line that tells what happens inside a phase, None if nothing is to be said."""
    match event:
        case Note():
            return f"note: {event.text}"
        case Action():
            return f"  {event.host}: {one_line(event.action)}" + (
                f" ({one_line(event.cause)})" if event.cause else ""
            )
        case Command() if verbose:
            return f"  $ {event.line}"
        case Output() if verbose:
            return f"  {event.source} | {event.line}"
        case StepChanged() if verbose and event.duration is not None:
            return f"  {event.kind} {event.subject}: {event.status}, {seconds(event.duration)}"
        case _:
            return None
