"""The one door to what the user sees: standard output and standard error, cleaned."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from stagecraft.cli.render.clean import clean
from stagecraft.errors import StagecraftError

if TYPE_CHECKING:
    from stagecraft.model.events import Event

Paint = Callable[[str], str]
"""Adds colour to one cleaned line; only called if the terminal takes colour."""


class LostOutputError(Exception):
    """Standard output does not take what is written; `closed` if its reader has gone."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause.strerror)
        self.closed = isinstance(cause, BrokenPipeError)


LEVELS = ("debug", "info", "warn", "error")
"""How much a line on standard error matters, least first."""


class Records(Protocol):
    """Makes log records of what is said on standard error."""

    def line(self, level: str, message: str) -> str:
        """Return a record for a message."""
        ...

    def event(self, event: "Event") -> str:
        """Return the record of an event of a run."""
        ...

    def error(self, error: StagecraftError, exit_code: int) -> str:
        """Return the record of the error that ended the command."""
        ...


@dataclass
class Terminal:
    """Where the command's words go. Data on `out`, the rest on `err`."""

    out: TextIO
    err: TextIO
    environ: Mapping[str, str]
    source: TextIO | None = None
    """Where a person's answers come from."""
    records: Records | None = None
    """What makes a log record of each thing said on `err`; None: it is said as it is."""

    @property
    def listens(self) -> bool:
        """Return whether there is a person who can be asked."""
        return self.source is not None and self.source.isatty()

    @property
    def moves(self) -> bool:
        """Return whether standard output is a terminal that can redraw lines."""
        return self.out.isatty() and self.environ.get("TERM", "") not in ("", "dumb")

    @property
    def colour(self) -> bool:
        """Return whether standard output takes colour (https://no-color.org)."""
        return self.moves and not self.environ.get("NO_COLOR")

    @property
    def width(self) -> int | None:
        """Return the columns of the terminal; None if standard output is none, so that nothing is cut."""
        if not self.out.isatty():
            return None
        if (columns := self.environ.get("COLUMNS", "")).isdecimal() and int(columns) > 0:
            return int(columns)
        try:
            return os.get_terminal_size(self.out.fileno()).columns or 80
        except OSError:
            return 80

    @property
    def height(self) -> int:
        """Return the lines of the terminal."""
        if (lines := self.environ.get("LINES", "")).isdecimal() and int(lines) > 0:
            return int(lines)
        try:
            return os.get_terminal_size(self.out.fileno()).lines or 24
        except OSError:
            return 24

    def data(self, text: str) -> None:
        """Write what a program may read: as it is, except on a terminal, which must not be steered by it."""
        self._write(clean(text) if self.out.isatty() else text)

    def say(self, text: str, paint: Paint | None = None) -> None:
        """Write lines for people to standard output."""
        lines = clean(text).split("\n")
        if paint is not None and self.colour:
            lines = [paint(line) for line in lines]
        self._write("\n".join(lines) + "\n")

    def tell(self, text: str, level: str = "info") -> None:
        """Write lines for people to standard error; if nobody can read them, nothing else is lost."""
        self.line(self.records.line(level, text) if self.records else text)

    def line(self, text: str) -> None:
        """Write to standard error what is no log record, or one already."""
        try:
            self.err.write(clean(text) + "\n")
            self.err.flush()
        except (OSError, ValueError):
            return

    def ask(self, question: str) -> str | None:
        """Return one line that a person types after the question; None at the end of the input."""
        self.err.write(clean(question) + " ")
        self.err.flush()
        line = self.source.readline() if self.source is not None else ""
        return line.strip() if line else None

    def _write(self, text: str) -> None:
        try:
            self.out.write(text)
            self.out.flush()
        except OSError as error:
            raise LostOutputError(error) from error
