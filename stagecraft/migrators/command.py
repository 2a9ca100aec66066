"""The `command` engine decides: what a killed run means, and how it is undone (spec/migrations.md). Pure."""

import re

from stagecraft.config.migrations import FROM, CommandMigration
from stagecraft.errors import RefusedError
from stagecraft.migrators.answers import Answers, ways_on
from stagecraft.migrators.protocol import Resume, Verdict
from stagecraft.model.migration import Change, MigrationRecord, MigrationStatus, Work

ENGINE = "command"
_NOTES = re.compile(r"(?:\s*\([^()]*\))+\s*$")


def work(migration: CommandMigration) -> Work:
    """Return what a release does for this migration."""
    return Work(
        name=migration.name,
        engine=ENGINE,
        changes=(
            Change(
                name=migration.name,
                compatible=migration.compatible,
                reversible=migration.rollback is not None,
            ),
        ),
        summary=f"{' '.join(migration.command)} in {migration.service}",
        timeout=migration.timeout,
        details={
            "service": migration.service,
            "command": list(migration.command),
            "head": list(migration.head or ()),
            "rollback": list(migration.rollback or ()),
        },
    )


def revision(printed: str) -> str:
    """Return the revision in what `head` printed, on one line.

    Notes in parentheses at the end of a line are about it and not of it: `flask db heads` prints
    `ae1027a6acf (head)`, and `flask db downgrade` understands `ae1027a6acf` only (alembic's commands `heads`,
    `current` and `downgrade`).
    """
    lines = (_NOTES.sub("", line) for line in printed.splitlines())
    return " ".join(" ".join(lines).split())


def resume(record: MigrationRecord, *, now: str, answers: Answers) -> Resume:
    """Decide about a migration that was started and whose end nobody saw.

    `now`: what `head` prints now, empty if it fails. A command runs with each release, so it does nothing to
    data that is up to date; one with revisions goes on from where it is.

    Raises RefusedError if neither the revision nor a person can tell.
    """
    if record.name in answers.done:
        return Resume(Verdict.DONE, "`--migration-done`")
    if record.name in answers.again:
        return Resume(Verdict.AGAIN, "`--migration-again`")
    if not now:
        why = "its `head` prints nothing" if record.has_head else "it has no `head`"
        raise RefusedError(
            f"migration `{record.name}` was started and may have run; {why}, so nobody can tell",
            hint=f"look at the data it changes, {ways_on(record.name)}",
        )
    if now == record.before:
        return Resume(Verdict.AGAIN, f"the revision still is `{now}`")
    before = record.before or "unknown"
    return Resume(Verdict.AGAIN, f"the revision is `{now}`, it was `{before}`: it goes on from there")


def finished(
    record: MigrationRecord, *, previous: str, before: str, after: str, changes: tuple[Change, ...]
) -> MigrationRecord:
    """Return the record of a command that ended well.

    `previous`: `after` of the last record of this migration, empty if there is none; `before`, `after`: what
    `head` printed around the command. One that prints what the image expects prints the same twice; then the
    last record tells where the data was. What nobody can tell counts as a change.
    """
    if before == after:
        before = previous
    changed = not after or before != after
    return record.model_copy(
        update={
            "status": MigrationStatus.APPLIED,
            "before": before,
            "after": after,
            "changes": changes if changed else (),
            "unsure": (),
            "reason": "" if changed else f"the revision still is `{after}`",
        }
    )


def undo_words(record: MigrationRecord) -> tuple[str, ...]:
    """Return the command that undoes what was recorded.

    Raises RefusedError: there is none, or the revision to go back to is unknown or is the one that is there.
    """
    if not record.rollback:
        raise RefusedError(f"migration `{record.name}` has no `rollback`")
    if any(FROM in word for word in record.rollback):
        if not record.before:
            raise RefusedError(f"no revision was recorded before migration `{record.name}`")
        if record.before == record.after:
            raise RefusedError(
                f"migration `{record.name}` recorded `{record.before}` twice: there is no way back",
                hint="let `head` print the revision of the database, such as `flask db current`",
            )
    return tuple(word.replace(FROM, record.before) for word in record.rollback)
