"""SQL migrations on real servers: what is applied, what is left by death, and what is never said."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from stagecraft.model.sql import Dialect
from stagecraft.runtime.database_url import parse
from stagecraft.runtime.sql import look
from stagecraft.runtime.sql_database import connect
from tests.e2e import sql_child
from tests.e2e.databases import CANARY, Server, running_mariadb, running_postgres

pytestmark = [pytest.mark.e2e, pytest.mark.beside]
CHILD = Path(sql_child.__file__)
ROOT = Path(__file__).resolve().parents[2]
SLEEP = {
    Dialect.POSTGRES: "SELECT pg_sleep({})",
    Dialect.MYSQL: "SELECT SLEEP({})",
    Dialect.SQLITE: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {} * 5000000)"
    " SELECT count(*) FROM n",
}
KILLS = range(1, 1 + int(os.environ.get("STAGECRAFT_KILLS", "3")))
"""Seeds of the moments of death; `scripts/torture migrations` wants more of them."""
EVERY = ("postgres", "sqlite", "mariadb")
TRANSACTIONAL = ("postgres", "sqlite")


@dataclass
class Run:
    """One child process and what it said."""

    process: "subprocess.Popen[str]"
    said: list[dict[str, Any]] = field(default_factory=list)

    def until(self, file: str, state: str) -> None:
        """Read on until it says this."""
        for line in self._lines():
            if line.get("file") == file and line["state"] == state:
                return
        pytest.fail(f"ended without `{file}` {state}: {self.said}")

    def end(self) -> dict[str, Any]:
        """Read to the end and return the last thing it said."""
        for _ in self._lines():
            pass
        _, errors = self.process.communicate(timeout=30)
        assert errors == ""
        return self.said[-1] if self.said else {}

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)

    def _lines(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))
            yield self.said[-1]


@dataclass
class Bench:
    """A database of its own, a folder of files, and runs on them."""

    url: str
    folder: Path
    dialect: Dialect

    def write(self, name: str, *statements: str) -> None:
        (self.folder / name).write_text("".join(f"{statement};\n" for statement in statements))

    def slow(self, seconds: float) -> str:
        return SLEEP[self.dialect].format(seconds)

    def start(self, *arguments: str) -> Run:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", str(CHILD), str(self.folder), *arguments],
            env={"DATABASE_URL": self.url, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Run(process)

    def run(self, *arguments: str) -> dict[str, Any]:
        """Run in this process and return the last thing said."""
        said: list[dict[str, Any]] = []
        sql_child.main([str(self.folder), *arguments], self.url, said.append)
        return said[-1]

    def ask(self, query: str, *, tries: int = 1) -> list[Sequence[Any]]:
        url = parse("DATABASE_URL", self.url)
        match self.dialect:
            case Dialect.POSTGRES:
                with psycopg.connect(self.url, autocommit=True) as postgres:
                    cursor = postgres.execute(query.encode())
                    return list(cursor.fetchall()) if cursor.description else []
            case Dialect.MYSQL:
                with closing(_mysql(self.url)) as mysql, mysql.cursor() as maria:
                    maria.execute(query.replace("release", "`release`"))
                    return list(maria.fetchall())
            case Dialect.SQLITE:
                with closing(sqlite3.connect(self.folder / url.database, isolation_level=None)) as sqlite:
                    return sqlite.execute(query).fetchall()

    def table(self) -> list[tuple[str, str]]:
        """Name and status of every row."""
        rows = self.ask("SELECT name, status FROM stagecraft_migrations ORDER BY name")
        return [(str(name), str(status)) for name, status in rows]

    def marks(self) -> list[str]:
        """What the files have left, sorted: once for each time a statement took effect."""
        return [str(row[0]) for row in self.ask("SELECT word FROM marks ORDER BY word")]


def _mysql(url: str) -> Any:
    parts = parse("DATABASE_URL", url)
    return pymysql.connect(
        host=parts.host,
        port=parts.port or 3306,
        user=parts.user,
        password=parts.password,
        database=parts.database,
        autocommit=True,
    )


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Server]:
    with running_mariadb() as server:
        yield server


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """One with the file `0001_marks.sql`, which makes the table `marks`."""
    kind = request.param
    if kind == "sqlite":
        bench = Bench("sqlite:///data.db", tmp_path, Dialect.SQLITE)
    else:
        server: Server = request.getfixturevalue(kind)
        url = server.url(f"t{abs(hash(tmp_path)) % 10**9}")
        bench = Bench(url, tmp_path, parse("DATABASE_URL", url).dialect)
    bench.write("0001_marks.sql", "CREATE TABLE marks (word varchar(40))")
    return bench


def on(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bench", kinds, indirect=True)


def mark(word: str) -> str:
    return f"INSERT INTO marks VALUES ('{word}')"


@on(*EVERY)
def test_files_are_applied_once_and_recorded(bench: Bench) -> None:
    bench.write("0002_a.sql", mark("a%s?"), "-- only; a comment\n" + mark("b"))
    bench.run()
    assert {"ended": 0, "notes": []} == bench.run("--release", "demo-2")
    rows = bench.ask("SELECT name, release, status, migration FROM stagecraft_migrations ORDER BY name")
    expected = [(name, "demo-1", "applied", "reports") for name in ("0001_marks.sql", "0002_a.sql")]
    assert (expected, ["a%s?", "b"]) == ([tuple(row) for row in rows], bench.marks())


@on(*EVERY)
def test_the_row_says_how_long_when_and_what(bench: Bench) -> None:
    bench.write("0002_a.sql", bench.slow(0.2))
    bench.run()
    [(duration, applied_at, checksum)] = bench.ask(
        "SELECT duration, applied_at, checksum FROM stagecraft_migrations WHERE name = '0002_a.sql'"
    )
    year = str(applied_at)[:2]
    assert (True, "20", "sha256:") == (0.01 < duration < 10, year, checksum[:7])


@on(*TRANSACTIONAL)
def test_a_failing_statement_rolls_the_whole_file_back(bench: Bench) -> None:
    bench.write("0002_a.sql", mark("a"), "CREATE TABLE half (n int)", mark("b') , ('x', 'y"), mark("c"))
    ended = bench.run()
    assert ("0002_a.sql:3: `INSERT", "nothing", 5) == (ended["error"][:21], ended["left"], ended["ended"])
    assert ([("0001_marks.sql", "applied")], []) == (bench.table(), bench.marks())


@on(*TRANSACTIONAL)
def test_a_mended_file_is_applied_by_the_next_run(bench: Bench) -> None:
    bench.write("0002_a.sql", "CREATE TABLE half (n int)", "nonsense")
    bench.run()
    bench.write("0002_a.sql", "CREATE TABLE half (n int)", mark("a"))
    assert (0, ["a"]) == (bench.run()["ended"], bench.marks())


@on("mariadb")
def test_where_a_schema_cannot_roll_back_the_message_names_the_statement_and_the_next_run_stops(
    bench: Bench,
) -> None:
    bench.write("0002_a.sql", mark("a"), "", "\nCREATE TABLE half (n int)", "\nALTER TABLE none ADD m int")
    ended = bench.run()
    assert (5, "0002_a.sql:6: `ALTER TABLE none ADD m int`", "something") == (
        ended["ended"],
        ended["error"].split(" failed")[0],
        ended["left"],
    )
    stopped = bench.run()
    assert (6, ["a"], ("0002_a.sql", "started")) == (stopped["ended"], bench.marks(), bench.table()[-1])


@on("mariadb")
def test_a_person_settles_an_unfinished_file(bench: Bench) -> None:
    bench.write("0002_a.sql", mark("a"), "nonsense")
    bench.run()
    bench.write("0002_a.sql", mark("a"), mark("b"))
    bench.ask("DELETE FROM marks")
    assert (0, ["a", "b"]) == (bench.run("--again")["ended"], bench.marks())


@on(*EVERY)
def test_an_edited_file_is_caught(bench: Bench) -> None:
    bench.run()
    bench.write("0001_marks.sql", "CREATE TABLE marks (word varchar(50))")
    ended = bench.run()
    assert (2, 2) == (ended["ended"], ended["error"].count("sha256:"))


@on(*EVERY)
def test_an_undo_removes_the_row_and_the_file_can_be_applied_again(bench: Bench) -> None:
    bench.write("0002_a.sql", mark("a"))
    bench.write("0002_a.down.sql", "DELETE FROM marks WHERE word = 'a'")
    bench.run()
    bench.run("--undo", "0002_a.sql")
    assert ([("0001_marks.sql", "applied")], []) == (bench.table(), bench.marks())
    assert (0, ["a"]) == (bench.run()["ended"], bench.marks())


@on(*TRANSACTIONAL)
@pytest.mark.parametrize("seed", KILLS)
def test_killed_in_the_middle_of_a_file_it_is_applied_exactly_once(bench: Bench, seed: int) -> None:
    words = [f"w{n}" for n in range(5)]
    bench.write(
        "0002_a.sql", *(part for word in words for part in (mark(word), bench.slow(0.1))), bench.slow(0.5)
    )
    bench.write("0003_b.sql", mark("x"))
    run = bench.start()
    run.until("0002_a.sql", "started")
    time.sleep(random.Random(seed).uniform(0, 0.45))
    run.kill()
    assert [("0001_marks.sql", "applied")] == bench.table()
    assert (0, [*words, "x"]) == (bench.run()["ended"], bench.marks())


@on("mariadb")
@pytest.mark.parametrize("seed", KILLS)
def test_killed_where_a_schema_cannot_roll_back_nothing_happens_twice(bench: Bench, seed: int) -> None:
    words = [f"w{n}" for n in range(5)]
    bench.write(
        "0002_a.sql", *(part for word in words for part in (mark(word), bench.slow(0.1))), bench.slow(0.5)
    )
    bench.write("0003_b.sql", mark("x"))
    run = bench.start()
    run.until("0002_a.sql", "started")
    time.sleep(random.Random(seed).uniform(0, 0.45))
    run.kill()
    stopped = bench.run()
    left = bench.marks()
    assert (6, words[: len(left)], ("0002_a.sql", "started")) == (stopped["ended"], left, bench.table()[-1])
    assert (0, [*left, "x"]) == (bench.run("--done")["ended"], bench.marks())


@on(*EVERY)
def test_two_runs_at_once_apply_each_file_once(bench: Bench) -> None:
    for number in range(2, 7):
        bench.write(f"000{number}_a.sql", mark(f"w{number}"), bench.slow(0.05))
    runs = [bench.start("--release", f"demo-{number}") for number in (1, 2)]
    assert [0, 0] == [run.end()["ended"] for run in runs]
    assert [f"w{number}" for number in range(2, 7)] == bench.marks()


@on(*EVERY)
def test_whoever_does_not_get_the_lock_in_time_ends_with_exit_code_4(bench: Bench) -> None:
    bench.write("0002_a.sql", mark("a"), bench.slow(4))
    first = bench.start()
    first.until("0002_a.sql", "started")
    ended = bench.run("--lock-timeout", "0.3", "--release", "demo-2")
    assert 4 == ended["ended"], ended
    assert (0, ["a"]) == (first.end()["ended"], bench.marks())


@on("postgres")
def test_the_holder_of_the_lock_is_named(bench: Bench) -> None:
    bench.write("0002_a.sql", bench.slow(3))
    first = bench.start("--release", "demo-41")
    first.until("0002_a.sql", "started")
    assert "`stagecraft demo-41`" in bench.run("--lock-timeout", "0.2")["error"]
    first.end()


@on(*EVERY)
def test_a_run_that_takes_too_long_is_cancelled_in_the_server(bench: Bench) -> None:
    bench.write("0002_a.sql", mark("a"), bench.slow(20))
    begun = time.monotonic()
    ended = bench.run("--timeout", "1")
    left = "something" if bench.dialect is Dialect.MYSQL else "nothing"
    assert (5, left, True) == (ended["ended"], ended["left"], "took longer than it may" in ended["error"])
    assert time.monotonic() - begun < 18


@on(*TRANSACTIONAL)
def test_without_a_transaction_a_failed_file_stays_started(bench: Bench) -> None:
    bench.write("0002_a.sql", "-- stagecraft: no-transaction\n" + mark("a"), "VACUUM", "nonsense")
    ended = bench.run()
    assert ("something", ["a"], ("0002_a.sql", "started")) == (
        ended["left"],
        bench.marks(),
        bench.table()[-1],
    )
    assert 6 == bench.run()["ended"]


@on(*EVERY)
def test_a_transaction_that_is_left_open_is_not_taken_for_done(bench: Bench) -> None:
    bench.write("0002_a.sql", "-- stagecraft: no-transaction\nBEGIN", mark("a"))
    ended = bench.run()
    assert ("0002_a.sql:3: `0002_a.sql` leaves a transaction open", []) == (
        ended["error"].split(";")[0],
        bench.marks(),
    )


@on("postgres")
def test_what_a_file_sets_ends_with_it(bench: Bench) -> None:
    bench.write("0002_a.sql", "CREATE SCHEMA other", "SET search_path = other", "CREATE TABLE t (n int)")
    bench.write("0003_b.sql", mark("b"))
    assert (0, ["b"]) == (bench.run()["ended"], bench.marks())


@on("mariadb")
def test_what_a_file_uses_ends_with_it(bench: Bench) -> None:
    bench.write("0002_a.sql", "SET SESSION sql_mode = 'ANSI_QUOTES'", "USE information_schema")
    bench.write("0003_b.sql", 'INSERT INTO marks VALUES ("b")')
    assert (0, ["b"]) == (bench.run()["ended"], bench.marks())


@on("mariadb")
def test_a_procedure_between_delimiters_works(bench: Bench) -> None:
    text = f"DELIMITER //\nCREATE PROCEDURE p() BEGIN {mark('a')}; {mark('b')}; END//\nDELIMITER ;\nCALL p()"
    bench.write("0002_a.sql", text)
    assert (0, ["a", "b"]) == (bench.run()["ended"], bench.marks())


@on("sqlite")
def test_a_trigger_works(bench: Bench) -> None:
    trigger = f"CREATE TRIGGER x AFTER INSERT ON t BEGIN {mark('a')}; {mark('b')}; END"
    bench.write("0002_a.sql", "CREATE TABLE t (n int)", trigger, "INSERT INTO t VALUES (1)")
    assert (0, ["a", "b"]) == (bench.run()["ended"], bench.marks())


@on("postgres", "mariadb")
def test_the_password_is_in_no_argument_and_no_message(bench: Bench) -> None:
    bench.write("0002_a.sql", mark("a"), bench.slow(0.3), "nonsense")
    seen: set[str] = set()
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(over, seen))
    watcher.start()
    try:
        said = [bench.start()]
        said[0].until("0002_a.sql", "started")
        said.append(bench.start("--lock-timeout", "0.1"))
        for run in said:
            run.end()
        wrong = Bench(bench.url.replace(CANARY, CANARY[::-1]), bench.folder, bench.dialect)
        refused = wrong.start()
        refused.end()
    finally:
        over.set()
        watcher.join()
    assert [5, 3] == [said[0].said[-1]["ended"], refused.said[-1]["ended"]]
    everything = json.dumps([run.said for run in (*said, refused)]) + "".join(seen)
    assert str(CHILD) in everything
    assert [] == [form for form in (CANARY, CANARY[::-1]) if form in everything]


def _watch(over: threading.Event, seen: set[str]) -> None:
    """Collect every command line but this process's own."""
    while not over.wait(0.005):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            if path.parent.name != str(os.getpid()):
                try:
                    seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue


@on(*EVERY)
def test_whoever_only_looks_cannot_change_anything(bench: Bench) -> None:
    bench.run()
    url = parse("DATABASE_URL", bench.url)
    with closing(connect(url, label="plan", folder=bench.folder, read_only=True)) as database:
        assert ["0001_marks.sql"] == [row.name for row in look(database)]
        with pytest.raises(database.errors):
            database.execute(mark("a"))
    assert [] == bench.marks()


@on("postgres", "mariadb")
def test_a_host_that_only_the_stack_knows_is_dialled_where_it_is_forwarded_to(bench: Bench) -> None:
    address, _, rest = bench.url.partition("@")[2].partition("/")
    inside = Bench(f"{bench.url.partition('@')[0]}@db.invalid:1/{rest}", bench.folder, bench.dialect)
    assert (0, [("0001_marks.sql", "applied")]) == (inside.run("--dial", address)["ended"], bench.table())


@on("postgres", "mariadb")
def test_a_server_that_is_not_there_is_exit_code_3_without_naming_it(bench: Bench) -> None:
    gone = Bench(bench.url.replace("@127.0.0.1", "@nowhere.invalid"), bench.folder, bench.dialect)
    ended = gone.run()
    assert (3, False, False) == (ended["ended"], "nowhere" in ended["error"], "shop" in ended["error"])
