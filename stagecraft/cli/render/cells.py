"""How wide text is on a terminal, and cutting it to a width."""

import unicodedata

_DOUBLE = ("W", "F")


def cells(text: str) -> int:
    """Return the columns a line takes (Unicode Standard Annex 11, East Asian Width)."""
    return sum(_width(character) for character in text)


def cut(text: str, width: int) -> str:
    """Return the line in at most `width` columns, its last one `…` if something is missing."""
    if cells(text) <= width:
        return text
    kept, room = "", width - 1
    for character in text:
        room -= _width(character)
        if room < 0:
            break
        kept += character
    return kept.rstrip() + "…" if width > 0 else ""


def padded(text: str, width: int) -> str:
    """Return the line filled up with spaces to `width` columns."""
    return text + " " * max(width - cells(text), 0)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _DOUBLE else 1
