"""The `migrations:` list of `stagecraft.yml`: one model an engine (spec/migrations.md)."""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from stagecraft.config.durations import Duration
from stagecraft.config.names import (
    Matches,
    MisplacedError,
    PlainText,
    RelativePath,
    RoleName,
    ServiceName,
    VariableName,
)
from stagecraft.model.frozen import Frozen
from stagecraft.model.migration import When

FROM = "{from}"
"""In a `rollback`: the revision that was recorded before the migration."""
LONGEST_LOCK = 3600.0
"""Seconds; whoever waits longer for a lock has another problem."""

MigrationName = Annotated[
    str, Matches(r"[a-z0-9][a-z0-9_-]{0,62}", "at most 63 lower-case letters, digits, `-` and `_`")
]
Words = Annotated[tuple[PlainText, ...], Field(min_length=1)]


class _Migration(Frozen):
    """What every migration says."""

    name: MigrationName = Field(description="Name of the migration; unique.")
    when: When = Field(
        description="Before the rollout (pre), after it (post), or only when asked for (manual)."
    )
    timeout: Duration | None = Field(
        default=None, description="How long it may take. Default: as long as its phase."
    )


class CommandMigration(_Migration):
    """A one-off container of the release's image of a service."""

    engine: Literal["command"] = Field(description="Run a command in a one-off container.")
    service: ServiceName = Field(description="The service whose image, environment and networks are used.")
    command: Words = Field(description="Program and arguments, run without a shell.")
    head: Words | None = Field(
        default=None,
        description="Prints the revision, such as `flask db current`; recorded before and after.",
    )
    rollback: Words | None = Field(
        default=None,
        description="Undoes the migration; `{from}` is the revision recorded before it.",
    )
    compatible: StrictBool = Field(
        default=False, description="Whether the previous release runs on what the migration leaves behind."
    )

    @model_validator(mode="after")
    def _from_is_known(self) -> Self:
        for key in ("command", "head"):
            if any(FROM in word for word in getattr(self, key) or ()):
                raise MisplacedError(f"must not contain `{FROM}`: it is known in `rollback` only", key)
        if self.head is None and any(FROM in word for word in self.rollback or ()):
            raise MisplacedError(f"needs `head`, which tells what `{FROM}` is", "rollback")
        return self


class SqlMigration(_Migration):
    """Plain .sql files, in name order."""

    engine: Literal["sql"] = Field(description="Apply .sql files to a database.")
    path: RelativePath = Field(description="Folder of the .sql files.")
    database: VariableName = Field(description="Name of the declared secret that is the database's URL.")
    via: RoleName | None = Field(
        default=None,
        description="Role whose host reaches the database. Default: the machine that runs Stagecraft.",
    )
    lock_timeout: Duration = Field(default=30.0, description="How long to wait for a lock in the database.")
    strict: StrictBool = Field(
        default=False, description="Whether a file older than the newest applied one is an error."
    )

    @model_validator(mode="after")
    def _lock_timeout_is_sane(self) -> Self:
        if self.lock_timeout > LONGEST_LOCK:
            raise MisplacedError("must be at most 1h", "lock_timeout")
        return self


Migration = Annotated[CommandMigration | SqlMigration, Field(discriminator="engine")]
"""One entry of the list; `engine` says which."""


def check(migrations: Sequence[Migration], secrets: Collection[str], roles: Collection[str]) -> None:
    """Check what only the whole project knows; to be called by its validator.

    Raises MisplacedError at `migrations.<index>.<key>`: a name twice, an undeclared secret or role.
    """
    names: set[str] = set()
    for index, migration in enumerate(migrations):
        if migration.name in names:
            raise MisplacedError("is the name of two migrations", "migrations", index, "name")
        names.add(migration.name)
        if not isinstance(migration, SqlMigration):
            continue
        if migration.database not in secrets:
            words = f"names no secret that is declared under `secrets`: {_listed(secrets)}"
            raise MisplacedError(words, "migrations", index, "database")
        if migration.via is not None and migration.via not in roles:
            words = f"names no role that is declared under `roles`: {_listed(roles)}"
            raise MisplacedError(words, "migrations", index, "via")


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "there is none"
