"""The `sql` engine decides: files and the table in, what to apply out (spec/migrations.md). Pure."""

from collections.abc import Iterable, Mapping, Sequence

from stagecraft.config.migrations import SqlMigration
from stagecraft.errors import ConfigError, RefusedError
from stagecraft.migrators.answers import Answers, ways_on
from stagecraft.migrators.sql_file import SqlFile, SqlText, statements
from stagecraft.model.migration import Change, Direction, MigrationRecord, Work
from stagecraft.model.sql import Decision, Dialect, Job, Row, RowStatus, Settle

ENGINE = "sql"
TABLE = "stagecraft_migrations"


def pending(
    files: Sequence[SqlFile],
    rows: Iterable[Row],
    *,
    migration: str,
    strict: bool = False,
    answers: Answers | None = None,
) -> tuple[tuple[SqlFile, ...], tuple[Settle, ...], tuple[str, ...]]:
    """Return the files to apply in order, what is settled by answers, and notes.

    Raises ConfigError for a file that was changed after it was applied, or with `strict` one that comes too
    late; RefusedError for one that was started and never finished, unless answered.
    """
    by_name = {row.name: row for row in rows}
    settle = _settled(files, by_name, migration, answers or Answers())
    there = {row.name for row in by_name.values() if row.status is RowStatus.APPLIED}
    there = (there | {it.name for it in settle if it.applied}) - {it.name for it in settle if not it.applied}
    _check_unchanged(files, by_name, migration)
    todo = tuple(file for file in files if file.name not in there)
    notes = (*_late(todo, files, by_name, migration, strict=strict), *_gone(files, by_name, migration))
    return todo, settle, notes


def work(migration: SqlMigration, todo: Sequence[SqlFile], *, to_check: str = "") -> Work:
    """Return what a release does for this migration, if `todo` is what is pending; `to_check`: see Work."""
    return Work(
        name=migration.name,
        engine=ENGINE,
        changes=tuple(file.change() for file in todo),
        summary=f"{migration.path} to {migration.database}",
        to_check=to_check,
        timeout=migration.timeout,
        details={
            "database": migration.database,
            "via": migration.via,
            "lock_timeout": migration.lock_timeout,
            "strict": migration.strict,
        },
    )


def decide(
    files: Sequence[SqlFile],
    rows: Iterable[Row],
    *,
    migration: str,
    dialect: Dialect,
    strict: bool = False,
    answers: Answers | None = None,
) -> Decision:
    """Return everything a run does, up: every file is read before the first is run. Raises as `pending`."""
    todo, settle, notes = pending(files, rows, migration=migration, strict=strict, answers=answers)
    jobs = tuple(
        Job(
            name=file.name,
            file=file.name,
            checksum=file.up.checksum,
            statements=statements(file.up, dialect),
            transaction=file.up.transaction,
        )
        for file in todo
    )
    return Decision(jobs=jobs, settle=settle, notes=notes)


def undo(
    changes: Sequence[Change],
    downs: Mapping[str, SqlText],
    rows: Iterable[Row],
    *,
    migration: str,
    dialect: Dialect,
    answers: Answers | None = None,
) -> Decision:
    """Return what undoes `changes` (in the order they were applied), newest first.

    `downs`: checksum -> text, as recorded. One that is not in the table is undone already and left alone.

    Raises RefusedError: a text is missing, the table has another content, one is unfinished.
    """
    by_name = {row.name: row for row in rows}
    settle = _settled_undo(changes, by_name, migration, answers or Answers())
    gone = {it.name for it in settle if not it.applied}
    jobs = []
    for change in reversed(changes):
        row = by_name.get(change.name)
        if row is None or change.name in gone:
            continue
        if row.checksum != change.checksum:
            raise _changed(change.name, row, change.checksum, RefusedError)
        if change.undo not in downs:
            raise RefusedError(f"what undoes `{change.name}` is not known")
        jobs.append(_down(change, downs[change.undo], dialect))
    return Decision(jobs=tuple(jobs), settle=settle)


def known(record: MigrationRecord, rows: Iterable[Row]) -> MigrationRecord:
    """Return the record of a killed or failed run with what the table knows of files that may have run."""
    by_name = {row.name: row for row in rows}
    for change in record.unsure:
        row = by_name.get(change.name)
        up = record.direction is Direction.UP
        if row is None or row.status is RowStatus.APPLIED:
            there = row is not None
            without = tuple(other for other in record.unsure if other.name != change.name)
            record = (
                record.with_change(change) if there is up else record.model_copy(update={"unsure": without})
            )
    return record


def _down(change: Change, text: SqlText, dialect: Dialect) -> Job:
    return Job(
        name=change.name,
        file=text.name,
        checksum=change.checksum,
        statements=statements(text, dialect),
        direction=Direction.DOWN,
        transaction=text.transaction,
        expects=RowStatus.APPLIED,
    )


def _settled(
    files: Sequence[SqlFile], rows: Mapping[str, Row], migration: str, answers: Answers
) -> tuple[Settle, ...]:
    """Return what the answers say about unfinished files. Raises RefusedError if one has none."""
    checksums = {file.name: file.up.checksum for file in files}
    return tuple(
        Settle(row.name, checksums.get(row.name, row.checksum), applied=_applied(row, migration, answers))
        for row in _unfinished(rows, migration, checksums)
    )


def _settled_undo(
    changes: Sequence[Change], rows: Mapping[str, Row], migration: str, answers: Answers
) -> tuple[Settle, ...]:
    names = {change.name for change in changes}
    return tuple(
        Settle(row.name, row.checksum, applied=_applied(row, migration, answers))
        for row in _unfinished(rows, migration, names)
    )


def _unfinished(rows: Mapping[str, Row], migration: str, names: Iterable[str]) -> list[Row]:
    mine = set(names)
    return [
        rows[name]
        for name in sorted(rows)
        if rows[name].status is not RowStatus.APPLIED and (rows[name].migration == migration or name in mine)
    ]


def _applied(row: Row, migration: str, answers: Answers) -> bool:
    """Whether the answer means that the file is in the data. Raises RefusedError without an answer.

    Again, for an undo, means that the file is still there; done, that it is gone.
    """
    done, again = migration in answers.done, migration in answers.again
    if not done and not again:
        raise _unknown(row, migration)
    return done if row.status is RowStatus.STARTED else again


def _unknown(row: Row, migration: str) -> RefusedError:
    what = "applied" if row.status is RowStatus.STARTED else "undone"
    return RefusedError(
        f"`{row.name}` of migration `{migration}` was being {what} in {row.release} and did not finish",
        hint=f"look in the database at which of its statements took effect, complete or remove them, "
        f"{ways_on(migration)}",
    )


def _check_unchanged(files: Iterable[SqlFile], rows: Mapping[str, Row], migration: str) -> None:
    for file in files:
        row = rows.get(file.name)
        if row and row.status is RowStatus.APPLIED and row.checksum != file.up.checksum:
            if row.migration != migration:
                raise ConfigError(
                    f"`{file.name}` is also a file of migration `{row.migration}` of the same database",
                    hint="rename one of them: the table keeps them by name",
                )
            raise _changed(file.name, row, file.up.checksum, ConfigError)


def _changed(
    name: str, row: Row, checksum: str, kind: type[ConfigError] | type[RefusedError]
) -> ConfigError | RefusedError:
    return kind(
        f"`{name}` is not what was applied in {row.release}: it has {checksum}, applied was {row.checksum}",
        hint="bring its text back, and put the change into a new file",
    )


def _late(
    todo: Iterable[SqlFile],
    files: Iterable[SqlFile],
    rows: Mapping[str, Row],
    migration: str,
    *,
    strict: bool,
) -> list[str]:
    """Return a warning for each file that should have come earlier. Raises ConfigError if `strict`."""
    names = {file.name for file in files}
    mine = [
        name
        for name, row in rows.items()
        if row.status is RowStatus.APPLIED and (row.migration == migration or name in names)
    ]
    newest = max(mine, default="")
    late = [file.name for file in todo if file.name < newest]
    if late and strict:
        raise ConfigError(
            f"`{late[0]}` is older than `{newest}`, which is applied already",
            hint=f"rename it so that it comes after `{newest}`, or set `strict: false`",
        )
    return [f"`{name}` is older than `{newest}`, which is applied already" for name in late]


def _gone(files: Iterable[SqlFile], rows: Mapping[str, Row], migration: str) -> list[str]:
    names = {file.name for file in files}
    gone = sorted(n for n, row in rows.items() if row.migration == migration and n not in names)
    return [f"`{name}` was applied in {rows[name].release} and is not in this tree" for name in gone]
