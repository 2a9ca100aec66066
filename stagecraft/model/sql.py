"""What the SQL migrator decides and the database drivers do: values, not recorded (spec/migrations.md)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from stagecraft.model.migration import Direction


class Dialect(StrEnum):
    """Whose rules a file is written by."""

    POSTGRES = "postgres"
    MYSQL = "mysql"
    """MariaDB too."""
    SQLITE = "sqlite"


class RowStatus(StrEnum):
    """What the table `stagecraft_migrations` says of a file."""

    STARTED = "started"
    APPLIED = "applied"
    UNDOING = "undoing"


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    name: str
    migration: str
    checksum: str
    release: str
    status: RowStatus


@dataclass(frozen=True)
class Statement:
    """One statement of a file."""

    text: str
    line: int
    """Where it begins; the first line is 1."""

    @property
    def beginning(self) -> str:
        """Return its first words, on one line."""
        words = " ".join(self.text.split())
        return words if len(words) <= 60 else words[:57] + "..."


@dataclass(frozen=True)
class Job:
    """One file to run, up or down."""

    name: str
    file: str
    """What its statements were read from: `0001_a.sql`, or `0001_a.down.sql`."""
    checksum: str
    statements: tuple[Statement, ...]
    direction: Direction = Direction.UP
    transaction: bool = True
    expects: RowStatus | None = None
    """The status its row has to have when it begins; None: there is no row."""


@dataclass(frozen=True)
class Settle:
    """What a person has found out about a file that was started: it is there, or it is not."""

    name: str
    checksum: str
    applied: bool


@dataclass(frozen=True)
class Decision:
    """What is to be done, given the files and the table: first settle, then the jobs in order."""

    jobs: tuple[Job, ...] = ()
    settle: tuple[Settle, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """What has become of one file, told while a run goes on."""

    name: str
    direction: Direction
    state: Literal["started", "done", "left alone"]
    """`left alone`: another run has done it meanwhile."""
    seconds: float = 0
