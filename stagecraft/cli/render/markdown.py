"""Markdown that shows text as text, whatever is in it (GitHub Flavored Markdown 0.29, CommonMark 0.29).

A review is worth nothing if what is reviewed can change how the review looks: no value ends a code block,
opens an element, becomes a link or calls a person.
"""

import html
import re
from collections.abc import Iterable, Sequence

from stagecraft.cli.render.clean import clean

_MARKS = re.compile(
    r"[\\`*_{}\[\]()!|~]"  # what means something anywhere
    r"|^[#+-]"  # what begins a heading or a list
    r"|:(?=//)|(?<=www)\."  # what makes a link of an address
)


def code(text: str) -> str:
    """Return a code span on one line; usable in a table's cell."""
    line = " ".join(clean(text).split())
    if not line:
        return "(empty)"
    ticks = "`" * (_longest_run(line) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{space}{line}{space}{ticks}".replace("|", "\\|")


def prose(text: str) -> str:
    """Return a sentence in which only words between backticks are set as code."""
    text = clean(text).strip()
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _plain(text)
    return "".join(code(part) if index % 2 else _plain(part) for index, part in enumerate(parts))


def fence(text: str, language: str = "") -> list[str]:
    """Return the lines of a code block that nothing in `text` can end."""
    lines = clean(text).rstrip("\n").split("\n")
    ticks = "`" * max(3, *(_longest_run(line) + 1 for line in lines))
    return [ticks + language, *lines, ticks]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; cells are Markdown already."""
    return [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]


def summary_of(text: str) -> str:
    """Return the first line of a folded part."""
    return f"<details><summary>{html.escape(' '.join(clean(text).split()))}</summary>"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return text whose marks mean nothing; an `@` calls nobody because it stands in code."""
    line = re.sub(r"\s+", " ", text)
    escaped = html.escape(_MARKS.sub(_escaped, line), quote=False)
    return escaped.replace("@", "`@`")


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match.group()}"


def _longest_run(line: str) -> int:
    return max((len(run) for run in re.findall("`+", line)), default=0)
