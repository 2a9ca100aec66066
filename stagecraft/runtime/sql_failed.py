"""How a file of SQL fails: where, what of it is left, and what to do then."""

from enum import StrEnum

from stagecraft.errors import StepFailedError
from stagecraft.model.sql import Job, Statement


class Left(StrEnum):
    """What a failed file has left in the database."""

    NOTHING = "nothing"
    """It was rolled back; its row too."""
    SOMETHING = "something"
    """Its row is `started` or `undoing`."""
    UNKNOWN = "unknown"
    """The connection was lost; the next look at the table tells."""


_WORDS = {
    Left.NOTHING: "the whole file was rolled back",
    Left.SOMETHING: "what came before it took effect and the file stays unfinished",
    Left.UNKNOWN: "the connection was lost, so what became of the file is not known yet",
}
_HINTS = {
    Left.NOTHING: "mend what it says and run it again",
    Left.SOMETHING: "look at which statements took effect, complete or remove them, then go on with"
    " `--migration-done {name}` or `--migration-again {name}`",
    Left.UNKNOWN: "run it again: the table tells",
}


class SqlFailedError(StepFailedError):
    """A file failed; `name` says which, `left` what of it is there."""

    def __init__(self, message: str, *, name: str, left: Left, hint: str, place: str) -> None:
        super().__init__(message, hint=hint, place=place)
        self.name = name
        self.left = left


def failed(message: str, job: Job, migration: str, left: Left, line: int) -> SqlFailedError:
    """Return the error that says what is left and the way on."""
    return SqlFailedError(
        f"{message}; {_WORDS[left]}",
        name=job.name,
        left=left,
        hint=_HINTS[left].format(name=migration),
        place=f"{job.file}:{line}",
    )


class Position:
    """Where in a file a run is; `statement` is None after the last."""

    def __init__(self, job: Job) -> None:
        self._last = job.statements[-1].line if job.statements else 1
        self.statement: Statement | None = None

    def line(self, offset: int) -> int:
        """Return the line of a character of the statement; of the last statement if all have run."""
        if self.statement is None:
            return self._last
        return self.statement.line + self.statement.text.count("\n", 0, offset)
