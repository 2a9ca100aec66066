"""Decisions of the SQL engine: files and rows in, decision or refusal out."""

import time

import pytest

from stagecraft.errors import ConfigError, RefusedError
from stagecraft.migrators import sql
from stagecraft.migrators.answers import Answers
from stagecraft.migrators.sql_file import SqlFile, pair, read
from stagecraft.model.migration import Direction, MigrationRecord, MigrationStatus, When
from stagecraft.model.sql import Decision, Dialect, Row, RowStatus, Settle

DONE = Answers(done=frozenset({"reports"}))
AGAIN = Answers(again=frozenset({"reports"}))


def files(*names: str) -> tuple[SqlFile, ...]:
    return pair(read(name, f"select '{name}';") for name in names)


def checksum(name: str) -> str:
    return read(name, f"select '{name}';").checksum


def row(name: str, status: str = "applied", *, of: str = "reports", is_now: str = "") -> Row:
    return Row(name, of, is_now or checksum(name), "demo-1", RowStatus(status))


def decide(
    given: tuple[SqlFile, ...], *rows: Row, strict: bool = False, answers: Answers | None = None
) -> Decision:
    return sql.decide(
        given, rows, migration="reports", dialect=Dialect.POSTGRES, strict=strict, answers=answers
    )


def names(decision: Decision) -> list[str]:
    return [job.name for job in decision.jobs]


def test_with_an_empty_table_every_file_is_applied_in_order() -> None:
    assert ["1.sql", "2.sql"] == names(decide(files("2.sql", "1.sql")))


def test_what_is_applied_is_left_alone() -> None:
    assert ["2.sql"] == names(decide(files("1.sql", "2.sql"), row("1.sql")))


def test_a_changed_file_is_an_error_that_shows_both_checksums() -> None:
    with pytest.raises(ConfigError) as caught:
        decide(files("1.sql", "2.sql"), row("1.sql", is_now="sha256:old"))
    expected = (
        f"`1.sql` is not what was applied in demo-1: it has {checksum('1.sql')}, applied was sha256:old"
    )
    assert expected == caught.value.message


def test_a_late_file_is_applied_with_a_warning() -> None:
    decision = decide(files("1.sql", "2.sql"), row("2.sql"))
    assert (["1.sql"], ("`1.sql` is older than `2.sql`, which is applied already",)) == (
        names(decision),
        decision.notes,
    )


def test_a_late_file_is_an_error_if_strict() -> None:
    with pytest.raises(ConfigError, match=r"`1\.sql` is older than `2.sql`"):
        decide(files("1.sql", "2.sql"), row("2.sql"), strict=True)


def test_another_migration_of_the_same_database_makes_nothing_late() -> None:
    assert () == decide(files("1.sql"), row("9.sql", of="users"), strict=True).notes


def test_two_migrations_of_one_database_cannot_share_a_file_name() -> None:
    with pytest.raises(ConfigError, match="is also a file of migration `users`"):
        decide(files("1.sql"), row("1.sql", of="users", is_now="sha256:other"))


def test_a_renamed_migration_applies_nothing_again() -> None:
    assert [] == names(decide(files("1.sql"), row("1.sql", of="before")))


def test_a_file_that_is_gone_is_a_note() -> None:
    assert ("`1.sql` was applied in demo-1 and is not in this tree",) == decide(
        files("2.sql"), row("1.sql")
    ).notes


@pytest.mark.parametrize("status", ["started", "undoing"])
def test_an_unfinished_file_stops_everything(status: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decide(files("1.sql", "2.sql"), row("1.sql", status))
    assert "`--migration-done reports` or `--migration-again reports`" in caught.value.hint


def test_an_unfinished_file_that_is_gone_stops_everything_too() -> None:
    with pytest.raises(RefusedError):
        decide(files("2.sql"), row("1.sql", "started"))


def test_an_answer_for_another_migration_is_none() -> None:
    with pytest.raises(RefusedError):
        decide(files("1.sql"), row("1.sql", "started"), answers=Answers(done=frozenset({"users"})))


def test_done_takes_a_started_file_as_applied_as_it_is_now() -> None:
    decision = decide(files("1.sql", "2.sql"), row("1.sql", "started", is_now="sha256:old"), answers=DONE)
    assert (["2.sql"], (Settle("1.sql", checksum("1.sql"), applied=True),)) == (
        names(decision),
        decision.settle,
    )


def test_again_forgets_a_started_file_and_applies_it() -> None:
    decision = decide(files("1.sql", "2.sql"), row("1.sql", "started"), answers=AGAIN)
    expected = (["1.sql", "2.sql"], (Settle("1.sql", checksum("1.sql"), applied=False),))
    assert expected == (names(decision), decision.settle)


def test_a_mistake_in_the_last_file_is_found_before_the_first_is_applied() -> None:
    broken = (*files("1.sql"), SqlFile(read("2.sql", "select 'x")))
    with pytest.raises(ConfigError, match=r"2\.sql:1"):
        decide(broken)


def test_a_thousand_files_are_decided_in_well_under_a_second() -> None:
    text = "create table t{n} (a int);\n" + "insert into t values ('some text; and more', 4711);\n" * 20
    begun = time.process_time()
    many = pair(read(f"{n:04}_x.sql", text.replace("{n}", str(n))) for n in range(1000))
    rows = [Row(file.name, "reports", file.up.checksum, "demo-1", RowStatus.APPLIED) for file in many[:500]]
    assert 500 == len(decide(many, *rows).jobs)
    assert time.process_time() - begun < 2, "measured 0.4 s; splitting included, which a plan does not do"


def undo(*given: str, rows: list[Row], answers: Answers | None = None) -> Decision:
    pairs = [SqlFile(read(n, f"select '{n}';"), read(n[:-4] + ".down.sql", f"drop '{n}';")) for n in given]
    downs = {file.down.checksum: file.down for file in pairs if file.down}
    changes = [file.change() for file in pairs]
    return sql.undo(changes, downs, rows, migration="reports", dialect=Dialect.SQLITE, answers=answers)


def test_an_undo_runs_the_other_files_newest_first() -> None:
    jobs = undo("1.sql", "2.sql", rows=[row("1.sql"), row("2.sql")]).jobs
    assert [("2.down.sql", Direction.DOWN), ("1.down.sql", Direction.DOWN)] == [
        (job.file, job.direction) for job in jobs
    ]


def test_what_is_undone_already_is_left_alone() -> None:
    assert ["1.sql"] == names(undo("1.sql", "2.sql", rows=[row("1.sql")]))


def test_an_undo_does_not_touch_another_content() -> None:
    with pytest.raises(RefusedError, match="applied was sha256:other"):
        undo("1.sql", rows=[row("1.sql", is_now="sha256:other")])


@pytest.mark.parametrize(("answers", "expected"), [(DONE, []), (AGAIN, ["1.sql"])])
def test_an_undo_that_did_not_finish_goes_on_as_told(answers: Answers, expected: list[str]) -> None:
    assert expected == names(undo("1.sql", rows=[row("1.sql", "undoing")], answers=answers))


def test_an_undo_that_did_not_finish_stops_without_an_answer() -> None:
    with pytest.raises(RefusedError, match="was being undone in demo-1"):
        undo("1.sql", rows=[row("1.sql", "undoing")])


def killed(direction: Direction) -> MigrationRecord:
    planned = tuple(file.change() for file in files("1.sql", "2.sql", "3.sql"))
    return MigrationRecord(
        name="reports",
        engine="sql",
        when=When.PRE,
        direction=direction,
        status=MigrationStatus.STARTED,
        unsure=planned,
    )


@pytest.mark.parametrize(
    ("direction", "expected"), [(Direction.UP, ["1.sql"]), (Direction.DOWN, ["3.sql"])], ids=["up", "down"]
)
def test_the_table_knows_what_a_killed_run_did(direction: Direction, expected: list[str]) -> None:
    record = sql.known(killed(direction), [row("1.sql"), row("2.sql", "started")])
    assert (expected, ["2.sql"]) == ([it.name for it in record.changes], [it.name for it in record.unsure])
