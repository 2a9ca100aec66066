"""Lines at the bottom of a terminal that are drawn again and again, below what stays."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, TextIO

from stagecraft.cli.render.cells import cells

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_SECONDS = 0.125
"""Between two looks at whether there is something else to draw."""
_GONE = (OSError, ValueError)
"""What writing to a terminal that went away, or to a closed stream, raises: nothing to end a release for."""


class Live:
    """Draws what `frame` returns, at once when told to and a few times a second; erases it in the end.

    Before it draws it takes back what it drew, in the rows that this takes in the columns of now: a terminal
    that was made narrower has wrapped it.
    """

    def __init__(
        self,
        out: TextIO,
        columns: Callable[[], int],
        frame: Callable[[], Sequence[str]],
        paint: Callable[[int, str], str],
    ) -> None:
        """`frame` returns plain lines; `paint` adds colour to the one with that number."""
        self.alone = threading.RLock()
        """Held while something is drawn, and by whoever changes what `frame` returns."""
        self._out = out
        self._columns = columns
        self._frame = frame
        self._paint = paint
        self._drawn: tuple[str, ...] = ()
        self._over = threading.Event()
        self._ticking = threading.Thread(target=self._tick, name="live", daemon=True)

    def __enter__(self) -> Self:
        """Begin to draw, if there still is a terminal to draw on."""
        with suppress(*_GONE):
            self._out.write(_HIDE)
            self.draw()
        self._ticking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was found: the moving lines gone, the cursor back."""
        self.stop()

    def stop(self) -> None:
        """Take the moving lines back and draw no more. Idempotent."""
        with self.alone:
            if not self._over.is_set():
                self._over.set()
                with suppress(*_GONE):
                    self._replace("", ())
                    self._out.write(_SHOW)
                    self._out.flush()

    def draw(self) -> None:
        """Draw what is to be seen now, if that is something else than what is seen."""
        with self.alone:
            lines = () if self._over.is_set() else tuple(self._frame())
            if lines != self._drawn:
                self._replace("", lines)

    def above(self, text: str) -> None:
        """Write lines that stay, above the moving ones."""
        with self.alone:
            self._replace(f"{text}\n", () if self._over.is_set() else tuple(self._frame()))

    def _tick(self) -> None:
        while not self._over.wait(_SECONDS):
            try:
                self.draw()
            except _GONE:
                return

    def _replace(self, text: str, lines: tuple[str, ...]) -> None:
        painted = "\n".join(self._paint(number, line) for number, line in enumerate(lines))
        self._out.write(self._erasing() + text + painted)
        self._out.flush()
        self._drawn = lines

    def _erasing(self) -> str:
        """Return what takes the drawn lines back: up to the first of their rows, then delete them.

        Deleted, not cleared: tmux keeps a cleared screen in its history, so that each frame would stay there.
        """
        if not self._drawn:
            return ""
        columns = max(self._columns(), 1)
        rows = sum(max(-(-cells(line) // columns), 1) for line in self._drawn)
        return "\r" + (f"\x1b[{rows - 1}A" if rows > 1 else "") + f"\x1b[{rows}M"
