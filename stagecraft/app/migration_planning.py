"""The migrations of a release as values: what each engine would do, from the files and the records."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import tee
from typing import assert_never

from stagecraft.app import migration_past
from stagecraft.app.migration_past import APPLIED, Past
from stagecraft.app.opened import Opened
from stagecraft.app.placement import Placed
from stagecraft.config.migrations import CommandMigration, SqlMigration
from stagecraft.errors import ConfigError
from stagecraft.migrators import command, sql, sql_file
from stagecraft.migrators.answers import Answers
from stagecraft.migrators.sql_file import SqlFile
from stagecraft.model.migration import When, Work
from stagecraft.model.release import Release
from stagecraft.model.sql import Row, RowStatus
from stagecraft.model.step import LOCAL
from stagecraft.phases.given import MigrationGiven
from stagecraft.runtime import sql_files

_TO_CHECK = "the table `stagecraft_migrations` tells what is applied"


@dataclass(frozen=True)
class Planned:
    """What a plan holds of one migration, or of all."""

    given: tuple[MigrationGiven, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """Checksum -> base64 of each text that is run, or would undo what is run."""
    secrets: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def plan(here: Opened, hosts: Sequence[Placed], answers: Answers) -> Planned:
    """Return the migrations of the project as they stand. Raises ConfigError.

    Looks at the working tree and the records only: the databases are asked when a migration runs.
    """
    migrations = here.loaded.project.migrations
    answers.check(migration.name for migration in migrations)
    newest_first = migration_past.releases(here.store, here.environment.name)
    found = [
        _one(here, hosts, answers, migration, migration_past.past(known, migration.name))
        for migration, known in zip(migrations, tee(newest_first, len(migrations)), strict=True)
    ]
    return Planned(
        given=tuple(given for one in found for given in one.given),
        files={name: text for one in found for name, text in one.files.items()},
        secrets=frozenset().union(*(one.secrets for one in found)),
        notes=tuple(note for one in found for note in one.notes),
    )


def reminders(here: Opened) -> tuple[str, ...]:
    """Return a sentence for each manual migration that is not done, or whose files cannot be read."""
    manual = [one for one in here.loaded.project.migrations if one.when is When.MANUAL]
    newest_first = migration_past.releases(here.store, here.environment.name)
    known = zip(manual, tee(newest_first, len(manual)), strict=True)
    said = (_reminder(here, migration, releases) for migration, releases in known)
    return tuple(sentence for sentence in said if sentence)


def _reminder(here: Opened, migration: CommandMigration | SqlMigration, known: Iterable[Release]) -> str:
    try:
        match migration:
            case CommandMigration():
                work = command.work(migration)
            case SqlMigration():
                work = sql.work(migration, _files(here, migration))
            case _:
                assert_never(migration)
    except ConfigError as error:
        return f"manual migration `{migration.name}`: {error}"
    return _waiting(here, work, migration_past.past(known, migration.name))


def _one(
    here: Opened,
    hosts: Sequence[Placed],
    answers: Answers,
    migration: CommandMigration | SqlMigration,
    past: Past,
) -> Planned:
    match migration:
        case CommandMigration():
            made = _command(hosts, migration)
        case SqlMigration():
            made = _sql(here, hosts, answers, migration, past)
        case _:
            assert_never(migration)
    waiting = tuple(_waiting(here, given.work, past) for given in made.given if given.when is When.MANUAL)
    return Planned(
        given=tuple(_with_past(given, past) for given in made.given),
        files=made.files,
        secrets=made.secrets,
        notes=(*made.notes, *(note for note in waiting if note)),
    )


def _command(hosts: Sequence[Placed], migration: CommandMigration) -> Planned:
    host = next((host.name for host in hosts if migration.service in host.services), None)
    if host is None:
        raise ConfigError(
            f"migration `{migration.name}` runs in service `{migration.service}`, which runs nowhere here",
            hint="name a service of the Compose file whose profile is active",
        )
    given = MigrationGiven(migration.when, command.work(migration), host, "runs with each release")
    return Planned(given=(given,))


def _sql(
    here: Opened, hosts: Sequence[Placed], answers: Answers, migration: SqlMigration, past: Past
) -> Planned:
    files = _files(here, migration)
    rows = () if migration.name in answers.again else _rows(migration.name, past)
    todo, _, notes = sql.pending(files, rows, migration=migration.name, strict=migration.strict)
    given = MigrationGiven(
        migration.when,
        sql.work(migration, todo, to_check=_TO_CHECK),
        _via(here, hosts, migration),
        f"{len(todo)} of {len(files)} files are not recorded as applied",
    )
    return Planned(
        given=(given,),
        files=dict(_texts(todo)),
        secrets=frozenset([migration.database]),
        notes=tuple(f"migration `{migration.name}`: {note}" for note in notes),
    )


def _files(here: Opened, migration: SqlMigration) -> tuple[SqlFile, ...]:
    """Return the files in the working tree. Raises ConfigError."""
    return sql_file.pair(
        sql_file.read(name, text)
        for name, text in sql_files.read(here.folder / migration.path, migration.path)
    )


def _rows(name: str, past: Past) -> tuple[Row, ...]:
    """Return what the table should say if nobody else has changed it."""
    release = "an earlier release"
    return tuple(
        Row(file, name, checksum, release, RowStatus.APPLIED)
        for file, checksum in sorted(past.applied.items())
    )


def _via(here: Opened, hosts: Sequence[Placed], migration: SqlMigration) -> str:
    """Return the host from whose network the database is reached."""
    if migration.via is None or not here.environment.hosts:
        return LOCAL
    keys = here.environment.hosts
    host = next((host.name for host in hosts if migration.via in keys[host.name].roles), None)
    if host is None:
        raise ConfigError(
            f"migration `{migration.name}` goes `via: {migration.via}`, and no host here has that role",
            hint="give a host the role, or leave `via` out",
        )
    return host


def _texts(todo: Sequence[SqlFile]) -> Iterator[tuple[str, str]]:
    for file in todo:
        for text in (file.up, file.down):
            if text is not None:
                yield text.checksum, base64.b64encode(text.text.encode()).decode()


def _with_past(given: MigrationGiven, past: Past) -> MigrationGiven:
    details = {**given.work.details, APPLIED: dict(sorted(past.applied.items()))}
    work = given.work.model_copy(update={"details": details})
    return MigrationGiven(given.when, work, given.host, given.cause)


def _waiting(here: Opened, work: Work, past: Past) -> str:
    """Return the reminder of a manual migration that is not done; empty if it is."""
    todo = [change for change in work.changes if change.name not in past.applied]
    if not todo:
        return ""
    files = "" if todo[0].name == work.name else f" ({', '.join(change.name for change in todo)})"
    run = f"stagecraft migrate --env {here.environment.name} --name {work.name}"
    return f"manual migration `{work.name}`{files} is not done: `{run}`"
