"""Run SQL files against a database: lock, look, ask what to do, do it file by file (spec/migrations.md)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from stagecraft.errors import RefusedError, StepFailedError
from stagecraft.model.migration import Direction
from stagecraft.model.sql import Decision, Job, Progress, Row, RowStatus
from stagecraft.runtime.sql_database import Database
from stagecraft.runtime.sql_failed import Left, Position, SqlFailedError, failed
from stagecraft.runtime.sql_table import Table

Decide = Callable[[tuple[Row, ...]], Decision]
"""The brain, injected: what the table says in, what to do out. Its errors pass through."""
_LOOKS = 3
"""A late cancel may hit the look at what it has left."""
_REPEAT = 0.5
"""Seconds between two attempts to cancel: one may fall between two statements."""


@dataclass(frozen=True)
class Time:
    """The injected clock."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]


def look(database: Database) -> tuple[Row, ...]:
    """Return the rows of the table; none if there is no table. Raises StepFailedError."""
    try:
        return Table(database).rows()
    except database.errors as error:
        raise _unusable(database, error) from None


class SqlRun:
    """One run of one migration. `run` is called once; `cancel` from any thread, any number of times."""

    def __init__(
        self,
        database: Database,
        *,
        migration: str,
        release: str,
        time: Time,
        progress: Callable[[Progress], None],
    ) -> None:
        self._database = database
        self._table = Table(database)
        self._migration = migration
        self._release = release
        self._time = time
        self._progress = progress
        self._stop = threading.Event()
        self._over = threading.Event()
        self._why = ""

    def cancel(self, why: str = "was cancelled") -> None:
        """End what is under way; `run` then raises."""
        if not self._over.is_set():
            self._why = self._why or why
        self._stop.set()

    def run(self, decide: Decide, *, deadline: float, lock_wait: float) -> tuple[str, ...]:
        """Ask `decide` under the database's lock, and do it. Returns its notes.

        `deadline` is on the monotonic scale, `lock_wait` in seconds.

        Raises LockBusyError, SqlFailedError, StepFailedError, and whatever `decide` raises.
        """
        with self._watched(deadline):
            try:
                with self._database.locked(lock_wait):
                    return self._locked(decide)
            except self._database.errors as error:
                if self._why:
                    raise StepFailedError(f"migration `{self._migration}` {self._why}") from None
                raise _unusable(self._database, error) from None

    def _locked(self, decide: Decide) -> tuple[str, ...]:
        decision = decide(self._table.rows())
        if decision.jobs:
            self._database.begin()
            self._table.make()
            self._database.commit()
        for settle in decision.settle:
            self._database.begin()
            self._table.settle(settle, self._time.now())
            self._database.commit()
        for job in decision.jobs:
            self._file(job)
        return decision.notes

    @contextmanager
    def _watched(self, deadline: float) -> Iterator[None]:
        """Cancel the running statement at the deadline, or as soon as somebody asks for it."""

        def watch() -> None:
            if not self._stop.wait(max(0, deadline - self._time.monotonic())):
                self.cancel("took longer than it may")
            while not self._over.is_set():
                self._database.cancel()
                self._over.wait(_REPEAT)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._over.set()
            self._stop.set()
            watcher.join()

    def _file(self, job: Job) -> None:
        begun = self._time.monotonic()
        at = Position(job)
        try:
            if not self._start(job):
                self._progress(Progress(job.name, job.direction, "left alone"))
                return
            self._statements(job, at)
            seconds = round(self._time.monotonic() - begun, 3)
            self._end(job, seconds)
        except self._database.errors as error:
            raise self._failed(job, at, error) from None
        except BaseException:
            self._database.rollback()
            raise
        self._progress(Progress(job.name, job.direction, "done", seconds))

    def _start(self, job: Job) -> bool:
        """Write the row, and commit it unless the whole file is one transaction; False: it is done already.

        Raises RefusedError if the row is not what the decision was made from.
        """
        self._database.begin()
        row = self._table.row(job.name)
        if _is_done(job, row):
            self._database.rollback()
            return False
        if (row.status if row else None) is not job.expects:
            raise RefusedError(f"another run has begun with `{job.name}` meanwhile", hint="look again")
        if job.direction is Direction.UP:
            self._table.start(job, self._migration, self._release)
        else:
            self._table.undoing(job.name, self._release)
        if not self._whole(job):
            self._database.commit()
        self._progress(Progress(job.name, job.direction, "started"))
        return True

    def _whole(self, job: Job) -> bool:
        return job.transaction and self._database.transactional

    def _statements(self, job: Job, at: Position) -> None:
        for statement in job.statements:
            at.statement = statement
            if self._why:
                raise self._broken(job, at, f"`{job.file}` {self._why}")
            self._database.execute(statement.text)
        at.statement = None
        if self._database.in_transaction() is not self._whole(job):
            wrong = "ends the transaction it runs in" if self._whole(job) else "leaves a transaction open"
            raise self._broken(job, at, f"`{job.file}` {wrong}")

    def _end(self, job: Job, seconds: float) -> None:
        """Write the row and commit: for a file in one transaction all of it, at this moment."""
        self._database.restore()
        if not self._whole(job):
            self._database.begin()
        if job.direction is Direction.UP:
            self._table.finish(job.name, seconds, self._time.now())
        else:
            self._table.forget(job.name)
        self._database.commit()

    def _failed(self, job: Job, at: Position, error: Exception) -> SqlFailedError:
        said = self._why or f"failed: {self._database.explain(error)}"
        what = f"`{at.statement.beginning}`" if at.statement else f"the end of `{job.file}`"
        return self._broken(job, at, f"{what} {said}", self._database.offset(error))

    def _broken(self, job: Job, at: Position, message: str, offset: int = 0) -> SqlFailedError:
        """Give up the transaction and return the error, which says what is left."""
        lost = not self._database.alive()
        self._over.set()  # nothing is to be cancelled any more, least of all the look at the row
        self._database.rollback()
        left = Left.UNKNOWN if lost else self._look_back(job)
        return failed(message, job, self._migration, left, at.line(offset))

    def _look_back(self, job: Job) -> Left:
        """Return what the table itself says after the rollback."""
        for _ in range(_LOOKS):
            try:
                row = self._table.row(job.name)
            except self._database.errors:
                continue
            untouched = (row.status if row else None) is job.expects
            return Left.NOTHING if untouched else Left.SOMETHING
        return Left.UNKNOWN


def _is_done(job: Job, row: Row | None) -> bool:
    if job.direction is Direction.DOWN:
        return row is None
    return row is not None and row.status is RowStatus.APPLIED and row.checksum == job.checksum


def _unusable(database: Database, error: Exception) -> StepFailedError:
    said = database.explain(error)
    return StepFailedError(
        f"`stagecraft_migrations` in the database of `{database.url.secret}` cannot be used: {said}",
        hint="the user has to be allowed to make and change tables",
    )
