"""A run on a terminal: finished phases stay, the running one moves."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from stagecraft.cli.render.clean import clean
from stagecraft.cli.render.doing import Doing
from stagecraft.cli.render.phase_line import UNFINISHED, columns, phase_line
from stagecraft.cli.render.plain import between_phases
from stagecraft.cli.render.summary import summary
from stagecraft.cli.render.times import seconds
from stagecraft.cli.terminal import Terminal
from stagecraft.model.events import Event, Note, PhaseChanged, ReleaseFinished, ReleaseStarted
from stagecraft.model.phase import Phase, PhaseStatus

_STYLES = {
    PhaseStatus.COMPLETED: "green",
    PhaseStatus.FAILED: "bold red",
    PhaseStatus.INTERRUPTED: "yellow",
    PhaseStatus.SKIPPED: "dim",
}


_ECHO = 3
"""Columns left free: the `^C` a terminal echoes must not wrap, or the moving lines could not be erased."""


class Progress:
    """The live view; `monotonic` gives the seconds that the running phase's time is counted in."""

    def __init__(self, terminal: Terminal, monotonic: Callable[[], float]) -> None:
        self._console = Console(
            file=terminal.out,
            force_terminal=True,
            color_system="standard" if terminal.colour else None,
            no_color=not terminal.colour,
            width=terminal.width,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._monotonic = monotonic
        self._told: set[Phase] = set()
        self._running: str | None = "prepare"
        self._began = monotonic()
        self._doing = Doing()
        self._spinner = Spinner("dots")
        self._live = Live(
            get_renderable=self._now,
            console=self._console,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was found: the moving lines gone, the cursor back."""
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Print what stays; keep in mind what is going on."""
        self._doing.take(event)
        match event:
            case ReleaseStarted():
                self._running = None
                self._print(f"{event.release}: {event.version} to {event.environment}", "bold")
            case PhaseChanged(status=PhaseStatus.RUNNING):
                self._running, self._began = event.phase, self._monotonic()
                self._live.refresh()
            case PhaseChanged() if event.status not in UNFINISHED and event.phase not in self._told:
                self._told.add(event.phase)
                self._running = None
                self._print(phase_line(event), _STYLES.get(event.status, ""))
            case Note():
                self._print(between_phases(event, verbose=False) or "", "yellow")
            case ReleaseFinished():
                self._running = None
                self._live.stop()
                self._print("\n" + summary(event.release))
            case _:
                pass

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(clean(text), style=style), soft_wrap=True)

    def _now(self) -> RenderableType:
        """Return the moving part: the running phase, and what is done in it."""
        if self._running is None:
            return Group()
        took = seconds(int(self._monotonic() - self._began))
        line = Table.grid(padding=(0, 1))
        line.add_row(Text(columns(self._running, PhaseStatus.RUNNING, took), style="bold"), self._spinner)
        return Group(line, *(self._line(text) for text in self._doing.lines()))

    def _line(self, text: str) -> Text:
        line = Text(f"  {clean(text)}", style="dim", no_wrap=True)
        line.truncate(self._console.width - _ECHO, overflow="ellipsis")
        return line
