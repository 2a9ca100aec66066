"""The hands of the `sql` engine: reach a database, read its table, run files, record each when it is done."""

import base64
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from stagecraft.app.migration_entry import Entry
from stagecraft.app.migration_past import APPLIED, Past
from stagecraft.engine.ports import Clock
from stagecraft.errors import RefusedError, StagecraftError
from stagecraft.migrators import sql, sql_file
from stagecraft.migrators.answers import Answers
from stagecraft.migrators.sql_file import SqlFile, SqlText
from stagecraft.model.migration import Change, Direction, Work
from stagecraft.model.release import Release
from stagecraft.model.sql import Decision, Dialect, Progress, Row, RowStatus
from stagecraft.model.step import Migrate
from stagecraft.runtime.database_url import DatabaseUrl, Dial, parse
from stagecraft.runtime.redact import Redactor
from stagecraft.runtime.sql import SqlRun, Time, look
from stagecraft.runtime.sql_database import Database, connect

Reach = Callable[[Migrate, Release, DatabaseUrl, float], AbstractContextManager[Dial | None]]
"""Makes the database reachable while the context lasts; None: under the address of its URL."""


@dataclass(frozen=True)
class SqlMigrations:
    """Runs folders of SQL files."""

    reach: Reach
    clock: Clock
    redactor: Redactor
    folder: Path
    """What the path of a SQLite file is relative to."""
    secrets: Mapping[str, str]
    answers: Answers
    _running: set[SqlRun] = field(default_factory=set)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, step: Migrate, release: Release, past: Past, entry: Entry, deadline: float) -> None:
        """Run one migration. Raises SqlFailedError, RefusedError, LockBusyError, UnavailableError."""
        del past  # the table knows
        work = step.work
        url = self._url(work)
        wait = float(str(work.details["lock_timeout"]))
        with self.reach(step, release, url, deadline) as dial:
            database = connect(
                url, label=f"stagecraft {release.id}", folder=self.folder, dial=dial, lock_timeout=wait
            )
            with closing(database):
                self._on(database, _Job(work, release, url.dialect, self.answers), entry, deadline, wait)

    def cancel(self) -> None:
        """End what is under way."""
        self._stopped.set()
        for run in tuple(self._running):
            run.cancel()

    def _url(self, work: Work) -> DatabaseUrl:
        name = str(work.details["database"])
        url = parse(name, self.secrets[name])
        if url.password:
            self.redactor.add({name: url.password})
        return url

    def _on(self, database: Database, job: "_Job", entry: Entry, deadline: float, wait: float) -> None:
        planned = job.work.changes

        def decide(rows: tuple[Row, ...]) -> Decision:
            decision = job.decide(rows)
            there = tuple(change for change in planned if job.is_done(change, rows))
            entry.begin(tuple(change for change in planned if change not in there), changes=there)
            return decision

        def progress(made: Progress) -> None:
            change = next((one for one in planned if one.name == made.name), None)
            if made.state == "done" and change is not None:
                entry.replace(entry.record.with_change(change))

        run = SqlRun(
            database,
            migration=job.work.name,
            release=job.release.id,
            time=Time(self.clock.now, self.clock.monotonic),
            progress=progress,
        )
        self._running.add(run)
        try:
            if self._stopped.is_set():
                run.cancel()
            notes = run.run(decide, deadline=deadline, lock_wait=wait)
        except StagecraftError as error:
            if entry.begun:
                _settle(database, entry, str(error))
            raise
        finally:
            self._running.discard(run)
        entry.end(sql.known(entry.record, look(database)).model_copy(update={"reason": "; ".join(notes)}))


@dataclass(frozen=True)
class _Job:
    """One migration of one release, and what is known about its files."""

    work: Work
    release: Release
    dialect: Dialect
    answers: Answers

    def decide(self, rows: tuple[Row, ...]) -> Decision:
        """Return what is to be done, given the table. Raises RefusedError, ConfigError."""
        if self.work.direction is Direction.DOWN:
            return sql.undo(
                tuple(reversed(self.work.changes)),
                {change.undo: self._text(_down(change.name), change.undo) for change in self.work.changes},
                rows,
                migration=self.work.name,
                dialect=self.dialect,
                answers=self.answers,
            )
        return self._up(rows)

    def is_done(self, change: Change, rows: tuple[Row, ...]) -> bool:
        """Return whether the table says that there is nothing left to do about a change."""
        row = next((row for row in rows if row.name == change.name), None)
        if self.work.direction is Direction.DOWN:
            return row is None
        return row is not None and row.status is RowStatus.APPLIED

    def _up(self, rows: tuple[Row, ...]) -> Decision:
        planned = [self._file(change) for change in self.work.changes]
        before = self.work.details.get(APPLIED)
        known = before if isinstance(before, dict) else {}
        names = {file.name for file in planned}
        others = [
            SqlFile(SqlText(name, "", str(checksum), frozenset()))
            for name, checksum in known.items()
            if name not in names
        ]
        files = sorted([*planned, *others], key=lambda file: file.name)
        strict = bool(self.work.details.get("strict"))
        todo, _, _ = sql.pending(files, rows, migration=self.work.name, strict=strict, answers=self.answers)
        if lost := [file.name for file in todo if file.name not in names]:
            raise RefusedError(
                f"`{lost[0]}` of migration `{self.work.name}` is recorded as applied, and this database does "
                "not have it",
                hint="is it the right database? If it is a new one, have all files applied with "
                f"`--migration-again {self.work.name}`",
            )
        return sql.decide(
            files,
            rows,
            migration=self.work.name,
            dialect=self.dialect,
            strict=strict,
            answers=self.answers,
        )

    def _file(self, change: Change) -> SqlFile:
        down = self._text(_down(change.name), change.undo) if change.undo else None
        return SqlFile(self._text(change.name, change.checksum), down)

    def _text(self, name: str, checksum: str) -> SqlText:
        """Return a text as it was recorded. Raises RefusedError if it was not."""
        encoded = self.release.files.get(checksum)
        if encoded is None:
            raise RefusedError(f"the text of `{name}` is not in the record of {self.release.id}")
        return sql_file.read(name, base64.b64decode(encoded).decode())


def _down(name: str) -> str:
    return name.removesuffix(sql_file.UP) + sql_file.DOWN


def _settle(database: Database, entry: Entry, error: str) -> None:
    """Record what the table says of a run that failed; if it is silent, what may be stays unsure."""
    record = entry.record
    with suppress(StagecraftError):
        record = sql.known(record, look(database))
    entry.fail(record, error)
