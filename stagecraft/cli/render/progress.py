"""A run on a terminal: finished phases stay, the running one moves (spec/commands/deploy.md)."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from stagecraft.cli.render.board import Board
from stagecraft.cli.render.clean import clean
from stagecraft.cli.render.live import Live
from stagecraft.cli.render.phase_line import UNFINISHED, phase_line
from stagecraft.cli.render.plain import between_phases
from stagecraft.cli.render.summary import summary
from stagecraft.cli.terminal import Terminal
from stagecraft.model.events import Event, Note, PhaseChanged, ReleaseFinished, ReleaseStarted
from stagecraft.model.phase import Phase, PhaseStatus

_BOLD, _DIM, _YELLOW = "1", "2", "33"
_STYLES = {
    PhaseStatus.COMPLETED: "32",
    PhaseStatus.FAILED: "1;31",
    PhaseStatus.INTERRUPTED: _YELLOW,
    PhaseStatus.SKIPPED: _DIM,
}
"""Of the sixteen colours that every terminal has a theme for, light or dark."""


class Progress:
    """The live view; `monotonic` gives the seconds that times are counted in."""

    def __init__(self, terminal: Terminal, monotonic: Callable[[], float]) -> None:
        self._terminal = terminal
        self._monotonic = monotonic
        self._told: set[Phase] = set()
        self._board = Board(since=monotonic())
        self._live = Live(terminal.out, lambda: terminal.width or 80, self._frame, self._paint)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was found."""
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Print what stays; keep in mind what is going on."""
        with self._live.alone:
            self._board.take(event, self._monotonic())
            match event:
                case ReleaseStarted():
                    self._board.phase = ""
                    self._say(f"{event.release}: {event.version} to {event.environment}", _BOLD)
                case PhaseChanged() if event.status not in UNFINISHED and event.phase not in self._told:
                    self._told.add(event.phase)
                    self._say(phase_line(event), _STYLES.get(event.status, ""))
                case Note():
                    self._say(between_phases(event, verbose=False) or "", _YELLOW)
                case ReleaseFinished():
                    self._live.stop()
                    self._say("\n" + summary(event.release))
                case PhaseChanged():
                    self._live.draw()
                case _:
                    pass

    def _say(self, text: str, style: str = "") -> None:
        self._live.above("\n".join(self._styled(line, style) for line in clean(text).split("\n")))

    def _frame(self) -> Sequence[str]:
        """Return the moving lines for the terminal's size of now."""
        return self._board.lines(self._monotonic(), self._terminal.width or 80, self._terminal.height)

    def _paint(self, number: int, line: str) -> str:
        return self._styled(line, _DIM if number else _BOLD)

    def _styled(self, line: str, style: str) -> str:
        return f"\x1b[{style}m{line}\x1b[0m" if style and line and self._terminal.colour else line
