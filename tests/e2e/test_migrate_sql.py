"""SQL migrations through the command line on real servers: kill -9, two at once, no secret anywhere."""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from stagecraft.model.sql import Dialect
from stagecraft.runtime.database_url import parse
from tests.e2e.databases import CANARY, Server, running_mariadb, running_postgres
from tests.e2e.machine import Shop, ask
from tests.e2e.runs import Going, going, kill_tree, runs_phase
from tests.e2e.test_secrecy import watched_command_lines
from tests.e2e.tiny import newest

pytestmark = [pytest.mark.e2e, pytest.mark.beside]

KILLS = range(1, 1 + int(os.environ.get("STAGECRAFT_KILLS", "3")))
"""Seeds of the moments of death; `scripts/torture migrations` wants more of them."""
LONGEST = 1.8
"""Seconds after which a run is killed at the latest: its migration takes about two."""
SLOW = {
    Dialect.POSTGRES: "SELECT pg_sleep(1)",
    Dialect.MYSQL: "SELECT SLEEP(1)",
    Dialect.SQLITE: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000)"
    " SELECT count(*) FROM n",
}
MIGRATIONS = """\
migrations:
  - name: reports
    when: pre
    engine: sql
    path: db
    database: REPORTS
    lock_timeout: {patience}
environments:
"""
EVERY = ("postgres", "mariadb", "sqlite")


@dataclass
class Bench:
    """A project that migrates one database of its own."""

    project: Shop
    url: str

    @property
    def dialect(self) -> Dialect:
        return parse("REPORTS", self.url).dialect

    def write(self, name: str, *statements: str) -> None:
        (self.project.root / "db").mkdir(exist_ok=True)
        self.project.write(f"db/{name}", "".join(f"{statement};\n" for statement in statements))

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        url = parse("REPORTS", self.url)
        if url.dialect is Dialect.SQLITE:
            with closing(sqlite3.connect(self.project.root / url.database)) as lite:
                return lite.execute(question).fetchall()
        if url.dialect is Dialect.POSTGRES:
            with psycopg.connect(self.url, autocommit=True) as postgres:
                return postgres.execute(question).fetchall()
        place: dict[str, Any] = {"host": url.host, "port": url.port, "user": url.user, "autocommit": True}
        with closing(pymysql.connect(**place, password=url.password, database=url.database)) as mysql:
            cursor = mysql.cursor()
            cursor.execute(question)
            return list(cursor.fetchall())

    def written(self) -> list[str]:
        """Return what the slow file wrote, in order; nothing if its table is not there."""
        try:
            return [str(word) for (word,) in self.ask("SELECT word FROM words ORDER BY word")]
        except (sqlite3.Error, psycopg.Error, pymysql.Error):
            return []


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    with running_postgres() as postgres, running_mariadb() as mariadb:
        yield {"postgres": postgres, "mariadb": mariadb}


@pytest.fixture(params=EVERY)
def bench(request: pytest.FixtureRequest, tiny: Shop, servers: dict[str, Server]) -> Bench:
    kind = str(request.param)
    url = servers[kind].url(tiny.name) if kind in servers else "sqlite:///reports.db"
    tiny.replace("stagecraft.yml", "environments:\n", MIGRATIONS.format(patience="10s"))
    tiny.replace(
        "stagecraft.yml", "  TOKEN: {env: TOKEN}\n", "  TOKEN: {env: TOKEN}\n  REPORTS: {env: REPORTS}\n"
    )
    tiny.environment["REPORTS"] = url
    made = Bench(tiny, url)
    made.write("0001_words.sql", "CREATE TABLE words (word VARCHAR(20))")
    made.write(
        "0002_slow.sql",
        "INSERT INTO words VALUES ('first')",
        SLOW[made.dialect],
        "INSERT INTO words VALUES ('second')",
    )
    tiny.commit("Migrations")
    return made


@pytest.mark.parametrize("seed", KILLS)
def test_wherever_a_run_is_killed_everything_is_applied_once_or_a_person_is_asked(
    bench: Bench, seed: int
) -> None:
    project = bench.project
    with going(project, "migrate", "--env", "demo") as run:
        run.wait_for(runs_phase("migrate_pre"))
        time.sleep(random.Random(seed).uniform(0, LONGEST))
        kill_tree(run.program.pid)
        run.program.wait(60)
    left = bench.written()
    if newest(project)["status"] != "completed":
        resumed = project.stagecraft("deploy", "--env", "demo", "--resume")
        if resumed.returncode != 0:
            assert (6, Dialect.MYSQL) == (resumed.returncode, bench.dialect), resumed.stderr
            assert "`--migration-done reports` or `--migration-again reports`" in resumed.stderr
            assert left == bench.written()
            complete_by_hand(bench, left)

    assert ["first", "second"] == bench.written()
    assert [("0001_words.sql", "applied"), ("0002_slow.sql", "applied")] == bench.ask(
        "SELECT name, status FROM stagecraft_migrations ORDER BY name"
    )
    assert ["0001_words.sql", "0002_slow.sql"] == sorted(
        change["name"] for record in newest(project)["migrations"] for change in record["changes"]
    )


def complete_by_hand(bench: Bench, left: list[str]) -> None:
    """Do what the hint says: complete what is missing and say it is done; or have it run if nothing is."""
    answer = "again" if not left else "done"
    if left == ["first"]:
        bench.ask("INSERT INTO words VALUES ('second')")
    if bench.ask("SELECT name FROM stagecraft_migrations WHERE status = 'started'") == [("0001_words.sql",)]:
        answer = "done" if bench.ask("SHOW TABLES LIKE 'words'") else "again"
    said = bench.project.stagecraft("deploy", "--env", "demo", "--resume", f"--migration-{answer}", "reports")
    assert 0 == said.returncode, said.stderr


@dataclass
class Clones:
    """Two clones with stores of their own and one database; the first run is kept in its second file."""

    first: Bench
    second: Bench

    @contextmanager
    def first_in_the_middle(self) -> Iterator[tuple[Going, Callable[[], None]]]:
        """Yield the first clone's run, which has the lock, and what lets it go on."""
        with self._gate() as open_gate, going(self.first.project, "migrate", "--env", "demo") as run:
            until = time.monotonic() + 60
            while not self._has_begun():
                assert time.monotonic() < until, "the first run never began"
                time.sleep(0.05)
            yield run, open_gate

    def _has_begun(self) -> bool:
        """Whether the first file is applied: the one that waits at the gate is begun with the next breath."""
        try:
            return self.first.ask(
                "SELECT status FROM stagecraft_migrations WHERE name = '0001_words.sql'"
            ) == [("applied",)]
        except (sqlite3.Error, psycopg.Error, pymysql.Error):
            return False

    @contextmanager
    def _gate(self) -> Iterator[Callable[[], None]]:
        url = parse("REPORTS", self.first.url)
        if url.dialect is Dialect.SQLITE:
            yield lambda: None
        elif url.dialect is Dialect.POSTGRES:
            with psycopg.connect(self.first.url, autocommit=True) as postgres:
                postgres.execute("SELECT pg_advisory_lock(7)")
                yield postgres.close
        else:
            place: dict[str, Any] = {"host": url.host, "port": url.port, "user": url.user}
            mysql = pymysql.connect(**place, password=url.password, database=url.database)
            mysql.cursor().execute("SELECT GET_LOCK('gate', 1)")
            yield mysql.close


GATE = {
    Dialect.POSTGRES: "SELECT pg_advisory_lock(7)",
    Dialect.MYSQL: "SELECT GET_LOCK('gate', 60)",
    Dialect.SQLITE: SLOW[Dialect.SQLITE].replace("5000000", "15000000"),
}
"""What the first run stops at until the test says so; where nobody can wait for anybody, it is slow."""


@pytest.fixture
def clones(bench: Bench, tmp_path: Path) -> Clones:
    if bench.dialect is Dialect.SQLITE:
        bench.url = f"sqlite:///{bench.project.root}/reports.db"
        bench.project.environment["REPORTS"] = bench.url
    bench.project.replace("stagecraft.yml", "lock_timeout: 10s", "lock_timeout: 1m")
    bench.write("0002_slow.sql", "INSERT INTO words VALUES ('first')", GATE[bench.dialect])
    bench.project.commit("A gate")
    ask("git", "clone", "--quiet", str(bench.project.root), str(tmp_path / "clone"))
    return Clones(bench, Bench(replace(bench.project, root=tmp_path / "clone"), bench.url))


def test_of_two_runs_at_once_from_two_clones_one_is_told_who_has_the_lock(clones: Clones) -> None:
    second = clones.second.project
    second.replace("stagecraft.yml", "lock_timeout: 1m", "lock_timeout: 500ms")
    with clones.first_in_the_middle() as (run, open_gate):
        refused = second.stagecraft("migrate", "--env", "demo")
        open_gate()
        assert 0 == run.end()

    assert 4 == refused.returncode, refused.stderr
    assert "the database of `REPORTS`" in refused.stderr
    assert ("failed", ["first"]) == (newest(second)["status"], clones.first.written())


def test_of_two_runs_at_once_from_two_clones_the_second_waits_and_finds_it_done(clones: Clones) -> None:
    with (
        clones.first_in_the_middle() as (run, open_gate),
        going(clones.second.project, "migrate", "--env", "demo") as waiting,
    ):
        waiting.wait_for(runs_phase("migrate_pre"))
        time.sleep(1)
        open_gate()
        assert [0, 0] == [run.end(), waiting.end()]

    assert ["first"] == clones.first.written()
    assert [("0001_words.sql", "applied"), ("0002_slow.sql", "applied")] == clones.first.ask(
        "SELECT name, status FROM stagecraft_migrations ORDER BY name"
    )
    (known,) = newest(clones.second.project)["migrations"]
    assert ["0001_words.sql", "0002_slow.sql"] == [change["name"] for change in known["changes"]]


def test_a_statement_that_fails_is_told_alike_by_message_record_and_table(bench: Bench) -> None:
    insert = "INSERT INTO words VALUES ('{}')"
    bench.write("0002_slow.sql", insert.format("first"), "SELECT * FROM nowhere", insert.format("second"))
    bench.project.commit("A mistake")
    said = bench.project.stagecraft("migrate", "--env", "demo")
    (record,) = newest(bench.project)["migrations"]
    stays = bench.dialect is Dialect.MYSQL

    assert 5 == said.returncode, said.stderr
    assert "0002_slow.sql:2: `SELECT * FROM nowhere` failed" in said.stderr
    assert stays is ("the whole file was rolled back" not in said.stderr)
    assert (["0001_words.sql"], ["0002_slow.sql"] if stays else []) == (
        [change["name"] for change in record["changes"]],
        [change["name"] for change in record["unsure"]],
    )
    assert [("0001_words.sql", "applied"), *([("0002_slow.sql", "started")] if stays else [])] == bench.ask(
        "SELECT name, status FROM stagecraft_migrations ORDER BY name"
    )
    assert (["first"] if stays else []) == bench.written()


def test_the_url_is_in_no_argument_record_log_or_plan(bench: Bench) -> None:
    project = bench.project
    with watched_command_lines(sees="stagecraft\0migrate") as seen:
        results = [
            project.stagecraft("plan", "--env", "demo"),
            project.stagecraft("migrate", "--env", "demo", "--verbose"),
            project.stagecraft("migrate", "status", "--env", "demo"),
        ]
    bench.write("0003_bad.sql", "SELECT * FROM nowhere")
    failed = project.stagecraft("migrate", "--env", "demo", "--verbose")

    assert [0, 0, 0, 5] == [*(result.returncode for result in results), failed.returncode]
    said = [text for result in (*results, failed) for text in (result.stdout, result.stderr)]
    kept = [path.read_text() for path in (project.root / ".stagecraft").rglob("*.json")]
    assert len(kept) >= 4
    assert [] == [text for text in (*said, *kept, *seen) if CANARY in text]
