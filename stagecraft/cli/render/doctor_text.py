"""What a look at the world found, place by place: what is well on one line, every problem on its own."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stagecraft.cli.render.table import table

if TYPE_CHECKING:
    from stagecraft.model.checked import Checked

_HEAD = ("where", "what", "result")
_HERE = "here"


def doctor_text(checks: Sequence["Checked"]) -> str:
    """Return the table: this machine first, then each host."""
    places = sorted(dict.fromkeys(check.host for check in checks), key=bool)
    return "\n".join(table([_HEAD, *(row for place in places for row in _rows(place, checks))]))


def _rows(place: str, checks: Sequence["Checked"]) -> Iterator[tuple[str, str, str]]:
    mine = [check for check in checks if check.host == place]
    if plain := [check.what for check in mine if not check.problems and not check.note]:
        yield place or _HERE, ", ".join(plain), "ok"
    for check in mine:
        if check.problems:
            told = (problem.removeprefix(f"{place}: ") for problem in check.problems)
            yield place or _HERE, check.what, "; ".join(told)
        elif check.note:
            yield place or _HERE, check.what, f"ok: {check.note}"
