"""Where in the repository an error is: what a pipeline can show beside the line."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from stagecraft.errors import StagecraftError

_PLACED = re.compile(r"(?P<file>[^\s:]+):(?P<line>\d+): (?P<text>.*)")
_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+))?")


@dataclass(frozen=True)
class Annotation:
    """One thing that is wrong, and where, if it is in a file of the repository."""

    text: str
    file: str = ""
    """Relative to the repository, with `/`; empty: in no file."""
    line: int = 1


def annotations(error: StagecraftError, folder: Path, root: Path) -> list[Annotation]:
    """Return an annotation for each problem of an error; places are relative to `folder`, files to `root`.

    A configuration error lists further problems as lines that begin with `FILE:LINE: `.
    """
    first, *others = error.message.split("\n") or [""]
    found = [_located(first + (f" ({error.hint})" if error.hint else ""), error.place, folder, root)]
    for line in others:
        match = _PLACED.fullmatch(line)
        placed = _located(match["text"], f"{match['file']}:{match['line']}", folder, root) if match else None
        if placed and placed.file:
            found.append(placed)
        else:
            found[-1] = Annotation(f"{found[-1].text}\n{line}", found[-1].file, found[-1].line)
    return found


def _located(text: str, place: str, folder: Path, root: Path) -> Annotation:
    match = _PLACE.fullmatch(place)
    if match is None or not (folder / match["file"]).is_file():
        return Annotation(f"{place}: {text}" if place else text)
    file = os.path.relpath((folder / match["file"]).absolute(), root)
    if file.startswith(".."):
        return Annotation(f"{place}: {text}")
    return Annotation(text, Path(file).as_posix(), int(match["line"] or 1))
