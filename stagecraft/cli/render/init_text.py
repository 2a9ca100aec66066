"""What `stagecraft init` says: what it found, what it wrote, what is left to do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stagecraft.cli.render.errors import error_text

if TYPE_CHECKING:
    from stagecraft.app.start import Answers, Started
    from stagecraft.app.survey import Survey


def found_text(found: "Survey") -> str:
    """Return what the Compose files say, before anything is asked."""
    lines = [f"{', '.join(found.compose)}: {', '.join(found.services)}"]
    if found.left_out:
        lines.append(f"not read: {', '.join(found.left_out)} (`--compose FILE` names what is)")
    if found.adopted:
        lines.append(f"runs already, and is taken over: Compose project `{found.adopted}`")
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])


def ended_text(found: "Survey", answers: "Answers", started: "Started") -> str:
    """Return what was written, what a person has to put right, and the next command."""
    return "\n".join(_ending(found, answers, started))


def _ending(found: "Survey", answers: "Answers", started: "Started") -> Iterator[str]:
    yield "written:"
    yield from (f"  {one}" for one in started.written)
    if started.to_edit:
        yield f"values to put right in `{found.file.name}`: {', '.join(started.to_edit)}"
    if unset := [one.name for one in found.variables if one.secret and one.dotenv is None]:
        yield f"secrets, read from the environment when they are used: {', '.join(unset)}"
    if started.problem is not None:
        yield "not ready yet:"
        yield from (f"  {line}" for line in error_text(started.problem).splitlines())
        yield "next: correct it, then `stagecraft config check`"
        return
    yield f"next: `stagecraft plan --env {answers.environment}`"
