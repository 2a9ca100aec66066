"""The run itself, on SQLite: fast, and the same code as on the servers (tests/e2e/test_migrations_sql.py)."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stagecraft.errors import LockBusyError, RefusedError, StepFailedError, UnavailableError
from stagecraft.model.migration import Direction
from stagecraft.model.sql import Decision, Job, Progress, Row, RowStatus, Settle, Statement
from stagecraft.runtime.database_url import parse
from stagecraft.runtime.sql import SqlRun, Time, look
from stagecraft.runtime.sql_database import Database, connect
from stagecraft.runtime.sql_failed import Left, SqlFailedError

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class Bench:
    """A SQLite file, and runs on it that do what they are told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[Progress] = []
        self.seen: list[tuple[Row, ...]] = []

    def open(self, lock_timeout: float = 1, *, read_only: bool = False) -> Database:
        url = parse("DATABASE_URL", "sqlite:///data.db")
        return connect(url, label="x", folder=self.folder, lock_timeout=lock_timeout, read_only=read_only)

    def new(self, database: Database) -> SqlRun:
        time = Time(now=lambda: NOW, monotonic=lambda: 0.0)
        return SqlRun(database, migration="reports", release="demo-7", time=time, progress=self.told.append)

    def run(self, *jobs: Job, settle: tuple[Settle, ...] = (), lock_timeout: float = 1) -> tuple[str, ...]:
        def decide(rows: tuple[Row, ...]) -> Decision:
            self.seen.append(rows)
            return Decision(jobs=jobs, settle=settle, notes=("a note",))

        with closing(self.open(lock_timeout)) as database:
            return self.new(database).run(decide, deadline=30, lock_wait=lock_timeout)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "data.db", isolation_level=None)) as connection:
            return connection.execute(query).fetchall()

    def tables(self) -> list[str]:
        return [
            str(row[0]) for row in self.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        ]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def job(name: str, *statements: str, transaction: bool = True, expects: RowStatus | None = None) -> Job:
    texts = tuple(Statement(text, line) for line, text in enumerate(statements, start=1))
    direction = Direction.DOWN if expects else Direction.UP
    return Job(name, name, "sha256:1", texts, direction, transaction, expects)


A = job("1.sql", "CREATE TABLE a (n)")


def test_looking_makes_no_table(bench: Bench) -> None:
    with closing(bench.open()) as database:
        assert () == look(database)
    assert [] == bench.tables()


def test_a_plan_makes_no_file(bench: Bench) -> None:
    with closing(bench.open(read_only=True)) as database:
        assert () == look(database)
    assert [] == list(bench.folder.iterdir())


def test_a_plan_sees_what_is_applied(bench: Bench) -> None:
    bench.run(A)
    with closing(bench.open(read_only=True)) as database:
        assert ["1.sql"] == [row.name for row in look(database)]


def test_a_run_without_jobs_makes_no_table(bench: Bench) -> None:
    assert (("a note",), []) == (bench.run(), bench.tables())


def test_a_file_and_its_row_are_written_together(bench: Bench) -> None:
    bench.run(A)
    rows = bench.ask(
        "SELECT name, migration, checksum, release, status, duration, applied_at FROM stagecraft_migrations"
    )
    expected = ("1.sql", "reports", "sha256:1", "demo-7", "applied", 0.0, "2026-11-20T08:00:00Z")
    assert ([expected], ["a", "stagecraft_migrations"]) == (rows, bench.tables())


def test_progress_is_told_as_it_happens(bench: Bench) -> None:
    bench.run(A)
    assert [("1.sql", "started"), ("1.sql", "done")] == [(it.name, it.state) for it in bench.told]


def test_the_decision_is_made_from_the_table(bench: Bench) -> None:
    bench.run(A)
    bench.run()
    assert (Row("1.sql", "reports", "sha256:1", "demo-7", RowStatus.APPLIED),) == bench.seen[1]


def test_what_another_run_has_applied_meanwhile_is_left_alone(bench: Bench) -> None:
    bench.run(A)
    bench.run(A)
    assert "left alone" == bench.told[-1].state


def test_what_another_run_has_begun_meanwhile_is_refused(bench: Bench) -> None:
    with pytest.raises(SqlFailedError):
        bench.run(job("1.sql", "nonsense", transaction=False))
    with pytest.raises(RefusedError, match=r"another run has begun with `1\.sql` meanwhile"):
        bench.run(A)


def test_a_failed_file_leaves_nothing_and_says_so(bench: Bench) -> None:
    with pytest.raises(SqlFailedError) as caught:
        bench.run(A, job("2.sql", "CREATE TABLE b (n)", "INSERT INTO none VALUES (1)"))
    expected = (
        "2.sql:2: `INSERT INTO none VALUES (1)` failed: no such table: none (SQLITE_ERROR);"
        " the whole file was rolled back"
    )
    assert (expected, Left.NOTHING, "2.sql") == (str(caught.value), caught.value.left, caught.value.name)
    assert ["a", "stagecraft_migrations"] == bench.tables()


def test_a_failed_file_without_transaction_stays_started(bench: Bench) -> None:
    with pytest.raises(SqlFailedError) as caught:
        bench.run(job("1.sql", "CREATE TABLE a (n)", "nonsense", transaction=False))
    assert (Left.SOMETHING, [("started",)]) == (
        caught.value.left,
        bench.ask("SELECT status FROM stagecraft_migrations"),
    )


def test_a_file_that_ends_its_transaction_stays_started(bench: Bench) -> None:
    with pytest.raises(SqlFailedError, match="ends the transaction it runs in") as caught:
        bench.run(job("1.sql", "CREATE TABLE a (n)", "COMMIT"))
    assert (Left.SOMETHING, [("started",)]) == (
        caught.value.left,
        bench.ask("SELECT status FROM stagecraft_migrations"),
    )


def test_what_looks_like_a_placeholder_means_nothing_in_a_file(bench: Bench) -> None:
    bench.run(job("1.sql", "SELECT '%s ? :x ${Y} {t}'"))
    assert [("applied",)] == bench.ask("SELECT status FROM stagecraft_migrations")


def test_an_undo_forgets_the_row(bench: Bench) -> None:
    bench.run(A)
    bench.run(job("1.sql", "DROP TABLE a", expects=RowStatus.APPLIED))
    assert ([], ["stagecraft_migrations"]) == (
        bench.ask("SELECT * FROM stagecraft_migrations"),
        bench.tables(),
    )


def test_a_failed_undo_leaves_the_row(bench: Bench) -> None:
    bench.run(A)
    with pytest.raises(SqlFailedError) as caught:
        bench.run(job("1.sql", "DROP TABLE a", "nonsense", expects=RowStatus.APPLIED))
    assert (Left.NOTHING, [("applied",)]) == (
        caught.value.left,
        bench.ask("SELECT status FROM stagecraft_migrations"),
    )


def test_what_a_person_found_out_is_written(bench: Bench) -> None:
    for name in ("1.sql", "2.sql"):
        with pytest.raises(SqlFailedError):
            bench.run(job(name, "nonsense", transaction=False))
    bench.run(settle=(Settle("1.sql", "sha256:2", applied=True), Settle("2.sql", "", applied=False)))
    assert [("1.sql", "sha256:2", "applied")] == bench.ask(
        "SELECT name, checksum, status FROM stagecraft_migrations"
    )


def test_a_file_that_somebody_else_writes_to_is_exit_code_4(bench: Bench) -> None:
    bench.run(A)
    with closing(sqlite3.connect(bench.folder / "data.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockBusyError, match="somebody else is writing"):
            bench.run(job("2.sql", "CREATE TABLE b (n)"), lock_timeout=0.1)


def test_a_cancelled_run_stops_before_its_next_statement(bench: Bench) -> None:
    with closing(bench.open()) as database:
        run = bench.new(database)

        def decide(_rows: tuple[Row, ...]) -> Decision:
            run.cancel()
            return Decision(jobs=(A,))

        with pytest.raises(StepFailedError, match="was cancelled"):
            run.run(decide, deadline=30, lock_wait=1)
    assert "a" not in bench.tables()


def test_a_running_statement_is_cancelled(bench: Bench) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with closing(bench.open()) as database:
        time = Time(now=lambda: NOW, monotonic=lambda: 0.0)
        told: list[Progress] = []
        run = SqlRun(database, migration="reports", release="demo-7", time=time, progress=told.append)
        with pytest.raises(SqlFailedError, match="took longer than it may; the whole file was rolled back"):
            run.run(lambda _: Decision(jobs=(job("1.sql", endless),)), deadline=0.2, lock_wait=1)


def test_a_folder_that_cannot_hold_a_database_is_exit_code_3(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        Bench(tmp_path / "none").open()
    expected = "cannot open the database of `DATABASE_URL`: unable to open database file"
    assert expected == caught.value.message
