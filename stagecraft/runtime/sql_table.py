"""The table `stagecraft_migrations`: every statement about it (spec/migrations.md)."""

from datetime import datetime

from stagecraft.model.sql import Job, Row, RowStatus, Settle
from stagecraft.runtime.sql_database import Database

_SELECT = 'SELECT name, migration, checksum, "release", status FROM {t}'


class Table:
    """Reads and writes rows; transactions are the caller's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self) -> tuple[Row, ...]:
        """Return every row by name; none if there is no table."""
        if not self._database.has_table():
            return ()
        return tuple(_row(found) for found in self._database.query(f"{_SELECT} ORDER BY name"))

    def row(self, name: str) -> Row | None:
        """Return the row of one file."""
        found = self._database.query(f"{_SELECT} WHERE name = ?", [name])
        return _row(found[0]) if found else None

    def make(self) -> None:
        """Make the table if it is not there."""
        if not self._database.has_table():
            self._database.make_table()

    def start(self, job: Job, migration: str, release: str) -> None:
        """Write that a file is about to be applied."""
        self._database.query(
            'INSERT INTO {t} (name, migration, checksum, "release", status) VALUES (?, ?, ?, ?, ?)',
            [job.name, migration, job.checksum, release, RowStatus.STARTED.value],
        )

    def undoing(self, name: str, release: str) -> None:
        """Write that a file is about to be undone."""
        self._database.query(
            'UPDATE {t} SET status = ?, "release" = ? WHERE name = ?',
            [RowStatus.UNDOING.value, release, name],
        )

    def finish(self, name: str, seconds: float | None, now: datetime) -> None:
        """Write that a file is applied."""
        self._database.query(
            "UPDATE {t} SET status = ?, duration = ?, applied_at = ? WHERE name = ?",
            [RowStatus.APPLIED.value, seconds, self._database.moment(now), name],
        )

    def forget(self, name: str) -> None:
        """Write that a file is not there."""
        self._database.query("DELETE FROM {t} WHERE name = ?", [name])

    def settle(self, settle: Settle, now: datetime) -> None:
        """Write what a person has found out about a file that did not finish."""
        if settle.applied:
            self._database.query("UPDATE {t} SET checksum = ? WHERE name = ?", [settle.checksum, settle.name])
            self.finish(settle.name, None, now)
        else:
            self.forget(settle.name)


def _row(found: tuple[str, ...]) -> Row:
    name, migration, checksum, release, status = found
    return Row(name, migration, checksum, release, RowStatus(status))
