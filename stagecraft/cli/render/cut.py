"""Fitting parts of a text into a limit, the most important first, and saying what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

_NOTE = 160
"""Characters kept free for the note about what is missing."""


@dataclass(frozen=True)
class Part:
    """Lines that belong together; those in the middle may be cut, the others frame them."""

    middle: Sequence[str]
    before: Sequence[str] = ()
    after: Sequence[str] = ()

    def lines(self, count: int | None = None) -> list[str]:
        """Return the part with the first `count` lines of its middle."""
        return [*self.before, *self.middle[:count], *self.after]


def fitted(parts: Sequence[Part], limit: int, whole: str) -> str:
    """Return as much of the parts as `limit` characters hold; `whole` says where everything is.

    A part is cut between two lines of its middle, and left out if none of them fits; what comes after
    it is still tried.
    """
    lines: list[str] = []
    missing = 0
    room = limit - _NOTE - len(whole)
    for part in parts:
        count = _fitting(part, room)
        missing += len(part.middle) - count
        if count or not part.middle:
            taken = part.lines(count)
            lines += taken
            room -= _size(taken)
    if missing:
        lines += ["", f"**Cut: {missing} more lines do not fit here.** {whole}"]
    return "\n".join(lines) + "\n"


def _fitting(part: Part, room: int) -> int:
    """Return how many lines of the part's middle fit."""
    room -= _size([*part.before, *part.after])
    for count, line in enumerate(part.middle):
        room -= len(line) + 1
        if room < 0:
            return count
    return len(part.middle) if room >= 0 else 0


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
