import pytest

from stagecraft.config.migrations import CommandMigration
from stagecraft.errors import ConfigError, RefusedError
from stagecraft.migrators import command
from stagecraft.migrators.answers import Answers
from stagecraft.migrators.engines import ENGINES
from stagecraft.migrators.protocol import Verdict
from stagecraft.model.migration import Change, MigrationRecord, MigrationStatus, When

NONE = Answers()
CHANGES = (Change(name="schema"),)


def started(
    *, before: str = "", after: str = "", has_head: bool = True, rollback: str = ""
) -> MigrationRecord:
    return MigrationRecord(
        name="schema",
        engine="command",
        when=When.PRE,
        status=MigrationStatus.STARTED,
        unsure=CHANGES,
        has_head=has_head,
        before=before,
        after=after,
        rollback=tuple(rollback.split()),
    )


def migration(**more: object) -> CommandMigration:
    words = {
        "name": "schema",
        "when": "pre",
        "engine": "command",
        "service": "web",
        "command": ["flask", "up"],
    }
    return CommandMigration.model_validate(words | more)


def test_the_plan_says_the_command_and_the_service() -> None:
    assert "flask up in web" == command.work(migration()).summary


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "schema (incompatible, irreversible)"),
        ({"compatible": True}, "schema (irreversible)"),
        ({"rollback": ["flask", "down"]}, "schema (incompatible)"),
    ],
)
def test_the_plan_marks_what_a_rollback_would_refuse(more: dict[str, object], expected: str) -> None:
    assert [expected] == [str(change) for change in command.work(migration(**more)).changes]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("ae1027a6acf (head)\n", "ae1027a6acf"),
        ("ae1027a6acf (effective head) (branchpoint)\r\n", "ae1027a6acf"),
        ("a1 (head)\nb2 (head)\n", "a1 b2"),
        ("Version 7 (of 9) done\n", "Version 7 (of 9) done"),
        ("\n", ""),
    ],
)
def test_a_revision_is_what_the_tool_itself_takes_back(printed: str, expected: str) -> None:
    assert expected == command.revision(printed)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("a1", "the revision still is `a1`"),
        ("b2", "the revision is `b2`, it was `a1`: it goes on from there"),
    ],
)
def test_a_killed_command_with_revisions_is_run_again(now: str, expected: str) -> None:
    resume = command.resume(started(before="a1"), now=now, answers=NONE)
    assert (Verdict.AGAIN, expected) == (resume.verdict, resume.reason)


@pytest.mark.parametrize(
    ("has_head", "why"),
    [(False, "it has no `head`"), (True, "its `head` prints nothing")],
    ids=["none", "mute"],
)
def test_a_killed_command_that_nobody_can_ask_stops(has_head: bool, why: str) -> None:
    with pytest.raises(RefusedError) as caught:
        command.resume(started(has_head=has_head), now="", answers=NONE)
    expected = f"migration `schema` was started and may have run; {why}, so nobody can tell"
    assert (expected, True) == (
        caught.value.message,
        "`--migration-done schema` or `--migration-again schema`" in caught.value.hint,
    )


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (Answers(done=frozenset({"schema"})), Verdict.DONE),
        (Answers(again=frozenset({"schema"})), Verdict.AGAIN),
    ],
    ids=["done", "again"],
)
def test_a_person_can_tell(answers: Answers, expected: Verdict) -> None:
    assert expected is command.resume(started(has_head=False), now="", answers=answers).verdict


def test_an_sql_migration_is_resumed_by_its_table() -> None:
    assert Verdict.AGAIN is ENGINES["sql"].resume(started(), now="", answers=NONE).verdict


@pytest.mark.parametrize(
    ("previous", "before", "after", "expected"),
    [
        ("", "a1", "b2", ("a1", "b2", CHANGES)),
        ("a0", "a1", "b2", ("a1", "b2", CHANGES)),
        ("a1", "b2", "b2", ("a1", "b2", CHANGES)),
        ("b2", "b2", "b2", ("b2", "b2", ())),
        ("", "b2", "b2", ("", "b2", CHANGES)),
        ("", "", "", ("", "", CHANGES)),
    ],
    ids=["current moved", "moved by hand", "heads moved", "nothing new", "first heads", "no head"],
)
def test_what_a_command_changed_is_told_by_its_revisions(
    previous: str, before: str, after: str, expected: tuple[str, str, tuple[Change, ...]]
) -> None:
    record = command.finished(started(), previous=previous, before=before, after=after, changes=CHANGES)
    assert expected == (record.before, record.after, record.changes)


def test_a_finished_command_is_sure() -> None:
    record = command.finished(started(), previous="", before="a1", after="b2", changes=CHANGES)
    assert (MigrationStatus.APPLIED, ()) == (record.status, record.unsure)


def test_an_undo_goes_to_the_revision_recorded_before() -> None:
    record = started(before="a1", after="b2", rollback="flask db downgrade {from}")
    assert ("flask", "db", "downgrade", "a1") == command.undo_words(record)


def test_an_undo_without_a_revision_runs_as_written() -> None:
    assert ("flask", "down") == command.undo_words(started(rollback="flask down"))


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (started(), "has no `rollback`"),
        (started(rollback="down {from}"), "no revision was recorded before"),
        (started(rollback="down {from}", before="a1", after="a1"), "twice: there is no way back"),
    ],
    ids=["none", "unknown", "same"],
)
def test_an_undo_that_leads_nowhere_is_refused(record: MigrationRecord, expected: str) -> None:
    with pytest.raises(RefusedError, match=expected):
        command.undo_words(record)


def test_answers_name_migrations_that_are_there() -> None:
    with pytest.raises(ConfigError, match="there is no migration `shema`"):
        Answers(done=frozenset({"shema"})).check(["schema"])


def test_an_answer_is_one_way_only() -> None:
    with pytest.raises(ConfigError, match="is said to be done and to be run again"):
        Answers(done=frozenset({"schema"}), again=frozenset({"schema"})).check(["schema"])
