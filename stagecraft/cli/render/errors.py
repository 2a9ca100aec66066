"""An error as a person reads it: what, where, the last lines of what failed, what to do next."""

from stagecraft.cli.render.clean import clean
from stagecraft.errors import StagecraftError, StepFailedError, StoreError


def error_text(error: StagecraftError) -> str:
    """Return `error: <place>: <message>`, the log indented, a lost record, then `hint: ...`."""
    lines = [_hanging("error: ", str(error))]
    if isinstance(error, StepFailedError):
        lines += [f"    {clean(line)}" for line in error.log]
    if isinstance(error, StoreError) and error.record:
        lines.append("the record that could not be stored, to be saved by hand:")
        lines += [clean(line) for line in error.record.splitlines()]
    if error.hint:
        lines.append(_hanging("hint: ", error.hint))
    return "\n".join(lines)


def _hanging(label: str, text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return "\n".join([label + first, *(f"  {line}" for line in rest)])
